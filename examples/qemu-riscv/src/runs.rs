//! A network and options in, a line per event and an exit code out.

use core::{
    cell::Cell,
    fmt::{self, Display, Write as _},
    net::Ipv4Addr,
};

use embassy_net::Stack;
use taskgroup::{
    api,
    json::Piece,
    session::{Action, Cause, Config, Event, Outcome},
    text::Text,
};
use taskgroup_embassy::{Clock, Step, Stream, Tcp};
use taskgroup_embedded_io::Clock as _;

use crate::{
    arguments::{Arguments, Usage},
    connector::{Connector, Memory, connector},
    console::{self, say},
    line::{Checksum, Printer, Shown, shown},
    pem::Certificates,
};

/// The address of the host's loopback in QEMU's network.
const HOST: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);
const RECEIVE: usize = 3072;
const SEND: usize = 256;

/// The desktop program's exit codes.
pub(crate) const DONE: i32 = 0;
pub(crate) const FAILED: i32 = 1;
pub(crate) const USAGE: i32 = 2;
const SKIPPED: i32 = 3;
/// Stdout is closed. QEMU does not say why: `run` finds out whether that is a failure.
const UNWRITTEN: i32 = 4;

/// Prints the runs of a group.
pub(crate) async fn run(network: Stack<'static>, arguments: &'static Arguments, seed: u64) -> i32 {
    let config = match config(arguments, seed) {
        Ok(config) => config,
        Err(Usage(what, why)) => {
            say!("{what} {why}");
            return USAGE;
        }
    };
    let (mut receive, mut send) = ([0; RECEIVE], [0; SEND]);
    let tcp = Tcp::new(network, &mut receive, &mut send);
    let tcp = if arguments.allow_plaintext { tcp.allow_plaintext() } else { tcp };
    let tcp = match address(&config, arguments) {
        Some(address) => tcp.with_address(address.into()),
        None => tcp,
    };
    let mut memory = Memory::new();
    let authorities = arguments.authorities.as_ref().map(Certificates::list);
    let connector = connector(tcp, authorities, &mut memory);
    let sum = Cell::new(Checksum::default());
    let mut stream = Stream::new(config, request(arguments), shown(&sum), &connector, Clock);
    let mut printer = Printer::new();
    print(&mut stream, &sum, &mut printer).await
}

/// Prints the stream to its end.
async fn print<F>(
    stream: &mut Stream<'_, '_, Shown<F>, Connector<'_>>,
    sum: &Cell<Checksum>,
    printer: &mut Printer,
) -> i32
where
    F: FnMut(Piece<'_>),
{
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
                    say!("goes on after event \"{}\"", stream.cursor().unwrap_or_default());
                }
                _ => {}
            },
            Step::Action(Action::Sleep { until, cause }) => {
                let wait = until.saturating_since(Clock.now()).as_millis();
                let (seconds, tenths) = (wait / 1000, wait % 1000 / 100);
                let words = matches!(cause, Cause::Status(_) | Cause::Peer(_));
                tell(stream, words, &cause, format_args!("; tries again in {seconds}.{tenths} s"));
            }
            Step::Action(Action::Stop(outcome)) => break outcome,
            Step::Action(_) => {}
        }
    };
    match outcome {
        Outcome::Done if skipped == 0 && misfits == 0 => DONE,
        Outcome::Done => {
            if skipped > 0 {
                say!("done, but {skipped} events were skipped");
            }
            if misfits > 0 {
                say!("done, but {misfits} events had members that did not fit");
            }
            SKIPPED
        }
        Outcome::Misuse(misuse) => {
            say!("{misuse}");
            USAGE
        }
        outcome => {
            let words = matches!(outcome, Outcome::Status(_) | Outcome::Peer(_));
            tell(stream, words, &outcome, format_args!(""));
            // It may be the cursor that was refused.
            let resumes = !matches!(outcome, Outcome::Status(400 | 410 | 422));
            if let Some(mut cursor) = stream.cursor().filter(|_| resumes).map(Text::<128>::from) {
                console::redact(&mut cursor);
                say!("go on with --last-event-id {}", Quoted(&cursor));
            }
            FAILED
        }
    }
}

/// Says what went wrong, in the service's words if it sent any.
fn tell<F>(
    stream: &Stream<'_, '_, Shown<F>, Connector<'_>>,
    words: bool,
    what: &dyn Display,
    then: fmt::Arguments<'_>,
) where
    F: FnMut(Piece<'_>),
{
    match stream.error().filter(|error| words && !error.message.is_empty()) {
        Some(error) => {
            let cut = if error.message.lost() > 0 { "…" } else { "" };
            let (before, after) = if error.ref_id.is_empty() { ("", "") } else { (" (ref_id ", ")") };
            say!("{what}: {}{cut}{before}{}{after}{then}", error.message, error.ref_id);
        }
        None => say!("{what}{then}"),
    }
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

/// The address to connect to, if it is not that of the base URL: the image's own loopback leads nowhere.
fn address(config: &Config<'_>, arguments: &Arguments) -> Option<Ipv4Addr> {
    match arguments.connect_to {
        Some(address) if address.is_loopback() => Some(HOST),
        None if config.is_loopback() => Some(HOST),
        given => given,
    }
}

fn config(arguments: &Arguments, seed: u64) -> Result<Config<'static>, Usage> {
    let config = Config::new(arguments.key).with_base_url(arguments.base_url);
    let config = config
        .map_err(|_| Usage("--base-url", "must be http[s]://HOST[:PORT][/PATH]: the base URL of a server"))?;
    let leaves_host = arguments.connect_to.is_some_and(|address| !address.is_loopback());
    if leaves_host && !config.tls() && !arguments.allow_plaintext {
        return Err(Usage("--connect-to", "wants https://, or --allow-plaintext"));
    }
    Ok(config
        .with_version(arguments.version)
        .with_attempts(arguments.attempts)
        .with_idle_timeout(arguments.idle_timeout)
        .with_user_agent(concat!("taskgroup-qemu-riscv/", env!("CARGO_PKG_VERSION")))
        .with_seed(seed))
}

fn request(arguments: &Arguments) -> api::Runs<'static> {
    let request = api::runs(arguments.taskgroup_id).last_event_id(arguments.last_event_id);
    let request = if arguments.include_input { request.include_input(true) } else { request };
    let request = if arguments.include_output { request.include_output(true) } else { request };
    match arguments.status {
        Some(status) => request.status(status),
        None => request,
    }
}
