//! The texts, and how they grow: by size, by members, by nesting, by the share of escapes.
//!
//! None is ever in memory as a whole: it is a beginning, a piece that comes again and again, and an end.

use taskgroup::json::DEPTH;

/// The most bytes that a read gives.
pub(crate) const MOST: usize = 64 << 10;

/// As large as the largest read, and a piece: a read may begin at any byte of the piece.
pub(crate) type Buffer = [u8; MOST + (20 << 10)];

/// What is read: this many bytes of these, which come again after each period.
#[derive(Clone, Copy)]
pub(crate) struct Part<'t> {
    bytes: &'t [u8],
    period: usize,
    length: usize,
}

impl<'t> Part<'t> {
    /// Bytes that come once.
    pub(crate) const fn once(bytes: &'t [u8]) -> Self {
        Self { bytes, period: bytes.len(), length: bytes.len() }
    }

    /// The buffer full of `pieces`, one after the other, of which `length` bytes are read.
    pub(crate) fn again(buffer: &'t mut Buffer, pieces: &[&str], length: usize) -> Self {
        let period: usize = pieces.iter().map(|piece| piece.len()).sum();
        let bytes = pieces.iter().cycle().flat_map(|piece| piece.bytes());
        for (place, byte) in buffer.iter_mut().zip(bytes) {
            *place = byte;
        }
        assert!(buffer.len() >= MOST + period, "the pieces have {period} bytes");
        Self { bytes: buffer, period, length }
    }

    /// How often its bytes come.
    pub(crate) const fn periods(self) -> usize {
        self.length / self.period
    }

    /// As many bytes, up to the end of a piece.
    pub(crate) const fn whole(self) -> Self {
        Self { length: self.length.next_multiple_of(self.period), ..self }
    }
}

pub(crate) fn length(text: &[Part<'_>]) -> usize {
    text.iter().map(|part| part.length).sum()
}

/// Gives the text in reads of this many bytes, and what is left at the end of each part.
pub(crate) fn read(text: &[Part<'_>], read: usize, take: &mut dyn FnMut(&[u8])) {
    for part in text {
        let (mut at, mut left) = (0, part.length);
        while left > 0 {
            let length = left.min(read);
            take(&part.bytes[at..at + length]);
            at = (at + length) % part.period;
            left -= length;
        }
    }
}

/// Prose of which one sentence in four is not all ASCII and one in four has an escape.
pub(crate) const PROSE: &[&str] = &[
    "The annual report gives the figure for the year before and a forecast for this one. ",
    "Le siège social se trouve à Zürich depuis 1998, près de la gare. ",
    "According to the filing, \\\"other income\\\" is not part of the revenue. ",
    "No later source than the register itself could be found. ",
];

/// An event up to its answer, and after it.
pub(crate) const BEGIN: &str = r#"{"type":"task_run.state","event_id":"7","run":{"run_id":"trun_1","status":"completed","is_active":false},"output":{"type":"text","content":""#;
pub(crate) const END: &str = r#"","basis":[]}}"#;

/// The same as the body of an answer.
pub(crate) const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
pub(crate) const DATA: &str = "event: task_run.state\ndata: ";
pub(crate) const BLANK: &str = "\n\n";

/// Members that no record asks for: names, of which some begin like one that is asked for.
pub(crate) const MEMBERS: &[&str] = &[
    r#""first":1,"#,
    r#""output_of":"a","#,
    r#""second":true,"#,
    r#""typed":null,"#,
    r#""run_number":70,"#,
    r#""b":[],"#,
    r#""third":{},"#,
    r#""status_of":"b","#,
];

/// An entry of the basis, of which `Standard` keeps the first three.
pub(crate) const ENTRY: &str = r#"{"field":"answer","reasoning":"It says so.","citations":[{"url":"https://example.org/","title":"A","excerpts":["b"]}],"confidence":"high"},"#;

/// What lies deep in others.
pub(crate) const LEAVES: &[&str] = &[
    r#""name":"value","#,
    r#""number":41.5,"#,
    r#""text":"The press release of March names the same number of employees.","#,
    r#""flag":true,"#,
];

/// This many levels, by turns objects and arrays, the innermost an array.
pub(crate) fn outside(levels: usize) -> &'static [u8] {
    /// Of an object and the array in it.
    const PAIR: usize = 6;
    static BEGINS: [[u8; PAIR]; DEPTH / 2] = [*br#"{"a":["#; DEPTH / 2];

    let bytes = BEGINS.as_flattened();
    &bytes[bytes.len() - levels / 2 * PAIR - levels % 2..]
}

/// What ends them.
pub(crate) fn closed(levels: usize) -> &'static [u8] {
    static ENDS: [[u8; 2]; DEPTH / 2] = [*b"]}"; DEPTH / 2];

    &ENDS.as_flattened()[..levels]
}

/// So many brackets.
pub(crate) fn brackets(open: bool, count: usize) -> &'static str {
    static OPEN: [u8; DEPTH] = [b'['; DEPTH];
    static CLOSED: [u8; DEPTH] = [b']'; DEPTH];

    let bytes = if open { &OPEN } else { &CLOSED };
    str::from_utf8(&bytes[..count]).expect("it is ASCII")
}

/// What a percentage of escapes means: one in so many characters.
pub(crate) const SHARES: [(&str, usize); 8] = [
    ("0 %", usize::MAX),
    ("1 %", 100),
    ("2 %", 50),
    ("5 %", 20),
    ("10 %", 10),
    ("20 %", 5),
    ("50 %", 2),
    ("100 %", 1),
];

/// More than 99 characters, all of them letters.
pub(crate) const LETTERS: &str = "thequickbrownfoxjumpsoverthelazydogthequickbrownfoxjumpsoverthelazydogthequickbrownfoxjumpsoverthelazydog";
