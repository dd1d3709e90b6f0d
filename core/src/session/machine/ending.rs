//! How a try ends: the end of a body or of a connection in, another try or the session's end out.

use core::mem;

use super::{AttemptEnd, Body, Machine, Next, State};
use crate::{
    log::info,
    session::{Capacity, Cause, Fault, Outcome, request::Reply},
    time::Millis,
};

impl Machine<'_> {
    /// The body is complete, or the connection ended in order where only that ends the body.
    pub(super) fn body_ended(&mut self) {
        match self.body {
            Body::Refusal { status, end, .. } => self.refusal_read(status, end),
            Body::Rest(outcome) => self.stop(outcome),
            Body::Stream => self.stream_ended(),
            Body::Json | Body::Awaited => self.attempt_failed(Cause::Network, Millis(0)),
        }
    }

    fn stream_ended(&mut self) {
        let answer = self.call.endpoint.answer;
        if self.reader.is_amid_event() {
            self.attempt_failed(Cause::Network, Millis(0));
        } else if self.error_event {
            self.attempt_failed(Cause::Peer(Fault::ErrorEvent), Millis(0));
        } else if self.cursor.replaying() {
            self.stop(Outcome::Peer(Fault::CursorIgnored));
        } else if matches!(answer, Reply::Stream { until_inactive: true }) {
            if self.active == Some(false) {
                self.stop(Outcome::Done);
            } else {
                self.resume_soon(Cause::End);
            }
        } else if self.response.is_delimited() {
            self.stop(Outcome::Done);
        } else if self.cursor.nameless() {
            self.stop(Outcome::Peer(Fault::Unproven));
        } else if self.probing_end {
            self.stop(Outcome::Done);
        } else {
            self.probing_end = true;
            self.resume_soon(Cause::End);
        }
    }

    /// The connection broke or fell silent, or the answer does not keep to HTTP.
    pub(super) fn connection_lost(&mut self, cause: Cause) {
        if mem::take(&mut self.is_reused) {
            // The server may have closed it before it had the request (RFC 9112 §9.3.1).
            info!("{}: the connection was over", cause);
            self.state = State::Closing(Next::Connect);
            return;
        }
        let answer = self.call.endpoint.answer;
        match self.body {
            Body::Refusal { status, end, .. } => self.refusal_read(status, end),
            Body::Rest(outcome) => self.stop(outcome),
            Body::Stream
                if matches!(answer, Reply::Stream { until_inactive: true })
                    && !self.error_event
                    && !matches!(cause, Cause::Peer(_)) =>
            {
                self.resume_soon(cause);
            }
            _ => self.attempt_failed(cause, Millis(0)),
        }
    }

    /// What a refusal says has been read.
    pub(super) fn refusal_read(&mut self, status: u16, end: AttemptEnd) {
        self.reader.envelope.set_error(status, self.config.key);
        match end {
            AttemptEnd::Break { cause, retry_after } => self.attempt_failed(cause, retry_after),
            AttemptEnd::Stop(outcome) => self.stop(outcome),
        }
    }

    /// The try failed: another one after a while, or none.
    pub(super) fn attempt_failed(&mut self, cause: Cause, retry_after: Millis) {
        // Only a status says that a request was not acted on.
        let spent = self.sent > 0 && !self.call.is_repeatable() && !matches!(cause, Cause::Status(_));
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
    fn resume_soon(&mut self, cause: Cause) {
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
        self.is_reused = matches!((self.state, next), (State::Receiving, Next::Stop(_)))
            && self.response.is_complete()
            && self.response.is_persistent();
        self.state = if self.is_reused { State::Closed(next) } else { State::Closing(next) };
    }
}
