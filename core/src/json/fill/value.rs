//! The value that comes next in a JSON text in, to a field, in the form that the field asks for.
//!
//! # Limits
//!
//! Those of [`fill`](super).

use core::ops::ControlFlow;

use super::{Filler, Rest, SHORT, Watch};
use crate::json::{
    error::{Misfit, Wrong},
    tokenizer::{State, Token, Tokenizer},
    tree::Node,
};

/// Why a field cannot go on: for it to give on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop(pub(super) Cause);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The input is used up.
    More,
    Wrong(Wrong),
}

impl From<Wrong> for Stop {
    fn from(wrong: Wrong) -> Self {
        Self(Cause::Wrong(wrong))
    }
}

/// What a value is.
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

/// What has come in the place of a short text.
enum Taken<'t> {
    /// It; `None` when it is too long.
    Text(Option<&'t str>),
    Null,
    Other,
}

/// The value that comes next, as far as there is input: what a [`Field`](crate::json::Field) fills itself from.
///
/// Each method that takes a value takes all of it, and can be called again for the rest of it after it has
/// stopped. `null` is taken as nothing, except by [`raw`](Self::raw) and [`tokens`](Self::tokens).
pub struct Json<'f, 'i> {
    pub(super) filler: &'f mut Filler,
    pub(super) watch: &'f mut dyn Watch,
    /// How many objects and arrays have been gone into.
    pub(super) level: u8,
    pub(super) member: &'static Node,
    pub(super) input: &'i [u8],
}

impl Json<'_, '_> {
    /// What comes next; `None` amid a value.
    ///
    /// # Errors
    ///
    /// As all methods here: the input is used up, or the text is no JSON.
    pub fn peek(&mut self) -> Result<Option<Kind>, Stop> {
        let tokens = &mut self.filler.tokens;
        if tokens.depth() != self.level
            || !matches!(tokens.state(), State::Value | State::FirstValue | State::Colon)
        {
            return Ok(None);
        }
        let byte = tokens.peek(&mut self.input)?.ok_or(Stop(Cause::More))?;
        Ok(Some(match byte {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::String,
            b't' | b'f' => Kind::Bool,
            b'n' => Kind::Null,
            _ => Kind::Number,
        }))
    }

