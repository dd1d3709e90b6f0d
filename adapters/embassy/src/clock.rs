//! embassy-time's clock, for the stream.

use embassy_time::Timer;
use taskgroup::time::{self, Instant};

/// Milliseconds since the device was started.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Clock;

impl time::Clock for Clock {
    fn now(&self) -> Instant {
        Instant::from_millis(embassy_time::Instant::now().as_millis())
    }

    async fn wait_until(&self, until: Instant) {
        // A timer is pending once even when its moment has passed, and again if the caller drops it then.
        if self.now() >= until {
            return;
        }
        // A moment that this clock cannot represent never comes.
        let never = embassy_time::Instant::MAX;
        let until = embassy_time::Instant::try_from_millis(until.as_millis()).unwrap_or(never);
        Timer::at(until).await;
    }
}
