//! The program as a shell sees it: its first lines, its end, its help; and HTTPS as a client that trusts its
//! certificate sees it.

mod client;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use taskgroup_sandbox::{After, Cut, Faults, Options, RunsQuery, Sandbox};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

fn program(arguments: &[&str]) -> (Child, Vec<String>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_taskgroup-sandbox"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let count = if arguments.contains(&"--tls") { 4 } else { 3 };
    let lines =
        BufReader::new(child.stdout.as_mut().unwrap()).lines().take(count).map(Result::unwrap).collect();
    (child, lines)
}

fn end(mut child: Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn value<'l>(lines: &'l [String], name: &str) -> &'l str {
    lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap()
}

#[test]
fn it_listens_when_its_first_lines_are_out_and_ends_on_either_signal() {
    for signal in ["-TERM", "-INT"] {
        let (child, lines) = program(&["--runs", "4", "--key", "k", "--cut-events", "2", "--cut-times", "1"]);
        let names: Vec<&str> = lines.iter().map(|line| line.split_once('=').unwrap().0).collect();
        assert_eq!(names, ["PARALLEL_BASE_URL", "PARALLEL_API_KEY", "TASKGROUP_ID"]);
        let host = value(&lines, "PARALLEL_BASE_URL").strip_prefix("http://").unwrap();
        for events in [2, 4] {
            let mut stream = TcpStream::connect(host).unwrap();
            let group = value(&lines, "TASKGROUP_ID");
            write!(stream, "GET /v1/tasks/groups/{group}/runs HTTP/1.1\r\nhost: {host}\r\nx-api-key: k\r\nconnection: close\r\n\r\n").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            assert_eq!(text.matches("data: ").count(), events);
        }
        end(child, signal);
    }
}

#[test]
fn a_wrong_argument_is_refused() {
    for arguments in [
        &["--cut-bytes", "1", "--cut-events", "2"][..],
        &["--stall-times", "3"],
        &["--answer", "99"],
        &["--ca-out", "x"],
        &["--queued", "3..2"],
        &["--running", "1..x"],
        &["--failed", "1.5"],
        &["--failed", "0.6", "--cancelled", "0.6"],
        &["--lose-times", "1"],
        &["--record", "/no/such/folder/x"],
    ] {
        let status = Command::new(env!("CARGO_BIN_EXE_taskgroup-sandbox"))
            .args(arguments)
            .stderr(Stdio::null())
            .status();
        let expected = if arguments[0] == "--record" { 1 } else { 2 };
        assert_eq!(status.unwrap().code(), Some(expected), "{arguments:?}");
    }
}

/// All that comes over TLS, and whether TLS was ended in order.
fn over_tls(port: u16, name: &str, pem: &str, request: &str) -> (Vec<u8>, bool) {
    over_tls_of(&trusting(pem), port, name, request)
}

fn trusting(pem: &str) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// The same by a client that remembers what it had before.
fn over_tls_of(config: &Arc<ClientConfig>, port: u16, name: &str, request: &str) -> (Vec<u8>, bool) {
    let connection =
        ClientConnection::new(config.clone(), ServerName::try_from(name.to_owned()).unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(("127.0.0.1", port)).unwrap());
    stream.write_all(request.as_bytes()).unwrap();
    let mut raw = Vec::new();
    let ended = stream.read_to_end(&mut raw).is_ok();
    (raw, ended)
}

fn request(sandbox: &Sandbox) -> String {
    let target = client::runs(sandbox, "include_output=true");
    format!(
        "GET {target} HTTP/1.1\r\nhost: localhost\r\nx-api-key: {}\r\nconnection: close\r\n\r\n",
        sandbox.key()
    )
}

