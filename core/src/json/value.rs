//! The contract between JSON and memory: [fields](Field), [records](Record) and [rows](Row) are filled from a
//! [value](Json).
//!
//! # Limits
//!
//! Those of [`json`](crate::json).

mod descent;
mod string;

use core::{fmt, ops::ControlFlow};

#[doc(hidden)]
pub use self::descent::clear;
pub(super) use self::string::Sink;
use super::{
    error::{Error, Misfit, Wrong},
    limits::SHORT,
    node::Node,
    progress::{Progress, Rest},
    tokenizer::{State, Token, Tokenizer},
    utf8::Known,
};

/// A place for one JSON value. Implement it to keep a value in a way of your own:
///
/// ```
/// use taskgroup::{json::{self, Field, Json, Stop}, record};
///
/// /// The number of characters in a text of any length.
/// #[derive(Debug, Default)]
/// struct Characters(usize);
///
/// impl Field for Characters {
///     fn clear(&mut self) {
///         self.0 = 0;
///     }
///
///     fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
///         json.text(&mut |piece: &str| self.0 += piece.chars().count())
///     }
/// }
///
/// record! { struct Output { content: Characters = "/content" } }
/// let mut output = Output::default();
/// json::fill(&mut output, br#"{"content": "Z\u00fcrich"}"#)?;
/// assert_eq!(output.content.0, 6);
/// # Ok::<(), json::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a record",
    label = "not a place for a JSON value",
    note = "a field is a `Text<N>`, `Raw<N>` or `Content<N>` of up to `N` bytes, a `List<T, N>` of up to `N` \
        elements, a number, a `bool`, an `Option` of a field, `Skip`, `Pieces`, or what \
        `enumeration!` or another `record!` has made"
)]
pub trait Field {
    /// Clears the field. It is called before a value comes, and again if another of the same name follows:
    /// the last one counts.
    fn clear(&mut self);

    /// Reads the next value by calling one method of `json`, always the same one for a given value, and
    /// returning its [`Stop`] with `?`. After a `Stop`, `fill` is called again with the rest of the value, so
    /// it must not forget what it has taken.
    ///
    /// Skip and note a value that does not fit with [`Json::mismatch`]. The field is then cleared, and the
    /// text continues.
    ///
    /// # Errors
    ///
    /// Those of `json`.
    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop>;
}

/// A place for a JSON object: its members by name. Made by [`record!`](crate::record!).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a record",
    label = "not a place for a JSON object",
    note = "`taskgroup::record! {{ … }}` around a struct makes a record of it, with a pointer for each field: `id: Text<40> = \"/run/run_id\"`"
)]
pub trait Record: Field {
    /// The tree of its names, made by [`tree`](super::tree()).
    fn names(&self) -> &'static [Node];

    /// Where the text's root stands in the tree: the whole of it, unless the record takes part of another's
    /// members.
    #[doc(hidden)]
    fn root(&self) -> Option<&'static Node> {
        self.names().first()
    }

    /// The field of a leaf of the tree.
    fn member(&mut self, index: usize) -> Option<&mut dyn Field>;

    /// Whether it takes events of this type from a stream. `None`: the reader of the stream decides.
    fn wants(&self, event_type: &str) -> Option<bool> {
        let _ = event_type;
        None
    }

    /// Gets the text itself, in pieces as it arrives: for a record that keeps it or passes it on. The pieces
    /// since [`clear`](Field::clear) are one text, which is whole once the reader of the stream returns the
    /// event.
    fn data(&mut self, piece: &[u8]) {
        let _ = piece;
    }
}

/// A place for a JSON array.
pub trait Row {
    /// Makes room for one more element, cleared. `false`: there is no room, and the element is skipped.
    fn push(&mut self) -> bool;

    /// The element that was added last.
    fn last(&mut self) -> Option<&mut dyn Field>;

    /// Removes the element that was added last, because it did not fit. By default it is only cleared.
    fn reject(&mut self) {
        if let Some(element) = self.last() {
            element.clear();
        }
    }
}

/// Sees the values of some members of the root object as they arrive, whether or not the record wants them.
/// `()` watches nothing.
pub trait Watch {
    /// Whether it wants the tokens of this member's value. It is called for each name of the root object of
    /// up to [`SHORT`] bytes that begins as [`initials`](Self::initials) says.
    fn wants(&mut self, name: &str) -> bool;

