//! Time as the caller tells it: milliseconds since any moment the caller likes.
//!
//! The machines of this crate own no clock. Each call that may depend on time takes a `now`, and
//! each deadline that comes back is an [`Instant`] of the same clock. What adapters that wait need of it is
//! a [`Clock`].
//!
//! ```
//! use core::time::Duration;
//! use taskgroup::time::Instant;
//!
//! let now = Instant::from_millis(1_500);
//! assert_eq!(now + Duration::from_secs(2), Instant::from_millis(3_500));
//! assert_eq!(Instant::from_millis(9).saturating_since(now), Duration::ZERO);
//! ```
//!
//! # Limits
//!
//! 64 bits of milliseconds: 584 million years. Sums and differences saturate.

use core::{future::Future, ops::Add, time::Duration};

/// A moment, in milliseconds of the caller's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Instant(u64);

impl Instant {
    /// The moment `millis` milliseconds after the clock's zero.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the clock's zero.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The moment that much later, or the last one there is. Parts of a millisecond are rounded down.
    #[must_use]
    pub const fn saturating_add(self, by: Duration) -> Self {
        let millis = by.as_secs().saturating_mul(1000).saturating_add(by.subsec_millis() as u64);
        Self(self.0.saturating_add(millis))
    }

    /// How long ago `earlier` was, or zero when it has not come yet.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// What time it is, and how to wait: the caller's, for adapters that wait.
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

impl Add<Duration> for Instant {
    type Output = Self;

    /// As [`saturating_add`](Instant::saturating_add).
    fn add(self, by: Duration) -> Self {
        self.saturating_add(by)
    }
}

/// A duration in four bytes, up to 49 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Millis(pub(crate) u32);

impl Millis {
    #[allow(clippy::cast_possible_truncation, reason = "compared with the most seconds first")]
    pub(crate) const fn from(duration: Duration) -> Self {
        let seconds = duration.as_secs();
        if seconds >= (u32::MAX / 1000) as u64 {
            return Self(u32::MAX);
        }
        Self((seconds as u32).wrapping_mul(1000).wrapping_add(duration.subsec_millis()))
    }

    pub(crate) const fn duration(self) -> Duration {
        Duration::from_millis(self.0 as u64)
    }
}
