//! A URL in, its server and path out.
//!
//! # Limits
//!
//! `http` and `https`, without user names. Searches for a `str`, `str::parse` and the library's parser of
//! addresses would each leave a branch in the program that panics.

use crate::http;

/// An absolute URL, taken apart.
#[derive(Clone, Copy)]
pub(super) struct Url<'u> {
    pub(super) tls: bool,
    /// Without the brackets of an IPv6 address.
    pub(super) host: &'u str,
    /// The scheme's own where the URL names none.
    pub(super) port: u16,
    /// The path with all that comes after it; empty where the URL ends with the server.
    pub(super) path: &'u str,
}

impl<'u> Url<'u> {
    pub(super) fn parse(url: &'u str) -> Option<Self> {
        let (scheme, rest) = split_at_byte(url, b':');
        let tls = match scheme {
            _ if scheme.eq_ignore_ascii_case("https") => true,
            _ if scheme.eq_ignore_ascii_case("http") => false,
            _ => return None,
        };
        let (authority, path) = split_at_byte(rest.strip_prefix("://")?, b'/');
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => split_at_byte(authority, b':'),
        };
        let port = match port.strip_prefix(':') {
            Some(digits) => decimal(digits)?,
            None if !port.is_empty() => return None,
            None if tls => 443,
            None => 80,
        };
        http::is_host(host).then_some(Self { tls, host, port, path })
    }
}

/// What is before the first such byte, which is ASCII, and the rest from there on.
fn split_at_byte(text: &str, byte: u8) -> (&str, &str) {
    let end = text.bytes().position(|other| other == byte).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or_default()
}

/// Whether each byte may stand in the path of a URL as it is.
pub(super) fn is_path(path: &str) -> bool {
    path.bytes().all(|byte| {
        byte.is_ascii_graphic()
            && !matches!(byte, b'?' | b'#' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
    })
}

/// Whether a host is this very machine by its name or address, see
/// [`Config::is_loopback`](super::Config::is_loopback).
pub(super) fn is_loopback(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let end = name.len().saturating_sub("localhost".len());
    let (below, top) = name.split_at_checked(end).unwrap_or_default();
    let is_named = top.eq_ignore_ascii_case("localhost") && (below.is_empty() || below.ends_with('.'));
    let mapped = host.split_at_checked("::ffff:".len());
    let mapped = mapped.filter(|(prefix, _)| prefix.eq_ignore_ascii_case("::ffff:"));
    is_named || host == "::1" || is_loopback_v4(mapped.map_or(host, |(_, address)| address))
}

/// Whether it is an address of 127.0.0.0/8, in its only decimal form.
fn is_loopback_v4(address: &str) -> bool {
    let mut parts = address.as_bytes().split(|byte| *byte == b'.');
    let is_byte = |part: &[u8]| {
        let value = part.iter().try_fold(0_u8, |value, digit| {
            value.checked_mul(10)?.checked_add(digit.is_ascii_digit().then_some(digit & 0xF)?)
        });
        value.is_some() && (part == b"0" || !part.is_empty() && !part.starts_with(b"0"))
    };
    parts.next() == Some(b"127")
        && (0..3).all(|_| parts.next().is_some_and(is_byte))
        && parts.next().is_none()
}

fn decimal(digits: &str) -> Option<u16> {
    let value = digits.bytes().try_fold(0_u16, |value, byte| {
        value.checked_mul(10)?.checked_add(byte.is_ascii_digit().then_some(byte & 0xF)?.into())
    })?;
    (!digits.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_names_and_addresses_of_this_machine_are_loopback() {
        for host in
            ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"]
        {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "localhost.example",
            "notlocalhost",
            "10.0.0.1",
            "::",
            "0.0.0.0",
            "127.0.0.1.example",
            "127.0.0",
            "127.0.0.",
            "127.0.0.256",
            "127.0.0.01",
            "127.0.0.1.",
            "::2",
            "::ffff:10.0.0.1",
            "",
            "é",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
