//! The head of an answer, then its body, in; events out.

use core::mem;

use super::{AttemptEnd, Body, Found, Machine, Next, REDIRECTS, REFUSAL, State};
use crate::{
    http::Head,
    json::{self, Misfit, Record},
    log::{info, warning},
    session::{Cause, Fault, Outcome, Skipped, cursor::Verdict, reader::Nothing},
    time::Millis,
};

impl Machine<'_> {
    /// Handles the head of the answer.
    #[inline(never)]
    pub(super) fn head(&mut self, head: &Head) -> Found {
        info!("status {}", head.status);
        self.is_reused = false;
        let created = matches!(head.status, 201 | 202) && !self.call.is_repeatable();
        let is_type = if self.call.is_stream() { head.event_stream } else { head.json };
        match head.status {
            204 => self.stop(Outcome::Done),
            301 | 302 | 303 | 307 | 308 => self.redirect(),
            status if status != 200 && !created => {
                // Codes beyond 599 count as 5xx (RFC 9110 §15).
                // 421 and 425 may be asked again on another connection (RFC 9110 §15.5.20, RFC 8470 §5.2).
                let transient = matches!(status, 408 | 409 | 421 | 425 | 429 | 500..);
                let end = if head.should_retry.unwrap_or(transient) {
                    AttemptEnd::Break {
                        cause: Cause::Status(status),
                        retry_after: Millis::from(head.retry_after.unwrap_or_default()),
                    }
                } else {
                    AttemptEnd::Stop(Outcome::Status(status))
                };
                self.refuse(head, end);
            }
            _ if !head.identity => {
                self.refuse(head, AttemptEnd::Stop(Outcome::Peer(Fault::ContentEncoding)));
            }
            _ if !is_type => self.refuse(head, AttemptEnd::Stop(Outcome::Peer(Fault::ContentType))),
            _ => return self.open(),
        }
        Found::Nothing
    }

    /// Begins a body of the kind that was asked for.
    fn open(&mut self) -> Found {
        self.reader.envelope.clear_error();
        self.error_event = false;
        self.body = if self.call.is_stream() { Body::Stream } else { Body::Json };
        self.has_body = false;
        self.reader.begin(&mut self.cursor.next);
        self.check.is_unannounced = self.check.is_running;
        if self.check.is_running { Found::Nothing } else { self.opened() }
    }

    fn opened(&self) -> Found {
        Found::Opened { resumed: self.cursor.is_resumed() }
    }

    /// Begins the body of a refusal: keeps its message, then the try ends.
    fn refuse(&mut self, head: &Head, end: AttemptEnd) {
        self.reader.envelope.clear_error();
        self.reader.begin_refusal(&mut self.cursor.next);
        if head.identity {
            self.body = Body::Refusal { status: head.status, left: REFUSAL, json: head.json, end };
        } else {
            self.refusal_read(head.status, end);
        }
    }

    fn redirect(&mut self) {
        if !self.call.is_repeatable() || self.redirects >= REDIRECTS {
            return self.stop(Outcome::Peer(Fault::Redirect));
        }
        match self.call.resolve(&self.config, &mut self.cursor, self.redirected) {
            Ok(()) => {}
            Err(outcome) => return self.stop(outcome),
        }
        self.redirects = self.redirects.saturating_add(1);
        self.redirected = true;
        self.state = State::Closing(Next::Connect);
    }

    /// Takes bytes of the body, up to the next thing found. Returns how many.
    pub(super) fn consume_body(&mut self, record: &mut dyn Record, body: &[u8]) -> usize {
        let mut rest = body;
        self.found = mem::replace(&mut self.check.withheld, Found::Nothing);
        if self.found != Found::Nothing {
            return 1;
        }
        if !matches!(self.body, Body::Stream) {
            self.found = self.consume_answer(record, &mut rest);
            return body.len().saturating_sub(rest.len());
        }
        self.has_body = true;
        let result = self.reader.feed(record, &mut self.cursor.next, &mut rest);
        let taken = body.len().saturating_sub(rest.len());
        if let Some(result) = result {
            self.found = self.event(record, result);
            if self.found != Found::Nothing && mem::take(&mut self.check.is_unannounced) {
                // Leaves the last byte for the event itself, so that nobody waits for another one.
                self.check.withheld = self.found;
                self.found = self.opened();
                return taken.saturating_sub(1);
            }
        }
        taken
    }

    /// Takes bytes of a body that is not a stream.
    #[inline(never)] // what a stream needs of the stack is less without it
    fn consume_answer(&mut self, record: &mut dyn Record, rest: &mut &[u8]) -> Found {
        match &mut self.body {
            Body::Json => match self.reader.json(record, &mut self.cursor.next, rest) {
                Some(result) => self.answer(result),
                None => Found::Nothing,
            },
            Body::Refusal { status, left, json, end } => {
                let (status, end, body) = (*status, *end, mem::take(rest));
                *left = left.saturating_sub(u32::try_from(body.len()).unwrap_or(u32::MAX));
                let is_read = *left == 0;
                if *json {
                    // What is not JSON says nothing; the status says enough.
                    let _ = self.reader.json(&mut Nothing, &mut self.cursor.next, &mut &*body);
                } else {
                    self.reader.envelope.push_error_text(body);
                }
                if is_read {
                    self.refusal_read(status, end);
                }
                Found::Nothing
            }
            Body::Awaited | Body::Stream | Body::Rest(_) => {
                *rest = &[];
                Found::Nothing
            }
        }
    }

    /// An event of the stream is complete, or broken.
    #[inline(never)]
    fn event(&mut self, record: &mut dyn Record, result: Result<(), json::Error>) -> Found {
        if self.reader.is_last() {
            self.reader.forget(&mut self.cursor.next);
            self.all_delivered(Outcome::Done);
            return Found::Nothing;
        }
        let endpoint = self.call.endpoint;
        let envelope = &mut self.reader.envelope;
        if !envelope.id_whole {
            self.cursor.next.clear();
        }
        let is_error = !endpoint.error_event.is_empty() && envelope.kind == endpoint.error_event;
        match self.cursor.judge() {
            Verdict::Deliver => {}
            // An error while the server repeats the rest is new.
            Verdict::Replayed if is_error => {}
            Verdict::Replayed | Verdict::Drop => {
                self.reader.forget(&mut self.cursor.next);
                return Found::Nothing;
            }
        }
        if let Some(flag) = endpoint.flag() {
            let active = envelope.active.filter(|_| envelope.kind == flag.event_type);
            self.active = if endpoint.starts_over() { active } else { active.or(self.active) };
        }
        if is_error {
            envelope.set_error(200, self.config.key);
            self.error_event = true;
        }
        let is_wanted = record.wants(&envelope.kind).unwrap_or_else(|| endpoint.has(&envelope.kind));
        match result {
            Ok(()) if is_wanted => return Found::Record,
            Ok(()) => {}
            // A value that does not fit costs its own field, not the event.
            Err(json::Error::Mismatch(name)) if is_wanted && name.why() != Misfit::Root => {
                warning!("{}", json::Error::Mismatch(name));
                return Found::Record;
            }
            // Of another type, it need not be what the record expects.
            Err(json::Error::Mismatch(_)) if !is_wanted && !envelope.kind.is_empty() => {}
            Err(error) => return skip(error),
        }
        self.confirm();
        Found::Nothing
    }

    /// The JSON answer is complete, or broken.
    fn answer(&mut self, result: Result<(), json::Error>) -> Found {
        match result {
            Ok(()) => {
                self.all_delivered(Outcome::Done);
                Found::Record
            }
            Err(error @ json::Error::Mismatch(_)) => {
                self.all_delivered(Outcome::Peer(Fault::Json(error)));
                skip(error)
            }
            Err(error) => {
                self.attempt_failed(Cause::Peer(Fault::Json(error)), Millis(0));
                Found::Nothing
            }
        }
    }

    /// Everything has been delivered: the rest is read only so that the connection may be kept.
    fn all_delivered(&mut self, outcome: Outcome) {
        if self.response.is_persistent() {
            self.body = Body::Rest(outcome);
        } else {
            self.stop(outcome);
        }
    }
}

fn skip(error: json::Error) -> Found {
    let why = Skipped(error);
    warning!("{}", why);
    Found::Skipped(why)
}
