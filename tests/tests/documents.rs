//! What stands in two documents is the same in both.

use std::fs;

/// The code of the block that begins so, in a Markdown file or in a module's documentation.
fn code_that_begins(path: &str, start: &str) -> String {
    let text = fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let lines = text
        .lines()
        .map(|line| line.strip_prefix("//!").map_or(line, |line| line.strip_prefix(' ').unwrap_or(line)));
    let code: Vec<_> =
        lines.skip_while(|line| !line.starts_with(start)).take_while(|line| *line != "```").collect();
    assert!(code.len() > 5, "{path} has no code that begins with {start}");
    code.join("\n")
}

#[test]
fn the_readme_shows_the_driver_that_the_documentation_tests() {
    let start = "use taskgroup::{json::Record, session::{Action";
    assert_eq!(code_that_begins("README.md", start), code_that_begins("core/src/session/mod.rs", start));
}
