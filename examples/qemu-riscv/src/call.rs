//! One call of the API in, its answer out as it came: the JSON text, or that of each event of a stream on its
//! line.
//!
//! # Limits
//!
//! 8 KiB of an answer or of an event. One that is longer is not printed, and the image says how long it is.

use semihosting::io::{self, Write as _};
use taskgroup::{
    api,
    json::{Field, Json, Node, Record, Stop},
    record,
    session::{Action, Config, Event, Request},
};
use taskgroup_embassy::{Clock, Step, Stream};

use crate::{
    arguments::{Arguments, Usage},
    client::{DONE, SKIPPED, UNWRITTEN, announce, ended},
    connector::Connector,
    console::say,
};

const ROOM: usize = 8 * 1024;

/// Makes the call that the arguments name.
pub(crate) async fn call(
    config: Config<'static>,
    connector: &Connector<'_>,
    arguments: &'static Arguments,
) -> Result<i32, Usage> {
    let (request, tls) = (request(arguments)?, config.tls());
    let mut stream = Stream::new(config, request, Whole::new(), connector, Clock);
    let mut skipped = 0_u64;
    let outcome = loop {
        match stream.step().await {
            Step::Event => match stream.event() {
                Some(Event::Record(whole)) => match whole.text() {
                    Ok(text) => {
                        if print(text).is_err() {
                            return Ok(UNWRITTEN);
                        }
                    }
                    Err(length) => {
                        skipped += 1;
                        say!("skipped: {length} bytes, and there is room for {ROOM}");
                    }
                },
                Some(Event::Skipped(why)) => {
                    skipped += 1;
                    say!("skipped: {}", why.0);
                }
                _ => {}
            },
            Step::Action(Action::Stop(outcome)) => break outcome,
            Step::Action(action) => announce(&stream, action),
        }
    };
    let code = ended(&stream, outcome, tls);
    Ok(if code == DONE && skipped > 0 { SKIPPED } else { code })
}

fn print(text: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout()?;
    stdout.write_all(text)?;
    stdout.write_all(b"\n")
}

/// The calls by the names of their functions in [`api`].
fn request(arguments: &'static Arguments) -> Result<Request<'static>, Usage> {
    Ok(match arguments.words.list() {
        ["create_group"] => api::create_group(b"{}").into(),
        ["create_group", body] => api::create_group(*body).into(),
        ["group", group] => api::group(group).into(),
        ["add_runs", group, body] => api::add_runs(group, *body).into(),
        ["runs", group] => api::runs(group).into(),
        ["events", group] => {
            let events = api::events(group).last_event_id(arguments.last_event_id);
            match arguments.timeout {
                Some(seconds) => events.timeout(seconds).into(),
                None => events.into(),
            }
        }
        ["group_run", group, run] => api::group_run(group, run).into(),
        ["create_run", body] => api::create_run(*body).into(),
        ["run", run] => api::run(run).into(),
        ["run_input", run] => api::run_input(run).into(),
        ["run_result", run] => match arguments.timeout {
            Some(seconds) => api::run_result(run).timeout(seconds).into(),
            None => api::run_result(run).into(),
        },
        ["run_events", run] => api::run_events(run).into(),
        [] => return Err(Usage("CALL", "is missing")),
        [name, ..] => return Err(Usage(name, "is not a call, or takes other arguments; see --help")),
    })
}

/// The text of an answer or an event.
struct Whole {
    bytes: [u8; ROOM],
    length: usize,
    members: Members,
}

record! {
    /// Events of every type are wanted.
    struct Members for * {}
}

impl Whole {
    const fn new() -> Self {
        Self { bytes: [0; ROOM], length: 0, members: Members {} }
    }

    /// The text; or its length if there was no room for it.
    fn text(&self) -> Result<&[u8], usize> {
        self.bytes.get(..self.length).ok_or(self.length)
    }
}

impl Field for Whole {
    fn clear(&mut self) {
        self.length = 0;
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        json.object(self)
    }
}

impl Record for Whole {
    fn names(&self) -> &'static [Node] {
        self.members.names()
    }

    fn member(&mut self, _: usize) -> Option<&mut dyn Field> {
        None
    }

    fn wants(&self, _: &str) -> Option<bool> {
        Some(true)
    }

    fn data(&mut self, piece: &[u8]) {
        let end = self.length.saturating_add(piece.len());
        if let Some(room) = self.bytes.get_mut(self.length..end) {
            room.copy_from_slice(piece);
        }
        self.length = end;
    }
}