    /// Takes a `null`, or the rest of one, if it is that what comes. True: it was.
    ///
    /// Not for the middle of another value.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn null(&mut self) -> Result<bool, Stop> {
        if !self.filler.is_watched
            && let Some(is_null) = self.filler.tokens.take_null(&mut self.input)
        {
            return Ok(is_null);
        }
        match self.peek()? {
            Some(Kind::Null) | None => self.skip().map(|()| true),
            Some(_) => Ok(false),
        }
    }

    /// Takes a `null` as [`null`](Self::null) does, and breaks then, or when it is not known yet. One byte tells
    /// all of it.
    #[cfg_attr(target_pointer_width = "64", inline)]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(in crate::json) fn unless_null(&mut self) -> ControlFlow<Result<(), Stop>> {
        match self.null() {
            Ok(false) => ControlFlow::Continue(()),
            Ok(true) => ControlFlow::Break(Ok(())),
            Err(stop) => ControlFlow::Break(Err(stop)),
        }
    }

    /// Passes over the value, whatever it is.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn skip(&mut self) -> Result<(), Stop> {
        // Each turn takes a token, or returns.
        while self.filler.is_watched && !self.filler.tokens.is_past(self.level) {
            self.token()?;
        }
        let has_ended = self.filler.tokens.skip(self.level, &mut self.input)?;
        if has_ended { Ok(()) } else { Err(Stop(Cause::More)) }
    }

    /// Passes over a value of a type that does not fit, or what is left of it, and notes that one did not.
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
        let filler = &mut *self.filler;
        if filler.mismatch.is_none() {
            filler.mismatch = Some(self.member);
            filler.why = if self.level == 0 { Misfit::Root } else { why };
        }
        filler.rest = Rest::Unfit;
        self.skip()
    }

    /// Gives every token of the value.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn tokens(&mut self, each: &mut dyn FnMut(&Token<'_>)) -> Result<(), Stop> {
        // Each turn takes a token, or returns.
        while !self.filler.tokens.is_past(self.level) {
            each(&self.token()?);
        }
        Ok(())
    }

    /// Gives a number's characters. False from `each`: it is out of range.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn number(&mut self, each: &mut dyn FnMut(&str) -> bool) -> Result<(), Stop> {
        match self.short(Kind::Number)? {
            Taken::Text(Some(number)) if each(number) => Ok(()),
            Taken::Text(Some(_)) => self.misfit(Misfit::Range),
            Taken::Text(None) => self.misfit(Misfit::Long),
            Taken::Null => Ok(()),
            Taken::Other => self.mismatch(),
        }
    }

    /// Gives a short string whole; an empty one in the place of one beyond [`SHORT`](super::SHORT) bytes.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn word(&mut self, each: &mut dyn FnMut(&str)) -> Result<(), Stop> {
        match self.short(Kind::String)? {
            Taken::Text(word) => each(word.unwrap_or_default()),
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
    #[cfg_attr(target_pointer_width = "64", inline)]
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub fn one_of(&mut self, words: &[&str]) -> Result<Option<usize>, Stop> {
        match self.short(Kind::String)? {
            Taken::Text(Some(word)) => Ok(words.iter().position(|known| *known == word)),
            Taken::Text(None) | Taken::Null => Ok(None),
            Taken::Other => self.mismatch().map(|()| None),
        }
    }

    /// What a number is worth, for `parse` to say; `None` for `null` and for what does not fit.
    #[inline(never)]
    pub(in crate::json) fn number_as(
        &mut self,
        parse: fn(&str) -> Result<u64, Misfit>,
    ) -> Result<Option<u64>, Stop> {
        let value = match self.short(Kind::Number)? {
            Taken::Text(Some(number)) => parse(number),
            Taken::Text(None) => Err(Misfit::Long),
            Taken::Null => return Ok(None),
            Taken::Other => Err(Misfit::Type),
        };
        match value {
            Ok(value) => Ok(Some(value)),
            Err(why) => self.misfit(why).map(|()| None),
        }
    }

    /// Gives a `true` or `false`.
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

    #[inline]
    fn short(&mut self, kind: Kind) -> Result<Taken<'_>, Stop> {
        // Each turn takes a token, or returns.
        while !self.is_within() {
            let Filler { tokens, short, is_watched, .. } = &mut *self.filler;
            if kind == Kind::String
                && !*is_watched
                && let Some(text) = tokens.take_string(&mut self.input)
            {
                return Ok(Taken::Text((text.len() <= SHORT).then_some(text)));
            }
            let (piece, last) = match next(tokens, &mut self.input, *is_watched, self.watch)? {
                Token::Number { piece, last } if kind == Kind::Number => (piece, last),
                Token::String { piece, last } if kind == Kind::String => (piece, last),
                Token::Null => return Ok(Taken::Null),
                _ => break,
            };
            short.push(piece, last);
            if last {
                return Ok(Taken::Text(self.filler.short.text()));
            }
        }
        Ok(Taken::Other)
    }

    /// Whether the input stands in an object or array that has not been entered: what a field that takes
    /// neither was passing over.
    pub(super) fn is_within(&self) -> bool {
        self.filler.tokens.depth() > self.level
    }

    pub(super) fn token(&mut self) -> Result<Token<'_>, Stop> {
        let Filler { tokens, is_watched, .. } = &mut *self.filler;
        next(tokens, &mut self.input, *is_watched, self.watch)
    }
}

/// Every token that is not skipped comes through here.
#[inline]
pub(super) fn next<'t, 'i: 't>(
    tokens: &'t mut Tokenizer,
    input: &mut &'i [u8],
    is_watched: bool,
    watch: &mut dyn Watch,
) -> Result<Token<'t>, Stop> {
    let token = tokens.token(input)?.ok_or(Stop(Cause::More))?;
    if is_watched {
        watch.token(&token);
    }
    Ok(token)
}
