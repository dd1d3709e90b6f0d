//! The parts of a request in, its bytes out, through a buffer of any size.

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Method {
    /// Retrieves the target, and changes nothing.
    Get,
    /// Sends the body to the target.
    Post,
}

/// Writes one request without storing any of it.
///
/// You write the whole request every time, with the same calls and values. The writer skips the bytes that
/// have been sent already, keeps those that fit into its buffer, and drops the rest. So a request of any
/// length goes through a buffer of any length:
///
/// ```
/// use taskgroup::http::{Method, Writer};
///
/// let (mut request, mut out) = (String::new(), [0; 7]);
/// loop {
///     let mut writer = Writer::new(&mut out, request.len());
///     writer.method(Method::Get).segment("runs").segment("tgrp/1").query("after").encoded("a b");
///     writer.version().host("example.org", 443, true).header("accept", "application/json").end();
///     let (complete, length) = (writer.is_complete(), writer.finish());
///     request += str::from_utf8(&out[..length]).unwrap();
///     if complete { break }
/// }
/// assert!(request.starts_with("GET /runs/tgrp%2F1?after=a%20b HTTP/1.1\r\nhost: example.org\r\n"));
/// ```
pub struct Writer<'o> {
    /// Where the next byte goes.
    out: &'o mut [u8],
    /// The number of bytes still to skip, which have been sent already.
    sent: usize,
    written: usize,
    complete: bool,
    /// The target has a query.
    query: bool,
}

/// Shows how far it is, but not what it writes, which may contain a key.
impl core::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Writer")
            .field("written", &self.written)
            .field("complete", &self.complete)
            .finish_non_exhaustive()
    }
}

impl<'o> Writer<'o> {
    /// Writes into `out` the part after the first `sent` bytes of the request.
    #[must_use]
    pub const fn new(out: &'o mut [u8], sent: usize) -> Self {
        Self { out, sent, written: 0, complete: true, query: false }
    }

    /// The number of bytes written into `out`.
    #[must_use]
    pub const fn finish(self) -> usize {
        self.written
    }

    /// Whether everything so far has had room. After the whole request: whether nothing is left to send.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// Begins the request line ([RFC 9112 §3](https://www.rfc-editor.org/rfc/rfc9112#section-3)). The
    /// target comes next.
    pub fn method(&mut self, method: Method) -> &mut Self {
        self.raw(match method {
            Method::Get => "GET ",
            Method::Post => "POST ",
        })
    }

    /// A segment of the target's path, with the slash before it, percent-encoded.
    ///
    /// `.` and `..` cannot be encoded: a server may resolve them as relative segments.
    pub fn segment(&mut self, segment: &str) -> &mut Self {
        self.raw("/").encoded(segment)
    }

    /// Begins a parameter of the target's query, up to its `=`. The value comes next.
    pub fn query(&mut self, name: &str) -> &mut Self {
        let separator = if self.query { "&" } else { "?" };
        self.query = true;
        self.raw(separator).encoded(name).raw("=")
    }

    /// Ends the request line.
    pub fn version(&mut self) -> &mut Self {
        self.raw(" HTTP/1.1\r\n")
    }

    /// The header `host` ([RFC 9110 §7.2](https://www.rfc-editor.org/rfc/rfc9110#section-7.2)): an IPv6
    /// address gets brackets if it has none, and the scheme's default port is left out.
    pub fn host(&mut self, host: &str, port: u16, tls: bool) -> &mut Self {
        let bare_address = host.contains(':') && !host.starts_with('[');
        let (open, close) = if bare_address { ("[", "]") } else { ("", "") };
        self.raw("host: ").raw(open).value(host).raw(close);
        if port != if tls { 443 } else { 80 } {
            self.raw(":").decimal(port.into());
        }
        self.raw("\r\n")
    }

    /// A header.
    ///
    /// Of a value that is not an [`is_field_value`], it writes control characters as spaces, as [RFC 9110
    /// §5.5](https://www.rfc-editor.org/rfc/rfc9110#section-5.5) demands from recipients. So no value can
    /// inject a header.
    pub fn header(&mut self, name: &str, value: &str) -> &mut Self {
        self.raw(name).raw(": ").value(value).raw("\r\n")
    }

    /// Ends the head, and the request, which has no body.
    pub fn end(&mut self) -> &mut Self {
        self.raw("\r\n")
    }

