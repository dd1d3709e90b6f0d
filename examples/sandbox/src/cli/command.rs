//! A command and signals in, its exit code out: the command gets the variables, and the signals are forwarded
//! to it.
//!
//! # Limits
//!
//! SIGINT, SIGQUIT, SIGTERM and SIGHUP are forwarded, but not those of the terminal's keys: these reach the
//! command anyway.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::future::poll_fn;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::task::Poll;

use rustix::process::{Pid, Signal, getpgrp, kill_process};
use rustix::termios::tcgetpgrp;
use tokio::process::Command;
use tokio::signal::unix::{self, SignalKind, signal};

/// Signals that the program waits for, instead of letting them end it.
pub(super) struct Signals(Vec<(Signal, unix::Signal)>);

impl Signals {
    /// The signals that end a sandbox.
    pub(super) fn to_end() -> io::Result<Self> {
        Self::of(&[Signal::TERM, Signal::INT])
    }

    /// The signals that a command gets. If one is ignored, as by `nohup`, the command ignores it, too.
    pub(super) fn to_forward() -> io::Result<Self> {
        let all = [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT];
        let heard: Vec<_> = all.into_iter().filter(|signal| !is_ignored(signal.as_raw())).collect();
        Self::of(&heard)
    }

    fn of(signals: &[Signal]) -> io::Result<Self> {
        let waited = signals.iter().map(|kind| Ok((*kind, signal(SignalKind::from_raw(kind.as_raw()))?)));
        waited.collect::<io::Result<_>>().map(Self)
    }

    /// The next signal.
    pub(super) async fn next(&mut self) -> Signal {
        poll_fn(|context| {
            let came = |(kind, signal): &mut (Signal, unix::Signal)| {
                signal.poll_recv(context).is_ready().then_some(*kind)
            };
            self.0.iter_mut().find_map(came).map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// Runs the command to its end, and returns its exit code as a shell would: 128 plus the signal's number if a
/// signal ended it, 127 if it does not exist, 126 if it cannot be run.
pub(super) async fn run(
    program: &OsStr,
    words: &[OsString],
    variables: &[(&str, String)],
    signals: &mut Signals,
) -> io::Result<u8> {
    let variables = variables.iter().map(|(name, value)| (name, value));
    let mut child = match Command::new(program).args(words).envs(variables).spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("taskgroup: {}: {error}", program.display());
            return Ok(if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 });
        }
    };
    loop {
        tokio::select! {
            status = child.wait() => {
                let status = status?;
                let code = status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(1);
                return Ok(u8::try_from(code).unwrap_or(1));
            }
            signal = signals.next() => {
                let is_key = matches!(signal, Signal::INT | Signal::QUIT) && is_in_foreground();
                let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
                if let Some(pid) = pid.filter(|_| !is_key) {
                    // The command may just have ended.
                    let _ = kill_process(pid, signal);
                }
            }
        }
    }
}

/// Whether the terminal's keys reach this process, and with it the command.
fn is_in_foreground() -> bool {
    File::open("/dev/tty").is_ok_and(|terminal| tcgetpgrp(terminal) == Ok(getpgrp()))
}

/// Whether this signal was ignored when the program started, as `nohup` does with SIGHUP. Without /proc:
/// `false`.
pub fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask & (1 << (signal - 1)) != 0
}
