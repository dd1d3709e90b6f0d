#!/usr/bin/env bash
# picojson 0.2.3's PushParser cannot be fed from a buffer that is read into again, the one use of a push parser: each piece
# given to `write` must live as long as the parser, so the borrow checker refuses the next read (E0502). That is by the
# signature, `write(&mut self, data: &'input [u8])`, though the parser copies what it needs of a piece to its scratch buffer.
#
#     pieces of one text that stays        compiles
#     pieces of a buffer, read into again  error[E0502]: cannot borrow `buffer` as mutable
#
# What is left is to have all of the input in memory, or the pull parser.
#
# Needs cargo and crates.io; takes half a minute. Exit code: 0 it is still so, 1 it has changed.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p src/bin
cat >Cargo.toml <<'TOML'
[package]
name = "fed"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
picojson = "=0.2.3"
TOML
program() {
    cat <<RUST
use std::io::Read;

use picojson::{DefaultConfig, Event, ParseError, PushParser, PushParserHandler};

struct Count(usize);

impl PushParserHandler<'_, '_, ParseError> for Count {
    fn handle_event(&mut self, _: Event<'_, '_>) -> Result<(), ParseError> {
        self.0 += 1;
        Ok(())
    }
}

fn main() {
    let mut scratch = [0; 64];
    let mut parser = PushParser::<_, DefaultConfig>::new(Count(0), &mut scratch);
    let mut socket = &br#"{"a":[1,2,3],"b":"text"}"#[..];
    $1
    println!("{} events", parser.finish::<ParseError>().expect("it is whole").0);
}
RUST
}
program '_ = socket.read(&mut []);
    for piece in socket.chunks(8) {
        parser.write::<ParseError>(piece).expect("it is JSON");
    }' >src/bin/stays.rs
program 'let mut buffer = [0; 8];
    while let Ok(count @ 1..) = socket.read(&mut buffer) {
        parser.write::<ParseError>(&buffer[..count]).expect("it is JSON");
    }' >src/bin/again.rs

cargo run --quiet --bin stays
if cargo check --quiet --bin again 2>said; then
    echo "a buffer that is read into again: compiles"
    exit 1
fi
cat said
grep -q "error\[E0502\]: cannot borrow \`buffer\` as mutable" said
