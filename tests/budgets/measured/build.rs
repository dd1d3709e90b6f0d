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
    write("frames.rs", source().as_bytes());
    println!("cargo::rustc-link-search={}", out.display());
    if !is_arm {
        // The other runtime's script includes it by itself.
        println!("cargo::rustc-link-arg=-Tmemory.x");
    }
    println!("cargo::rustc-link-arg=-Tlink.x");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../../benches/table/frames.rs");
}

/// The frames as statics, each JSON text by itself: on the device nothing is left but to feed them.
fn source() -> String {
    let mut source = String::new();
    for (name, size) in [("SMALL", 0), ("LARGE", 4000), ("HUGE", 65_000)] {
        let frames = frames::Frames::of(size, STREAM);
        let text = |bytes| String::from_utf8(bytes).expect("it was made of strings");
        let (answer, stream, json) = (text(frames.answer()), text(frames.stream), frames.texts);
        source += &format!(
            "pub(crate) static {name}: Frames = Frames {{ sse: &[{stream:?}], http: &[{answer:?}], json: &{json:?} }};\n"
        );
    }
    source
}
