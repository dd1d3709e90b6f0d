//! The bytes of an HTTP-date in, seconds since 1970 out.
//!
//! The three forms of [RFC 9110 §5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7), in
//! lower case and without the weekday that a comma ends:
//!
//! ```text
//! 06 nov 1994 08:49:37 gmt
//! 06-nov-94 08:49:37 gmt
//! sun nov 6 08:49:37 1994
//! ```
//!
//! # Limits
//!
//! The years 1970 to 2099, in which every fourth is a leap year; two digits mean 1970 to 2069.

use super::words::place;
use crate::text::decimal;

/// Months from March on, so that a leap day is the last of its year.
const MONTHS: &[u8] = b"mar apr may jun jul aug sep oct nov dec jan feb";
const JANUARY: usize = 10;
const NONE: usize = 12;

/// The moment of `date`; `None` if it is not a date.
pub(super) fn seconds_since_1970(date: &[u8]) -> Option<u32> {
    let mut numbers = heapless::Vec::<u32, 5, u8>::new();
    let mut month = NONE;
    for word in date.split(|byte| matches!(byte, b' ' | b'-' | b':')) {
        match decimal(word) {
            Some(number) => numbers.push(number).ok()?,
            None if month == NONE => month = place(MONTHS, word),
            None => {}
        }
    }
    let begins_with_weekday = date.first().is_some_and(u8::is_ascii_alphabetic);
    let (day, year, time) = match *numbers.as_slice() {
        [day, hour, minute, second, year] if begins_with_weekday => (day, year, [hour, minute, second]),
        [day, year, hour, minute, second] => (day, year, [hour, minute, second]),
        _ => return None,
    };
    let year = match year {
        0..=69 => year.wrapping_add(2000),
        70..=99 => year.wrapping_add(1900),
        _ => year,
    };
    let [hour, minute, second] = time;
    let is_year = (1970..=2099).contains(&year);
    if !is_year || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 || month == NONE {
        return None;
    }
    let years = year.wrapping_sub(1968).wrapping_sub(u32::from(month >= JANUARY));
    // The days of the months before: 31, 30, 31, 30, 31, and again.
    let days_before = u32::try_from(month.wrapping_mul(979).wrapping_add(18) / 32).ok()?;
    let days_since_march_1968 = years
        .wrapping_mul(365)
        .wrapping_add(years / 4)
        .wrapping_add(days_before)
        .wrapping_add(day.wrapping_sub(1));
    let days = days_since_march_1968.wrapping_sub(671);
    let minutes = days.wrapping_mul(24).wrapping_add(hour).wrapping_mul(60).wrapping_add(minute);
    Some(minutes.wrapping_mul(60).wrapping_add(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_of_one_date_are_the_same_moment() {
        assert_eq!(seconds_since_1970(b"06 nov 1994 08:49:37 gmt"), Some(784_111_777));
        assert_eq!(seconds_since_1970(b"06-nov-94 08:49:37 gmt"), Some(784_111_777));
        assert_eq!(seconds_since_1970(b"sun nov 6 08:49:37 1994"), Some(784_111_777));
    }

    #[test]
    fn years_and_leap_days_count_from_1970_to_2099() {
        let cases: [(&[u8], Option<u32>); 11] = [
            (b"01 jan 1970 00:00:00 gmt", Some(0)),
            (b"29 feb 1972 00:00:00 gmt", Some(68_169_600)),
            (b"01 mar 1972 00:00:00 gmt", Some(68_256_000)),
            (b"31 dec 1999 23:59:59 gmt", Some(946_684_799)),
            (b"01 mar 2000 00:00:00 gmt", Some(951_868_800)),
            (b"31 dec 2016 23:59:60 gmt", Some(1_483_228_800)),
            (b"29 feb 2024 12:00:00 gmt", Some(1_709_208_000)),
            (b"31 dec 2099 23:59:59 gmt", Some(4_102_444_799)),
            (b"01-jan-69 00:00:00 gmt", Some(3_124_224_000)),
            (b"31 dec 1969 23:59:59 gmt", None),
            (b"01 jan 2100 00:00:00 gmt", None),
        ];
        for (date, seconds) in cases {
            assert_eq!(seconds_since_1970(date), seconds, "{:?}", core::str::from_utf8(date));
        }
    }

    #[test]
    fn what_names_no_moment_is_none() {
        let cases: [&[u8]; 9] = [
            b"",
            b"sun",
            b"06 nov 1994",
            b"06 nov 1994 08:49 gmt",
            b"06 xyz 1994 08:49:37 gmt",
            b"00 nov 1994 08:49:37 gmt",
            b"32 nov 1994 08:49:37 gmt",
            b"06 nov 1994 24:00:00 gmt",
            b"06 nov 1994 08:49:37 1 gmt",
        ];
        for date in cases {
            assert_eq!(seconds_since_1970(date), None, "{:?}", core::str::from_utf8(date));
        }
    }
}
