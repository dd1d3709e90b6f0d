//! The end of a body or of a connection in, another try or the session's outcome out.

use core::mem;

use super::{AttemptEnd, Body, Brought, Found, Machine, Next, State};
use crate::{
    log::info,
    session::{Capacity, Cause, Fault, Outcome, endpoint::End},
    time::Millis,
};

impl Machine<'_> {
    /// The body is complete, or the connection ended in order and nothing else ends the body.
    pub(super) fn body_ended(&mut self) {
        match self.body {
            Body::Refusal { status, end, .. } => self.refusal_read(status, end),
            Body::Rest(outcome) => self.stop(outcome),
            Body::Stream => self.stream_ended(),
            Body::Json | Body::Awaited => self.attempt_failed(Cause::Network, Millis(0)),
        }
    }

    fn stream_ended(&mut self) {
        if self.reader.is_amid_event() || self.check.withheld != Found::Nothing {
            self.attempt_failed(Cause::Network, Millis(0));
        } else if self.error_event {
            self.attempt_failed(Cause::Peer(Fault::ErrorEvent), Millis(0));
        } else if self.cursor.replaying() {
            self.attempt_failed(Cause::Peer(Fault::CursorIgnored), Millis(0));
        } else {
            match self.call.endpoint.end {
                Some(End::Data(_)) => self.attempt_failed(Cause::Peer(Fault::EndMissing), Millis(0)),
                // It cannot be asked again.
                _ if !self.call.is_repeatable() => self.lost(),
                Some(End::Inactive(_)) => self.followed_ended(),
                Some(End::Final(_)) => self.retold_ended(),
                Some(End::Framing | End::Checked) | None => self.finite_ended(),
            }
        }
    }

    /// An orderly end shows only what the last hop believes. So the stream is done when an answer from the
    /// cursor on has brought nothing new.
    fn finite_ended(&mut self) {
        // Without a cursor, two answers without anything are enough.
        let is_empty_again = self.check.is_running && !self.cursor.moved();
        let is_trusted = self.response.is_delimited() && !self.call.is_checked(&self.config);
        if self.cursor.is_lost() {
            self.lost();
        } else if self.is_checked() || is_empty_again || is_trusted {
            self.stop(Outcome::Done);
        } else {
            self.check();
        }
    }

    /// The server ends this stream when nothing more is to come, and sometimes before that.
    fn followed_ended(&mut self) {
        let (is_new, is_active) = (self.cursor.moved(), self.active == Some(true));
        // If nothing more were to come, it would have ended sooner.
        let is_quiet = self.active.is_none() && self.is_late();
        if self.cursor.is_lost() && self.active == Some(false) {
            self.lost();
        } else if self.cursor.too_long {
            self.stop(Outcome::Capacity(Capacity::EventId));
        } else if self.is_checked() && !is_active && !is_quiet {
            self.stop(Outcome::Done);
        } else if is_new && !is_active {
            self.check();
        } else {
            self.resume(is_new);
        }
    }

    /// The server ends this stream when nothing more is to come, and sometimes before that. Each answer has
    /// everything again.
    fn retold_ended(&mut self) {
        self.note_events();
        let tally = self.reader.tally;
        let is_new = self.answer_before.replace(tally.hash) != Some(tally.hash) && tally.events > 0;
        let is_final = self.active == Some(false) && (tally.events > 1 || tally.events == 1 && !is_new);
        if is_final || self.is_checked() && self.active == Some(false) {
            self.stop(Outcome::Done);
        } else if self.active == Some(false) && self.check.count == 0 {
            self.check();
        } else if self.active == Some(false) {
            // A last event that differs each time is not the end.
            self.attempt_failed(Cause::End, Millis(0));
        } else {
            self.resume(is_new);
        }
    }

    /// Whether the answer that has ended was asked for from the cursor on, and brought nothing new.
    fn is_checked(&self) -> bool {
        self.cursor.is_resumed() && !self.cursor.moved()
    }

    /// The stream has ended, and cannot be asked for again after its last event: the framing decides.
    fn lost(&mut self) {
        self.stop(if self.response.is_delimited() {
            Outcome::Done
        } else if self.cursor.too_long {
            Outcome::Capacity(Capacity::EventId)
        } else {
            Outcome::Peer(Fault::Unproven)
        });
    }

    /// Asks once more from the cursor: the first time at once, then after increasing waits, so that a growing
    /// stream is not asked for in every round trip.
    fn check(&mut self) {
        let count = self.check.count;
        self.check.count = count.saturating_add(1);
        self.check.is_running = true;
        if count > 0 {
            let wait = self.backoff.wait(&self.config, self.floor(), Millis(0), count.into());
            return self.sleep(Cause::End, wait);
        }
        info!("the stream ended in order: asks once more whether that was all");
        self.follow_original();
        self.close(Next::Connect);
    }

    /// The stream ended in order, and there is more: asks again. An end that comes soon and brings nothing
    /// counts as a try that failed.
    fn resume(&mut self, is_new: bool) {
        if is_new {
            self.backoff.reset();
        }
        if is_new || self.is_late() {
            self.sleep(Cause::End, self.floor());
        } else {
            self.attempt_failed(Cause::End, Millis(0));
        }
    }

    /// Whether the answer lasted so long that its end does not count as early.
    fn is_late(&self) -> bool {
        let lasted = self.now.as_millis().saturating_sub(self.asked.as_millis());
        lasted >= self.call.late(&self.config).into()
    }

    /// The connection broke or fell silent, or the answer does not keep to HTTP.
    pub(super) fn connection_lost(&mut self, cause: Cause) {
        let is_lost = self.call.is_recoverable && self.is_out();
        if mem::take(&mut self.is_reused) && !is_lost {
            // The server may have closed it before it received the request (RFC 9112 §9.3.1).
            info!("{}: the server had closed the connection", cause);
            self.state = State::Closing(Next::Connect);
            return;
        }
        let is_followed = matches!(self.call.endpoint.end, Some(End::Inactive(_)));
        match self.body {
            Body::Refusal { status, end, .. } => self.refusal_read(status, end),
            Body::Rest(outcome) => self.stop(outcome),
            // It may have nothing to send for a long time.
            Body::Stream
                if is_followed
                    && self.call.is_repeatable()
                    && !self.error_event
                    && matches!(cause, Cause::Idle) =>
            {
                self.sleep(cause, self.floor());
            }
            _ => self.attempt_failed(cause, Millis(0)),
        }
    }

    /// The message of a refusal has been read.
    pub(super) fn refusal_read(&mut self, status: u16, end: AttemptEnd) {
        self.reader.envelope.set_error(status, self.config.key);
        match end {
            AttemptEnd::Break { cause, retry_after } => self.attempt_failed(cause, retry_after),
            AttemptEnd::Stop(outcome) => self.stop(outcome),
        }
    }

    /// The try failed: tries again after a wait, or stops.
    pub(super) fn attempt_failed(&mut self, cause: Cause, retry_after: Millis) {
        self.withdraw();
        self.note_what_came(cause);
        self.note_events();
        // Only a status can say that a request was not acted on.
        let repeats_refused = self.call.endpoint.repeats_refused && !self.call.is_recoverable;
        let is_refused = repeats_refused && matches!(cause, Cause::Status(_));
        let spent = self.sent > 0 && !self.call.is_repeatable() && !is_refused;
        (self.is_unsure, self.retry_after) = (spent, retry_after);
        if spent || (!self.cursor.moved() && self.backoff.failed(&self.config)) {
            return self.stop(cause.outcome());
        }
        let tries = self.backoff.tries();
        let wait = self.backoff.wait(&self.config, self.floor(), retry_after, tries);
        self.sleep(cause, wait);
    }

    /// In a stream that starts over each time, an answer with more events than any before is progress. Each
    /// body is judged when it ends, so that a later try without a body finds nothing new in it.
    fn note_events(&mut self) {
        let events = self.reader.tally.events;
        if self.call.endpoint.starts_over() && events > self.most_events {
            self.most_events = events;
            self.backoff.reset();
        }
    }

    /// Notes how much of a body came, for [`Session::hint`](crate::session::Session::hint).
    fn note_what_came(&mut self, cause: Cause) {
        if self.cursor.moved() {
            return;
        }
        let is_open = matches!(self.body, Body::Stream);
        let has_events = self.reader.tally.events > 0;
        let brought = match cause {
            Cause::Idle | Cause::Network if is_open && !self.has_body => Brought::NoBody,
            Cause::Idle if matches!((self.state, self.body), (State::Receiving, Body::Awaited)) => {
                Brought::NoBody
            }
            Cause::Idle | Cause::Network if is_open && self.reader.is_amid_event() && !has_events => {
                Brought::Part
            }
            _ => Brought::Mixed,
        };
        let is_alike = self.brought == Brought::NoTry || self.brought == brought;
        self.brought = if is_alike { brought } else { Brought::Mixed };
    }

    /// The shortest wait: what the stream's `retry` asked for, between the config's bounds.
    pub(super) fn floor(&self) -> Millis {
        self.reader.retry.max(self.config.floor).min(self.config.ceiling)
    }

    fn sleep(&mut self, cause: Cause, wait: Millis) {
        if self.cursor.too_long {
            return self.stop(Outcome::Capacity(Capacity::EventId));
        }
        info!("{}: asks again in {} ms", cause, wait.0);
        self.follow_original();
        self.close(Next::Sleep(cause, wait));
    }

    /// A redirect counts for one request only.
    fn follow_original(&mut self) {
        self.redirected = false;
        self.redirects = 0;
    }

    #[inline(never)] // one copy instead of one for each way to end
    pub(super) fn stop(&mut self, outcome: Outcome) {
        info!("stops: {}", outcome);
        self.close(Next::Stop(outcome));
    }

    /// Forgets the event that was announced: it will not be shown.
    fn withdraw(&mut self) {
        if self.check.withheld != Found::Nothing {
            self.check.withheld = Found::Nothing;
            self.cursor.withdraw();
            self.reader.forget(&mut self.cursor.next);
        }
    }

    #[inline(never)] // one copy instead of one for each way to end
    fn close(&mut self, next: Next) {
        self.withdraw();
        if self.reader.has_data() {
            self.reader.forget(&mut self.cursor.next);
        }
        self.body = Body::Awaited;
        let is_usable = matches!(self.state, State::Receiving)
            && self.response.is_complete()
            && self.response.is_persistent();
        self.leave(next, is_usable);
    }

    /// Keeps the connection for the next request, if it can be used for that; otherwise closes it.
    pub(super) fn leave(&mut self, next: Next, is_usable: bool) {
        let may_keep = match next {
            Next::Stop(_) => self.config.keep_alive,
            Next::Sleep(cause, _) => matches!(cause, Cause::End),
            Next::Connect => true,
        };
        self.is_reused = may_keep && is_usable;
        self.state = if self.is_reused { State::Closed(next) } else { State::Closing(next) };
    }
}
