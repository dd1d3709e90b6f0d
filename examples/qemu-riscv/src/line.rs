//! An event in, one line of JSON out.
//!
//! # Limits
//!
//! An event's id has at most 128 bytes, a run's 64, the type 48 and the status 24. A longer one is `null`, as
//! if absent: an id that is cut would be another id. The output's content is not stored, whatever its length:
//! its bytes are counted and go into a CRC-32.

use core::cell::Cell;

use crc::{CRC_32_ISO_HDLC, Crc, Table};
use semihosting::io::{self, Write as _};
use serde::Serialize;
use taskgroup::{
    json::{Piece, Pieces},
    record,
    text::Text,
};

/// Six bytes for each byte shown, in case all need an escape, plus the names.
const LINE: usize = 6 * (48 + 128 + 64 + 24) + 136;

static CRC: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);

record! {
    /// The members of an event, of any type, that are shown.
    pub(crate) struct Shown<F> for * where F: FnMut(Piece<'_>) {
        kind: Option<Text<48>> = "/type",
        event_id: Option<Text<128>> = "/event_id",
        run_id: Option<Text<64>> = "/run/run_id",
        status: Option<Text<24>> = "/run/status",
        content: Pieces<F> = "/output/content",
    }
}

/// A record whose content goes into `sum`.
pub(crate) fn shown(sum: &Cell<Checksum>) -> Shown<impl FnMut(Piece<'_>)> {
    Shown {
        kind: None,
        event_id: None,
        run_id: None,
        status: None,
        content: Pieces::new(|piece| match piece {
            Piece::Clear => sum.set(Checksum::default()),
            Piece::Text(text) => sum.set(sum.get().and(text)),
            Piece::End => {}
        }),
    }
}

impl<F: FnMut(Piece<'_>)> Shown<F> {
    /// The id, even if the event is broken after it.
    pub(crate) fn event_id(&self) -> Option<&str> {
        self.event_id.as_deref().filter(|id| !id.is_empty())
    }
}

/// How many bytes of UTF-8 a text has, and their CRC-32 (that of Ethernet and zlib).
#[derive(Clone, Copy, Default)]
pub(crate) struct Checksum {
    bytes: u64,
    crc32: u32,
}

impl Checksum {
    /// The sum with this text appended.
    fn and(self, text: &str) -> Self {
        // Undoes what the algorithm does to its register at the end and at the beginning, so that it
        // continues where it was.
        let mut digest = CRC.digest_with_initial((!self.crc32).reverse_bits());
        digest.update(text.as_bytes());
        Self { bytes: self.bytes + text.len() as u64, crc32: digest.finalize() }
    }
}

/// A line, with the names of its members.
#[derive(Serialize)]
struct Line<'e> {
    #[serde(rename = "type")]
    kind: Option<&'e str>,
    event_id: Option<&'e str>,
    run_id: Option<&'e str>,
    status: Option<&'e str>,
    content_bytes: u64,
    content_crc32: u32,
}

/// Prints the line of an event on the host's stdout.
pub(crate) struct Printer {
    line: [u8; LINE],
}

impl Printer {
    pub(crate) const fn new() -> Self {
        Self { line: [0; LINE] }
    }

    /// Prints it in one write.
    ///
    /// # Errors
    ///
    /// Nobody reads the host's stdout any more.
    pub(crate) fn print<F>(&mut self, event: &Shown<F>, sum: Checksum) -> io::Result<()>
    where
        F: FnMut(Piece<'_>),
    {
        let line = Line {
            kind: whole(&event.kind),
            event_id: whole(&event.event_id),
            run_id: whole(&event.run_id),
            status: whole(&event.status),
            content_bytes: sum.bytes,
            content_crc32: sum.crc32,
        };
        let (line_feed, room) = self.line.split_last_mut().expect("a line has room");
        let length = serde_json_core::to_slice(&line, room).expect("a line has room for all of its members");
        *line_feed = b'\n';
        self.line[length] = b'\n';
        io::stdout()?.write_all(&self.line[..=length])
    }
}

/// The text, unless it is absent or cut.
fn whole<const N: usize>(text: &Option<Text<N>>) -> Option<&str> {
    text.as_ref().filter(|text| text.lost() == 0).map(Text::as_str)
}
