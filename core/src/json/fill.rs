//! Pieces of a JSON text and a record in, the record filled out.
//!
//! ```
//! use taskgroup::{json::Filler, record, text::Text};
//!
//! record! { struct Run { status: Text<16> = "/status" } }
//! let (mut filler, mut run) = (Filler::new(), Run::default());
//! filler.begin(&mut run);
//! assert!(!filler.feed(&mut run, &mut (), &mut &br#"{"big":[1,2],"stat"#[..])?);
//! assert!(filler.feed(&mut run, &mut (), &mut &br#"us":"queued"}"#[..])?);
//! filler.finish()?;
//! assert_eq!(run.status, "queued");
//! # Ok::<(), taskgroup::json::Error>(())
//! ```
//!
//! It is a recursive descent that can be left at any byte: at each level a step says where it stood,
//! and the next piece of input goes down the same way again.
//!
//! # Limits
//!
//! Records and lists in one another to [`RECORDS`] levels; what is deeper is a mismatch. [`SHORT`]
//! bytes for a name, a number or a word: a longer name is none that a record or a [`Watch`] asks for,
//! a longer number is a mismatch, a longer word unknown.
//!
//! A mismatch costs the field alone: it is at its default then, and a list is without that element. The
//! text continues, and [`finish`](Filler::finish) names the first.

mod descent;
mod string;
mod value;

#[doc(hidden)]
pub use self::descent::clear;
pub(super) use self::string::Sink;
pub use self::value::{Json, Kind, Stop};
use self::{
    descent::{START, Step},
    value::Cause,
};
use super::{
    error::{Error, Misfit, Name},
    record::Record,
    tokenizer::{Token, Tokenizer},
    tree::Node,
};

/// How deep records and lists may be in one another, the root and each name of a pointer counted.
pub const RECORDS: usize = 16;

/// How many bytes a name, a number or a word of an enumeration may have.
pub const SHORT: usize = 40;

/// Fills a record with a JSON text that is in memory as a whole.
///
/// # Errors
///
/// As [`Filler`].
pub fn fill<R: Record>(record: &mut R, json: &[u8]) -> Result<(), Error> {
    let mut filler = Filler::new();
    filler.begin(record);
    filler.feed(record, &mut (), &mut &*json)?;
    filler.finish()
}

/// Sees the values of some members of the root object as they stream by, whatever the record makes of
/// them. `()` watches nothing.
pub trait Watch {
    /// Whether the tokens of this member's value are to be shown. Asked for each name of the root object
    /// that has no more than [`SHORT`] bytes.
    fn wants(&mut self, name: &str) -> bool;

    /// A token of the value of the member that was wanted last.
    fn token(&mut self, token: &Token<'_>);
}

impl Watch for () {
    fn wants(&mut self, _: &str) -> bool {
        false
    }

    fn token(&mut self, _: &Token<'_>) {}
}

/// Takes a JSON text apart and puts the values where a record wants them.
#[derive(Clone, Debug)]
pub struct Filler {
    tokens: Tokenizer,
    steps: [Step; RECORDS],
    short: Short,
    is_watched: bool,
    rest: Rest,
    /// The first member that did not fit, and why.
    mismatch: Option<&'static Node>,
    why: Misfit,
}

/// What becomes of what is left of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// It goes where the beginning went.
    Taken,
    /// Of a raw value: it is only counted.
    Counted,
    /// It is passed over, because the value does not fit. Whatever the value is in makes up for that afterwards.
    Unfit,
}

impl Default for Filler {
    fn default() -> Self {
        Self::new()
    }
}

impl Filler {
    /// At the beginning of a text, for a record that is clear.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            tokens: Tokenizer::new(),
            steps: [START; RECORDS],
            short: Short::new(),
            is_watched: false,
            rest: Rest::Taken,
            mismatch: None,
            why: Misfit::Root,
        }
    }

    /// Begins a text, and clears the record for it. What there was of another text is forgotten.
    pub fn begin(&mut self, record: &mut dyn Record) {
        *self = Self::new();
        record.clear();
    }

    /// Takes all of `input`. True: the text is complete, and nothing but whitespace may follow.
    ///
    /// # Errors
    ///
    /// The text is not JSON, or is nested too deep. Nothing more can be fed then; what the record holds is
    /// incomplete.
    pub fn feed(
        &mut self,
        record: &mut dyn Record,
        watch: &mut dyn Watch,
        input: &mut &[u8],
    ) -> Result<bool, Error> {
        static ROOT: Node = Node::ROOT;
        if !self.tokens.is_past(0) {
            let member = record.root().unwrap_or(&ROOT);
            let mut json = Json { filler: self, watch, level: 0, member, input };
            let result = json.object(record);
            *input = json.input;
            match result {
                Ok(()) => {}
                Err(Stop(Cause::More)) => return Ok(false),
                Err(Stop(Cause::Wrong(wrong))) => return Err(wrong.into()),
            }
        }
        self.tokens.peek(input)?;
        Ok(true)
    }

    /// The first member so far whose value did not fit its field.
    #[must_use]
    pub fn mismatch(&self) -> Option<Name> {
        self.mismatch.map(|node| Name { node, why: self.why })
    }

    /// The text has ended.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`]: it is not whole. [`Error::Mismatch`]: it is, and the record is filled but for
    /// the members that did not fit. Whoever can do without them takes that for success, unless
    /// [the text as a whole](super::Misfit::Root) did not fit.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.tokens.finish()?;
        self.result()
    }

    /// What became of a text that is complete, whatever came after it.
    pub(crate) fn result(&self) -> Result<(), Error> {
        self.mismatch().map_or(Ok(()), |name| Err(Error::Mismatch(name)))
    }
}

/// A name, number or word, as far as it has come.
#[derive(Clone, Debug)]
struct Short {
    text: heapless::String<SHORT, u8>,
    is_too_long: bool,
    /// The next piece is one of another.
    is_whole: bool,
}

impl Short {
    const fn new() -> Self {
        Self { text: heapless::String::new(), is_too_long: false, is_whole: true }
    }

    #[inline(never)]
    fn push(&mut self, piece: &str, last: bool) {
        if self.is_whole {
            self.text.clear();
            self.is_too_long = false;
        }
        self.is_too_long |= self.text.push_str(piece).is_err();
        self.is_whole = last;
    }

    /// What has come, if that is not too long.
    fn text(&self) -> Option<&str> {
        (!self.is_too_long).then_some(self.text.as_str())
    }
}
