//! Makes what the programs are fed with, the same frames as the benchmarks and some that test one thing, and
//! lays out the memory.

#[path = "../../benches/table/frames.rs"]
#[allow(dead_code, unreachable_pub)]
mod frames;
#[path = "../../budgets/memory.rs"]
mod memory;

use std::fs;

/// Bytes of frames of each size.
const STREAM: usize = 96 * 1024;

fn main() {
    memory::lay_out();
    let mut rows = String::new();
    for (name, size) in [("385 B", 0), ("4 KB", 4000), ("64 KB", 65_000)] {
        let frames = frames::Frames::of(size, STREAM);
        rows += &row(name, frames.texts.len(), &frames.stream, &frames.answer());
    }
    let two = frames::Frames::of(0, 500);
    for (name, stream) in special(&two) {
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n{stream}");
        rows += &row(name, two.texts.len(), stream.as_bytes(), answer.as_bytes());
    }
    let source = format!("pub(crate) static INPUTS: &[Frames] = &[{rows}];\n");
    fs::write(memory::out().join("inputs.rs"), source).expect("OUT_DIR can be written");
}

/// A row of the program's table. The bytes are aligned: how a copy begins counts.
fn row(name: &str, count: usize, sse: &[u8], http: &[u8]) -> String {
    let file = |kind: &str, bytes: &[u8]| {
        let path = memory::out().join(format!("{name}.{kind}"));
        fs::write(&path, bytes).expect("OUT_DIR can be written");
        format!("&Aligned(*include_bytes!({:?}))", path.to_str().expect("cargo's paths are text"))
    };
    let (sse, http) = (file("sse", sse), file("http", http));
    format!("Frames {{ name: {name:?}, count: {count}, sse: {sse}, http: {http} }},\n")
}

/// Two frames each, the first of which has something that the others do not have.
fn special(frames: &frames::Frames) -> Vec<(&'static str, String)> {
    let stream = str::from_utf8(&frames.stream).expect("it was made of strings");
    let replaced = |what: &str, by: &str| {
        assert!(stream.contains(what), "the frames have no {what}");
        stream.replacen(what, by, 1)
    };
    let extra = |value: &str| replaced(r#","run":"#, &format!(r#","extra":{value},"run":"#));
    let levels = |count| extra(&format!("{}{}", "[".repeat(count), "]".repeat(count)));
    vec![
        ("CR LF", stream.replace('\n', "\r\n")),
        ("two lines of data", replaced(r#","run":"#, ",\ndata: \"run\":")),
        ("an unknown status", replaced(r#""status":"completed""#, r#""status":"paused""#)),
        ("no JSON in an unknown member", extra("tru!")),
        ("8 levels", levels(8)),
        ("24 levels", levels(24)),
        ("40 levels", levels(40)),
    ]
}
