//! How far a group has been followed, as bytes to store.

use crate::{api::Id, text::Text};

/// What to store so that following a group can continue, after a crash or a loss of power.
///
/// ```
/// use taskgroup::follow::State;
///
/// let state = State::default();
/// let mut bytes = [0; State::SIZE];
/// let length = state.write(&mut bytes);
/// assert_eq!(State::read(&bytes[..length]), Some(state));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct State {
    pub(super) group: Id,
    /// In the order of adding: all events before it are older than the runs that are being added.
    pub(super) run_cursor: Text<{ super::EVENT_ID }>,
    /// In the order of events: all answers before it have been handled.
    pub(super) event_cursor: Text<{ super::EVENT_ID }>,
    /// The number of inputs that have their runs.
    pub(super) added: u32,
    /// The number of answers that have been handled.
    pub(super) answered: u32,
    pub(super) is_adding: bool,
}

/// The version of the format.
const FORM: u8 = 1;

/// Form, flag, two numbers, three lengths, and the checksum.
const FIXED: usize = 1 + 1 + 4 + 4 + 3 + 4;

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    /// The most bytes that [`write`](Self::write) writes.
    pub const SIZE: usize = FIXED + super::GROUP_ID + 2 * super::EVENT_ID;

    /// Nothing has been done.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            group: Id::new(),
            run_cursor: Text::new(),
            event_cursor: Text::new(),
            added: 0,
            answered: 0,
            is_adding: false,
        }
    }

    /// The group; empty before it is created.
    #[must_use]
    pub fn taskgroup_id(&self) -> &str {
        &self.group
    }

    /// The number of inputs, from the first on, that are known to have their runs.
    #[must_use]
    pub const fn added(&self) -> u32 {
        self.added
    }

    /// The number of answers that have been handled.
    #[must_use]
    pub const fn answered(&self) -> u32 {
        self.answered
    }

    /// Whether there may be inputs without runs.
    #[must_use]
    pub const fn is_adding(&self) -> bool {
        self.is_adding
    }

    /// The id of the last event whose answer has been handled.
    #[must_use]
    pub fn event_cursor(&self) -> &str {
        &self.event_cursor
    }

    /// Writes it to the front of `out`, and returns the number of bytes.
    pub fn write(&self, out: &mut [u8; Self::SIZE]) -> usize {
        let texts = [self.group.as_str(), self.run_cursor.as_str(), self.event_cursor.as_str()];
        let [a, b, c, d] = self.added.to_le_bytes();
        let [e, f, g, h] = self.answered.to_le_bytes();
        let [group, run, event] = texts.map(|text| u8::try_from(text.len()).unwrap_or_default());
        let head = [FORM, self.is_adding.into(), a, b, c, d, e, f, g, h, group, run, event];
        let mut hash = Hash::new();
        let mut length = 0_usize;
        for (place, byte) in
            out.iter_mut().zip(head.into_iter().chain(texts.into_iter().flat_map(str::bytes)))
        {
            *place = byte;
            hash.push(byte);
            length = length.wrapping_add(1);
        }
        for (place, byte) in out.iter_mut().skip(length).zip(hash.0.to_le_bytes()) {
            *place = byte;
        }
        length.wrapping_add(size_of::<u32>())
    }

    /// Reads what [`write`](Self::write) has written; `None` for anything else, and for damaged bytes.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (content, checksum) = bytes.split_last_chunk()?;
        let mut hash = Hash::new();
        content.iter().for_each(|byte| hash.push(*byte));
        if hash.0.to_le_bytes() != *checksum {
            return None;
        }
        let (&[form, is_adding, a, b, c, d, e, f, g, h, group, run, event], rest) =
            content.split_first_chunk()?;
        let (group, rest) = rest.split_at_checked(group.into())?;
        let (run, rest) = rest.split_at_checked(run.into())?;
        let (event, rest) = rest.split_at_checked(event.into())?;
        if form != FORM || is_adding > 1 || !rest.is_empty() {
            return None;
        }
        Some(Self {
            group: text(group)?,
            run_cursor: text(run)?,
            event_cursor: text(event)?,
            added: u32::from_le_bytes([a, b, c, d]),
            answered: u32::from_le_bytes([e, f, g, h]),
            is_adding: is_adding == 1,
        })
    }
}

fn text<const N: usize>(bytes: &[u8]) -> Option<Text<N>> {
    let text = Text::from(str::from_utf8(bytes).ok()?);
    (text.lost() == 0).then_some(text)
}

/// FNV-1a, 32 bits.
struct Hash(u32);

impl Hash {
    const fn new() -> Self {
        Self(0x811c_9dc5)
    }

    fn push(&mut self, byte: u8) {
        self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use super::*;

    const fn is_small(size: usize) -> bool {
        size <= 400
    }

    const _: () = assert!(is_small(State::SIZE));

    fn full() -> State {
        State {
            group: ["g"; 40].concat().as_str().into(),
            run_cursor: ["r"; 128].concat().as_str().into(),
            event_cursor: "é17".into(),
            added: 2_500,
            answered: u32::MAX,
            is_adding: true,
        }
    }

    #[test]
    fn what_was_written_is_read_and_nothing_else_is() {
        for state in
            [State::new(), full(), State { event_cursor: ["e"; 128].concat().as_str().into(), ..full() }]
        {
            let mut bytes = [0; State::SIZE];
            let length = state.write(&mut bytes);
            assert_eq!(State::read(&bytes[..length]), Some(state));
            for end in 0..length {
                assert_eq!(State::read(&bytes[..end]), None, "cut after {end}");
            }
            for place in 0..length {
                let mut damaged = bytes;
                damaged[place] ^= 0x10;
                assert_eq!(State::read(&damaged[..length]), None, "damaged at {place}");
            }
        }
    }
}
