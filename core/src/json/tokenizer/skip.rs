//! Skips values that nobody wants.
//!
//! Most bytes of most texts come through here, so it is direct code: its place is in registers, and is stored
//! when the input ends. One level of nesting is one bit: whether it is an array. Above the bits of the levels
//! there is one that is always set, so that a single number also gives the depth.
//!
//! # Limits
//!
//! Whole tokens, and strings as far as there is input. Anything else goes through the tokenizer's step: a
//! token that the end of the input cuts, one that is invalid, or one that begins or ends a level for which
//! there is no bit. After it, the levels around it have bits.

use super::{
    Tokenizer,
    escape::At,
    grammar::{Number, State, number},
};
use crate::json::{
    limits::DEPTH,
    scan::{Class, after_unescaped},
};

/// No level above the one where it began.
const OUTSIDE: u32 = 1;

/// How many of the levels that are open have bits: about as many can begin as can end.
const OPEN: u8 = 16;

impl Tokenizer {
    /// Skips the whole tokens of the value at this depth. True: it has ended.
    #[inline(never)]
    pub(super) fn hop(&mut self, depth: u8, input: &mut &[u8]) -> bool {
        // Not in the middle of a number, a word, an escape or a character.
        let is_in_text = matches!(self.state, State::InString | State::InName) && self.at == At::Text;
        if !is_in_text && !self.state.is_between_tokens() {
            return false;
        }
        let base = depth.max(self.depth.saturating_sub(OPEN));
        let before = self.levels_above(base);
        // As many levels as a register has room for, or the text.
        let room = DEPTH.saturating_sub(base.into()).min(31);
        let most = u32::MAX >> 31_usize.saturating_sub(room) >> 1;
        self.plain = 0;
        let (state, levels) = hop(self.state, before, most, input);
        self.at = At::Text;
        self.state = state;
        if levels != before {
            self.set_levels(before, levels);
        }
        self.is_past(depth)
    }

    #[inline(never)]
    fn levels_above(&self, depth: u8) -> u32 {
        let mut levels = OUTSIDE;
        let mut level = depth;
        while level < self.depth {
            let bits = self.arrays.get(usize::from(level >> 3)).copied().unwrap_or_default();
            levels = levels << 1 | u32::from(bits >> (level & 7) & 1);
            level = level.wrapping_add(1);
        }
        levels
    }

    /// Ends the levels that are no longer open, and begins the new ones.
    #[inline(never)]
    fn set_levels(&mut self, mut before: u32, levels: u32) {
        let mut common = levels;
        let mut place = 0_u8;
        // Each turn leaves one level less. What is deeper is a larger number.
        while before != common {
            if before > common {
                before >>= 1;
                self.close();
            } else {
                common >>= 1;
                place = place.wrapping_add(1);
            }
        }
        while place > 0 {
            place = place.wrapping_sub(1);
            _ = self.open(levels >> (place & 31) & 1 != 0);
        }
    }
}

/// The state and the levels after the last whole token, which may be the end of the value.
#[inline(never)]
fn hop(mut state: State, mut levels: u32, most: u32, input: &mut &[u8]) -> (State, u32) {
    let mut rest = *input;
    // Each turn takes a token, or ends.
    loop {
        if matches!(state, State::InString | State::InName) {
            // In a copy, or `rest` could not be in registers.
            let mut after = rest;
            state = strings(&mut after, state, levels);
            rest = after;
            if matches!(state, State::InString | State::InName) {
                break;
            }
        }
        let is_array = levels & 1 != 0;
        if matches!(state, State::Next) && levels == OUTSIDE {
            break;
        }
        let Some((&byte, mut after)) = rest.split_first() else { break };
        let is_value = matches!(state, State::Value | State::FirstValue);
        match Class::of(byte) {
            Class::QUOTATION_MARK if is_value => state = State::InString,
            Class::QUOTATION_MARK if matches!(state, State::Name | State::FirstName) => state = State::InName,
            Class::COMMA if matches!(state, State::Next) => {
                state = if is_array { State::Value } else { State::Name };
            }
            Class::COLON if matches!(state, State::Colon) => state = State::Value,
            Class::SPACE | Class::BLANK => {}
            Class::BEGIN if is_value && levels < most => {
                let is_array = byte == b'[';
                levels = levels << 1 | u32::from(is_array);
                state = if is_array { State::FirstValue } else { State::FirstName };
            }
            Class::END if state.may_end() && byte == if is_array { b']' } else { b'}' } => {
                levels >>= 1;
                state = State::Next;
            }
            Class::WORD if is_value => {
                after = match (byte, after) {
                    (b'n', [b'u', b'l', b'l', after @ ..]) => after,
                    (b't', [b'r', b'u', b'e', after @ ..]) => after,
                    (b'f', [b'a', b'l', b's', b'e', after @ ..]) => after,
                    _ => break,
                };
                state = State::Next;
            }
            Class::NUMBER if is_value => {
                let Ok((length, _, true)) = number(Number::Nothing, rest) else { break };
                after = rest.get(length..).unwrap_or_default();
                state = State::Next;
            }
            _ => break,
        }
        rest = after;
    }
    *input = rest;
    (state, levels)
}

/// From the middle of a string or a name, skips it and those that follow it after a comma or a colon. Returns
/// the state after the last.
#[cfg_attr(feature = "fast", inline(always))]
#[cfg_attr(not(feature = "fast"), inline(never))]
fn strings(input: &mut &[u8], state: State, levels: u32) -> State {
    const COLON: u32 = b':' as u32;
    const COMMA: u32 = b',' as u32;
    const NONE: u32 = u32::MAX;
    let is_array = levels & 1 != 0;
    let mut rest = *input;
    // The byte between this string and the next: in an object, alternately a colon and a comma.
    let mut between = if matches!(state, State::InName) {
        COLON
    } else if levels == OUTSIDE {
        NONE
    } else {
        COMMA
    };
    let turns = if is_array { 0 } else { COLON ^ COMMA };
    // Each turn takes a string or an escape, or ends.
    let state = loop {
        rest = after_unescaped(rest);
        match rest {
            [b'"', byte, after @ ..] if u32::from(*byte) == between => match after {
                [b'"', after @ ..] => {
                    rest = after;
                    between ^= turns;
                }
                [b'n', b'u', b'l', b'l', b',', b'"', after @ ..] if between == COLON => rest = after,
                _ => {
                    rest = after;
                    break if between == COMMA && !is_array { State::Name } else { State::Value };
                }
            },
            [b'"', after @ ..] => {
                rest = after;
                break if between == COLON { State::Colon } else { State::Next };
            }
            [b'\\', after @ ..] if let Some(after) = after_escape(after) => rest = after,
            _ => break if between == COLON { State::InName } else { State::InString },
        }
    };
    *input = rest;
    state
}

/// The input after the rest of an escape, if that is whole and valid.
#[cfg_attr(feature = "fast", inline(always))]
#[cfg_attr(not(feature = "fast"), inline(never))]
fn after_escape(input: &[u8]) -> Option<&[u8]> {
    match input {
        [b'u', rest @ ..] => {
            let (digits, rest) = rest.split_first_chunk::<4>()?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(rest)
        }
        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => Some(rest),
        _ => None,
    }
}
