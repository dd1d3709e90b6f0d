//! The bytes of an event stream in reads in, the record of each event out.

use std::hint::black_box;

use taskgroup::{
    api::{self, Standard, StreamEvent},
    json::Filler,
    session::{Action, Config, Event, Session},
    sse::{Field, Token, Tokenizer},
    time::Instant,
};

use crate::{
    frames::Frames,
    json::Keep,
    kept::Kept,
    peers::{self, SerdeJson, SonicRs},
    runner::Runner,
    sse,
};

pub(crate) fn runners(frames: &Frames, read: usize) -> Vec<Runner<'_>> {
    let stream = &*frames.stream;
    let answer = frames.answer();
    let runners = vec![
        Runner::ours("taskgroup `sse` and `json`", {
            let mut machines = Machines::default();
            move |mut kept| machines.run(stream, read, |event| found(event, &mut kept))
        }),
        Runner::ours("taskgroup `Session`, HTTP, too", move |mut kept| {
            session(&answer, read, |event| found(event, &mut kept))
        }),
        Runner::theirs("sse-stream and serde_json", move |mut kept| {
            let mut count = 0;
            sse::sse_stream(stream, read, |event| {
                let data = event.data.expect("each event has data");
                let event = serde_json::from_str::<peers::Standard<SerdeJson>>(&data).expect("it fits");
                found(&event, &mut kept);
                count += 1;
            });
            count
        }),
        Runner::theirs("sse-core and sonic-rs", move |mut kept| {
            let mut count = 0;
            sse::sse_core(stream, read, |event| {
                let event = sonic_rs::from_str::<peers::Standard<SonicRs>>(&event.data).expect("it fits");
                found(&event, &mut kept);
                count += 1;
            });
            count
        }),
    ];
    runners.into_iter().map(|runner| runner.in_reads_of(read)).collect()
}

fn found(event: &impl Keep, kept: &mut Option<&mut Kept>) {
    match kept {
        Some(kept) => event.keep(kept),
        None => _ = black_box(event),
    }
}

/// The two machines in a row, as the session has them.
#[derive(Default)]
struct Machines {
    sse: Tokenizer,
    json: Filler,
    record: StreamEvent<Standard>,
    is_data: bool,
    has_data: bool,
    is_wrong: bool,
}

impl Machines {
    fn run(&mut self, stream: &[u8], read: usize, mut each: impl FnMut(&StreamEvent<Standard>)) -> usize {
        let mut count = 0;
        for mut input in stream.chunks(read) {
            while let Some(token) = self.sse.feed(&mut input) {
                match token {
                    Token::Begin(field) => {
                        self.is_data = field == Field::Data;
                        if self.is_data && self.has_data {
                            self.feed(b"\n");
                        } else if self.is_data {
                            self.json.begin(&mut self.record);
                            self.has_data = true;
                        }
                    }
                    Token::Bytes(bytes) if self.is_data => self.feed(bytes),
                    Token::Bytes(_) => {}
                    Token::Dispatch => {
                        if self.has_data && !self.is_wrong && self.json.finish().is_ok() {
                            each(&self.record);
                            count += 1;
                        }
                        (self.has_data, self.is_wrong) = (false, false);
                    }
                }
            }
        }
        count
    }

    fn feed(&mut self, mut bytes: &[u8]) {
        self.is_wrong = self.is_wrong || self.json.feed(&mut self.record, &mut (), &mut bytes).is_err();
    }
}

/// A whole answer with its framing: this reads more than the others are given.
fn session(answer: &[u8], read: usize, mut each: impl FnMut(&StreamEvent<Standard>)) -> usize {
    let now = Instant::from_millis(0);
    let mut session =
        Session::<StreamEvent>::new(Config::new("key"), api::runs("tgrp_5c1f0a").include_output(true));
    _ = session.poll(now);
    session.connected(now);
    while let Action::Send { .. } = session.poll(now) {
        session.fill(&mut [0; 1024]);
    }
    let mut count = 0;
    for mut input in answer.chunks(read) {
        while let Some(event) = session.feed(&mut input, now) {
            if let Event::Record(event) = event {
                each(event);
                count += 1;
            }
        }
        _ = session.poll(now);
    }
    count
}
