//! For build scripts: lays out the memory of QEMU's machines.

use std::{env, fs, path::PathBuf};

const ARM: &str = "MEMORY {
    FLASH : ORIGIN = 0x00000000, LENGTH = 4M
    RAM : ORIGIN = 0x20000000, LENGTH = 4M
}
";
const RISCV: &str = "MEMORY { RAM : ORIGIN = 0x80000000, LENGTH = 8M }
REGION_ALIAS(\"REGION_TEXT\", RAM);
REGION_ALIAS(\"REGION_RODATA\", RAM);
REGION_ALIAS(\"REGION_DATA\", RAM);
REGION_ALIAS(\"REGION_BSS\", RAM);
REGION_ALIAS(\"REGION_HEAP\", RAM);
REGION_ALIAS(\"REGION_STACK\", RAM);
";

/// Where a build script writes to.
pub(crate) fn out() -> PathBuf {
    PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"))
}

/// Has the program linked for the target's machine.
pub(crate) fn lay_out() {
    let is_arm = env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("arm");
    fs::write(out().join("memory.x"), if is_arm { ARM } else { RISCV }).expect("OUT_DIR can be written");
    println!("cargo::rustc-link-search={}", out().display());
    if !is_arm {
        // The other runtime's script includes it by itself.
        println!("cargo::rustc-link-arg=-Tmemory.x");
    }
    println!("cargo::rustc-link-arg=-Tlink.x");
    println!("cargo::rerun-if-changed=build.rs");
}
