//! Makes what the machines are fed with, the same frames as the benchmarks, and lays out the memory.

#[path = "../../benches/table/frames.rs"]
#[allow(dead_code, unreachable_pub)]
mod frames;

use std::{env, fs, path::PathBuf};

/// Bytes of frames of each size.
const STREAM: usize = 96 * 1024;

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

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let write = |name: &str, bytes: &[u8]| fs::write(out.join(name), bytes).expect("OUT_DIR can be written");
    let is_arm = env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("arm");
    write("memory.x", if is_arm { ARM } else { RISCV }.as_bytes());
    for (name, size) in [("small", 0), ("large", 4000), ("huge", 65_000)] {
        let frames = frames::Frames::of(size, STREAM);
        write(&format!("{name}.sse"), &frames.stream);
        write(&format!("{name}.http"), &frames.answer());
        // One text a line: there is no line feed inside.
        write(&format!("{name}.json"), frames.texts.join("\n").as_bytes());
    }
    println!("cargo::rustc-link-search={}", out.display());
    if !is_arm {
        // The other runtime's script includes it by itself.
        println!("cargo::rustc-link-arg=-Tmemory.x");
    }
    println!("cargo::rustc-link-arg=-Tlink.x");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../../benches/table/frames.rs");
}
