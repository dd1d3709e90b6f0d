#![doc = include_str!("../README.md")]

mod answer;
mod api;
mod clock;
mod faults;
mod group;
mod output;
mod progress;
mod prose;
mod random;
mod recording;
mod run;
mod server;
mod shared;
mod tls;
mod truth;
mod wire;
mod world;

pub mod cli;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

pub use faults::{After, Close, Cut, Faults, Instead, LineEnd, Loss, Resume, Stall, StreamError};
pub use recording::Record;
pub use run::{Lifecycle, Status, Version};
pub use shared::Stats;
pub use truth::{RunEvent, RunsQuery};

use clock::Moment;
use shared::Shared;
use truth::Reader;

/// How a sandbox is set up.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Decides all ids, texts, sizes, ends of runs and random faults.
    pub seed: u64,
    /// Runs in the group that is there from the start.
    pub runs: usize,
    /// The only API key that is accepted.
    pub key: String,
    /// The port to listen on; 0 is any free port.
    pub port: u16,
    /// How many seconds of the sandbox's world pass in one real second, from 0.001 to 1,000,000.
    pub speed: f64,
    /// Runs that the sandbox makes up (the group that is there from the start, [`Sandbox::create_group`])
    /// have ended when they are made. If not, they progress by the clock, as runs that a client adds always
    /// do.
    pub finished: bool,
    /// How long runs take, and how they end.
    pub lifecycle: Lifecycle,
    /// Bytes of the JSON of each output, 1,000 or more; `None`: 1 KB to 380 KB, mostly small.
    pub output_bytes: Option<usize>,
    /// Whether cursors have characters that a query has to percent-encode: `+`, `/`, `=`, `&`, `%`, a space
    /// and a letter beyond ASCII.
    pub awkward_ids: bool,
    /// HTTPS instead of HTTP.
    pub tls: bool,
    /// Where requests are recorded.
    pub record: Record,
    /// What goes wrong from the start.
    pub faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            runs: 100,
            key: "sandbox-key".to_owned(),
            port: 0,
            speed: 20.0,
            finished: true,
            lifecycle: Lifecycle::default(),
            output_bytes: None,
            awkward_ids: false,
            tls: false,
            record: Record::Nowhere,
            faults: Faults::default(),
        }
    }
}

/// A server that runs until this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    /// There until dropped.
    runtime: Option<Runtime>,
    port: u16,
    group_id: String,
    ca_pem: Option<String>,
}

impl Sandbox {
    /// Starts a server on threads of its own. It listens when this returns.
    ///
    /// # Errors
    ///
    /// If the port is taken, threads or certificates cannot be made, or the file of the recording cannot be
    /// written.
    pub fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))
            .map_err(|error| io::Error::new(error.kind(), format!("port {}: {error}", options.port)))?;
        let port = listener.local_addr()?.port();
        let (shared, runs) = (Arc::new(Shared::new(options.clone())?), options.runs);
        let tls = if options.tls { Some(tls::new(&shared).map_err(io::Error::other)?) } else { None };
        let (acceptor, ca_pem) = tls.map(|tls| (tls.acceptor, tls.ca_pem)).unzip();
        let router = api::router(shared.clone());
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        // A client may take `localhost` for ::1. On a system without IPv6 there is none.
        let second = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).ok();
        for listener in [Some(listener), second].into_iter().flatten() {
            listener.set_nonblocking(true)?;
            let _entered = runtime.enter();
            let listener = tokio::net::TcpListener::from_std(listener)?;
            runtime.spawn(server::serve(listener, acceptor.clone(), shared.clone(), router.clone()));
        }
        let mut sandbox = Self { shared, runtime: Some(runtime), port, group_id: String::new(), ca_pem };
        sandbox.group_id = sandbox.create_group_at(Moment::START, runs);
        Ok(sandbox)
    }

    /// Scheme, host and port, without a slash at the end: `http://127.0.0.1:…`, or `https://localhost:…`.
    pub fn base_url(&self) -> String {
        if self.shared.options.tls {
            format!("https://localhost:{}", self.port)
        } else {
            format!("http://127.0.0.1:{}", self.port)
        }
    }

    /// The port, on 127.0.0.1 and, where there is IPv6, on ::1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The API key that is accepted.
    pub fn key(&self) -> &str {
        &self.shared.options.key
    }

    /// The group that was there from the start.
    pub fn group_id(&self) -> &str {
        &self.group_id
    }

    /// The certificate to trust, in PEM; none without HTTPS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Makes a group with this number of runs, and returns its id.
    pub fn create_group(&self, runs: usize) -> String {
        self.create_group_at(self.shared.clock.now(), runs)
    }

    fn create_group_at(&self, now: Moment, runs: usize) -> String {
        let mut world = self.shared.world();
        let id = world.create_group(None, now);
        let runs = (0..runs).map(|row| world.invent(&id, row, now, self.shared.options.finished)).collect();
        world.join(&id, runs, now);
        id
    }

    /// The events that a stream of this group's runs has if nothing goes wrong, as the runs are now. Without
    /// such a group: none.
    pub fn runs(&self, group: &str, query: RunsQuery) -> impl Iterator<Item = RunEvent> + use<> {
        let reader = Reader::new(self.shared.clone(), group, query, self.shared.clock.now());
        reader.into_iter().flatten().map(|(_, event)| event)
    }

    /// Changes what goes wrong: faults of bytes from the next connection, faults of answers from the next
    /// request. Returns what `change` returns.
    pub fn faults<T>(&self, change: impl FnOnce(&mut Faults) -> T) -> T {
        change(&mut self.shared.faults())
    }

    /// The counts so far.
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    /// The requests so far, each as [`Record`] describes it. Empty unless [`Options::record`] is
    /// [`Record::Memory`].
    pub fn recorded(&self) -> Vec<String> {
        self.shared.recorded()
    }

    /// The last 10,000 requests, oldest first: the method, a space, the target.
    pub fn requests(&self) -> Vec<String> {
        self.shared.requests().iter().cloned().collect()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // It does not wait: a client may keep a stream open for an hour, and this may run inside another
            // runtime.
            runtime.shutdown_background();
        }
    }
}
