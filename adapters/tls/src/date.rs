//! Seconds since 1970 in, a day that a person can read out.

use crate::words::words;

/// A moment, shown as its day in UTC: `2026-03-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// Since 1970-01-01 00:00 UTC, without leap seconds.
    pub unix_seconds: u64,
}

/// The digits of a day of the Gregorian calendar.
struct Digits {
    year: u32,
    month: [u32; 2],
    day: [u32; 2],
}

impl Date {
    /// By eras of 400 years, and by years that begin in March: a leap day is the last day of one.
    fn digits(self) -> Digits {
        const ERA: u32 = 146_097;
        let days = self.days().saturating_add(719_468);
        let day_of_era = days % ERA;
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / (ERA - 1)) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = days / ERA * 400 + year_of_era + u32::from(month <= 2);
        Digits { year, month: [month / 10, month % 10], day: [day / 10, day % 10] }
    }

    /// Since 1970, up to the year 18,000 or so. First by what is a shift: a division of 64 bits is long.
    fn days(self) -> u32 {
        const DAY: u32 = 86_400;
        let parts = u32::try_from(self.unix_seconds >> DAY.trailing_zeros()).unwrap_or(u32::MAX);
        parts / (DAY >> DAY.trailing_zeros())
    }
}

words! { Digits {
    Self { year, month, day } => "{}-{}{}-{}{}", year, month[0], month[1], day[0], day[1];
} }

words! { Date {
    date => "{}", date.digits();
} }

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::Date;

    #[test]
    fn a_moment_is_shown_as_its_day() {
        for (unix_seconds, day) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_735_689_599, "2024-12-31"),
            (1_735_689_600, "2025-01-01"),
            (4_107_542_399, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
            (253_402_300_799, "9999-12-31"),
        ] {
            assert_eq!(Date { unix_seconds }.to_string(), day);
        }
        assert!(!Date { unix_seconds: u64::MAX }.to_string().is_empty());
    }
}