    /// Ends the head with a `content-length`, then writes the body, which ends the request.
    pub fn body(&mut self, body: &[u8]) -> &mut Self {
        self.raw("content-length: ").decimal(body.len() as u64).raw("\r\n\r\n").bytes(body)
    }

    /// Writes `text` as it is. The caller ensures that it may be there.
    pub fn raw(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// `text` with every byte percent-encoded that is not *unreserved*
    /// ([RFC 3986 §2.3](https://www.rfc-editor.org/rfc/rfc3986#section-2.3)).
    pub fn encoded(&mut self, text: &str) -> &mut Self {
        let mut rest = text.as_bytes();
        while let Some(at) = rest.iter().position(|&byte| !is_unreserved(byte)) {
            let (unreserved, others) = rest.split_at_checked(at).unwrap_or_default();
            self.bytes(unreserved);
            if let Some((byte, after)) = others.split_first() {
                self.bytes(&[b'%', hexadecimal(byte >> 4), hexadecimal(byte & 0xF)]);
                rest = after;
            }
        }
        self.bytes(rest)
    }

    /// `number` in decimal digits.
    pub fn decimal(&mut self, number: u64) -> &mut Self {
        let mut digits = [0; 20];
        let mut left = number.to_be_bytes();
        let mut length = 0_usize;
        for place in digits.iter_mut().rev() {
            *place = b'0' | divide_by_10(&mut left);
            length = length.wrapping_add(1);
            if left == [0; 8] {
                break;
            }
        }
        self.bytes(digits.get(digits.len().wrapping_sub(length)..).unwrap_or_default())
    }

    fn value(&mut self, value: &str) -> &mut Self {
        let mut pieces = value.as_bytes();
        while let Some(at) = pieces.iter().position(|&byte| is_control(byte)) {
            self.bytes(pieces.get(..at).unwrap_or_default()).raw(" ");
            pieces = pieces.get(at.wrapping_add(1)..).unwrap_or_default();
        }
        self.bytes(pieces)
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let skipped = self.sent.min(bytes.len());
        self.sent = self.sent.wrapping_sub(skipped);
        let due = bytes.get(skipped..).unwrap_or_default();
        let room = self.out.get_mut(self.written..).unwrap_or_default();
        self.complete &= due.len() <= room.len();
        let fits = due.len().min(room.len());
        for (place, &byte) in room.iter_mut().zip(due) {
            *place = byte;
        }
        self.written = self.written.wrapping_add(fits);
        self
    }
}

/// Whether `value` may be sent as the value of a header
/// ([RFC 9110 §5.5](https://www.rfc-editor.org/rfc/rfc9110#section-5.5)): no control characters but
/// tabs, and no whitespace around it, which the recipient would remove.
#[must_use]
pub fn is_field_value(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.trim_ascii().len() == bytes.len() && !bytes.iter().any(|&byte| is_control(byte))
}

/// Whether `host` may be sent as the header `host`: an IPv6 address with brackets or without, or what
/// [RFC 3986 §3.2.2](https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2) has for a name. No port.
#[must_use]
pub fn is_host(host: &str) -> bool {
    let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let address = inside.unwrap_or(host);
    if inside.is_some() || address.contains(':') {
        let is_part = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
        let colons = address.bytes().filter(|&byte| byte == b':').count();
        return colons >= 2 && address.bytes().all(is_part);
    }
    let is_part = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b'!' | b'$' | b'&'..=b',' | b';' | b'=')
    };
    !host.is_empty() && host.bytes().all(is_part)
}

/// Replaces the number by the quotient, and returns the remainder. Byte by byte, because a division of 64
/// bits takes half a kilobyte on a Cortex-M0.
fn divide_by_10(number: &mut [u8; 8]) -> u8 {
    let mut rest = 0;
    for byte in number {
        let part = u32::from(u16::from_be_bytes([rest, *byte]));
        // A tenth of it, as it is below 2560.
        let [_, quotient, ..] = part.wrapping_mul(6554).to_be_bytes();
        rest = byte.wrapping_sub(quotient.wrapping_mul(10));
        *byte = quotient;
    }
    rest
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

const fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && byte != b'\t'
}

const fn hexadecimal(digit: u8) -> u8 {
    if digit < 10 { b'0' | digit } else { (b'A').wrapping_sub(10).wrapping_add(digit) }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used)]
mod tests;
