//! Makes what the machines are fed with, the same frames as the benchmarks, and lays out the memory.

#[path = "../../benches/table/frames.rs"]
#[allow(dead_code, unreachable_pub)]
mod frames;
#[path = "../memory.rs"]
mod memory;

use std::fs;

/// Bytes of frames of each size.
const STREAM: usize = 96 * 1024;

fn main() {
    memory::lay_out();
    fs::write(memory::out().join("frames.rs"), source()).expect("OUT_DIR can be written");
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
