//! The text of an argument in, its value out, or why it is not one.
//!
//! # Limits
//!
//! Each function states its own.

use std::ops::RangeInclusive;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};

/// A key, of characters that a shell takes literally: the program prints it for a shell.
pub(super) fn key(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@%,".contains(&byte);
    match text {
        "" => Err("an empty key cannot be sent".into()),
        _ if text.bytes().all(plain) => Ok(text.to_owned()),
        _ => Err("a key may have only letters, digits and -_.:/+=@%, which a shell takes literally".into()),
    }
}

/// From 0.001 to 1,000,000.
pub(super) fn speed(text: &str) -> Result<f64, String> {
    let why = "must be between 0.001 and 1000000; if time stood still, no run would ever end";
    text.parse().ok().filter(|speed| (0.001..=1_000_000.0).contains(speed)).ok_or_else(|| why.into())
}

/// From a millisecond to a day.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.001..=86_400.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "must be between 0.001 and 86400 seconds".into())
}

/// From 0 to 1.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let why = "must be between 0 and 1; 0.25 is every fourth run";
    text.parse().ok().filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| why.into())
}

/// `LEAST..MOST` in seconds, or one number that is both, each up to a day.
pub(super) fn span(text: &str) -> Result<RangeInclusive<Duration>, String> {
    let (least, most) = text.split_once("..").unwrap_or((text, text));
    let seconds = |text: &str| {
        let seconds = text.trim().parse().ok().filter(|seconds| (0.0..=86_400.0).contains(seconds));
        seconds.map(Duration::from_secs_f64)
    };
    match (seconds(least), seconds(most)) {
        (Some(least), Some(most)) if least <= most => Ok(least..=most),
        _ => Err("must be two numbers of seconds, the smaller one first: 0.5..2".into()),
    }
}

/// A header's value.
pub(super) fn value(text: &str) -> Result<String, String> {
    HeaderValue::from_str(text).map_err(|_| "a header cannot contain control characters")?;
    Ok(text.to_owned())
}

/// A header, `NAME: VALUE`.
pub(super) fn header(text: &str) -> Result<(String, String), String> {
    let (name, text) = text.split_once(':').ok_or("a header is a name, a colon and a value")?;
    let name = name.trim();
    name.parse::<HeaderName>().map_err(|_| format!("{name:?} cannot be the name of a header"))?;
    Ok((name.to_owned(), value(text.trim())?))
}
