//! The machines that are fed, each with what shows that it has found what there is.

use core::hint::black_box;

use taskgroup::{
    api::{self, Brief, Profile, Standard, StreamEvent},
    json::{Filler, Raw, Record},
    record,
    session::{Action, Config, Event, Session},
    sse::{Token, Tokenizer},
    text::Text,
    time::Instant,
};

use crate::texts::HEAD;

/// What takes a text in pieces.
pub(crate) trait Machine {
    fn begin(&mut self);

    fn feed(&mut self, bytes: &[u8]);

    /// How many events it has found, or texts.
    fn end(&mut self) -> usize;
}

record! {
    /// Wants nothing, so that everything is skipped.
    pub(crate) struct Nothing {}
}

record! {
    /// A text, all of which has room.
    pub(crate) struct Kept {
        text: Text<16_384> = "/text",
    }
}

record! {
    /// A value as it stands.
    pub(crate) struct Whole {
        deep: Raw<98_304> = "/deep",
    }
}

/// Counts the events.
pub(crate) struct Sse(Tokenizer, usize);

impl Sse {
    pub(crate) const fn new() -> Self {
        Self(Tokenizer::new(), 0)
    }
}

impl Machine for Sse {
    fn begin(&mut self) {
        *self = Self::new();
    }

    fn feed(&mut self, mut bytes: &[u8]) {
        while let Some(token) = self.0.feed(&mut bytes) {
            self.1 += usize::from(black_box(token) == Token::Dispatch);
        }
    }

    fn end(&mut self) -> usize {
        self.1
    }
}

pub(crate) struct Json<R> {
    filler: Filler,
    record: R,
    is_wrong: bool,
}

impl Json<Nothing> {
    pub(crate) fn skipped() -> Self {
        Self::new()
    }
}

impl Json<StreamEvent<Standard>> {
    pub(crate) fn standard() -> Self {
        Self::new()
    }
}

impl Json<Kept> {
    pub(crate) fn kept() -> Self {
        Self::new()
    }
}

impl Json<Whole> {
    pub(crate) fn whole() -> Self {
        Self::new()
    }
}

impl<R: Record + Default> Json<R> {
    fn new() -> Self {
        Self { filler: Filler::new(), record: R::default(), is_wrong: false }
    }
}

impl<R: Record + Default> Machine for Json<R> {
    fn begin(&mut self) {
        self.filler.begin(&mut self.record);
        self.is_wrong = false;
    }

    fn feed(&mut self, mut bytes: &[u8]) {
        self.is_wrong |= self.filler.feed(&mut self.record, &mut (), &mut bytes).is_err();
    }

    fn end(&mut self) -> usize {
        let is_right = self.filler.finish().is_ok() && !self.is_wrong;
        black_box(&self.record);
        usize::from(is_right)
    }
}

/// A session, which is asked the same again each time.
pub(crate) struct Stream<P: Profile>(Session<'static, StreamEvent<P>>, usize);

impl Stream<Standard> {
    pub(crate) fn standard() -> Self {
        Self::new()
    }
}

impl Stream<Brief> {
    pub(crate) fn brief() -> Self {
        Self::new()
    }
}

const NOW: Instant = Instant::from_millis(0);

impl<P: Profile> Stream<P> {
    fn new() -> Self {
        Self(Session::new(Config::new("key"), api::runs("tgrp_1")), 0)
    }
}

impl<P: Profile> Machine for Stream<P> {
    fn begin(&mut self) {
        *self = Self::new();
        let _ = black_box(self.0.poll(NOW));
        self.0.connected(NOW);
        while let Action::Send { .. } = self.0.poll(NOW) {
            self.0.fill(&mut [0; 128]);
        }
        self.feed(HEAD.as_bytes());
    }

    fn feed(&mut self, mut bytes: &[u8]) {
        while let Some(event) = self.0.feed(&mut bytes, NOW) {
            self.1 += usize::from(matches!(black_box(event), Event::Record(_)));
        }
    }

    fn end(&mut self) -> usize {
        self.1
    }
}
