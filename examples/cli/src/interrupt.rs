//! SIGINT in, a last line that says where to go on and exit code 130 out.
//!
//! # Limits
//!
//! A line that is being written on stdout has half a second to get out whole.

use std::{
    io::{self, IsTerminal},
    process,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use crate::console::clean;

/// The cursor of what is out on stdout. Locked while something is being written there.
#[derive(Clone, Default)]
pub(crate) struct Progress(Arc<Mutex<Option<String>>>);

impl Progress {
    /// Nobody can interrupt until the guard is dropped.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where to go on, waiting a little for a line that is on its way.
    fn last(&self) -> Option<String> {
        for _ in 0..50 {
            if let Ok(cursor) = self.0.try_lock() {
                return cursor.clone();
            }
            thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

/// From now on SIGINT ends the program, and tells how far it came.
pub(crate) fn watch(progress: Progress, secret: String) -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(move || {
        let line = match progress.last() {
            Some(cursor) => format!("interrupted; {}", hint(&clean(&cursor, &secret))),
            None => "interrupted".to_owned(),
        };
        // Over the progress bar, whose own lock the interrupted thread may hold.
        let over = if io::stderr().is_terminal() { "\r\x1b[K" } else { "" };
        eprintln!("{over}taskgroup: {line}");
        process::exit(130);
    })
}

/// How to go on after this event.
pub(crate) fn hint(cursor: &str) -> String {
    format!("go on with --last-event-id {}", quoted(cursor))
}

/// The word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@%,".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_can_be_pasted_into_a_shell() {
        assert_eq!(hint("17"), "go on with --last-event-id 17");
        assert_eq!(hint("a b'c"), r"go on with --last-event-id 'a b'\''c'");
    }
}
