//! Frames of three sizes in, the table of the benchmarks out: how fast each machine of the core is, also
//! compared with other crates that do the same work.
//!
//! `cargo bench -p taskgroup-tests` takes about two minutes and ends with the table; `-- PART` measures
//! only what has PART in its name. As a test it runs everything once, which proves that it runs and that
//! both sides find the same events, and no more.
#![allow(clippy::print_stdout)]

mod frames;
mod peers;
mod rounds;

use std::{env, hint::black_box, time::Duration};

use criterion::Criterion;
use memchr::memchr2;
use serde::de::{DeserializeOwned, IgnoredAny};
use taskgroup::{
    api::{self, StreamEvent},
    json::{Filler, Record},
    record,
    session::{Action, Config, Event, Session},
    sse::{Field, Parser, Token, Tokenizer},
    time::Instant,
};

use self::{frames::Frames, rounds::Comparison};

/// The bytes of JSON in a frame; 0: a bare state.
const SIZES: [usize; 3] = [0, 4 << 10, 64 << 10];

/// What fits an Ethernet frame, and a TLS record.
const CHUNKS: [usize; 2] = [1_460, 16_384];

record! {
    /// Wants nothing.
    struct Nothing {}
}

fn main() {
    let criterion = Criterion::default()
        .without_plots()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(1_000))
        .sample_size(20)
        .configure_from_args();
    let mut table = Table { criterion, lines: vec![] };

    let frames = SIZES.map(Frames::new);
    table.rows("SSE: tokens / memchr2 scan", &frames, [None, Some(0.6), Some(0.6)], |frames, chunk| {
        let stream = &*frames.stream;
        (stream.len(), Box::new(move || tokens(stream, chunk)), Box::new(move || scan(stream, chunk)))
    });
    table.rows("SSE: events / sse-stream", &frames, [None; 3], |frames, chunk| {
        let stream = &*frames.stream;
        (stream.len(), Box::new(move || events(stream, chunk)), Box::new(move || peer_events(stream, chunk)))
    });
    table.rows("JSON: skipped / IgnoredAny", &frames, [Some(1.0); 3], json::<Nothing, IgnoredAny>);
    table.rows("JSON: Brief / serde_json", &frames, [None; 3], json::<StreamEvent<api::Brief>, peers::Brief>);
    let good = [Some(1.4), Some(1.2), None];
    table.rows(
        "JSON: Standard / serde_json",
        &frames,
        good,
        json::<StreamEvent<api::Standard>, peers::Standard>,
    );
    table.rows("HTTP to Standard / sse-stream, serde_json", &frames, [None; 3], |frames, chunk| {
        let (answer, stream) = (frames.answer(), &*frames.stream);
        (
            stream.len(),
            Box::new(move || session(&answer, chunk)),
            Box::new(move || peer_session(stream, chunk)),
        )
    });
    // Cargo passes this to benchmarks, and nothing when it runs them as tests, once and not optimized.
    if env::args().any(|argument| argument == "--bench") {
        table.print();
    }
}

/// How many bytes they go through, ours, and the reference. Each gives how many events it found.
type Pair<'f> = (usize, Box<dyn FnMut() -> usize + 'f>, Box<dyn FnMut() -> usize + 'f>);

struct Table {
    criterion: Criterion,
    lines: Vec<String>,
}

impl Table {
    /// A line for each size of frames in each size of chunks.
    fn rows<'f>(
        &mut self,
        what: &str,
        frames: &'f [Frames; 3],
        good: [Option<f64>; 3],
        pair: impl Fn(&'f Frames, usize) -> Pair<'f>,
    ) {
        for (frames, good) in frames.iter().zip(good) {
            let count = frames.texts.len();
            let frame = frames.stream.len() / count;
            for chunk in CHUNKS {
                let (bytes, mut ours, mut reference) = pair(frames, chunk);
                let ours = &mut || assert_eq!(ours(), count, "{what}: ours");
                let reference = &mut || assert_eq!(reference(), count, "{what}: the reference");
                let mut result = Comparison::default();
                self.criterion.bench_function(&format!("{what}, {frame} B in {chunk} B"), |bencher| {
                    result = Comparison::default();
                    bencher.iter_custom(|rounds| result.run(rounds, ours, reference));
                });
                if !result.is_empty() {
                    self.lines.push(line(what, frame, chunk, bytes, &result, good));
                }
            }
        }
    }

