//! A group in, a line for each of its runs out.

use core::{
    cell::Cell,
    fmt::{self, Display, Write as _},
};

use taskgroup::{
    api,
    json::Piece,
    session::{Action, Config, Event, Outcome},
    text::Text,
};
use taskgroup_embassy::{Clock, Step, Stream};

use crate::{
    arguments::{Arguments, Usage},
    client::{DONE, SKIPPED, UNWRITTEN, announce, ended},
    connector::Connector,
    console::{self, say},
    line::{Checksum, Printer, Shown, shown},
};

/// Prints the runs of the group that the arguments name.
pub(crate) async fn print(
    config: Config<'static>,
    connector: &Connector<'_>,
    arguments: &'static Arguments,
) -> Result<i32, Usage> {
    let (request, tls) = (request(arguments)?, config.tls());
    let sum = Cell::new(Checksum::default());
    let mut stream = Stream::new(config, request, shown(&sum), connector, Clock);
    Ok(print_all(&mut stream, &sum, tls).await)
}

/// Prints the stream to its end.
async fn print_all<F: FnMut(Piece<'_>)>(
    stream: &mut Stream<'_, '_, Shown<F>, Connector<'_>>,
    sum: &Cell<Checksum>,
    tls: bool,
) -> i32 {
    let mut printer = Printer::new();
    let (mut events, mut skipped, mut misfits) = (0_u64, 0_u64, 0_u64);
    let outcome = loop {
        match stream.step().await {
            Step::Event => match stream.event() {
                Some(Event::Record(event)) => {
                    events += 1;
                    if printer.print(event, sum.get()).is_err() {
                        return UNWRITTEN;
                    }
                    if let Some(name) = stream.mismatch() {
                        misfits += 1;
                        say!("event {events}: member {name} {}", name.why());
                    }
                }
                Some(Event::Skipped(why)) => {
                    skipped += 1;
                    match stream.record_mut().event_id() {
                        Some(id) => say!("skipped: event \"{id}\": {}", why.0),
                        None => say!("skipped: event without id: {}", why.0),
                    }
                }
                Some(Event::Opened { resumed: true }) if events > 0 => {
                    say!("continues after event \"{}\"", stream.cursor().unwrap_or_default());
                }
                _ => {}
            },
            Step::Action(Action::Stop(outcome)) => break outcome,
            Step::Action(action) => announce(stream, action),
        }
    };
    let code = ended(stream, outcome, tls);
    if outcome != Outcome::Done {
        // It may be the cursor that was refused.
        let resumes = !matches!(outcome, Outcome::Misuse(_) | Outcome::Status(400 | 410 | 422));
        if let Some(mut cursor) = stream.cursor().filter(|_| resumes).map(Text::<128>::from) {
            console::redact(&mut cursor);
            say!("continue with --last-event-id {}", Quoted(&cursor));
        }
        return code;
    }
    if skipped > 0 {
        say!("done, but {skipped} events were skipped");
    }
    if misfits > 0 {
        say!("done, but {misfits} events had members that did not fit");
    }
    if skipped == 0 && misfits == 0 { DONE } else { SKIPPED }
}

/// A word quoted for a POSIX shell.
struct Quoted<'w>(&'w str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@%,".contains(&byte);
        if !self.0.is_empty() && self.0.bytes().all(plain) {
            return f.write_str(self.0);
        }
        f.write_str("'")?;
        for character in self.0.chars() {
            match character {
                '\'' => f.write_str(r"'\''")?,
                character => f.write_char(character)?,
            }
        }
        f.write_str("'")
    }
}

fn request(arguments: &Arguments) -> Result<api::Runs<'static>, Usage> {
    let taskgroup_id = match arguments.words.list() {
        [] => return Err(Usage("TASKGROUP_ID", "is missing")),
        [taskgroup_id] => *taskgroup_id,
        [_, more, ..] => return Err(Usage(more, "is one argument too many")),
    };
    let request = api::runs(taskgroup_id).last_event_id(arguments.last_event_id);
    let request = if arguments.include_input { request.include_input(true) } else { request };
    let request = if arguments.include_output { request.include_output(true) } else { request };
    Ok(match arguments.status {
        Some(status) => request.status(status),
        None => request,
    })
}