#[test]
fn https_is_trusted_by_its_own_authority_under_each_name() {
    let sandbox = Sandbox::start(Options { runs: 5, tls: true, ..Options::default() }).unwrap();
    let query = RunsQuery { include_output: true, ..RunsQuery::default() };
    let truth = client::texts(sandbox.runs(sandbox.group_id(), query));
    for name in ["localhost", "127.0.0.1", "::1"] {
        let (raw, ended) = over_tls(sandbox.port(), name, sandbox.ca_pem().unwrap(), &request(&sandbox));
        let answer = client::Answer { raw, end: client::End::Closed };
        assert_eq!((answer.data(), ended), (truth.clone(), true));
    }
}

#[test]
fn sessions_are_resumed_and_counted_until_their_tickets_are_forgotten() {
    let sandbox = Sandbox::start(Options { runs: 5, tls: true, ..Options::default() }).unwrap();
    let client = trusting(sandbox.ca_pem().unwrap());
    for (forget, resumed) in [(false, 0), (false, 1), (false, 2), (true, 2), (false, 3)] {
        sandbox.faults(|faults| faults.forget_tickets = forget);
        let (_, ended) = over_tls_of(&client, sandbox.port(), "localhost", &request(&sandbox));
        assert_eq!((ended, sandbox.stats().resumed), (true, resumed));
    }
    assert_eq!(sandbox.stats().handshakes, 5);
}

#[test]
fn the_report_counts_handshakes_connections_and_requests() {
    let file = std::env::temp_dir().join(format!("taskgroup-sandbox-report-{}.json", std::process::id()));
    let (child, lines) = program(&["--tls", "--runs", "2", "--report", file.to_str().unwrap()]);
    let pem = std::fs::read_to_string(value(&lines, "TASKGROUP_CA_FILE")).unwrap();
    let port = value(&lines, "PARALLEL_BASE_URL").rsplit_once(':').unwrap().1.parse().unwrap();
    // No TLS at all, then two requests over one connection.
    drop(TcpStream::connect(("127.0.0.1", port)).unwrap());
    let get = |more: &str| {
        let (group, key) = (value(&lines, "TASKGROUP_ID"), value(&lines, "PARALLEL_API_KEY"));
        format!("GET /v1/tasks/groups/{group} HTTP/1.1\r\nhost: localhost\r\nx-api-key: {key}\r\n{more}\r\n")
    };
    let (raw, _) = over_tls(port, "localhost", &pem, &(get("") + &get("connection: close\r\n")));
    assert_eq!(String::from_utf8(raw).unwrap().matches("200 OK").count(), 2);
    end(child, "-TERM");
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(
        (&report["connections"], &report["handshakes"], &report["resumed"], &report["requests"]),
        (&2.into(), &1.into(), &0.into(), &2.into())
    );
    std::fs::remove_file(file).unwrap();
    std::fs::remove_file(value(&lines, "TASKGROUP_CA_FILE")).unwrap();
}

#[test]
fn a_cut_under_https_counts_what_http_wrote_and_ends_without_a_goodbye() {
    let faults = Faults { cut: Some(Cut::after(After::Bytes(1234))), ..Faults::default() };
    let sandbox = Sandbox::start(Options { runs: 5, tls: true, faults, ..Options::default() }).unwrap();
    let (raw, ended) = over_tls(sandbox.port(), "localhost", sandbox.ca_pem().unwrap(), &request(&sandbox));
    assert_eq!((raw.len(), ended), (1234, false));
}

#[test]
fn the_certificate_is_where_the_fourth_line_says() {
    let file = std::env::temp_dir().join(format!("taskgroup-sandbox-test-{}.pem", std::process::id()));
    let (child, lines) = program(&["--tls", "--ca-out", file.to_str().unwrap()]);
    assert!(value(&lines, "PARALLEL_BASE_URL").starts_with("https://localhost:"));
    assert_eq!(value(&lines, "TASKGROUP_CA_FILE"), file.to_str().unwrap());
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    end(child, "-TERM");
    std::fs::remove_file(file).unwrap();
}
