//! Event ids in, what to do with each event out: where the stream continues after a failure.

use core::num::NonZeroU64;

use super::id::{Id, SecondId};
use crate::http::Location;

/// What to do with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The application has not received it.
    Deliver,
    /// The application has received it.
    Drop,
    /// It comes while the server repeats what the application has received.
    Replayed,
}

/// The last event that the application has handled, and the one that it is handling now.
///
/// [`confirm`](Self::confirm) makes the second the first. The session does that when it is called again: a
/// crash in between repeats the event, and never loses it.
pub(super) struct Cursor {
    last: SecondId,
    /// The id of the event that is being read, or that the application is handling. Between a head that
    /// redirects and the next request, when there is no event, the head's `Location`.
    pub(super) next: Id,
    /// Whether `next` is to become `last`.
    moving: bool,
    /// Hash of the first id of this session: it shows that a stream starts over.
    first: Option<NonZeroU64>,
    /// What the current try has shown so far.
    attempt: Attempt,
    /// The event that was delivered last has an id that cannot be sent back.
    pub(super) too_long: bool,
}

/// What the events of one try show of how the server treats the cursor.
#[derive(Clone, Copy, Default)]
struct Attempt {
    /// Hash of the cursor in the request.
    asked: Option<NonZeroU64>,
    /// An event with an id has arrived.
    begun: bool,
    /// The server started over: events are dropped until the cursor's own has passed.
    replaying: bool,
    /// The cursor has moved.
    moved: bool,
    /// An event without an id was delivered.
    nameless: bool,
}

impl Cursor {
    pub(super) fn new(last: SecondId) -> Self {
        Self {
            last,
            next: Id::new(),
            moving: false,
            first: None,
            attempt: Attempt::default(),
            too_long: false,
        }
    }

    /// The id to resume after.
    pub(super) fn last_event_id(&self) -> Option<&Id> {
        match &self.last {
            SecondId::LastEvent(id) if !id.is_empty() => Some(id),
            _ => None,
        }
    }

    /// The second id of the path, of a request that has no cursor.
    pub(super) fn path_id(&self) -> Option<&Id> {
        match &self.last {
            SecondId::Path(id) => Some(id),
            SecondId::LastEvent(_) => None,
        }
    }

    /// The memory for the `Location` of a head, which is read while there is no event.
    pub(super) fn location(&mut self) -> &mut Location {
        &mut self.next.text
    }

    /// The event in `next` will not be shown after all.
    pub(super) fn withdraw(&mut self) {
        self.moving = false;
        self.too_long = false;
    }

    /// Begins a try.
    pub(super) fn begin(&mut self) {
        self.attempt = Attempt { asked: self.last_event_id().map(|id| hash(id)), ..Attempt::default() };
    }

    /// Whether the try asks for the rest of an earlier answer.
    pub(super) fn is_resumed(&self) -> bool {
        self.attempt.asked.is_some()
    }

    /// The event in `next` is complete: judges whether the application has received it. One that it has not
    /// received counts as delivered from here on, even if the record does not want it.
    pub(super) fn judge(&mut self) -> Verdict {
        if self.next.is_empty() {
            return if self.attempt.replaying { Verdict::Replayed } else { self.deliver_nameless() };
        }
        let first = !core::mem::replace(&mut self.attempt.begun, true);
        let hash = hash(&self.next);
        if self.attempt.asked == Some(hash)
            && let SecondId::LastEvent(last) = &mut self.last
        {
            // All events before it were repeated ones, and the stream continues from here.
            core::mem::swap(last, &mut self.next);
            self.attempt.replaying = false;
            self.attempt.moved = false;
            return Verdict::Drop;
        }
        if first && self.attempt.asked.is_some() && self.first == Some(hash) {
            self.attempt.replaying = true;
        }
        if self.attempt.replaying {
            return Verdict::Replayed;
        }
        self.first.get_or_insert(hash);
        self.too_long = self.next.is_cut();
        self.moving = !self.too_long;
        Verdict::Deliver
    }

    fn deliver_nameless(&mut self) -> Verdict {
        self.attempt.nameless = true;
        Verdict::Deliver
    }

    /// The application has handled the event in `next`. Returns whether the cursor has moved.
    pub(super) fn confirm(&mut self) -> bool {
        if !core::mem::take(&mut self.moving) {
            return false;
        }
        let SecondId::LastEvent(last) = &mut self.last else { return false };
        last.copy_from(&self.next);
        self.next.clear();
        self.attempt.moved = true;
        true
    }

    /// Whether the try brought anything after the cursor in its request.
    pub(super) fn moved(&self) -> bool {
        self.attempt.moved
    }

    /// Whether the answer brought events, but none that the stream can be asked for after.
    pub(super) fn is_lost(&self) -> bool {
        let has_events = self.attempt.nameless || self.attempt.begun;
        self.too_long || has_events && self.last_event_id().is_none()
    }

    /// Whether the server started over, and the cursor's own event has not come yet.
    pub(super) fn replaying(&self) -> bool {
        self.attempt.replaying
    }
}

/// FNV-1a, 64 bits. Never 0, so that an `Option` of it takes no more room.
fn hash(id: &str) -> NonZeroU64 {
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    NonZeroU64::new(hash).unwrap_or(NonZeroU64::MAX)
}
