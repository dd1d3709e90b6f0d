//! The calls that a session and a [`Follow`](crate::follow::Follow) have in common, for adapters.

use super::{Action, ApiError, Config, Event, Failure, Hint, Session};
use crate::{
    json::{Name, Record},
    time::Instant,
};

/// A machine that names the one thing to do next, to which you report the result: a [`Session`], or one made
/// of several sessions. The same loop drives all of them.
///
/// After [`poll`](Self::poll) and [`advance`](Self::advance) there may be an [`event`](Self::event), until
/// the next call.
///
/// Let a loop over any `D: Drive` return when there is an event, and be called again. If it takes a closure
/// for events, `impl FnMut(D::Event<'_>)`, the compiler wants a key and inputs that are `'static`.
pub trait Drive {
    /// The events that it finds.
    type Event<'e>
    where
        Self: 'e;

    /// See [`Session::poll`].
    fn poll(&mut self, now: Instant) -> Action;

    /// See [`Session::fill`].
    fn fill(&mut self, out: &mut [u8]) -> usize;

    /// See [`Session::advance`].
    fn advance(&mut self, input: &mut &[u8], now: Instant) -> bool;

    /// What the last call found.
    fn event(&self) -> Option<Self::Event<'_>>;

    /// Whether there is an [`event`](Self::event).
    fn has_event(&self) -> bool {
        self.event().is_some()
    }

    /// See [`Session::connected`].
    fn connected(&mut self, now: Instant);

    /// See [`Session::closed`].
    fn closed(&mut self, now: Instant);

    /// See [`Session::failed`].
    fn failed(&mut self, now: Instant, why: Failure);

    /// Where to connect to.
    fn config(&self) -> &Config<'_>;

    /// See [`Session::mismatch`].
    fn mismatch(&self) -> Option<Name>;

    /// See [`Session::error`].
    fn error(&self) -> Option<&ApiError>;

    /// See [`Session::hint`].
    fn hint(&self) -> Option<Hint>;
}

/// The calls that are passed on to the inherent ones of the same name.
macro_rules! drive {
    ([$($generics:tt)*] $machine:ty, $event:ty) => {
        impl<$($generics)*> $crate::session::Drive for $machine {
            type Event<'e>
                = $event
            where
                Self: 'e;

            fn poll(&mut self, now: $crate::time::Instant) -> $crate::session::Action {
                self.poll(now)
            }

            fn fill(&mut self, out: &mut [u8]) -> usize {
                self.fill(out)
            }

            fn advance(&mut self, input: &mut &[u8], now: $crate::time::Instant) -> bool {
                self.advance(input, now)
            }

            fn event(&self) -> Option<Self::Event<'_>> {
                self.event()
            }

            fn connected(&mut self, now: $crate::time::Instant) {
                self.connected(now);
            }

            fn closed(&mut self, now: $crate::time::Instant) {
                self.closed(now);
            }

            fn failed(&mut self, now: $crate::time::Instant, why: $crate::session::Failure) {
                self.failed(now, why);
            }

            fn config(&self) -> &$crate::session::Config<'_> {
                self.config()
            }

            fn mismatch(&self) -> Option<$crate::json::Name> {
                self.mismatch()
            }

            fn error(&self) -> Option<&$crate::session::ApiError> {
                self.error()
            }

            fn hint(&self) -> Option<$crate::session::Hint> {
                self.hint()
            }
        }
    };
}

pub(crate) use drive;

drive! { ['c, R: Record] Session<'c, R>, Event<'e, R> }
