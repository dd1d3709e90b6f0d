//! Values that nobody wants in, at once past them.
//!
//! One level of nesting is one bit of a register, under a bit that stands for the level where it began.

use super::{
    Tokenizer,
    escape::At,
    grammar::{Number, State},
};
use crate::json::error::Wrong;

// Classes of the first byte of a token; from SPECIAL on, it is special in a string.
const OTHER: u8 = 0;
const DIGIT: u8 = 1;
const WORD: u8 = 2;
const OPEN: u8 = 3;
const CLOSE: u8 = 4;
const A_COMMA: u8 = 5;
const A_COLON: u8 = 6;
const SPACE: u8 = 7;
const SPECIAL: u8 = 8;
const QUOTE: u8 = 8;
const BLANK: u8 = 9;
const SOLIDUS: u8 = 10;
const CONTROL: u8 = 11;

const fn class_of(byte: u8) -> u8 {
    match byte {
        b'\t' | b'\n' | b'\r' => BLANK,
        0..b' ' => CONTROL,
        b' ' => SPACE,
        b'"' => QUOTE,
        b'\\' => SOLIDUS,
        b'{' | b'[' => OPEN,
        b'}' | b']' => CLOSE,
        b':' => A_COLON,
        b',' => A_COMMA,
        b'-' | b'0'..=b'9' => DIGIT,
        b't' | b'f' | b'n' => WORD,
        _ => OTHER,
    }
}

static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = class_of(byte as u8);
        byte += 1;
    }
    table
};

#[inline(always)]
fn class(byte: u8) -> u8 {
    CLASS[usize::from(byte)]
}

#[inline(always)]
fn unescaped(mut rest: &[u8]) -> &[u8] {
    if cfg!(target_pointer_width = "64") {
        return rest.get(crate::json::scan::unescaped(rest)..).unwrap_or_default();
    }
    while let Some((&[a, b, c, d, e, f, g, h], after)) = rest.split_first_chunk::<8>() {
        macro_rules! at { ($byte:ident, $n:expr) => { if class($byte) >= SPECIAL { return rest.get($n..).unwrap_or_default(); } } }
        at!(a, 0);
        at!(b, 1);
        at!(c, 2);
        at!(d, 3);
        at!(e, 4);
        at!(f, 5);
        at!(g, 6);
        at!(h, 7);
        rest = after;
    }
    while let Some((&a, after)) = rest.split_first() {
        if class(a) >= SPECIAL {
            break;
        }
        rest = after;
    }
    rest
}

/// Passes over strings and what is between them, while nothing else comes. The state after them.
#[cfg_attr(target_pointer_width = "64", inline(always))]
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
fn strings(input: &mut &[u8], mut state: State, kinds: u32) -> State {
    let mut rest = *input;
    let toggle = if kinds & 1 == 0 { u32::from(b':' ^ b',') } else { 0 };
    let mut want = u32::from(b',');
    if kinds == 1 {
        want = 0x100;
    }
    if matches!(state, State::InName) {
        want = u32::from(b':');
    }
    loop {
        rest = unescaped(rest);
        match rest {
            [b'"', next, after @ ..] if u32::from(*next) == want => match after {
                [b'"', after @ ..] => {
                    rest = after;
                    want ^= toggle;
                }
                [b'n', b'u', b'l', b'l', b',', b'"', after @ ..] if want == u32::from(b':') => rest = after,
                _ => {
                    rest = after;
                    state = if want == u32::from(b',') && kinds & 1 == 0 { State::Name } else { State::Value };
                    break;
                }
            },
            [b'"', after @ ..] => {
                rest = after;
                state = if want == u32::from(b':') { State::Colon } else { State::Next };
                break;
            }
            [b'\\', after @ ..] if let Some(after) = escape(after) => rest = after,
            _ => {
                state = if want == u32::from(b':') { State::InName } else { State::InString };
                break;
            }
        }
    }
    *input = rest;
    state
}

#[inline(never)]
fn escape(input: &[u8]) -> Option<&[u8]> {
    match input {
        [b'u', rest @ ..] => {
            let (digits, rest) = rest.split_first_chunk::<4>()?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(rest)
        }
        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => Some(rest),
        _ => None,
    }
}

