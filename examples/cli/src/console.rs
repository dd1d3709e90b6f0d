//! What a person is told, in; lines and a progress bar on stderr out, without the key, without passwords
//! and without control characters.
//!
//! # Limits
//!
//! The bar is drawn only if stderr is a terminal. A key of less than 8 bytes is not looked for.

use std::{
    borrow::Cow,
    fmt::Display,
    io::{self, Write},
    time::Duration,
};

use console::{Term, truncate_str};
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use taskgroup::text::is_secret;

use crate::Verbosity;

/// Where people are told something.
pub(crate) struct Console {
    secret: String,
    is_quiet: bool,
    bar: ProgressBar,
    /// Columns of the terminal that stdout is.
    width: Option<usize>,
}

impl Console {
    /// A console that shows `secret` as `***`.
    pub(crate) fn new(secret: &str, verbosity: Verbosity) -> Self {
        let width = Term::stdout().size_checked().map(|(_, columns)| columns.into());
        let bar = ProgressBar::hidden();
        if verbosity.verbose > 0 {
            let level = if verbosity.verbose > 1 { log::LevelFilter::Debug } else { log::LevelFilter::Info };
            // There is one console in a program, so no other logger can have been set.
            let _ = log::set_boxed_logger(Box::new(Logger { secret: secret.to_owned(), bar: bar.clone() }));
            log::set_max_level(level);
        }
        Self { secret: secret.to_owned(), is_quiet: verbosity.quiet, bar, width }
    }

    /// Draws a bar up to `length`, or without a known end a spinner.
    pub(crate) fn show_progress(&self, length: Option<u64>) {
        let style = match length {
            Some(_) => "{spinner:.cyan} {bar:32.cyan/dim} {pos}/{len} runs  {msg}",
            None => "{spinner:.cyan} {pos} events  {msg}",
        };
        if let Some(length) = length {
            self.bar.set_length(length);
        }
        self.draw(style);
    }

    /// Draws the bar in this style, see [`ProgressStyle`].
    pub(crate) fn draw(&self, style: &str) {
        if self.is_quiet {
            return;
        }
        self.bar.set_draw_target(ProgressDrawTarget::stderr());
        self.bar.set_style(ProgressStyle::with_template(style).expect("all templates are tested"));
        self.bar.enable_steady_tick(Duration::from_millis(100));
    }

    /// Tells how far it is.
    pub(crate) fn progress(&self, events: u64, bytes: u64) {
        self.bar.set_position(events);
        if !self.bar.is_hidden() {
            self.bar.set_message(HumanBytes(bytes).to_string());
        }
    }

    /// Shows this beside the spinner.
    pub(crate) fn message(&self, message: String) {
        if !self.bar.is_hidden() {
            self.bar.set_message(message);
        }
    }

    /// The key.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// Prints a line above the bar, unless stderr is to be quiet. An error is printed by [`complain`].
    pub(crate) fn say(&self, line: impl Display) {
        if !self.is_quiet {
            self.bar.suspend(|| complain(&self.clean(&line.to_string())));
        }
    }

    /// Takes the bar away while something else is printed on the same terminal.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Takes the bar away for good.
    pub(crate) fn hide_progress(&self) {
        self.bar.finish_and_clear();
    }

    /// The line, cut where a terminal would break it. May have colours in it.
    pub(crate) fn fit<'l>(&self, line: &'l str) -> Cow<'l, str> {
        self.width.map_or(Cow::Borrowed(line), |width| truncate_str(line, width, "…"))
    }

    /// The text as it may be shown.
    pub(crate) fn clean(&self, text: &str) -> String {
        clean(text, &self.secret)
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.hide_progress();
    }
}

/// Prints what the session logs, for `--verbose`.
struct Logger {
    secret: String,
    bar: ProgressBar,
}

impl log::Log for Logger {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("taskgroup")
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = clean(&record.args().to_string(), &self.secret);
            self.bar.suspend(|| complain(&format!("{}: {line}", record.level().as_str().to_lowercase())));
        }
    }

    fn flush(&self) {}
}

/// Prints a line on stderr. If nobody reads it, that is not a reason to stop.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "taskgroup: {line}");
}

/// The text without the secret and passwords, and with escapes for the characters that a terminal would obey.
pub(crate) fn clean(text: &str, secret: &str) -> String {
    escape(&hide(text, secret))
}

/// The text with `***` in place of the secret, and of the users and passwords of URLs.
pub(crate) fn hide(text: &str, secret: &str) -> String {
    let text = if is_secret(secret) { text.replace(secret, "***") } else { text.to_owned() };
    let mut pieces = text.split("://");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |hidden, piece| hidden + "://" + &without_user(piece))
}

/// What comes after the `://` of a URL, without a user and password before its host.
fn without_user(url: &str) -> Cow<'_, str> {
    let word = url.split(char::is_whitespace).next().unwrap_or_default();
    let authority = word.split(['/', '?', '#']).next().unwrap_or_default();
    // A port has only digits. Anything else is the beginning of a password that should have been encoded.
    let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
    let is_host = authority.ends_with(']') || port.bytes().all(|byte| byte.is_ascii_digit());
    let part = if is_host { authority } else { word };
    part.rfind('@')
        .map_or(Cow::Borrowed(url), |end| format!("***{}", url.get(end..).unwrap_or_default()).into())
}

/// The text with escapes for the characters that a terminal would obey.
pub(crate) fn escape(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_direction(character) {
            clean.extend(character.escape_default());
        } else {
            clean.push(character);
        }
    }
    clean
}

/// Like [`escape`], but line feeds and tabs stay.
pub(crate) fn escape_lines(text: &str) -> String {
    let lines = text.split('\n').map(|line| line.split('\t').map(escape).collect::<Vec<_>>().join("\t"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Characters that change the direction of what follows, so that a line can look like another one.
fn is_direction(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_the_key_nor_an_escape_sequence_reaches_the_terminal() {
        assert_eq!(
            clean("a s3cret-8\u{1b}[2J\r\n\u{9b}\u{202e}é", "s3cret-8"),
            "a ***\\u{1b}[2J\\r\\n\\u{9b}\\u{202e}é"
        );
    }

    #[test]
    fn what_is_too_short_for_a_key_garbles_nothing() {
        for key in ["", "k", "report"] {
            assert_eq!(clean("task report", key), "task report");
        }
    }

    #[test]
    fn passwords_in_urls_are_hidden() {
        for (text, hidden) in [
            ("at https://user:pass@host:1/p, no", "at https://***@host:1/p, no"),
            ("http://user@host and http://a:b@c", "http://***@host and http://***@c"),
            ("https://user:pa/ss@host", "https://***@host"),
            ("https://user:pa@ss@host", "https://***@host"),
            ("https://host:80/a@b https://[::1]/@", "https://host:80/a@b https://[::1]/@"),
        ] {
            assert_eq!(clean(text, ""), hidden);
        }
    }
}
