//! The device's path, whole: a stream over a socket of embassy-net, over frames on a wire that fails, to the
//! real sandbox. No privileges and no real time: see `network`.

mod connections;
mod network;
mod patience;
mod reuse;
mod secure;
mod streams;

use embassy_net::Stack;
use serde_json::{Value, json};
use taskgroup::{
    api,
    json::Raw,
    record,
    session::{Config, Event},
    text::Text,
};
use taskgroup_embassy::{Clock, Stream, Tcp};
use taskgroup_sandbox::{Faults, Options, RunsQuery, Sandbox, Version};

record! {
    /// Everything in an event of the sandbox.
    #[derive(Debug)]
    struct Whole {
        event_id: Text<64> = "/event_id",
        run: Raw<1024> = "/run",
        output: Raw<4096> = "/output",
    }
}

type Runs<'c, 'd> = Stream<'c, 'c, Whole, Tcp<'d>>;

/// As [`request`] asks.
const QUERY: RunsQuery =
    RunsQuery { version: Version::V1Beta, status: None, include_input: false, include_output: true };

fn sandbox(runs: usize, faults: Faults) -> Sandbox {
    Sandbox::start(Options { runs, faults, output_bytes: Some(3_000), ..Options::default() }).unwrap()
}

/// By name, which the network's name server knows; with endless patience.
fn config(sandbox: &Sandbox) -> Config<'_> {
    Config::new(sandbox.key()).with_server("api.example", network::PORT, false).with_attempts(None)
}

fn request(sandbox: &Sandbox) -> api::Runs<'static> {
    api::runs(sandbox.group_id()).include_output(true)
}

fn runs<'c, 'd>(config: Config<'c>, sandbox: &Sandbox, tcp: &'c Tcp<'d>) -> Runs<'c, 'd> {
    Stream::new(config, request(sandbox), Whole::default(), tcp, Clock)
}

/// A socket with buffers that live as long as the test.
fn tcp(network: Stack<'_>) -> Tcp<'_> {
    Tcp::new(network, vec![0; 4096].leak(), vec![0; 512].leak())
}

/// What came with this event, if it is a run.
fn had(event: &Event<'_, Whole>) -> Option<Value> {
    match event {
        Event::Opened { .. } => None,
        Event::Skipped(why) => panic!("{why}"),
        Event::Record(whole) => {
            assert_eq!((whole.run.lost(), whole.output.lost()), (0, 0));
            let parse = |json: &str| serde_json::from_str::<Value>(json).unwrap();
            let (run, output) = (parse(whole.run.as_str()), parse(whole.output.as_str()));
            Some(json!({ "event_id": whole.event_id.as_str(), "run": run, "output": output }))
        }
    }
}

/// Everything that comes until the stream ends.
async fn all(stream: &mut Runs<'_, '_>) -> Vec<Value> {
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        events.extend(had(&event));
    }
    events
}

/// What comes when nothing is lost and nothing comes twice.
fn truth(sandbox: &Sandbox) -> Vec<Value> {
    let events = sandbox.runs(sandbox.group_id(), QUERY);
    let events = events.map(|event| serde_json::from_str::<Value>(&event.json).unwrap());
    events.map(|e| json!({ "event_id": e["event_id"], "run": e["run"], "output": e["output"] })).collect()
}
