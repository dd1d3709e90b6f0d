//! Runs that have come to an end in, in the order of their events; out again, one by one, when their answers
//! are out.
//!
//! # Limits
//!
//! As many as the memory has room for: each takes 7 bytes, its id, and the id of its event.

use crate::api::Status;

/// A run that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended<'h> {
    pub(super) run_id: &'h str,
    /// The event that said so: the place in the stream of events to continue after, once its answer is out.
    /// Empty where the server gave it none.
    pub(super) event_id: &'h str,
    pub(super) status: Status,
    /// The number of its input, if it is known.
    pub(super) number: Option<u32>,
}

/// The number of bytes of the memory in use: entries from the front on, the oldest first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    used: usize,
}

/// Before the two ids: their lengths, the status, and the number plus one.
const HEAD: usize = 7;

/// The size of the largest entry.
pub(super) const LARGEST: usize = HEAD + super::RUN_ID + super::EVENT_ID;

/// The statuses of ended runs, and their codes in memory.
const ENDS: [Status; 4] = [Status::Unknown, Status::Completed, Status::Failed, Status::Cancelled];

impl Held {
    pub(super) const fn is_empty(&self) -> bool {
        self.used == 0
    }

    pub(super) const fn clear(&mut self) {
        self.used = 0;
    }

    /// Adds one more. False: there is no room.
    pub(super) fn push(&mut self, memory: &mut [u8], ended: &Ended<'_>) -> bool {
        let Some([run, event]) = length(ended.run_id).zip(length(ended.event_id)).map(<[u8; 2]>::from) else {
            return false;
        };
        let status =
            ENDS.iter().zip(0_u8..).find(|(status, _)| **status == ended.status).map_or(0, |(_, nth)| nth);
        let [a, b, c, d] = ended.number.map_or(0, |number| number.saturating_add(1)).to_le_bytes();
        let parts: [&[u8]; 3] =
            [&[run, event, status, a, b, c, d], ended.run_id.as_bytes(), ended.event_id.as_bytes()];
        let size = parts.iter().fold(0_usize, |size, part| size.saturating_add(part.len()));
        let end = self.used.saturating_add(size);
        let Some(room) = memory.get_mut(self.used..end) else { return false };
        for (place, byte) in room.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        self.used = end;
        true
    }

    /// The oldest.
    pub(super) fn first<'h>(&self, memory: &'h [u8]) -> Option<Ended<'h>> {
        self.iter(memory).next()
    }

    /// All of them, the oldest first.
    pub(super) fn iter<'h>(&self, memory: &'h [u8]) -> impl Iterator<Item = Ended<'h>> {
        let mut rest = memory.get(..self.used).unwrap_or_default();
        core::iter::from_fn(move || {
            let ended;
            (ended, rest) = read(rest)?;
            Some(ended)
        })
    }

    /// Removes the oldest.
    pub(super) fn pop(&mut self, memory: &mut [u8]) {
        let used = memory.get(..self.used).unwrap_or_default();
        let left = read(used).map_or(0, |(_, rest)| rest.len());
        let gone = self.used.saturating_sub(left);
        for place in 0..left {
            let byte = memory.get(place.saturating_add(gone)).copied().unwrap_or_default();
            if let Some(place) = memory.get_mut(place) {
                *place = byte;
            }
        }
        self.used = left;
    }
}

fn length(id: &str) -> Option<u8> {
    u8::try_from(id.len()).ok()
}

/// The entry at the front, and what is after it.
fn read(bytes: &[u8]) -> Option<(Ended<'_>, &[u8])> {
    let (&[run, event, status, a, b, c, d], rest) = bytes.split_first_chunk::<HEAD>()?;
    let (run_id, rest) = rest.split_at_checked(run.into())?;
    let (event_id, rest) = rest.split_at_checked(event.into())?;
    let ended = Ended {
        run_id: str::from_utf8(run_id).ok()?,
        event_id: str::from_utf8(event_id).ok()?,
        status: ENDS.get(usize::from(status)).copied().unwrap_or_default(),
        number: u32::from_le_bytes([a, b, c, d]).checked_sub(1),
    };
    Some((ended, rest))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]
mod tests {
    use std::{format, string::String, vec::Vec};

    use super::*;

    #[test]
    fn what_is_held_comes_out_in_the_order_in_which_it_came() {
        let ids: Vec<(String, String)> =
            (0..40).map(|n| (format!("trun_{n}"), format!("{}", n * n))).collect();
        let ended = |n: usize| Ended {
            run_id: &ids[n].0,
            event_id: &ids[n].1,
            status: ENDS[n % 4],
            number: u32::try_from(n).ok().filter(|n| !n.is_multiple_of(3)),
        };
        let (mut held, mut memory) = (Held::default(), [0; 100]);
        let (mut next, mut oldest) = (0, 0);
        while oldest < ids.len() {
            while next < ids.len() && held.push(&mut memory, &ended(next)) {
                next += 1;
            }
            let all: Vec<_> = held.iter(&memory).collect();
            assert_eq!(all, (oldest..next).map(ended).collect::<Vec<_>>());
            assert!(next - oldest >= 4 || next == ids.len(), "this many have room");
            assert_eq!(held.first(&memory), Some(ended(oldest)));
            held.pop(&mut memory);
            oldest += 1;
        }
        assert!(held.is_empty() && held.first(&memory).is_none());
        held.pop(&mut memory);
        assert!(held.is_empty());
    }

    #[test]
    fn the_largest_has_room_where_it_is_said_to_have() {
        let (run_id, event_id) =
            (["r"; super::super::RUN_ID].concat(), ["e"; super::super::EVENT_ID].concat());
        let ended = Ended {
            run_id: &run_id,
            event_id: &event_id,
            status: Status::Failed,
            number: Some(u32::MAX - 1),
        };
        let (mut held, mut memory) = (Held::default(), [0; LARGEST]);
        assert!(held.push(&mut memory, &ended));
        assert_eq!(held.first(&memory), Some(ended));
        assert!(!held.push(&mut memory, &Ended { run_id: "", event_id: "", ..ended }));
        assert!(
            !held.push(&mut [0; LARGEST - 1], &ended) && !Held::default().push(&mut [0; LARGEST - 1], &ended)
        );
    }
}
