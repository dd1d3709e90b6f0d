//! Pieces of a JSON text and a record in, the record filled out.
//!
//! It is a recursive descent that can stop at any byte: each level has a step that says where it was, and the
//! next piece of input descends the same way again.

use super::{
    error::{Error, Name},
    node::Node,
    progress::Progress,
    utf8::Known,
    value::{Json, Record, Stop, Stopped, Watch},
};

/// Fills a record from a JSON text that is in memory as a whole.
///
/// ```
/// use taskgroup::{json, record, text::Text};
///
/// record! { struct Run { status: Text<16> = "/status" } }
/// let mut run = Run::default();
/// json::fill(&mut run, br#"{"big": [1, 2], "status": "queued"}"#)?;
/// assert_eq!(run.status, "queued");
/// # Ok::<(), json::Error>(())
/// ```
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

/// Parses a JSON text in pieces, and fills a record from it.
///
/// ```
/// use taskgroup::{json::Filler, record, text::Text};
///
/// record! { struct Run { status: Text<16> = "/status" } }
/// let (mut filler, mut run) = (Filler::new(), Run::default());
/// filler.begin(&mut run);
/// assert!(!filler.feed(&mut run, &mut (), &mut &br#"{"big":[1,2],"stat"#[..])?);
/// assert!(filler.feed(&mut run, &mut (), &mut &br#"us":"queued"}"#[..])?);
/// filler.finish()?;
/// assert_eq!(run.status, "queued");
/// # Ok::<(), taskgroup::json::Error>(())
/// ```
///
/// # Limits
///
/// Records and lists in one another to [`RECORDS`](super::RECORDS) levels; what is deeper is a mismatch.
/// [`SHORT`](super::SHORT) bytes for a name, a number or a word: a longer name is one that no record or
/// [`Watch`] asks for, a longer number is a mismatch, and a longer word is unknown.
///
/// A mismatch costs its field alone, which is then at its default; a list lacks that element. The text
/// continues, and [`finish`](Self::finish) names the first mismatch.
#[derive(Clone, Debug)]
pub struct Filler {
    progress: Progress,
}

impl Default for Filler {
    fn default() -> Self {
        Self::new()
    }
}

impl Filler {
    /// At the beginning of a text, for a record that is still at its default.
    #[must_use]
    pub const fn new() -> Self {
        Self { progress: Progress::new() }
    }

    /// Begins a text, and clears the record for it. An earlier text is forgotten.
    pub fn begin(&mut self, record: &mut dyn Record) {
        *self = Self::new();
        record.clear();
    }

    /// Takes all of `input`. `true`: the text is complete, and only whitespace may follow.
    ///
    /// # Errors
    ///
    /// The text is not JSON, or is nested too deep. Then you cannot feed any more, and the record is
    /// incomplete.
    #[inline]
    pub fn feed(
        &mut self,
        record: &mut dyn Record,
        watch: &mut dyn Watch,
        input: &mut &[u8],
    ) -> Result<bool, Error> {
        static ROOT: Node = Node::ROOT;
        let progress = &mut self.progress;
        if !progress.tokens.is_past(0) {
            let root = record.root();
            let member = root.unwrap_or(&ROOT);
            let initials = watch.initials();
            let mut json =
                Json { progress, watch, initials, level: 0, member, input, known: Known::default() };
            // Where the text is part of another's, it may be one field's.
            let result = match record.member(member.first.into()) {
                Some(field) if member.is_leaf() => field.fill(&mut json),
                _ => json.members(record, root),
            };
            *input = json.input;
            match result {
                Ok(()) => {}
                Err(Stop(Stopped::More)) => return Ok(false),
                Err(Stop(Stopped::Wrong(wrong))) => return Err(wrong.into()),
            }
        }
        self.progress.tokens.peek(input)?;
        Ok(true)
    }

    /// The first member so far whose value did not fit its field.
    #[must_use]
    pub fn mismatch(&self) -> Option<Name> {
        self.progress.mismatch.map(|node| Name { node, why: self.progress.why })
    }

    /// Ends the text.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`]: it is not whole. [`Error::Mismatch`]: it is, and the record is filled except
    /// for the members that did not fit. If you can do without them, treat that as success, unless [the text
    /// as a whole](super::Misfit::Root) did not fit.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.progress.tokens.finish()?;
        self.result()
    }

    /// The result for a text that is complete, whatever came after it.
    pub(crate) fn result(&self) -> Result<(), Error> {
        self.mismatch().map_or(Ok(()), |name| Err(Error::Mismatch(name)))
    }
}