    fn print(&self) {
        println!("\nGB/s, medians of rounds that take turns; the ratio is the median of theirs.\n");
        println!(
            "| {:41} | frame B | chunk B |  ours | reference | ratio | good | met |",
            "ours / reference"
        );
        println!("|{:-<43}|--------:|--------:|------:|----------:|------:|-----:|:---:|", "");
        for line in &self.lines {
            println!("{line}");
        }
    }
}

fn line(
    what: &str,
    frame: usize,
    chunk: usize,
    bytes: usize,
    result: &Comparison,
    good: Option<f64>,
) -> String {
    let speed = |time: Duration| bytes as f64 / time.as_secs_f64() / 1e9;
    let (good, met) = match good {
        Some(good) => (format!("{good:.1}"), if result.ratio() >= good { "yes" } else { "no" }),
        None => ("-".into(), "-"),
    };
    format!(
        "| {what:41} | {frame:7} | {chunk:7} | {:5.2} | {:9.2} | {:5.2} | {good:>4} | {met:3} |",
        speed(result.ours()),
        speed(result.reference()),
        result.ratio(),
    )
}

fn tokens(stream: &[u8], chunk: usize) -> usize {
    let mut tokenizer = Tokenizer::new();
    let (mut count, mut length) = (0, 0);
    for mut input in stream.chunks(chunk) {
        while let Some(token) = tokenizer.feed(&mut input) {
            match token {
                Token::Begin(field) => length += usize::from(field == Field::Data),
                Token::Bytes(bytes) => length += bytes.len(),
                Token::Dispatch => count += 1,
            }
        }
    }
    black_box(length);
    count
}

/// Three line ends make a frame.
fn scan(stream: &[u8], chunk: usize) -> usize {
    let (mut count, mut length) = (0, 0);
    for mut input in stream.chunks(chunk) {
        while let Some(at) = memchr2(b'\r', b'\n', input) {
            input = &input[at + 1..];
            count += 1;
            length += at;
        }
    }
    black_box(length);
    count / 3
}

fn events(stream: &[u8], chunk: usize) -> usize {
    let mut parser = Parser::<{ 80 << 10 }>::new();
    let mut count = 0;
    for mut input in stream.chunks(chunk) {
        while let Some(event) = parser.feed(&mut input) {
            count += usize::from(black_box(event).lost == 0);
        }
    }
    count
}

fn peer_events(stream: &[u8], chunk: usize) -> usize {
    let mut count = 0;
    peers::events(stream, chunk, |event| count += usize::from(black_box(event).data.is_some()));
    count
}

/// The texts of the frames, filled into `R` in pieces, and read as `P` by serde_json.
fn json<R: Record + Default + 'static, P: DeserializeOwned>(frames: &Frames, chunk: usize) -> Pair<'_> {
    let pieces = frames.pieces(chunk);
    let (mut filler, mut record) = (Filler::new(), R::default());
    let ours = move || {
        for text in &pieces {
            filler.begin(&mut record);
            for mut piece in text.iter().copied() {
                _ = filler.feed(&mut record, &mut (), &mut piece).expect("it is JSON");
            }
            filler.finish().expect("it fits the record");
            black_box(&mut record);
        }
        pieces.len()
    };
    let reference = || {
        for text in &frames.texts {
            black_box(serde_json::from_slice::<P>(text.as_bytes()).expect("it is JSON that fits"));
        }
        frames.texts.len()
    };
    (frames.json(), Box::new(ours), Box::new(reference))
}

/// A whole answer with its framing, by the session: this reads more than the reference is given.
fn session(answer: &[u8], chunk: usize) -> usize {
    let now = Instant::from_millis(0);
    let mut session =
        Session::<StreamEvent>::new(Config::new("key"), api::runs("tgrp_5c1f0a").include_output(true));
    _ = session.poll(now);
    session.connected(now);
    while let Action::Send { .. } = session.poll(now) {
        session.fill(&mut [0; 1024]);
    }
    let mut count = 0;
    for mut input in answer.chunks(chunk) {
        while let Some(event) = session.feed(&mut input, now) {
            count += usize::from(matches!(black_box(event), Event::Record(_)));
        }
        _ = session.poll(now);
    }
    count
}

/// The body of that answer, without its framing.
fn peer_session(stream: &[u8], chunk: usize) -> usize {
    let mut count = 0;
    peers::events(stream, chunk, |event| {
        let data = event.data.expect("each event has data");
        black_box(serde_json::from_str::<peers::Standard>(&data).expect("it is JSON that fits"));
        count += 1;
    });
    count
}
