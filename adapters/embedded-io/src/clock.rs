//! The caller's clock: no state in, the time and waits out.

use core::future::Future;

use embassy_futures::select::{Either, select};
use taskgroup::time::Instant;

/// What time it is, and how to wait.
///
/// Only differences count, so any zero will do; a clock that jumps makes waits longer or shorter,
/// and breaks nothing.
pub trait Clock {
    /// The time, in milliseconds since any moment.
    fn now(&self) -> Instant;

    /// Returns when `until` has come, at once when it has passed. May be dropped while it waits.
    fn wait_until(&self, until: Instant) -> impl Future<Output = ()>;
}

impl<C: Clock> Clock for &C {
    fn now(&self) -> Instant {
        C::now(self)
    }

    fn wait_until(&self, until: Instant) -> impl Future<Output = ()> {
        C::wait_until(self, until)
    }
}

/// What comes of `future`; `None` at the deadline. What is ready is taken even when it has passed.
pub(crate) async fn before<T>(
    clock: &impl Clock,
    until: Instant,
    future: impl Future<Output = T>,
) -> Option<T> {
    match select(future, clock.wait_until(until)).await {
        Either::First(result) => Some(result),
        Either::Second(()) => None,
    }
}
