//! SIGINT, SIGTERM or SIGHUP in, a last line that says how to continue and the shell's exit code for the
//! signal out.
//!
//! # Limits
//!
//! A line that is being written to stdout has 5 s to get out whole, and 1 s without progress; a second signal
//! ends that. If SIGHUP was ignored from the start, as `nohup` arranges it, it stays ignored where /proc says
//! so.

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
    output::{Output, Reached, Resume},
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
    /// How to continue.
    pub(crate) resume: Option<String>,
}

/// What to say about how far stdout got, without the secret.
pub(crate) fn hints(reached: &Reached, secret: &str) -> Hints {
    let half = "stdout ends in the middle of a line: drop what follows its last line feed";
    let cursor = reached.cursor.as_deref().map(|cursor| clean(cursor, secret));
    Hints { half: (!reached.whole).then(|| half.into()), resume: hint(&reached.resume, cursor.as_deref()) }
}

/// `cursor`: the last event of which all is out.
fn hint(resume: &Resume, cursor: Option<&str>) -> Option<String> {
    let after = cursor.map(|cursor| format!("--last-event-id {}", quoted(cursor)));
    match resume {
        Resume::Nowhere => None,
        Resume::After { options } if options.is_empty() => {
            after.map(|after| format!("continue with {after}"))
        }
        Resume::After { options } => {
            let after = after.map(|after| format!(" {after}")).unwrap_or_default();
            Some(format!("continue with {options}{after}"))
        }
        Resume::With(arguments) => Some(format!("continue with {arguments}")),
    }
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
        let after = |options: &str, cursor| hint(&Resume::After { options: options.into() }, cursor);
        assert_eq!(after("", Some("17")).unwrap(), "continue with --last-event-id 17");
        assert_eq!(after("", Some("a b'c")).unwrap(), r"continue with --last-event-id 'a b'\''c'");
        assert_eq!(after("", None), None);
        let statuses = "--status=failed --status=cancelled";
        assert_eq!(after(statuses, None).unwrap(), format!("continue with {statuses}"));
        assert_eq!(
            after("--status=failed", Some("7")).unwrap(),
            "continue with --status=failed --last-event-id 7"
        );
    }
}
