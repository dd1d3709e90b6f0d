//! A file of the host in PEM (RFC 7468) in, the certificates in it as DER out.
//!
//! # Limits
//!
//! 16 certificates, and as many bytes of them as there is room for. Text between them is skipped, and so are
//! other PEM blocks, such as keys. Within a certificate a line has 64 characters, or another multiple of four
//! up to 128.

use core::{ffi::CStr, mem};

use base64ct::{Base64, Encoding as _};
use semihosting::{fs::File, io::Read as _};

use crate::arguments::Usage;

const COUNT: usize = 16;
const PATH: usize = 1024;
const LINE: usize = 128;
const PIECE: usize = 512;
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// Certificates in DER.
pub(crate) struct Certificates {
    list: [&'static [u8]; COUNT],
    count: usize,
}

impl Certificates {
    pub(crate) fn list(&self) -> &[&'static [u8]] {
        &self.list[..self.count]
    }

    /// The certificates of the file, decoded into `room`.
    pub(crate) fn read(path: &str, room: &'static mut [u8]) -> Result<Self, Usage> {
        let mut file = open(path)?;
        let mut decoder = Decoder::new(room);
        let mut line = Line::new();
        let mut piece = [0; PIECE];
        loop {
            let read = file.read(&mut piece).map_err(|_| wrong("cannot be read"))?;
            if read == 0 {
                break;
            }
            for byte in &piece[..read] {
                if *byte == b'\n' {
                    decoder.take(&mem::replace(&mut line, Line::new()))?;
                } else {
                    line.push(*byte);
                }
            }
        }
        decoder.take(&line)?;
        decoder.finish()
    }
}

fn open(path: &str) -> Result<File, Usage> {
    let mut name = [0; PATH];
    let place = name.get_mut(..path.len()).ok_or(wrong("has a path that is too long"))?;
    place.copy_from_slice(path.as_bytes());
    let name = CStr::from_bytes_until_nul(&name).map_err(|_| wrong("has a path that is too long"))?;
    File::open(name).map_err(|_| wrong("cannot be opened"))
}

/// A line without its end. Of a line that is too long, only that is known.
struct Line {
    bytes: [u8; LINE],
    length: usize,
}

impl Line {
    const fn new() -> Self {
        Self { bytes: [0; LINE], length: 0 }
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = byte;
        }
        self.length = self.length.saturating_add(1);
    }

    /// `None`: it was too long.
    fn text(&self) -> Option<&[u8]> {
        self.bytes.get(..self.length).map(<[u8]>::trim_ascii)
    }
}

/// Takes lines, and collects the certificates in them.
struct Decoder {
    found: Certificates,
    room: &'static mut [u8],
    /// The number of bytes of the current certificate; `None` between two.
    length: Option<usize>,
}

impl Decoder {
    fn new(room: &'static mut [u8]) -> Self {
        Self { found: Certificates { list: [&[]; COUNT], count: 0 }, room, length: None }
    }

    fn take(&mut self, line: &Line) -> Result<(), Usage> {
        match (self.length, line.text()) {
            (None, Some(BEGIN)) => self.length = Some(0),
            (None, _) => {}
            (Some(length), Some(END)) => self.keep(length)?,
            (Some(length), Some(text)) => {
                let place = self.room.get_mut(length..).unwrap_or_default();
                let bytes = Base64::decode(text, place).map_err(|why| match why {
                    base64ct::Error::InvalidLength => wrong("has certificates for which there is no room"),
                    base64ct::Error::InvalidEncoding => wrong("has a certificate that is not in base64"),
                })?;
                self.length = Some(length + bytes.len());
            }
            (Some(_), None) => return Err(wrong("has a certificate with a line that is too long")),
        }
        Ok(())
    }

    /// Adds a whole certificate.
    fn keep(&mut self, length: usize) -> Result<(), Usage> {
        let (certificate, rest) = mem::take(&mut self.room).split_at_mut(length);
        self.room = rest;
        let place = self.found.list.get_mut(self.found.count);
        *place.ok_or(wrong("has more than 16 certificates"))? = certificate;
        self.found.count += 1;
        self.length = None;
        Ok(())
    }

    fn finish(self) -> Result<Certificates, Usage> {
        match (self.length, self.found.count) {
            (Some(_), _) => Err(wrong("ends in the middle of a certificate")),
            (None, 0) => Err(wrong("has no certificate in it")),
            (None, _) => Ok(self.found),
        }
    }
}

fn wrong(why: &'static str) -> Usage {
    Usage("--ca-file", why)
}
