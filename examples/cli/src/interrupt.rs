//! SIGINT, SIGTERM or SIGHUP in, a last line that says where to go on and the shell's exit code for the
//! signal out.
//!
//! # Limits
//!
//! A line that is on its way to stdout has 5 s to get out whole, and 1 s without progress; a second signal
//! ends that. A SIGHUP that was ignored from the start, as `nohup` arranges it, stays ignored where /proc
//! tells.

use std::{
    io::{self, IsTerminal},
    process, thread,
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use taskgroup_sandbox::cli::is_ignored;

use crate::{
    console::{clean, complain},
    output::{Output, Reached},
};

/// From now on each of the signals ends the program, and tells how far it came.
pub(crate) fn watch(output: Output, secret: String) -> io::Result<()> {
    let watched =
        [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| *signal != SIGHUP || !is_ignored(SIGHUP));
    let mut signals = Signals::new(watched)?;
    thread::Builder::new().name("signals".into()).spawn(move || {
        let Some(signal) = signals.forever().next() else { return };
        let reached = output.halt(|| signals.pending().next().is_some());
        // Over the progress bar, whose own lock the interrupted thread may hold.
        if io::stderr().is_terminal() {
            eprint!("\r\x1b[K");
        }
        let hint = hints(&reached, &secret);
        if let Some(half) = &hint.half {
            complain(half);
        }
        complain(&hint.resume.map_or("interrupted".into(), |resume| format!("interrupted; {resume}")));
        process::exit(128 + signal)
    })?;
    Ok(())
}

/// What to know after an end that came too early.
pub(crate) struct Hints {
    /// That the last line is not whole.
    pub(crate) half: Option<String>,
    /// How to go on.
    pub(crate) resume: Option<String>,
}

/// What to say of how far stdout got, without the secret.
pub(crate) fn hints(reached: &Reached, secret: &str) -> Hints {
    let half = "stdout ends amid a line: drop what follows its last line feed";
    Hints {
        half: (!reached.whole).then(|| half.into()),
        resume: reached.cursor.as_deref().map(|cursor| hint(&clean(cursor, secret))),
    }
}

fn hint(cursor: &str) -> String {
    format!("go on with --last-event-id {}", quoted(cursor))
}

/// The word as a POSIX shell takes it.
pub(crate) fn quoted(word: &str) -> String {
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
