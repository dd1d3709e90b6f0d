//! An event or an answer in, one line of JSON out.
//!
//! # Limits
//!
//! An event's id has at most 128 bytes, a run's 64, the type 48 and the status 24. A longer one is `null`, as
//! if absent: an id that is cut would be another id. The output's content is not stored, whatever its length:
//! its bytes are counted and go into a CRC-32. Of an answer's content the first 400 bytes are shown, of the
//! error of a run that failed the first 160.

use core::cell::{Cell, RefCell};

use crc::{CRC_32_ISO_HDLC, Crc, Table};
use semihosting::io::{self, Write as _};
use serde::Serialize;
use taskgroup::{
    follow::Answer,
    json::{Piece, Pieces},
    record,
    text::Text,
};

/// Six bytes for each byte shown, in case all need an escape, plus the names.
const LINE: usize = 6 * (64 + 24 + CONTENT + ERROR) + 200;

/// Bytes that are shown of an answer's content, and of an error.
const CONTENT: usize = 400;
const ERROR: usize = 160;

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

record! {
    /// The members of a run's result that are shown.
    pub(crate) struct Given<F> where F: FnMut(Piece<'_>) {
        content: Pieces<F> = "/output/content",
        error: Option<Text<ERROR>> = "/run/error/message",
    }
}

/// A record whose content goes into this one.
pub(crate) fn given(content: &RefCell<Content>) -> Given<impl FnMut(Piece<'_>)> {
    let pieces = Pieces::new(|piece| match piece {
        Piece::Clear => *content.borrow_mut() = Content::default(),
        Piece::Text(text) => content.borrow_mut().push(text),
        Piece::End => {}
    });
    Given { content: pieces, error: None }
}

/// The beginning of an answer's content, and what is known of the whole.
#[derive(Default)]
pub(crate) struct Content {
    beginning: Text<CONTENT>,
    sum: Checksum,
}

impl Content {
    fn push(&mut self, text: &str) {
        self.beginning.push_str(text);
        self.sum = self.sum.and(text);
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

/// The line of an answer.
#[derive(Serialize)]
struct AnswerLine<'a> {
    input: Option<u32>,
    run_id: &'a str,
    status: &'a str,
    content: &'a str,
    error: Option<&'a str>,
    content_bytes: u64,
    content_crc32: u32,
}

/// Prints the line of an event or an answer on the host's stdout.
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
        self.put(&line)
    }

    /// Prints that of an answer.
    ///
    /// # Errors
    ///
    /// As those of [`print`](Self::print).
    pub(crate) fn print_answer<F>(
        &mut self,
        answer: &Answer<'_, Given<F>>,
        content: &Content,
    ) -> io::Result<()>
    where
        F: FnMut(Piece<'_>),
    {
        self.put(&AnswerLine {
            input: answer.input,
            run_id: answer.run_id,
            status: answer.status.as_str(),
            content: &content.beginning,
            error: answer.record.error.as_deref(),
            content_bytes: content.sum.bytes,
            content_crc32: content.sum.crc32,
        })
    }

    fn put(&mut self, line: &impl Serialize) -> io::Result<()> {
        let (line_feed, room) = self.line.split_last_mut().expect("a line has room");
        let length = serde_json_core::to_slice(line, room).expect("a line has room for all of its members");
        *line_feed = b'\n';
        self.line[length] = b'\n';
        io::stdout()?.write_all(&self.line[..=length])
    }
}

/// The text, unless it is absent or cut.
fn whole<const N: usize>(text: &Option<Text<N>>) -> Option<&str> {
    text.as_ref().filter(|text| text.lost() == 0).map(Text::as_str)
}