    /// How the names that it may want begin: bit `b & 31` is set for each first byte `b`, bit 0 for the empty
    /// name. [`wants`](Self::wants) is called only for a name whose bit is set, so a watch for few names
    /// costs little. 0: it wants no member at all, and a record that names nothing is then skipped as a
    /// whole.
    fn initials(&self) -> u32 {
        u32::MAX
    }

    /// Gets a token of the value of the member that was wanted last.
    fn token(&mut self, token: &Token<'_>);
}

impl Watch for () {
    fn wants(&mut self, _: &str) -> bool {
        false
    }

    fn initials(&self) -> u32 {
        0
    }

    fn token(&mut self, _: &Token<'_>) {}
}

/// Why reading has to stop: the input is used up, or the text is wrong. Return it with `?`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop(pub(super) Stopped);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// The input is used up.
    More,
    Wrong(Wrong),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Stopped::More => f.write_str("the input is used up"),
            Stopped::Wrong(wrong) => Error::from(wrong).fmt(f),
        }
    }
}

impl core::error::Error for Stop {}

impl From<Wrong> for Stop {
    fn from(wrong: Wrong) -> Self {
        Self(Stopped::Wrong(wrong))
    }
}

/// The kind of a value. RFC 8259 has no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Kind {
    /// `{}`
    Object,
    /// `[]`
    Array,
    /// `""`
    String,
    /// `0`
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

/// What was in the place of a short text.
enum Taken {
    /// The text, which `short` has as far as it has room.
    Text,
    Null,
    Other,
}

/// The next value, as far as it has arrived, from which a [`Field`](crate::json::Field) fills itself.
///
/// Each method that takes a value takes all of it. After it has returned a [`Stop`], call it again for the
/// rest. All but [`raw`](Self::raw) and [`tokens`](Self::tokens) take `null` as no value.
pub struct Json<'f, 'i> {
    pub(super) progress: &'f mut Progress,
    pub(super) watch: &'f mut dyn Watch,
    pub(super) initials: u32,
    /// The number of objects and arrays that have been entered.
    pub(super) level: u8,
    pub(super) member: &'static Node,
    pub(super) input: &'i [u8],
    pub(super) known: Known<'i>,
}

/// Shows the place, but not the text, which is the server's.
impl fmt::Debug for Json<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Json")
            .field("level", &self.level)
            .field("member", &self.member.name())
            .field("input", &self.input.len())
            .finish_non_exhaustive()
    }
}

impl Json<'_, '_> {
    /// The kind of the next value; `None` in the middle of a value.
    ///
    /// # Errors
    ///
    /// As for all methods here: the input is used up, or the text is not JSON.
    pub fn peek(&mut self) -> Result<Option<Kind>, Stop> {
        let tokens = &mut self.progress.tokens;
        if tokens.depth() != self.level
            || !matches!(tokens.state(), State::Value | State::FirstValue | State::Colon)
        {
            return Ok(None);
        }
        let byte = tokens.peek(&mut self.input)?.ok_or(Stop(Stopped::More))?;
        Ok(Some(match byte {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::String,
            b't' | b'f' => Kind::Bool,
            b'n' => Kind::Null,
            _ => Kind::Number,
        }))
    }

