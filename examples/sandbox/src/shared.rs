//! What all connections of one sandbox share: its options, its world, its faults and its counts.
//!
//! # Limits
//!
//! The last 10,000 requests are remembered. No lock is held across an `await`.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::faults::{Close, Faults, Instead};
use crate::random::Random;
use crate::recording::Recorder;
use crate::world::World;
use crate::{Options, Record};

const REMEMBERED_REQUESTS: usize = 10_000;

/// The counts of a sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections accepted, also those whose TLS failed.
    pub connections: u64,
    /// TLS handshakes that succeeded.
    pub handshakes: u64,
    /// Of these, those that resumed a session: neither side has sent a certificate.
    pub resumed: u64,
    /// Requests read.
    pub requests: u64,
    /// Bytes written: heads, chunk framing and bodies, before TLS.
    pub bytes: u64,
    /// Writes to sockets, or to TLS.
    pub writes: u64,
    /// Events written to streams, also those that a cut then lost.
    pub events: u64,
    /// Connections that a fault cut, by FIN or RST.
    pub cuts: u64,
    /// Of these, by RST.
    pub resets: u64,
    /// Silences of a fault.
    pub stalls: u64,
    /// POSTs that a fault dropped before they did anything.
    pub lost_requests: u64,
    /// POSTs that were carried out, and whose answer a fault dropped.
    pub lost_answers: u64,
    /// Requests that a fault answered.
    pub instead: u64,
}

impl Stats {
    /// One line of JSON, with the fields as members.
    pub fn json(&self) -> String {
        serde_json::json!({
            "connections": self.connections,
            "handshakes": self.handshakes,
            "resumed": self.resumed,
            "requests": self.requests,
            "bytes": self.bytes,
            "writes": self.writes,
            "events": self.events,
            "cuts": self.cuts,
            "resets": self.resets,
            "stalls": self.stalls,
            "lost_requests": self.lost_requests,
            "lost_answers": self.lost_answers,
            "instead": self.instead,
        })
        .to_string()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) connections: AtomicU64,
    pub(crate) handshakes: AtomicU64,
    pub(crate) resumed: AtomicU64,
    posts: AtomicU64,
    lost_requests: AtomicU64,
    lost_answers: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) writes: AtomicU64,
    pub(crate) events: AtomicU64,
    cuts: AtomicU64,
    resets: AtomicU64,
    stalls: AtomicU64,
    instead: AtomicU64,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    pub(crate) counters: Counters,
    world: Mutex<World>,
    faults: Mutex<Faults>,
    requests: Mutex<VecDeque<String>>,
    recorder: Mutex<Option<Recorder>>,
}

impl Shared {
    pub(crate) fn new(options: Options) -> io::Result<Self> {
        Ok(Self {
            clock: Clock::new(options.speed),
            counters: Counters::default(),
            world: Mutex::new(World::new(&options)),
            faults: Mutex::new(options.faults.clone()),
            requests: Mutex::default(),
            recorder: Mutex::new(Recorder::new(&options.record)?),
            options,
        })
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn requests(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note_request(&self, line: String) {
        self.counters.requests.fetch_add(1, Ordering::Relaxed);
        let mut requests = self.requests();
        if requests.len() == REMEMBERED_REQUESTS {
            requests.pop_front();
        }
        requests.push_back(line);
    }

    pub(crate) fn records(&self) -> bool {
        self.options.record != Record::Nowhere
    }

    /// Adds a line to the recording.
    pub(crate) fn record(&self, line: String) {
        let mut recorder = self.recorder.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Err(error)) = recorder.as_mut().map(|recorder| recorder.add(line)) {
            eprintln!("taskgroup-sandbox: the recording ends here: {error}");
            *recorder = None;
        }
    }

    pub(crate) fn recorded(&self) -> Vec<String> {
        match &*self.recorder.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(Recorder::Memory(lines)) => lines.clone(),
            _ => Vec::new(),
        }
    }

    pub(crate) fn take_cut(&self) -> Option<Close> {
        let close = self.faults().take_cut()?;
        self.counters.cuts.fetch_add(1, Ordering::Relaxed);
        if close == Close::Reset {
            self.counters.resets.fetch_add(1, Ordering::Relaxed);
        }
        Some(close)
    }

    pub(crate) fn take_stall(&self) -> Option<Duration> {
        let length = self.faults().take_stall()?;
        self.counters.stalls.fetch_add(1, Ordering::Relaxed);
        Some(length)
    }

    /// Two numbers from 0 to 1 that decide whether the next POST gets lost, and whether its answer does.
    pub(crate) fn draw_post(&self) -> (f64, f64) {
        let number = self.counters.posts.fetch_add(1, Ordering::Relaxed);
        // Neither the numbers of the world nor those of the connections.
        let mut random = Random::nth(self.options.seed.rotate_left(32) ^ 0x706f_7374, number);
        (random.unit(), random.unit())
    }

    pub(crate) fn take_lost_request(&self, drawn: f64) -> Option<Close> {
        let close = self.faults().take_lost_request(drawn)?;
        self.counters.lost_requests.fetch_add(1, Ordering::Relaxed);
        Some(close)
    }

    pub(crate) fn take_lost_answer(&self, drawn: f64) -> Option<Close> {
        let close = self.faults().take_lost_answer(drawn)?;
        self.counters.lost_answers.fetch_add(1, Ordering::Relaxed);
        Some(close)
    }

    pub(crate) fn take_instead(&self, request: &str) -> Option<Instead> {
        let instead = self.faults().take_instead(request)?;
        self.counters.instead.fetch_add(1, Ordering::Relaxed);
        Some(instead)
    }

    pub(crate) fn stats(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &self.counters;
        Stats {
            connections: read(&counters.connections),
            handshakes: read(&counters.handshakes),
            resumed: read(&counters.resumed),
            requests: read(&counters.requests),
            bytes: read(&counters.bytes),
            writes: read(&counters.writes),
            events: read(&counters.events),
            cuts: read(&counters.cuts),
            resets: read(&counters.resets),
            stalls: read(&counters.stalls),
            lost_requests: read(&counters.lost_requests),
            lost_answers: read(&counters.lost_answers),
            instead: read(&counters.instead),
        }
    }
}
