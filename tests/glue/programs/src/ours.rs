//! taskgroup's machines for Server-Sent Events and for JSON, one after the other, without its session.

use taskgroup::{
    json::{Filler, Record},
    sse::{Field, Token, Tokenizer},
};

pub struct State {
    sse: Tokenizer,
    filler: Filler,
    is_data: bool,
    has_data: bool,
    is_broken: bool,
}

impl State {
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self {
            sse: Tokenizer::new(),
            filler: Filler::new(),
            is_data: false,
            has_data: false,
            is_broken: false,
        }
    }

    fn fill<R: Record>(&mut self, record: &mut R, mut bytes: &[u8]) {
        if !self.is_broken {
            self.is_broken = self.filler.feed(record, &mut (), &mut bytes).is_err();
        }
    }
}

pub fn run<'r, R: Record>(
    state: &mut State,
    record: &mut R,
    reads: impl Iterator<Item = &'r [u8]>,
    mut found: impl FnMut(Option<&R>),
) {
    state.filler.begin(record);
    for mut read in reads {
        while let Some(token) = state.sse.feed(&mut read) {
            match token {
                Token::Begin(field) => {
                    state.is_data = field == Field::Data;
                    if state.is_data && state.has_data {
                        state.fill(record, b"\n");
                    }
                    state.has_data |= state.is_data;
                }
                Token::Bytes(bytes) if state.is_data => state.fill(record, bytes),
                Token::Bytes(_) => {}
                Token::Dispatch => {
                    if state.has_data {
                        let is_whole = !state.is_broken && state.filler.finish().is_ok();
                        found(is_whole.then_some(&*record));
                    }
                    (state.is_data, state.has_data, state.is_broken) = (false, false, false);
                    state.filler.begin(record);
                }
            }
        }
    }
}
