//! SIGINT in, a last line that says where to go on and exit code 130 out.
//!
//! # Limits
//!
//! A line that is being written on stdout has half a second to get out whole.

use std::{
    io::{self, IsTerminal},
    process,
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
    thread,
    time::Duration,
};

use crate::console::{clean, complain};

/// How far the lines on stdout go.
#[derive(Clone, Default)]
pub(crate) struct Progress(Arc<State>);

#[derive(Default)]
struct State {
    /// Locked while something is being written.
    writing: Mutex<()>,
    /// The last event of which all is out.
    cursor: Mutex<Option<String>>,
}

impl Progress {
    /// Until the guard is dropped an interrupt waits a little.
    pub(crate) fn writing(&self) -> MutexGuard<'_, ()> {
        lock(&self.0.writing)
    }

    /// Everything up to the event `cursor` is out.
    pub(crate) fn reached(&self, cursor: Option<&str>) {
        let mut last = lock(&self.0.cursor);
        if last.as_deref() != cursor {
            *last = cursor.map(str::to_owned);
        }
    }

    /// Where to go on, once the line on its way is out, if that can be.
    fn last(&self) -> Option<String> {
        for _ in 0..50 {
            match self.0.writing.try_lock() {
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(10)),
                _ => break,
            }
        }
        lock(&self.0.cursor).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on SIGINT ends the program, and tells how far it came.
pub(crate) fn watch(progress: Progress, secret: String) -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(move || {
        let line = match progress.last() {
            Some(cursor) => format!("interrupted; {}", hint(&clean(&cursor, &secret))),
            None => "interrupted".to_owned(),
        };
        // Over the progress bar, whose own lock the interrupted thread may hold.
        if io::stderr().is_terminal() {
            eprint!("\r\x1b[K");
        }
        complain(&line);
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