    /// Takes a `null`, or the rest of one, if the next value is one. Returns whether it was.
    ///
    /// Do not call it in the middle of another value.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn null(&mut self) -> Result<bool, Stop> {
        if let Some(is_null) = self.progress.tokens.take_null(&mut self.input) {
            if is_null && self.progress.is_watched {
                self.watch.token(&Token::Null);
            }
            return Ok(is_null);
        }
        match self.peek()? {
            Some(Kind::Null) | None => self.skip().map(|()| true),
            Some(_) => Ok(false),
        }
    }

    /// Takes a `null` as [`null`](Self::null) does, and breaks then, or if it is not known yet.
    #[cfg_attr(feature = "fast", inline)]
    #[cfg_attr(not(feature = "fast"), inline(never))]
    pub(in crate::json) fn unless_null(&mut self) -> ControlFlow<Result<(), Stop>> {
        match self.null() {
            Ok(false) => ControlFlow::Continue(()),
            Ok(true) => ControlFlow::Break(Ok(())),
            Err(stop) => ControlFlow::Break(Err(stop)),
        }
    }

    /// Skips the value, whatever it is.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn skip(&mut self) -> Result<(), Stop> {
        // Each turn takes a token, or returns.
        while self.progress.is_watched && !self.progress.tokens.is_past(self.level) {
            self.token()?;
        }
        let has_ended = self.progress.tokens.skip(self.level, &mut self.input)?;
        if has_ended { Ok(()) } else { Err(Stop(Stopped::More)) }
    }

    /// Skips a value of a type that does not fit, or the rest of it, and notes the mismatch.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    #[inline(never)]
    pub fn mismatch(&mut self) -> Result<(), Stop> {
        self.misfit(Misfit::Type)
    }

    /// As [`mismatch`](Self::mismatch), for another reason. The field is [cleared](crate::json::Field::clear)
    /// afterwards, or [rejected](crate::json::Row::reject) as an element.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    #[inline(never)]
    pub fn misfit(&mut self, why: Misfit) -> Result<(), Stop> {
        let progress = &mut *self.progress;
        if progress.mismatch.is_none() {
            progress.mismatch = Some(self.member);
            progress.why = if self.level == 0 { Misfit::Root } else { why };
        }
        progress.rest = Rest::Unfit;
        self.skip()
    }

    /// Passes every token of the value to `each`.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn tokens(&mut self, each: &mut dyn FnMut(&Token<'_>)) -> Result<(), Stop> {
        // Each turn takes a token, or returns.
        while !self.progress.tokens.is_past(self.level) {
            each(&self.token()?);
        }
        Ok(())
    }

    /// Passes the characters of a number to `each`, which returns `false` if it is out of range.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn number(&mut self, each: &mut dyn FnMut(&str) -> bool) -> Result<(), Stop> {
        match self.short(Some(Kind::Number))? {
            Taken::Text => match self.progress.short.text() {
                Some(number) if each(number) => Ok(()),
                Some(_) => self.misfit(Misfit::Range),
                None => self.misfit(Misfit::Long),
            },
            Taken::Null => Ok(()),
            Taken::Other => self.mismatch(),
        }
    }

    /// Passes a short string to `each`, whole; an empty one instead of one beyond [`SHORT`](super::SHORT)
    /// bytes.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn word(&mut self, each: &mut dyn FnMut(&str)) -> Result<(), Stop> {
        if let Some(word) = self.whole_word() {
            each(if word.len() <= SHORT { word } else { "" });
            return Ok(());
        }
        match self.short(Some(Kind::String))? {
            Taken::Text => each(self.progress.short.text().unwrap_or_default()),
            Taken::Null => {}
            Taken::Other => self.mismatch()?,
        }
        Ok(())
    }

    /// Which of these words a short string is; `None` for any other.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    #[cfg_attr(feature = "fast", inline)]
    #[cfg_attr(not(feature = "fast"), inline(never))]
    pub fn one_of(&mut self, words: &[&str]) -> Result<Option<usize>, Stop> {
        let word = match self.whole_word() {
            // One that is too long is none of them, since those are short.
            Some(word) => Some(word).filter(|word| word.len() <= SHORT),
            None => match self.short(Some(Kind::String))? {
                Taken::Text => self.progress.short.text(),
                Taken::Null => return Ok(None),
                Taken::Other => return self.mismatch().map(|()| None),
            },
        };
        Ok(word.and_then(|word| words.iter().position(|known| *known == word)))
    }

    /// The value of a number, by `parse`; `None` for `null` and for a mismatch.
    #[inline(never)]
    pub(in crate::json) fn number_as(
        &mut self,
        parse: fn(&str) -> Result<u64, Misfit>,
    ) -> Result<Option<u64>, Stop> {
        let value = match self.short(Some(Kind::Number))? {
            Taken::Text => self.progress.short.text().ok_or(Misfit::Long).and_then(parse),
            Taken::Null => return Ok(None),
            Taken::Other => Err(Misfit::Type),
        };
        match value {
            Ok(value) => Ok(Some(value)),
            Err(why) => self.misfit(why).map(|()| None),
        }
    }

    /// Passes a `true` or `false` to `each`.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn bool(&mut self, each: &mut dyn FnMut(bool)) -> Result<(), Stop> {
        if let Some(value) = self.truth()? {
            each(value);
        }
        Ok(())
    }

    #[inline(never)]
    pub(in crate::json) fn truth(&mut self) -> Result<Option<bool>, Stop> {
        if cfg!(feature = "fast")
            && !self.progress.is_watched
            && !self.is_within()
            && let Some(value) = self.progress.tokens.take_bool(&mut self.input)
        {
            return Ok(Some(value));
        }
        if !self.is_within() {
            match self.token()? {
                Token::Bool(value) => return Ok(Some(value)),
                Token::Null => return Ok(None),
                _ => {}
            }
        }
        self.mismatch()?;
        Ok(None)
    }

    /// A string that is there whole, without escapes, and that nobody watches.
    #[inline]
    fn whole_word(&mut self) -> Option<&str> {
        let Progress { tokens, is_watched, .. } = &mut *self.progress;
        if *is_watched || tokens.depth() > self.level {
            return None;
        }
        tokens.take_string(&mut self.input, &mut self.known)
    }

    /// Takes a number or a string, or else a name, into `short`.
    #[cfg_attr(feature = "fast", inline)]
    #[cfg_attr(not(feature = "fast"), inline(never))]
    fn short(&mut self, kind: Option<Kind>) -> Result<Taken, Stop> {
        // Each turn takes a token, or returns.
        while !self.is_within() {
            let Progress { tokens, short, is_watched, .. } = &mut *self.progress;
            let (piece, last) =
                match next(tokens, &mut self.input, &mut self.known, watch(*is_watched, self.watch))? {
                    Token::Number { piece, last } if kind == Some(Kind::Number) => (piece, last),
                    Token::String { piece, last } if kind == Some(Kind::String) => (piece, last),
                    Token::Name { piece, last } if kind.is_none() => (piece, last),
                    Token::Null => return Ok(Taken::Null),
                    _ => break,
                };
            short.push(piece, last);
            if last {
                return Ok(Taken::Text);
            }
        }
        Ok(Taken::Other)
    }

    /// Whether the input is in an object or array that has not been entered, which a field that takes neither
    /// was skipping.
    pub(super) fn is_within(&self) -> bool {
        self.progress.tokens.depth() > self.level
    }

    #[inline]
    pub(super) fn token(&mut self) -> Result<Token<'_>, Stop> {
        let Progress { tokens, is_watched, .. } = &mut *self.progress;
        next(tokens, &mut self.input, &mut self.known, watch(*is_watched, self.watch))
    }
}

