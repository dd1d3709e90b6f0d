//! What must go wrong in, whether a fault strikes out: the faults that a sandbox makes on demand.
//!
//! ```
//! use taskgroup_sandbox::{After, Cut, Faults};
//!
//! let faults = Faults { cut: Some(Cut::after(After::Bytes(700)).reset().times(2)), ..Faults::default() };
//! assert_eq!(faults.cut.unwrap().times, Some(2));
//! ```
//!
//! # Limits
//!
//! Bytes are counted for each connection, events for each answer. A fault with `times` is gone once it has
//! struck that often.

use std::time::Duration;

/// Everything that can go wrong. The default is a server without faults.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// Ends the connection too early.
    pub cut: Option<Cut>,
    /// Falls silent with the connection open, then continues.
    pub stall: Option<Stall>,
    /// Reads a whole POST, does nothing about it, and ends its connection.
    pub lost_request: Option<Loss>,
    /// Carries out a POST, and ends its connection before the first byte of the answer. A POST that is
    /// refused gets its answer.
    pub lost_answer: Option<Loss>,
    /// Ends an event stream in order, but with an `error` event.
    pub error: Option<StreamError>,
    /// Answers something else: errors, 204, redirects.
    pub instead: Option<Instead>,
    /// The most bytes in one write to the socket (to TLS, with HTTPS). 0 counts as 1.
    pub write_bytes: Option<usize>,
    /// The most bytes of an event stream in one HTTP chunk. 0 counts as 1.
    pub chunk_bytes: Option<usize>,
    /// What ends the lines of event streams.
    pub line_end: LineEnd,
    /// A comment before each event, as a block of its own.
    pub comments: bool,
    /// An event `ping` with empty data before each event.
    pub pings: bool,
    /// An `id:` line with the `event_id` in each event that has one.
    pub id_lines: bool,
    /// A `retry:` line with this number, as a block of its own, at the start of each event stream.
    pub retry_milliseconds: Option<u64>,
    /// The JSON of each event on several `data:` lines: a new one after each comma between its outermost
    /// members.
    pub data_lines: bool,
    /// With HTTPS: no session ticket is known any more, so each TLS handshake is a full one.
    pub forget_tickets: bool,
    /// What a resumed stream starts with.
    pub resume: Resume,
    /// Event streams in HTTP/1.0: neither chunks nor a length, the end of the connection ends the body.
    pub until_close: bool,
    /// In a stream of runs, events lack their last brace if this number divides their place in the group,
    /// counted from 1. 0 breaks none.
    pub broken_every: Option<u64>,
    /// Headers of event streams. Each replaces the one of the same name, `content-type` included. Headers
    /// that HTTP does not allow are left out.
    pub headers: Vec<(String, String)>,
}

impl Faults {
    /// A cut is due: how to cut, unless no cut is left.
    pub(crate) fn take_cut(&mut self) -> Option<Close> {
        take(&mut self.cut, |cut| (cut.close, &mut cut.times))
    }

    /// A silence is due: how long, unless none is left.
    pub(crate) fn take_stall(&mut self) -> Option<Duration> {
        take(&mut self.stall, |stall| (stall.length, &mut stall.times))
    }

    /// A whole POST has come: how its connection ends, if it gets lost. `drawn` is from 0 to 1.
    pub(crate) fn take_lost_request(&mut self, drawn: f64) -> Option<Close> {
        take_loss(&mut self.lost_request, drawn)
    }

    /// A POST has been carried out: how its connection ends, if the answer gets lost.
    pub(crate) fn take_lost_answer(&mut self, drawn: f64) -> Option<Close> {
        take_loss(&mut self.lost_answer, drawn)
    }

    /// An error is due to end a stream: is one left?
    pub(crate) fn take_error(&mut self) -> bool {
        take(&mut self.error, |error| ((), &mut error.times)).is_some()
    }

    /// The answer to give instead of the right one, unless none is left. `request` is its `METHOD PATH`.
    pub(crate) fn take_instead(&mut self, request: &str) -> Option<Instead> {
        let only = self.instead.as_ref()?.only.as_deref().unwrap_or_default();
        if !request.contains(only) {
            return None;
        }
        take(&mut self.instead, |instead| (instead.clone(), &mut instead.times))
    }
}

fn take_loss(loss: &mut Option<Loss>, drawn: f64) -> Option<Close> {
    loss.is_some_and(|loss| drawn < loss.share).then(|| take(loss, |loss| (loss.close, &mut loss.times)))?
}

/// Takes one of the times that the fault has left; with the last one the fault goes.
fn take<F, T>(fault: &mut Option<F>, parts: impl FnOnce(&mut F) -> (T, &mut Option<u32>)) -> Option<T> {
    let (taken, times) = parts(fault.as_mut()?);
    let Some(left) = times else { return Some(taken) };
    let struck = *left > 0;
    *left = left.saturating_sub(1);
    if *left == 0 {
        *fault = None;
    }
    struck.then_some(taken)
}

