#!/usr/bin/env bash
# picojson 0.2.3's StreamParser gives wrong texts, and no error, when a string with an escape does not fit what is left of
# its buffer: bytes of one part of the string stand in another, and escapes are left as they were.
#
# The JSON here has 91 bytes and one long string with four escapes, {"title":"Report","text":"It rose to \u20ac2.8tn. …"}:
#
#     buffer of 63 bytes or less     InputBufferFull, as it should be
#     64 to 89 bytes                 wrong, with Ok: "other into \\u20ac2.8tn. The \\\"othecome\" is not part of it."
#     90 bytes or more               right
#
# picojson's SliceParser and PushParser are right with the same text.
#
# Needs cargo and crates.io; takes half a minute. Exit code: 0 it is still so, 1 it has changed.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "garbled"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
picojson = "=0.2.3"
TOML
cat >src/main.rs <<'RUST'
use picojson::{
    ChunkReader, DefaultConfig, Event, ParseError, PullParser, PushParser, PushParserHandler, SliceParser, StreamParser,
};

const JSON: &str = r#"{"title":"Report","text":"It rose to \u20ac2.8tn. The \"other income\" is not part of it."}"#;
const RIGHT: &str = "It rose to €2.8tn. The \"other income\" is not part of it.";

/// The last string that a parser gives.
fn text(mut parser: impl PullParser) -> Result<String, String> {
    let mut last = String::new();
    loop {
        match parser.next_event() {
            Ok(Event::EndDocument) => return Ok(last),
            Ok(Event::String(text)) => last = text.as_str().to_string(),
            Ok(_) => {}
            Err(error) => return Err(format!("{error:?}")),
        }
    }
}

struct Last(String);

impl PushParserHandler<'_, '_, ParseError> for Last {
    fn handle_event(&mut self, event: Event<'_, '_>) -> Result<(), ParseError> {
        if let Event::String(text) = event {
            self.0 = text.as_str().to_string();
        }
        Ok(())
    }
}

fn main() {
    let sliced = text(SliceParser::with_buffer(JSON, &mut [0; 128]));
    let mut scratch = [0; 128];
    let mut parser = PushParser::<_, DefaultConfig>::new(Last(String::new()), &mut scratch);
    parser.write::<ParseError>(JSON.as_bytes()).expect("it is JSON");
    let pushed = parser.finish::<ParseError>().expect("it is whole").0;
    println!("{} bytes of JSON; SliceParser: {sliced:?}; PushParser: {pushed:?}", JSON.len());

    let (mut errors, mut wrong, mut right) = (vec![], vec![], vec![]);
    for size in 8..=128 {
        let mut buffer = vec![0; size];
        match text(StreamParser::<_>::new(ChunkReader::new(JSON.as_bytes(), 1024), &mut buffer)) {
            Err(_) => errors.push(size),
            Ok(text) if text == RIGHT => right.push(size),
            Ok(text) => {
                if wrong.is_empty() {
                    println!("StreamParser, a buffer of {size} bytes: Ok({text:?})");
                }
                wrong.push(size);
            }
        }
    }
    println!("StreamParser: errors {errors:?}\nwrong {wrong:?}\nright {right:?}");
    let is_so = sliced.as_deref() == Ok(RIGHT)
        && pushed == RIGHT
        && errors == (8..=63).collect::<Vec<_>>()
        && wrong == (64..=89).collect::<Vec<_>>()
        && right == (90..=128).collect::<Vec<_>>();
    std::process::exit(i32::from(!is_so));
}
RUST
cargo run --quiet