impl Tokenizer {
    /// The levels above the target, one bit each, under one that is set.
    #[inline(never)]
    fn kinds(&self, target: u8) -> u32 {
        let mut kinds = 1_u32;
        let mut level = target;
        while level < self.depth && kinds >> 31 == 0 {
            let bits = self.arrays.get(usize::from(level >> 3)).copied().unwrap_or_default();
            kinds = kinds << 1 | u32::from(bits >> (level & 7) & 1);
            level = level.wrapping_add(1);
        }
        kinds
    }

    #[inline(never)]
    fn set_kinds(&mut self, target: u8, kinds: u32) {
        while self.depth > target {
            self.close();
        }
        let mut place = 31_u32.wrapping_sub(kinds.leading_zeros());
        while place > 0 {
            place = place.wrapping_sub(1);
            _ = self.open(kinds >> place & 1 != 0);
        }
    }

    /// Passes over as much of the value that is in so many objects and arrays as is there in whole tokens.
    /// True: it has ended.
    #[inline(never)]
    pub(super) fn hop(&mut self, target: u8, input: &mut &[u8]) -> Result<bool, Wrong> {
        // Amid a number, a word, an escape or a character there is nothing to hop over.
        let is_in_string = matches!(self.state, State::InString | State::InName) && self.at == At::Text;
        if !is_in_string && !self.state.is_between_tokens() {
            return Ok(false);
        }
        let first = self.kinds(target);
        // As deep as a register has bits, or as a text may be nested.
        let most = u32::MAX >> 1 >> target.saturating_sub(97).min(31);
        if first > most {
            return Ok(false);
        }
        self.plain = 0;
        self.at = At::Text;
        let (state, kinds) = hop(self.state, first, most, input);
        self.state = state;
        if kinds != first {
            self.set_kinds(target, kinds);
        }
        Ok(self.is_past(target))
    }
}

#[inline(never)]
fn hop(mut state: State, mut kinds: u32, most: u32, input: &mut &[u8]) -> (State, u32) {
    let mut rest = *input;
    loop {
        if matches!(state, State::InString | State::InName) {
            let mut after = rest;
            state = strings(&mut after, state, kinds);
            rest = after;
            if matches!(state, State::InString | State::InName) {
                break;
            }
        }
        if matches!(state, State::Next) && kinds == 1 {
            break;
        }
        let Some((&byte, after)) = rest.split_first() else { break };
        let is_value = matches!(state, State::Value | State::FirstValue);
        match class(byte) {
            QUOTE if is_value => state = State::InString,
            QUOTE if matches!(state, State::Name | State::FirstName) => state = State::InName,
            A_COMMA if matches!(state, State::Next) => {
                state = if kinds & 1 == 0 { State::Name } else { State::Value };
            }
            A_COLON if matches!(state, State::Colon) => state = State::Value,
            BLANK | SPACE => {}
            OPEN if is_value && kinds < most => {
                kinds = kinds << 1 | u32::from(byte == b'[');
                state = if byte == b'[' { State::FirstValue } else { State::FirstName };
            }
            CLOSE if state.may_end() && byte == if kinds & 1 == 0 { b'}' } else { b']' } => {
                kinds >>= 1;
                state = State::Next;
            }
            WORD if is_value => {
                rest = match (byte, after) {
                    (b'n', [b'u', b'l', b'l', after @ ..]) => after,
                    (b't', [b'r', b'u', b'e', after @ ..]) => after,
                    (b'f', [b'a', b'l', b's', b'e', after @ ..]) => after,
                    _ => break,
                };
                state = State::Next;
                continue;
            }
            DIGIT if is_value => {
                let Some(after) = number(rest) else { break };
                rest = after;
                state = State::Next;
                continue;
            }
            _ => break,
        }
        rest = after;
    }
    *input = rest;
    (state, kinds)
}

/// After a number that is whole, if it is right.
#[inline(never)]
fn number(input: &[u8]) -> Option<&[u8]> {
    let mut number = Number::Nothing;
    let mut rest = input;
    loop {
        let (&byte, after) = rest.split_first()?;
        match number.after(byte) {
            Some(next) => number = next,
            None if number.may_end() && !byte.is_ascii_digit() => return Some(rest),
            None => return None,
        }
        rest = after;
    }
}
