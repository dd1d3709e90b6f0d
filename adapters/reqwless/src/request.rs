//! The bytes of a request in, its parts for reqwless out.

use heapless::Vec;

/// The most fields that a request has, besides `Host`.
const FIELDS: usize = 8;

/// The parts of a GET.
pub(crate) struct Parts<'r> {
    pub(crate) target: &'r str,
    pub(crate) host: &'r str,
    pub(crate) fields: Vec<(&'r str, &'r str), FIELDS>,
}

impl<'r> Parts<'r> {
    /// `None` if it is not a GET, or not whole.
    pub(crate) fn of(request: &'r [u8]) -> Option<Self> {
        let head = str::from_utf8(request).ok()?.strip_suffix("\r\n\r\n")?;
        let (line, lines) = head.split_once("\r\n")?;
        let target = line.strip_prefix("GET ")?.strip_suffix(" HTTP/1.1")?;
        let mut parts = Self { target, host: "", fields: Vec::new() };
        for line in lines.split("\r\n") {
            match line.split_once(": ")? {
                ("host", host) => parts.host = host,
                field => parts.fields.push(field).ok()?,
            }
        }
        Some(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_get_comes_apart_and_nothing_else_does() {
        let parts = Parts::of(b"GET /a?b=c HTTP/1.1\r\nhost: h:80\r\nx-api-key: k: k\r\n\r\n").unwrap();
        assert_eq!((parts.target, parts.host), ("/a?b=c", "h:80"));
        assert_eq!(parts.fields, [("x-api-key", "k: k")]);
        let others: [&[u8]; 3] = [
            b"GET /a HTTP/1.1\r\nhost: h\r\n",
            b"POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\n\r\nx",
            b"",
        ];
        assert!(others.iter().all(|request| Parts::of(request).is_none()));
    }
}
