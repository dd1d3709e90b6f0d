//! A TLS server on loopback that a client must refuse, or has to bear, in front of a server without TLS.
//!
//! The first lines on stdout are `PORT=…`, `CA_FILE=…`, `SERVER_NAME=…` and `NOW=…`, when it listens; then
//! one line of JSON for each connection that has ended:
//! `{"connection":1,"received":120,"requests":1,"fault":"cut"}`, where `received` is how many bytes the
//! client has sent in TLS and `requests` how many heads they hold, and `fault` is null when none has hit.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use clap::{Args, Parser, Subcommand};
use taskgroup_adversary::{Case, Connection, Fault, NOW, Options, Server, Upstream, certificates};
use tokio::signal::unix::{SignalKind, signal};

/// A TLS server on loopback that a client must refuse, or has to bear, in front of a server without TLS
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Program {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Option<Serve>,
}

#[derive(Subcommand)]
enum Command {
    /// Print all certificates and faults, and what a client has to make of each
    List,
}

#[derive(Args)]
struct Serve {
    /// Server without TLS that answers
    #[arg(long, value_name = "ADDRESS:PORT")]
    upstream: SocketAddr,
    /// Certificates to show
    #[arg(long, value_name = "NAME", default_value = "good")]
    certificate: String,
    /// What to do wrong [default: nothing, by rustls]
    #[arg(long, value_name = "NAME")]
    fault: Option<Fault>,
    /// After how many bytes of the answers on a connection, for faults in a body
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    after: u64,
    /// On how many connections [default: all]
    #[arg(long, value_name = "COUNT")]
    times: Option<u32>,
    /// Moment that the certificates are about, in Unix seconds
    #[arg(long, value_name = "SECONDS", default_value_t = NOW)]
    now: u64,
}

fn main() -> ExitCode {
    let program = Program::parse();
    let result = match (program.command, program.serve) {
        (Some(Command::List), _) => list(),
        (None, Some(arguments)) => serve(arguments),
        (None, None) => Err(io::Error::other("neither list nor --upstream")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("adversary: {error}");
            ExitCode::FAILURE
        }
    }
}

fn list() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for case in certificates::all(NOW) {
        writeln!(out, "certificate {:36} {}", case.name, case.expected)?;
    }
    for fault in Fault::ALL {
        writeln!(out, "fault       {:36} {:15} {}", fault.name(), fault.effect().to_string(), fault.what())?;
    }
    Ok(())
}

fn serve(arguments: Serve) -> io::Result<()> {
    // The signals first: once the lines are out, their reader may send one.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut terminated, mut interrupted) = {
        let _entered = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    let case = certificates::find(&arguments.certificate, arguments.now).ok_or_else(|| {
        io::Error::other(format!("no certificate is named {}: see list", arguments.certificate))
    })?;
    let server = Arc::new(Server::start(Options {
        case: case.clone(),
        fault: arguments.fault,
        after: arguments.after,
        times: arguments.times,
        upstream: Upstream::Address(arguments.upstream),
    })?);
    announce(&case, server.address())?;
    thread::spawn(move || {
        loop {
            // None within its patience: there will be others.
            if let Some(connection) = server.connection() {
                report(&connection);
            }
        }
    });
    runtime.block_on(async {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    });
    Ok(())
}

fn announce(case: &Case, address: SocketAddr) -> io::Result<()> {
    let file: PathBuf = std::env::temp_dir().join(format!("taskgroup-adversary-{}.pem", address.port()));
    std::fs::write(&file, certificates::pem(&case.root))?;
    // As it stands in a URL.
    let name = match case.server_name.parse() {
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        _ => case.server_name.to_owned(),
    };
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "PORT={}\nCA_FILE={}\nSERVER_NAME={name}\nNOW={}",
        address.port(),
        file.display(),
        case.now
    )?;
    out.flush()
}

fn report(connection: &Connection) {
    let line = serde_json::json!({
        "connection": connection.number,
        "received": connection.received.len(),
        "requests": connection.received.windows(4).filter(|bytes| bytes == b"\r\n\r\n").count(),
        "fault": connection.fault.map(Fault::name),
    });
    println!("{line}");
}
