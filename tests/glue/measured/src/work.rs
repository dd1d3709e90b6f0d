//! The programs, each into each record, on an input.

use core::hint::black_box;

use glue::{
    eventsource, in_place, lines, ours, pull, push,
    records::{self, cut, strict},
    sseer,
};
use heapless::{Vec, VecView};
use serde::de::DeserializeOwned;
use taskgroup::{
    api::{self, Brief, Profile, Standard, StreamEvent},
    session::{Action, Config, Event, Session},
    time::Instant,
};

use crate::{Found, digest::Digest};

/// At the same address modulo 64 in each image: how a copy begins counts.
#[repr(align(64))]
pub(crate) struct Aligned<T: ?Sized>(pub(crate) T);

/// The same frames as an event stream and as an answer of HTTP.
pub(crate) struct Frames {
    pub(crate) name: &'static str,
    pub(crate) count: usize,
    pub(crate) sse: &'static Aligned<[u8]>,
    http: &'static Aligned<[u8]>,
}

include!(concat!(env!("OUT_DIR"), "/inputs.rs"));

pub(crate) struct Task {
    pub(crate) frames: &'static Frames,
    pub(crate) buffer: usize,
    pub(crate) read: usize,
}

impl Task {
    fn reads(&self) -> impl Iterator<Item = &'static [u8]> {
        self.frames.sse.0.chunks(self.read)
    }
}

/// Runs what it is given, and measures it.
type Meter<'m> = &'m mut dyn FnMut(&mut dyn FnMut());

/// Takes all of an input. The meter runs only the taking: the program's own memory belongs to the caller.
/// Returns how much that is, besides the heap.
type Program = fn(&Task, &mut Found, Meter<'_>) -> usize;

/// By name: into [`Brief`], and into [`Standard`].
pub(crate) static PROGRAMS: &[(&str, [Program; 2])] = &[
    ("eventsource", [run_eventsource::<cut::brief::Event>, run_eventsource::<cut::standard::Event>]),
    ("sseer", [run_sseer::<cut::brief::Event>, run_sseer::<cut::standard::Event>]),
    ("lines", [run_lines::<cut::brief::Event>, run_lines::<cut::standard::Event>]),
    (
        "in-place",
        [run_in_place::<records::in_place::brief::Event>, run_in_place::<records::in_place::standard::Event>],
    ),
    ("push", [run_push::<cut::brief::Event>, run_push::<cut::standard::Event>]),
    ("pull", [run_pull::<cut::brief::Event>, run_pull::<cut::standard::Event>]),
    ("ours", [run_ours::<Brief>, run_ours::<Standard>]),
    ("session", [run_session::<Brief>, run_session::<Standard>]),
    ("strict", [run_strict::<strict::brief::Event>, run_strict::<strict::standard::Event>]),
];

fn run_eventsource<E: Digest + DeserializeOwned>(task: &Task, found: &mut Found, meter: Meter<'_>) -> usize {
    meter(&mut || eventsource::run::<E>(task.reads(), |event| found.event(event)));
    0
}

fn run_sseer<E: Digest + DeserializeOwned>(task: &Task, found: &mut Found, meter: Meter<'_>) -> usize {
    meter(&mut || sseer::run::<E>(task.reads(), |event| found.event(event)));
    0
}

/// With a buffer for a line of one of three sizes.
fn with_line(size: usize, run: impl FnOnce(&mut VecView<u8>)) -> usize {
    fn with<const N: usize>(run: impl FnOnce(&mut VecView<u8>)) -> usize {
        run(&mut Vec::<u8, N>::new());
        size_of::<Vec<u8, N>>()
    }
    match size {
        512 => with::<512>(run),
        4_608 => with::<4_608>(run),
        68_608 => with::<68_608>(run),
        other => panic!("no line has {other} bytes"),
    }
}

fn run_lines<E: Digest + DeserializeOwned>(task: &Task, found: &mut Found, meter: Meter<'_>) -> usize {
    with_line(task.buffer, |line| {
        meter(&mut || {
            lines::run(line, task.reads(), |json| found.event(json.and_then(records::parse::<E>).as_ref()));
        });
    })
}

/// As the documentation of the crates has it, with 1,024 bytes to unescape in.
fn run_strict<E: Digest + DeserializeOwned>(task: &Task, found: &mut Found, meter: Meter<'_>) -> usize {
    let mut buffer = [0; 1024];
    let fixed = with_line(task.buffer, |line| {
        meter(&mut || {
            lines::run(line, task.reads(), |json| {
                found.event(json.and_then(|json| records::parse_escaped::<E>(json, &mut buffer)).as_ref());
            });
        });
    });
    fixed + size_of_val(&buffer)
}

fn run_in_place<E: Digest + DeserializeOwned + Default>(
    task: &Task,
    found: &mut Found,
    meter: Meter<'_>,
) -> usize {
    let mut record = E::default();
    let fixed = with_line(task.buffer, |line| {
        meter(&mut || {
            lines::run(line, task.reads(), |json| {
                let is_right = json.is_some_and(|json| in_place::parse(json, &mut record));
                found.event(is_right.then_some(&record));
            });
        });
    });
    fixed + size_of::<E>()
}

/// The largest buffer of picojson.
const SCRATCH: usize = 64 * 1024;

fn run_push<E: Digest + glue::Keep + Default>(task: &Task, found: &mut Found, meter: Meter<'_>) -> usize {
    let (mut record, mut scratch) = (E::default(), [0; SCRATCH]);
    let scratch = &mut scratch[..task.buffer];
    meter(&mut || push(scratch, &mut record, task.reads(), |event| found.event(event)));
    task.buffer + size_of::<E>()
}

fn run_pull<E: Digest + glue::Keep + Default>(task: &Task, found: &mut Found, meter: Meter<'_>) -> usize {
    let (mut record, mut buffer) = (E::default(), [0; SCRATCH]);
    let buffer = &mut buffer[..task.buffer];
    meter(&mut || pull(buffer, &mut record, task.reads(), |event| found.event(event)));
    task.buffer + size_of::<E>()
}

fn run_ours<P: Profile>(task: &Task, found: &mut Found, meter: Meter<'_>) -> usize
where
    StreamEvent<P>: Digest,
{
    let (mut state, mut record) = (ours::State::new(), StreamEvent::<P>::default());
    meter(&mut || ours::run(&mut state, &mut record, task.reads(), |event| found.event(event)));
    size_of::<ours::State>() + size_of::<StreamEvent<P>>()
}

/// From the connection to the end of the answer and what is made of it.
fn run_session<P: Profile>(task: &Task, found: &mut Found, meter: Meter<'_>) -> usize
where
    StreamEvent<P>: Digest,
{
    let now = Instant::from_millis(0);
    let mut session = Session::<StreamEvent<P>>::new(Config::new("key"), api::runs("tgrp_1"));
    let mut request = [0; 128];
    meter(&mut || {
        let _ = black_box(session.poll(now));
        session.connected(now);
        while let Action::Send { .. } = session.poll(now) {
            session.fill(&mut request);
        }
        for mut read in task.frames.http.0.chunks(task.read) {
            while let Some(event) = session.feed(&mut read, now) {
                match event {
                    Event::Record(event) => found.event(Some(event)),
                    Event::Skipped(_) => found.lost(),
                    Event::Opened { .. } => {}
                }
            }
        }
        session.closed(now);
        let _ = black_box((session.poll(now), session.poll(now)));
    });
    size_of::<Session<StreamEvent<P>>>()
}