/// Where a fault strikes, in what a connection sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// After this number of bytes of the connection, heads and chunk framing included, TLS excluded. 0: the
    /// request is read, and no byte comes back.
    Bytes(u64),
    /// After a number of bytes that is drawn for each connection from the seed: uniform, both bounds
    /// included.
    RandomBytes {
        /// The fewest.
        least: u64,
        /// The most.
        most: u64,
    },
    /// After this number of whole events of an event stream. 0: the head, and no event.
    Events(u64),
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Close {
    /// TCP FIN; with HTTPS, without the `close_notify` of TLS.
    #[default]
    Finish,
    /// TCP RST. Bytes that have not reached the client's system are lost with it.
    Reset,
}

/// A connection that ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Where.
    pub after: After,
    /// How.
    pub close: Close,
    /// How many connections; `None`: all.
    pub times: Option<u32>,
}

impl Cut {
    /// Each connection ends there, by FIN.
    pub fn after(after: After) -> Self {
        Self { after, close: Close::Finish, times: None }
    }

    /// The same, by RST.
    pub fn reset(self) -> Self {
        Self { close: Close::Reset, ..self }
    }

    /// The same, for this number of connections only.
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
}

/// A POST without an answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// Which share of POSTs, from 0 to 1; which ones they are follows from the seed.
    pub share: f64,
    /// How the connection ends.
    pub close: Close,
    /// How many POSTs; `None`: the whole share.
    pub times: Option<u32>,
}

impl Loss {
    /// This share of POSTs is lost, by FIN. 1 is every POST.
    pub fn share(share: f64) -> Self {
        Self { share, close: Close::Finish, times: None }
    }

    /// The same, by RST.
    pub fn reset(self) -> Self {
        Self { close: Close::Reset, ..self }
    }

    /// The same, for this number of POSTs only.
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
}

/// A connection that falls silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// Where.
    pub after: After,
    /// How long, in real time.
    pub length: Duration,
    /// How many connections; `None`: all.
    pub times: Option<u32>,
}

impl Stall {
    /// Each connection falls silent there for `length` of real time, then continues.
    pub fn after(after: After, length: Duration) -> Self {
        Self { after, length, times: None }
    }

    /// The same, for this number of connections only.
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
}

/// An event stream that ends with an `error` event, its body whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamError {
    /// After this number of events.
    pub events: u64,
    /// How many streams; `None`: all.
    pub times: Option<u32>,
}

impl StreamError {
    /// Each stream ends like this after `events` events.
    pub fn after(events: u64) -> Self {
        Self { events, times: None }
    }

    /// The same, for this number of streams only.
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
}

/// An answer instead of the right one, before the key is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instead {
    /// The status code. From 400 the body is an error of the service's shape; below 400 it is empty.
    pub status: u16,
    /// Headers. Headers that HTTP does not allow are left out.
    pub headers: Vec<(String, String)>,
    /// The message of the error.
    pub message: String,
    /// Only requests whose `METHOD PATH` contains this text: `POST`, for example, or `/result`.
    pub only: Option<String>,
    /// How many requests; `None`: all.
    pub times: Option<u32>,
}

impl Instead {
    /// Every request is answered with this status code.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), message: "Refused on demand".to_owned(), only: None, times: None }
    }

    /// The same, with one more header: `retry-after`, `location` or `x-should-retry`, for example.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same, with this message in the error.
    pub fn message(self, message: &str) -> Self {
        Self { message: message.to_owned(), ..self }
    }

    /// The same, only for requests whose `METHOD PATH` contains this text.
    pub fn only(self, text: &str) -> Self {
        Self { only: Some(text.to_owned()), ..self }
    }

    /// The same, for this number of requests only.
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
}

/// What ends a line of an event stream. All three are legal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnd {
    /// LF, as the service does.
    #[default]
    Lf,
    /// CR LF.
    Crlf,
    /// CR.
    Cr,
}

impl LineEnd {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::Crlf => "\r\n",
            Self::Cr => "\r",
        }
    }
}

/// What a resumed stream starts with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resume {
    /// The event after the cursor's, as the service does.
    #[default]
    Next,
    /// The cursor's own event, again.
    Repeat,
    /// The very first event, as if there were no cursor.
    Ignore,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_goes_when_it_has_struck_as_often_as_was_said() {
        let mut faults =
            Faults { cut: Some(Cut::after(After::Bytes(1)).reset().times(2)), ..Faults::default() };
        assert_eq!(
            [faults.take_cut(), faults.take_cut(), faults.take_cut()],
            [Some(Close::Reset), Some(Close::Reset), None]
        );
        assert_eq!(faults, Faults::default());
    }

    #[test]
    fn a_fault_without_times_stays() {
        let mut faults = Faults { instead: Some(Instead::status(503)), ..Faults::default() };
        for _ in 0..3 {
            assert_eq!(faults.take_instead("GET /").map(|instead| instead.status), Some(503));
        }
    }

    #[test]
    fn a_fault_for_no_time_at_all_never_strikes() {
        let mut faults = Faults { instead: Some(Instead::status(503).times(0)), ..Faults::default() };
        assert_eq!(faults.take_instead("GET /"), None);
    }
}
