//! Passes the text of the next string, or of any value, to where it is kept.
//!
//! # Limits
//!
//! A text without room for more is told how much there was, but does not see it.

use super::{Json, Kind, Stop, Stopped};
use crate::{
    json::{
        progress::Rest,
        scan::unescaped,
        tokenizer::{State, Token, short_form},
    },
    text::Open,
};

/// Where a text goes.
pub(in crate::json) enum Sink<'s> {
    /// As much of it as has room.
    Text(Open<'s>),
    /// All of it.
    Each(&'s mut dyn FnMut(&str)),
}

impl Sink<'_> {
    fn push(&mut self, piece: &str) {
        match self {
            Self::Text(text) => text.push_str(piece),
            Self::Each(each) => each(piece),
        }
    }

    #[cfg_attr(feature = "fast", inline)]
    #[cfg_attr(not(feature = "fast"), inline(never))]
    fn room(&self) -> usize {
        match self {
            Self::Text(text) => text.room(),
            Self::Each(_) => usize::MAX,
        }
    }

    fn is_full(&self) -> bool {
        self.room() == 0
    }

    fn lose(&mut self, count: usize) {
        if let Self::Text(text) = self {
            text.lose(count);
        }
    }
}

impl Json<'_, '_> {
    /// Passes a string to `each`, in pieces.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn text(&mut self, each: &mut dyn FnMut(&str)) -> Result<(), Stop> {
        self.text_into(&mut Sink::Each(each))
    }

    /// Passes any value to `each` as JSON text, in pieces: without whitespace or unnecessary escapes, numbers
    /// as they were.
    ///
    /// # Errors
    ///
    /// See [`peek`](Self::peek).
    pub fn raw(&mut self, each: &mut dyn FnMut(&str)) -> Result<(), Stop> {
        self.raw_into(&mut Sink::Each(each))
    }

    /// As [`text`](Self::text).
    #[inline(never)]
    pub(in crate::json) fn text_into(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        if !self.progress.is_watched && !self.is_within() && self.whole_text(sink) {
            return Ok(());
        }
        self.text_by_token(sink)
    }

    /// Gives as much of a string as is there in long pieces. True: it has ended.
    #[inline(never)]
    fn whole_text(&mut self, sink: &mut Sink<'_>) -> bool {
        let tokens = &mut self.progress.tokens;
        // Each turn takes a piece of the string, with what is escaped after it, or ends.
        loop {
            let room = sink.room();
            if room == 0 {
                return false;
            }
            let Some((text, more, last)) = tokens.take_piece(room, &mut self.input, &mut self.known) else {
                return false;
            };
            sink.push(text);
            sink.lose(more);
            if last {
                return true;
            }
            while let Some(character) = tokens.take_escape(&mut self.input) {
                sink.push(character);
            }
        }
    }

    #[inline]
    fn text_by_token(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        // Each turn takes a token, or returns.
        while !self.is_within() {
            if sink.is_full() && (self.progress.tokens.is_in_string() || self.peek()? == Some(Kind::String)) {
                return self.measure(sink);
            }
            match self.token()? {
                Token::String { piece, last } => {
                    sink.push(piece);
                    if last {
                        return Ok(());
                    }
                }
                Token::Null => return Ok(()),
                _ => break,
            }
        }
        self.mismatch()
    }

    /// As [`raw`](Self::raw). The rest of a string without room is counted decoded, and everything after it
    /// as in the input.
    #[inline(never)]
    pub(in crate::json) fn raw_into(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        // Each turn takes a token or the rest of one, or begins to count, which it does once, or returns.
        while !self.progress.tokens.is_past(self.level) {
            if self.progress.rest == Rest::Counted {
                let before = self.input.len();
                let result = self.skip();
                sink.lose(before.wrapping_sub(self.input.len()));
                if result != Err(Stop(Stopped::More)) {
                    self.progress.rest = Rest::Taken;
                }
                return result;
            }
            let tokens = &mut self.progress.tokens;
            if tokens.state().is_between_tokens() {
                tokens.peek(&mut self.input)?.ok_or(Stop(Stopped::More))?;
                let is_element = tokens.depth() > self.level && tokens.is_in_array();
                match tokens.state() {
                    State::Name => sink.push(","),
                    State::Value if is_element => sink.push(","),
                    _ => {}
                }
                if sink.is_full() {
                    self.progress.rest = Rest::Counted;
                    continue;
                }
            }
            let has_begun = matches!(tokens.state(), State::InName | State::InString);
            if sink.is_full() && tokens.is_in_string() {
                let is_name = matches!(tokens.state(), State::InName);
                self.measure(sink)?;
                sink.push(if is_name { "\":" } else { "\"" });
                continue;
            }
            if !self.progress.is_watched {
                if let Some(token) = tokens.take_token(&mut self.input, &mut self.known) {
                    sink.push(token);
                    continue;
                }
                if let Some(character) = tokens.take_escape(&mut self.input) {
                    quoted(character, true, "", sink);
                    continue;
                }
            }
            let (piece, end) = match self.token()? {
                Token::Name { piece, last } => (piece, if last { "\":" } else { "" }),
                Token::String { piece, last } => (piece, if last { "\"" } else { "" }),
                other => {
                    sink.push(match other {
                        Token::BeginObject => "{",
                        Token::EndObject => "}",
                        Token::BeginArray => "[",
                        Token::EndArray => "]",
                        Token::Bool(true) => "true",
                        Token::Bool(false) => "false",
                        Token::Null => "null",
                        Token::Name { piece, .. }
                        | Token::String { piece, .. }
                        | Token::Number { piece, .. } => piece,
                    });
                    continue;
                }
            };
            quoted(piece, has_begun, end, sink);
        }
        Ok(())
    }

    /// Skips a string, or the rest of one, and counts it as lost.
    fn measure(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        // Each turn takes a piece of the string, or returns.
        loop {
            let (length, last) = if self.progress.is_watched {
                match self.token()? {
                    Token::Name { piece, last } | Token::String { piece, last } => (piece.len(), last),
                    _ => return Ok(()),
                }
            } else {
                self.progress.tokens.measure(&mut self.input)?
            };
            sink.lose(length);
            if last {
                return Ok(());
            }
            if self.input.is_empty() {
                return Err(Stop(Stopped::More));
            }
        }
    }
}

/// Passes on a piece of a string as it is in JSON text.
fn quoted(piece: &str, has_begun: bool, end: &str, sink: &mut Sink<'_>) {
    const DIGITS: &str = "0123456789abcdef";
    if !has_begun {
        sink.push("\"");
    }
    let mut rest = piece;
    while !rest.is_empty() {
        let (plain, tail) = rest.split_at_checked(unescaped(rest.as_bytes())).unwrap_or_default();
        if !plain.is_empty() {
            sink.push(plain);
        }
        let Some(&byte) = tail.as_bytes().first() else { break };
        if let Some(short) = short_form(byte) {
            sink.push("\\");
            sink.push(short);
        } else {
            sink.push(if byte < 0x10 { "\\u000" } else { "\\u001" });
            let digit = usize::from(byte & 0xF);
            sink.push(DIGITS.get(digit..=digit).unwrap_or_default());
        }
        rest = tail.get(1..).unwrap_or_default();
    }
    if !end.is_empty() {
        sink.push(end);
    }
}
