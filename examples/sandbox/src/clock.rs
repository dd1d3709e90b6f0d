//! Real time in, the time of the sandbox's world out: it starts at a fixed moment, and runs at any speed.
//!
//! # Limits
//!
//! Moments are microseconds since 1970 in an `i64`; the calendar is right for the years 0 to 9999.

use std::time::{Duration, Instant};

/// A moment of the sandbox's world: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(i64);

impl Moment {
    /// When every world begins: 2026-01-01T00:00:00Z. It is fixed, so that a seed decides the dates of its
    /// own runs, too.
    pub(crate) const START: Self = Self(1_767_225_600_000_000);

    pub(crate) fn later(self, microseconds: u64) -> Self {
        Self(self.0.saturating_add_unsigned(microseconds))
    }

    pub(crate) fn earlier(self, microseconds: u64) -> Self {
        Self(self.0.saturating_sub_unsigned(microseconds))
    }

    /// How many microseconds after `earlier` this is; 0 if it is before.
    pub(crate) fn since(self, earlier: Self) -> u64 {
        u64::try_from(self.0 - earlier.0).unwrap_or(0)
    }

    /// RFC 3339 with microseconds, as the service writes it.
    pub(crate) fn text(self) -> String {
        let (days, rest) = (self.0.div_euclid(86_400_000_000), self.0.rem_euclid(86_400_000_000));
        let (year, month, day) = date(days);
        let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
    }
}

/// The clock of one world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
    speed: f64,
}

impl Clock {
    /// A clock at [`Moment::START`], which runs `speed` times as fast as real time.
    pub(crate) fn new(speed: f64) -> Self {
        Self { started: Instant::now(), speed: speed.clamp(0.001, 1_000_000.0) }
    }

    pub(crate) fn now(&self) -> Moment {
        Moment::START.later((self.started.elapsed().as_secs_f64() * self.speed * 1e6) as u64)
    }

    /// How long to sleep in real time until `moment`; zero if it has passed.
    pub(crate) fn until(&self, moment: Moment) -> Duration {
        let microseconds = (moment.0 - self.now().0).max(0) as f64 / self.speed;
        Duration::from_micros(microseconds.ceil() as u64)
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar: the year is taken to
/// start in March, so that the leap day is its last.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    (era * 400 + year + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_rfc_3339_has_them() {
        assert_eq!(Moment::START.text(), "2026-01-01T00:00:00.000000Z");
        assert_eq!(Moment(951_782_400_000_001).text(), "2000-02-29T00:00:00.000001Z");
        assert_eq!(Moment::START.earlier(1).text(), "2025-12-31T23:59:59.999999Z");
        assert_eq!(Moment(4_107_542_400_000_000).text(), "2100-03-01T00:00:00.000000Z");
    }

    #[test]
    fn what_has_passed_needs_no_sleep() {
        assert_eq!(Clock::new(1.0).until(Moment::START), Duration::ZERO);
    }
}