/// The watch, if it sees the next value.
#[inline(always)]
fn watch(is_watched: bool, watch: &mut dyn Watch) -> Option<&mut dyn Watch> {
    if is_watched { Some(watch) } else { None }
}

/// Whether the watch wants the member of the root object that has this name.
#[inline]
fn is_wanted(watch: &mut dyn Watch, initials: u32, name: &str) -> bool {
    initials >> (initial(name) & 31) & 1 != 0 && watch.wants(name)
}

#[inline]
const fn initial(name: &str) -> u8 {
    match name.as_bytes() {
        [first, ..] => *first,
        [] => 0,
    }
}

/// The [`Watch::initials`] of these names, of which empty ones stand for none.
pub(crate) const fn initials(names: &[&str]) -> u32 {
    let mut bits = 0;
    let mut rest = names;
    while let [name, more @ ..] = rest {
        if !name.is_empty() {
            bits |= 1 << (initial(name) & 31);
        }
        rest = more;
    }
    bits
}

/// Every token that is not skipped, or taken by a short cut that nobody watches, comes through here.
#[cfg_attr(feature = "fast", inline)]
#[cfg_attr(not(feature = "fast"), inline(never))]
fn next<'t, 'i: 't>(
    tokens: &'t mut Tokenizer,
    input: &mut &'i [u8],
    known: &mut Known<'i>,
    watch: Option<&mut dyn Watch>,
) -> Result<Token<'t>, Stop> {
    // Where nobody watches, the short cuts have been tried already.
    let string = watch.as_ref().and_then(|_| tokens.take_string(input, known));
    let token = match string {
        Some(piece) => Token::String { piece, last: true },
        None => match tokens.token(input) {
            Ok(Some(token)) => token,
            Ok(None) => return Err(Stop(Stopped::More)),
            Err(wrong) => return Err(wrong.into()),
        },
    };
    if let Some(watch) = watch {
        watch.token(&token);
    }
    Ok(token)
}
