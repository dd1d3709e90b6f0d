//! The system's monotonic clock in, the core's milliseconds out.

use std::{thread, time};

use taskgroup::time::Instant;

/// Milliseconds since its creation.
///
/// ```
/// use std::time::Duration;
/// use taskgroup_std::Clock;
///
/// let clock = Clock::new();
/// let until = clock.now() + Duration::from_millis(5);
/// clock.sleep(until);
/// assert!(clock.now() >= until);
/// assert_eq!(clock.left(until), None);
/// ```
///
/// # Limits
///
/// It counts from its creation; copies count from the same moment. Whether it runs while the machine is
/// suspended depends on the system.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    zero: time::Instant,
}

impl Clock {
    /// A clock that begins at zero.
    #[must_use]
    pub fn new() -> Self {
        Self { zero: time::Instant::now() }
    }

    /// The time, rounded down to a millisecond.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::from_millis(u64::try_from(self.zero.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// The time left until `until`; `None` once that has passed.
    #[must_use]
    pub fn left(&self, until: Instant) -> Option<time::Duration> {
        Some(until.saturating_since(self.now())).filter(|left| !left.is_zero())
    }

    /// Blocks until `until`.
    pub fn sleep(&self, until: Instant) {
        while let Some(left) = self.left(until) {
            thread::sleep(left);
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}
