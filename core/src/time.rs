//! Time, as you pass it to each call: milliseconds since any moment you like.
//!
//! This crate has no clock. Each call that may depend on time takes a `now`, and each deadline that it
//! returns is an [`Instant`] of the same clock. Adapters that wait take a [`Clock`].

use core::{future::Future, ops::Add, time::Duration};

/// A moment, in milliseconds of your clock.
///
/// ```
/// use core::time::Duration;
/// use taskgroup::time::Instant;
///
/// let now = Instant::from_millis(1_500);
/// assert_eq!(now + Duration::from_secs(2), Instant::from_millis(3_500));
/// assert_eq!(Instant::from_millis(9).saturating_since(now), Duration::ZERO);
/// ```
///
/// 64 bits of milliseconds are 584 million years. Sums and differences saturate.
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

    /// The moment that much later; at most the last moment there is. Parts of a millisecond are cut off.
    #[must_use]
    pub const fn saturating_add(self, by: Duration) -> Self {
        let millis = by.as_secs().saturating_mul(1000).saturating_add(by.subsec_millis() as u64);
        Self(self.0.saturating_add(millis))
    }

    /// The time since `earlier`; zero if that is later than `self`.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// Your clock, for adapters that wait.
///
/// Only differences count, so it may begin anywhere. If it jumps, waits get longer or shorter, and nothing
/// breaks.
pub trait Clock {
    /// The time, in milliseconds since any moment.
    fn now(&self) -> Instant;

    /// Returns at `until`, or at once if that has passed. The future may be dropped.
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
