#!/usr/bin/env bash
# serde-json-core 0.7.0 refuses a character that JSON writes as a surrogate pair: "\ud83d\ude80", which is how Python's json
# and many others write 🚀, is InvalidEscapeSequence with `from_slice_escaped`, also in a member that is ignored.
#
#                                             from_slice            from_slice_escaped
#     {"name":"\u20ac"}                       "\\u20ac", as it is   "€"
#     {"name":"\ud83d\ude80"}                 as it is              InvalidEscapeSequence
#     {"ignored":"\ud83d\ude80","name":"n"}   "n"                   InvalidEscapeSequence
#
# So for a service whose texts may have such a character, only `from_slice` is left, and to unescape by oneself.
#
# Needs cargo and crates.io; takes half a minute. Exit code: 0 it is still so, 1 it has changed.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "pairs"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
heapless = { version = "0.9", features = ["serde"] }
serde = { version = "1", features = ["derive"] }
serde-json-core = "=0.7.0"
TOML
cat >src/main.rs <<'RUST'
use serde_json_core::de::Error;

#[derive(serde::Deserialize)]
struct Named {
    name: heapless::String<32>,
}

fn main() {
    let expected: [(&str, Result<&str, Error>, Result<&str, Error>); 3] = [
        (r#"{"name":"\u20ac"}"#, Ok("\\u20ac"), Ok("€")),
        (r#"{"name":"\ud83d\ude80"}"#, Ok("\\ud83d\\ude80"), Err(Error::InvalidEscapeSequence)),
        (r#"{"ignored":"\ud83d\ude80","name":"n"}"#, Ok("n"), Err(Error::InvalidEscapeSequence)),
    ];
    let mut is_so = true;
    for (json, plain, escaped) in expected {
        let name = |found: Result<(Named, usize), Error>| found.map(|(named, _)| named.name);
        let found = name(serde_json_core::from_str(json));
        let found_escaped = name(serde_json_core::from_str_escaped(json, &mut [0; 64]));
        println!("{json}: from_str {found:?}, from_str_escaped {found_escaped:?}");
        is_so &= found.as_deref() == plain.as_ref().map(|text| *text) && found_escaped.as_deref() == escaped.as_ref().map(|text| *text);
    }
    std::process::exit(i32::from(!is_so));
}
RUST
cargo run --quiet
