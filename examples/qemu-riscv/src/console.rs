//! Lines for a person, on the host's stderr: without the API key, and without characters that a
//! terminal would obey.
//!
//! # Limits
//!
//! 320 bytes of a line; the rest is replaced by `…`.

use core::{
    cell::Cell,
    fmt::{self, Write as _},
};

use critical_section::Mutex;
use log::{LevelFilter, Log, Metadata, Record};
use semihosting::io::{self, Write as _};
use taskgroup::text::Text;

const LINE: usize = 320;

/// The text that must not be shown.
static SECRET: Mutex<Cell<&str>> = Mutex::new(Cell::new(""));

/// Prints a line, with the arguments of `format!`.
macro_rules! say {
    ($($arguments:tt)+) => { $crate::console::print(core::format_args!($($arguments)+)) };
}
pub(crate) use say;

/// Sends the log to stderr from now on, and shows `secret` as `***`.
pub(crate) fn start(secret: &'static str, verbose: bool) {
    critical_section::with(|section| SECRET.borrow(section).set(secret));
    let level = if verbose { LevelFilter::Debug } else { LevelFilter::Warn };
    // SAFETY: nothing else runs yet.
    unsafe {
        if log::set_logger_racy(&Console).is_ok() {
            log::set_max_level_racy(level);
        }
    }
}

pub(crate) fn print(line: fmt::Arguments<'_>) {
    let mut text = Buffer::<LINE>(Text::new());
    let _ = text.write_fmt(line);
    redact(&mut text.0);
    let mut shown = Buffer::<{ 2 * LINE }>(Text::new());
    let _ = shown.write_str("taskgroup: ");
    for character in text.0.chars() {
        let _ = if character.is_control() || is_direction(character) {
            write!(shown, "{}", character.escape_default())
        } else {
            shown.write_char(character)
        };
    }
    let _ = shown.write_str(if text.0.lost() > 0 { "…\n" } else { "\n" });
    // If nobody reads it, that is not a reason to stop.
    let _ = io::stderr().and_then(|mut stderr| stderr.write_all(shown.0.as_bytes()));
}

/// Replaces the text that must not be shown.
pub(crate) fn redact<const N: usize>(text: &mut Text<N>) {
    text.redact(critical_section::with(|section| SECRET.borrow(section).get()));
}

/// Characters that turn the direction of what follows, which can make a line read as another.
fn is_direction(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Takes the log of the network, which says what fails; and that of the session, which says the rest with
/// `--verbose`.
struct Console;

impl Log for Console {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let is_session = metadata.target().starts_with("taskgroup::");
        let is_network = metadata.target().starts_with("taskgroup_");
        is_network || (is_session && log::max_level() > LevelFilter::Warn)
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            print(*record.args());
        }
    }

    fn flush(&self) {}
}

struct Buffer<const N: usize>(Text<N>);

impl<const N: usize> fmt::Write for Buffer<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        Ok(())
    }
}
