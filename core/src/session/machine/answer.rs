//! What the answer to a request does to the session: its head, then its body, in; events out.

use super::{Body, Ending, Found, Machine, Next, REDIRECTS, REFUSAL, State};
use crate::{
    http::Head,
    json::{self, Record},
    log::{info, warning},
    session::{Cause, Fault, Outcome, Skipped, config::Millis, cursor::Verdict, reader::Nothing},
};

impl Machine<'_> {
    pub(super) fn head(&mut self, head: Head) {
        info!("status {}", head.status);
        self.kept = false;
        let created = matches!(head.status, 201 | 202) && !self.request.is_repeatable();
        let is_type = if self.request.is_stream() { head.event_stream } else { head.json };
        match head.status {
            204 => self.stop(Outcome::Done),
            301 | 302 | 303 | 307 | 308 => self.redirect(),
            status if status != 200 && !created => {
                // Codes beyond 599 are taken for 5xx, as RFC 9110, section 15, has it.
                let transient = matches!(status, 408 | 409 | 429 | 500..);
                let ending = if head.should_retry.unwrap_or(transient) {
                    Ending::Break {
                        cause: Cause::Status(status),
                        retry_after: Millis::from(head.retry_after.unwrap_or_default()),
                    }
                } else {
                    Ending::Stop(Outcome::Status(status))
                };
                self.refuse(head, ending);
            }
            _ if !head.identity => {
                self.refuse(head, Ending::Stop(Outcome::Peer(Fault::ContentEncoding)));
            }
            _ if !is_type => self.refuse(head, Ending::Stop(Outcome::Peer(Fault::ContentType))),
            _ => self.open(),
        }
    }

    /// The answer is the one that was asked for.
    fn open(&mut self) {
        self.reader.taps.forget_error();
        self.error_event = false;
        self.body = if self.request.is_stream() { Body::Stream } else { Body::Json };
        let resumed = self.cursor.is_resumed() && self.request.is_stream();
        self.reader.begin(&mut self.cursor.next);
        self.found = Found::Opened { resumed };
    }

    /// The answer is not the one that was asked for: what it says is kept, then the try ends.
    fn refuse(&mut self, head: Head, ending: Ending) {
        self.reader.taps.forget_error();
        self.reader.begin_refusal(&mut self.cursor.next);
        if head.identity {
            self.body = Body::Refusal { status: head.status, left: REFUSAL, json: head.json, ending };
        } else {
            self.end(head.status, ending);
        }
    }

    fn redirect(&mut self) {
        let is_own = self.config.own_target(&self.cursor.next).is_some();
        if !is_own || !self.request.is_repeatable() || self.redirects >= REDIRECTS {
            return self.stop(Outcome::Peer(Fault::Redirect));
        }
        self.redirects = self.redirects.saturating_add(1);
        self.redirected = true;
        self.state = State::Ended(Next::Connect, false);
    }

    /// Takes bytes of the body, up to the next thing found in them. Returns how many.
    pub(super) fn take(&mut self, record: &mut dyn Record, body: &[u8]) -> usize {
        let mut rest = body;
        match &mut self.body {
            Body::Stream => {
                let event = self.reader.feed(record, &mut self.cursor.next, &mut rest);
                if let Some(result) = event {
                    self.event(record, result);
                }
            }
            Body::Json => {
                if let Some(result) = self.reader.json(record, &mut self.cursor.next, &mut rest) {
                    self.answer(result);
                }
            }
            Body::Refusal { status, left, json, ending } => {
                let (status, ending) = (*status, *ending);
                if *json {
                    // What is no JSON says nothing; the status says enough.
                    let _ = self.reader.json(&mut Nothing, &mut self.cursor.next, &mut rest);
                } else {
                    self.reader.taps.error_text(body);
                }
                rest = &[];
                *left = left.saturating_sub(u32::try_from(body.len()).unwrap_or(u32::MAX));
                if *left == 0 {
                    self.end(status, ending);
                }
            }
            Body::Awaited | Body::Rest(_) => rest = &[],
        }
        body.len().saturating_sub(rest.len())
    }

    /// An event of the stream is complete, or broken.
    fn event(&mut self, record: &mut dyn Record, result: Result<(), json::Error>) {
        let taps = &mut self.reader.taps;
        if !taps.id_whole {
            self.cursor.next.clear();
        }
        if self.cursor.judge() == Verdict::Drop {
            return self.reader.forget(&mut self.cursor.next);
        }
        if taps.kind == "task_group_status" {
            self.active = taps.active.or(self.active);
        }
        if taps.kind == "error" {
            taps.hear_error(200, self.config.key);
            self.error_event = true;
        }
        let is_wanted = record.wants(&taps.kind);
        match result {
            Ok(()) if is_wanted => self.found = Found::Record,
            Ok(()) => self.confirm(),
            // Of another type, it need not be what the record expects.
            Err(json::Error::Mismatch(_)) if !is_wanted && !taps.kind.is_empty() => self.confirm(),
            Err(error) => self.skip(error),
        }
    }

    /// The JSON answer is complete, or broken.
    fn answer(&mut self, result: Result<(), json::Error>) {
        match result {
            Ok(()) => {
                self.found = Found::Record;
                self.had(Outcome::Done);
            }
            Err(error @ json::Error::Mismatch(_)) => {
                self.skip(error);
                self.had(Outcome::Peer(Fault::Json(error)));
            }
            Err(error) => self.broken(Cause::Peer(Fault::Json(error)), Millis(0)),
        }
    }

    /// All that was asked for has been had: what follows is read only where the connection may be kept by it.
    fn had(&mut self, outcome: Outcome) {
        if self.response.is_persistent() {
            self.body = Body::Rest(outcome);
        } else {
            self.stop(outcome);
        }
    }

    fn skip(&mut self, error: json::Error) {
        let why = Skipped(error);
        warning!("{}", why);
        self.found = Found::Skipped(why);
    }
}
