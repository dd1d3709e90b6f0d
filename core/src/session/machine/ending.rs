//! How a try ends: the end of a body or of a connection in, another try or the session's end out.

use core::mem;

use super::{Body, Ending, Machine, Next, State};
use crate::{
    log::info,
    session::{Capacity, Cause, Fault, Outcome, config::Millis, request::Answer},
};

impl Machine<'_> {
    /// The body is complete, or the connection ended in order where only that ends the body.
    pub(super) fn ended(&mut self) {
        match self.body {
            Body::Refusal { status, ending, .. } => self.end(status, ending),
            Body::Rest(outcome) => self.stop(outcome),
            Body::Stream => self.stream_ended(),
            Body::Json | Body::Awaited => self.broken(Cause::Network, Millis(0)),
        }
    }

    fn stream_ended(&mut self) {
        let answer = self.request.endpoint.answer;
        if self.reader.is_amid_event() {
            self.broken(Cause::Network, Millis(0));
        } else if self.error_event {
            self.broken(Cause::Peer(Fault::ErrorEvent), Millis(0));
        } else if self.cursor.replaying() {
            self.stop(Outcome::Peer(Fault::CursorIgnored));
        } else if matches!(answer, Answer::Stream { until_inactive: true }) {
            if self.active == Some(false) {
                self.stop(Outcome::Done);
            } else {
                self.rest(Cause::End);
            }
        } else if self.response.is_delimited() {
            self.stop(Outcome::Done);
        } else if self.cursor.nameless() {
            self.stop(Outcome::Peer(Fault::Unproven));
        } else if self.confirming {
            self.stop(Outcome::Done);
        } else {
            self.confirming = true;
            self.rest(Cause::End);
        }
    }

    /// The connection broke or fell silent, or the answer does not keep to HTTP.
    pub(super) fn interrupted(&mut self, cause: Cause) {
        if mem::take(&mut self.kept) {
            // The server may have closed it before it had the request (RFC 9112 §9.3.1).
            info!("{}: the connection was over", cause);
            self.state = State::Ended(Next::Connect, false);
            return;
        }
        let answer = self.request.endpoint.answer;
        match self.body {
            Body::Refusal { status, ending, .. } => self.end(status, ending),
            Body::Rest(outcome) => self.stop(outcome),
            Body::Stream
                if matches!(answer, Answer::Stream { until_inactive: true })
                    && !self.error_event
                    && !matches!(cause, Cause::Peer(_)) =>
            {
                self.rest(cause);
            }
            _ => self.broken(cause, Millis(0)),
        }
    }

    /// What a refusal says has been read.
    pub(super) fn end(&mut self, status: u16, ending: Ending) {
        self.reader.taps.hear_error(status, self.config.key);
        match ending {
            Ending::Break { cause, retry_after } => self.broken(cause, retry_after),
            Ending::Stop(outcome) => self.stop(outcome),
        }
    }

    /// The try failed: another one after a while, or none.
    pub(super) fn broken(&mut self, cause: Cause, retry_after: Millis) {
        // Only a status says that a request was not acted on.
        let spent = self.sent > 0 && !self.request.is_repeatable() && !matches!(cause, Cause::Status(_));
        if spent || (!self.cursor.moved() && self.backoff.failed(&self.config)) {
            return self.stop(cause.outcome());
        }
        let wait = self.backoff.wait(&self.config, self.floor(), retry_after);
        self.sleep(cause, wait);
    }

    /// The shortest wait: what the stream's `retry` asked for, between the config's bounds.
    fn floor(&self) -> Millis {
        self.reader.retry.max(self.config.floor).min(self.config.ceiling)
    }

    /// The try did not fail, but there may be more: another one soon.
    fn rest(&mut self, cause: Cause) {
        self.sleep(cause, self.floor());
    }

    fn sleep(&mut self, cause: Cause, wait: Millis) {
        if self.cursor.too_long {
            return self.stop(Outcome::Capacity(Capacity::EventId));
        }
        info!("{}: asks again in {} ms", cause, wait.0);
        self.redirected = false;
        self.redirects = 0;
        self.close(Next::Sleep(cause, wait));
    }

    #[inline(never)] // or it would be there for each way to end
    pub(super) fn stop(&mut self, outcome: Outcome) {
        info!("stops: {}", outcome);
        self.close(Next::Stop(outcome));
    }

    #[inline(never)] // or it would be there for each way to end
    fn close(&mut self, next: Next) {
        if self.reader.is_amid_event() {
            self.reader.forget(&mut self.cursor.next);
        }
        self.body = Body::Awaited;
        self.kept = matches!((self.state, next), (State::Receiving, Next::Stop(_)))
            && self.response.is_complete()
            && self.response.is_persistent();
        self.state = State::Ended(next, self.kept);
    }
}
