//! A URL in, its server and path out.
//!
//! # Limits
//!
//! `http` and `https`, without user names. It does without searches for a `str`, `str::parse` and the
//! library's parser of addresses: each would leave a branch that can panic.

use crate::{http, text::decimal};

/// The parts of an absolute URL.
#[derive(Clone, Copy)]
pub(super) struct Url<'u> {
    pub(super) tls: bool,
    /// Without the brackets of an IPv6 address.
    pub(super) host: &'u str,
    /// The scheme's default if the URL has none.
    pub(super) port: u16,
    /// The path with everything after it; empty if the URL ends with the server.
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
        Self::of_server(tls, rest.strip_prefix("://")?)
    }

    /// Parses the rest after the scheme and its two slashes.
    fn of_server(tls: bool, rest: &'u str) -> Option<Self> {
        let end = rest.bytes().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => split_at_byte(authority, b':'),
        };
        let port = match port.strip_prefix(':') {
            Some(digits) => decimal(digits.as_bytes())?.try_into().ok()?,
            None if !port.is_empty() => return None,
            None if tls => 443,
            None => 80,
        };
        http::is_host(host).then_some(Self { tls, host, port, path })
    }
}

/// Why a reference does not lead to a path on this server.
pub(super) enum Unresolved {
    /// It leads to another server, or is invalid.
    Foreign,
    /// The path is longer than 128 bytes.
    Capacity,
}

/// Resolves a `Location` to a path and query on this server (RFC 3986 §5.2) and returns its length. `target`
/// begins with the path that it is relative to, whose length is given; without one, only an absolute path or
/// URL resolves.
pub(super) fn resolve(
    server: &Url<'_>,
    reference: &str,
    target: &mut [u8],
    base: Option<usize>,
) -> Result<usize, Unresolved> {
    let (reference, _) = split_at_byte(reference, b'#');
    if reference.is_empty() || !reference.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Unresolved::Foreign);
    }
    let (base, relative) = if let Some(other) = reference.strip_prefix("//") {
        (0, own(server, Url::of_server(server.tls, other))?)
    } else if reference.starts_with('/') {
        (0, reference)
    } else if has_scheme(reference) {
        (0, own(server, Url::parse(reference))?)
    } else {
        let base = base.ok_or(Unresolved::Foreign)?;
        (if reference.starts_with('?') { base } else { directory(target, base) }, reference)
    };
    append(relative, target, base).ok_or(Unresolved::Capacity)
}

/// The path of a URL, if it is on this server.
fn own<'u>(server: &Url<'_>, url: Option<Url<'u>>) -> Result<&'u str, Unresolved> {
    let is_own = |url: &Url<'_>| {
        url.tls == server.tls && url.host.eq_ignore_ascii_case(server.host) && url.port == server.port
    };
    url.filter(is_own).map(|url| url.path).ok_or(Unresolved::Foreign)
}

/// Whether a reference begins with a scheme: whether a colon comes before any slash, question mark or number
/// sign (RFC 3986 §4.2).
fn has_scheme(reference: &str) -> bool {
    reference.bytes().find(|byte| matches!(byte, b':' | b'/' | b'?' | b'#')) == Some(b':')
}

/// The length of the path up to and including its last slash.
#[inline(never)] // one copy instead of one for each part of a path
fn directory(path: &[u8], length: usize) -> usize {
    let path = path.get(..length).unwrap_or_default();
    path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at.saturating_add(1))
}

/// Appends a path and query to the first bytes of `target`, without the segments `.` and `..` of the path
/// (RFC 3986 §5.2.4), and returns the new length. `None`: there is no room.
fn append(relative: &str, target: &mut [u8], base: usize) -> Option<usize> {
    let mut length = base;
    let slash = if base == 0 && !relative.starts_with('/') { "/" } else { "" };
    let mut is_path = true;
    // The end of the text ends a segment, too.
    for byte in slash.bytes().chain(relative.bytes()).chain([0]) {
        let mut is_kept = byte != 0;
        if is_path && matches!(byte, b'/' | b'?' | 0) {
            let begin = directory(target, length);
            let ups = match target.get(begin..length)? {
                b"." => 0,
                b".." => 1,
                _ => usize::MAX,
            };
            if ups < usize::MAX {
                // Both leave a directory, whose slash is already there.
                length = if ups > 0 { directory(target, begin.saturating_sub(1)).max(1) } else { begin };
                is_kept &= byte != b'/';
            }
            is_path = byte == b'/';
        }
        if is_kept {
            *target.get_mut(length)? = byte;
            length = length.saturating_add(1);
        }
    }
    Some(length)
}

/// The text before the first such byte, which is ASCII, and the rest from there on.
fn split_at_byte(text: &str, byte: u8) -> (&str, &str) {
    let end = text.bytes().position(|other| other == byte).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or_default()
}

/// Whether each byte may occur unescaped in the path of a URL.
pub(super) const fn is_path(path: &str) -> bool {
    let mut rest = path.as_bytes();
    while let [byte, more @ ..] = rest {
        if !byte.is_ascii_graphic()
            || matches!(byte, b'?' | b'#' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
        {
            return false;
        }
        rest = more;
    }
    true
}

/// Whether a host is this machine by its name or address, see
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
        decimal(part).is_some_and(|value| value <= 255) && (part == b"0" || !part.starts_with(b"0"))
    };
    parts.next() == Some(b"127")
        && (0..3).all(|_| parts.next().is_some_and(is_byte))
        && parts.next().is_none()
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
