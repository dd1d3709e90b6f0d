//! A network and arguments in, what the command prints and an exit code out.

use core::{
    fmt::{self, Display},
    net::Ipv4Addr,
};

use embassy_net::Stack;
use taskgroup::session::{Action, Cause, Config, Drive, Outcome};
use taskgroup_embassy::{Clock, Tcp};
use taskgroup_embedded_io::{Clock as _, Driver};

use crate::{
    arguments::{Arguments, Command, Usage},
    ask, call,
    connector::{Connector, Memory, connector},
    console::say,
    pem::Certificates,
    runs,
};

/// The address of the host's loopback in QEMU's network.
const HOST: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);
const RECEIVE: usize = 3072;
const SEND: usize = 256;

/// The desktop program's exit codes.
pub(crate) const DONE: i32 = 0;
pub(crate) const FAILED: i32 = 1;
pub(crate) const USAGE: i32 = 2;
pub(crate) const SKIPPED: i32 = 3;
/// Stdout is closed. QEMU does not say why: `run` finds out whether that is a failure.
pub(crate) const UNWRITTEN: i32 = 4;

/// A machine of the core over the image's network.
pub(crate) type Driven<'n, 'm, D> = Driver<'n, D, Connector<'m>, Clock>;

/// Does what the arguments say.
pub(crate) async fn run(network: Stack<'static>, arguments: &'static Arguments, seed: u64) -> i32 {
    let config = match config(arguments, seed) {
        Ok(config) => config,
        Err(wrong) => return refuse(wrong),
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
    let done = match arguments.command {
        Command::Runs => runs::print(config, &connector, arguments).await,
        Command::Ask => ask::ask(config, &connector, arguments).await,
        Command::Call => call::call(config, &connector, arguments).await,
    };
    done.unwrap_or_else(refuse)
}

/// Says what is wrong with the arguments.
fn refuse(Usage(what, why): Usage) -> i32 {
    say!("{what} {why}");
    USAGE
}

/// Says what the action is about, if a person wants to know it: that it waits, and why.
pub(crate) fn announce<D: Drive>(driver: &Driven<'_, '_, D>, action: Action) {
    if let Action::Sleep { until, cause } = action {
        let wait = until.saturating_since(Clock.now()).as_millis();
        let (seconds, tenths) = (wait / 1000, wait % 1000 / 100);
        let words = matches!(cause, Cause::Status(_) | Cause::Peer(_));
        tell(driver, words, &cause, format_args!("; tries again in {seconds}.{tenths} s"));
    }
}

/// Says why it has ended, unless it is done, and returns the exit code. Plaintext that is not allowed is
/// wrong usage.
pub(crate) fn ended<D: Drive>(driver: &Driven<'_, '_, D>, outcome: Outcome, tls: bool) -> i32 {
    match outcome {
        Outcome::Done => DONE,
        Outcome::Misuse(misuse) => {
            say!("{misuse}");
            USAGE
        }
        outcome => {
            let words = matches!(outcome, Outcome::Status(_) | Outcome::Peer(_));
            tell(driver, words, &outcome, format_args!(""));
            if outcome == Outcome::Refused && !tls { USAGE } else { FAILED }
        }
    }
}

/// Says what went wrong, in the service's words if it sent any.
fn tell<D: Drive>(driver: &Driven<'_, '_, D>, words: bool, what: &dyn Display, then: fmt::Arguments<'_>) {
    match driver.error().filter(|error| words && !error.message.is_empty()) {
        Some(error) => {
            let cut = if error.message.lost() > 0 { "…" } else { "" };
            let (before, after) = if error.reference.is_empty() { ("", "") } else { (" (ref_id ", ")") };
            say!("{what}: {}{cut}{before}{}{after}{then}", error.message, error.reference);
        }
        None => say!("{what}{then}"),
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
