//! A deadline that survives a clock which steps back.

use core::time::Duration;

use crate::time::Instant;

/// A span of time that started at a known moment.
#[derive(Clone, Copy)]
pub(super) struct Timer {
    since: Instant,
    until: Instant,
}

impl Timer {
    pub(super) const fn new() -> Self {
        Self { since: Instant::from_millis(0), until: Instant::from_millis(0) }
    }

    pub(super) fn start(&mut self, now: Instant, span: Duration) {
        *self = Self { since: now, until: now.saturating_add(span) };
    }

    pub(super) const fn until(&self) -> Instant {
        self.until
    }

    /// When the span ends; `None`: it has. A clock that stepped back starts it anew: it is late by
    /// one span at most, where a fixed deadline could be years away.
    pub(super) fn check(&mut self, now: Instant) -> Option<Instant> {
        if now < self.since {
            self.start(now, self.until.saturating_since(self.since));
        }
        (now < self.until).then_some(self.until)
    }
}
