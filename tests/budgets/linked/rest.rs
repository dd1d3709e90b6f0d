//! Calls everything public that no machine's own program calls: for the proof only, its size says nothing.

use core::{str, time::Duration};

use taskgroup::{
    api::{self, Status, Version},
    http::{self, Method},
    json::{self, Content, List, Piece, Pieces, Raw, Skip},
    record,
    session::{Config, End, Endpoint, EventId, Flag, Pair, Request, Resume, Session},
    sse,
    text::{Decoder, Text},
    time::Instant,
};

use crate::program::out;

record! {
    /// A field of each kind.
    struct Own<F> for * where F: FnMut(Piece<'_>) {
        text: Text<8> = "/text",
        raw: Raw<8> = "/raw",
        content: Content<8> = "/content",
        list: List<Text<8>, 2> = "/list",
        pieces: Pieces<F> = "/deep/pieces",
        skipped: Skip = "/deep/skipped",
        signed: i64 = "/deep/signed",
        unsigned: Option<u64> = "/deep/unsigned",
        fraction: f64 = "/deep/fraction",
        flag: Option<bool> = "/deep/flag",
    }
}

pub(crate) fn run(input: &[u8]) {
    let Some((&[choice, seed], rest)) = input.split_first_chunk() else { return };
    let Ok(text) = str::from_utf8(rest) else { return };
    machines(rest);
    texts(text, rest);
    let (pairs, words) = ([(text, text)], [text]);
    let endpoint = endpoint(text, &pairs, &words, seed);
    let requests = [choice, seed].map(|choice| request(&endpoint, text, choice, seed));
    session(config(text, seed), requests, rest);
    crate::bodies::run(config(text, seed), text, rest, seed);
    whole::<api::TaskGroup>(rest);
    whole::<api::AddedRuns>(rest);
    whole::<api::TaskRun>(rest);
    whole::<api::RunInput>(rest);
    whole::<api::RunResult>(rest);
}

fn machines(mut input: &[u8]) {
    let mut parser = sse::Parser::<16>::new();
    out(parser.advance(&mut input));
    out(parser.event());
    out(parser.last_event_id());
    parser.closed();

    let mut response = http::Response::new();
    out(response.peek(&mut input));
    response.take(&mut input, 7);
    out((response.location(), response.is_delimited(), response.is_persistent()));
}

fn texts(text: &str, bytes: &[u8]) {
    let mut kept = Text::<16>::new();
    kept.push_str(text);
    kept.redact(text);
    out(kept.lost());
    kept.clear();
    let mut decoder = Decoder::new();
    decoder.feed(bytes, |piece| kept.push_str(piece));
    kept.push_str(decoder.finish());
    out(kept);

    let mut buffer = [0; 16];
    let mut writer = http::Writer::new(&mut buffer, bytes.len());
    writer.method(Method::Post).raw(text).decimal(bytes.len() as u64).body(bytes);
    out(writer.finish());
    out((buffer, http::is_host(text), http::is_field_value(text)));
}

fn config(text: &str, seed: u8) -> Config<'_> {
    let duration = Duration::new(seed.into(), seed.into());
    let config = Config::new(text)
        .with_server(text, seed.into(), seed > 1)
        .with_base_path(text)
        .with_version(if seed > 9 { Version::V1 } else { Version::V1Beta })
        .with_user_agent(text)
        .with_beta(text)
        .with_keep_alive(seed > 5)
        .with_end_check(seed > 6)
        .with_retry_after_ceiling(duration)
        .with_idle_timeout(duration)
        .with_connect_timeout(duration)
        .with_backoff(duration, duration)
        .with_attempts(Some(seed.into()))
        .with_seed(seed.into());
    out((
        config.host(),
        config.port(),
        config.tls(),
        config.keep_alive(),
        config.end_check(),
        config.is_loopback(),
    ));
    config
}

/// One of another API, in which all words are this text.
fn endpoint<'t>(text: &'t str, pairs: &'t [Pair<'t>], words: &'t [&'t str], seed: u8) -> Endpoint<'t> {
    let end = match seed {
        0 => End::Framing,
        1 => End::Checked,
        2 => End::Data(text),
        3 => End::Inactive(Flag::new(text, text)),
        _ => End::Final(Flag::new(text, text)),
    };
    let (event_id, resume) = if seed > 5 {
        (EventId::Member(text), Resume::Header(text))
    } else {
        (EventId::Field, Resume::Query(text))
    };
    let endpoint = Endpoint::get(text)
        .with_versions(words)
        .with_query(pairs)
        .with_headers(pairs)
        .with_key(text, text)
        .with_beta_header(text)
        .with_timeout_parameter(text)
        .with_stream(end)
        .with_cursor(event_id, resume)
        .with_type_member(text)
        .with_event_types(words)
        .with_error_event(text)
        .with_error(text)
        .with_other_error(text)
        .with_error_reference(text);
    if seed > 6 { endpoint.at(Method::Post, text).with_refused_posts_repeated() } else { endpoint }
}

fn request<'t>(endpoint: &'t Endpoint<'t>, text: &'t str, choice: u8, seed: u8) -> Request<'t> {
    match choice {
        11 => Request::new(endpoint).with_id(text).with_id(text).with_body(text.as_bytes()),
        12 => Request::new(endpoint).with_parameter(&("", "")).with_timeout(seed.into()).after(text),
        0 => api::runs(text)
            .status(Status::Failed)
            .include_input(true)
            .include_output(true)
            .last_event_id(text)
            .into(),
        1 => api::events(text).timeout(seed.into()).into(),
        2 => api::create_group(text.as_bytes()).into(),
        3 => api::group(text).into(),
        4 => api::add_runs(text, text.as_bytes()).refresh_status(true).into(),
        5 => api::group_run(text, text).into(),
        6 => api::create_run(text.as_bytes()).into(),
        7 => api::run(text).into(),
        8 => api::run_input(text).into(),
        9 => api::run_result(text).into(),
        _ => api::run_events(text).into(),
    }
}

fn session(config: Config<'_>, [request, next]: [Request<'_>; 2], mut input: &[u8]) {
    let record = Own {
        text: Text::new(),
        raw: Raw::new(),
        content: Content::new(),
        list: List::default(),
        pieces: Pieces::new(|piece: Piece<'_>| out(piece)),
        skipped: Skip,
        signed: 0,
        unsigned: None,
        fraction: 0.0,
        flag: None,
    };
    let mut session = Session::<api::TaskGroup>::new(config, next.clone()).ask_with(request, record);
    let now = Instant::from_millis(input.len() as u64);
    while !input.is_empty() {
        out(session.poll(now));
        session.connected(now);
        out(session.fill(&mut [0; 16]));
        out(session.advance(&mut input, now));
        out(session.event());
        if let Some(name) = session.mismatch() {
            texts(&name, &[name.why() as u8]);
        }
        out((session.error(), session.hint(), session.config(), session.cursor()));
        session.record_mut().text.push_str("seen");
        session.closed(now);
    }
    session.ask(next);
    out(session.poll(now));
    let record = session.into_record();
    out((record.list.as_slice(), record.content.as_text(), record.content.as_json()));
    out((record.raw, record.skipped, record.signed, record.unsigned, record.fraction, record.flag));
}

fn whole<R: json::Record + Default>(json: &[u8]) {
    let mut record = R::default();
    if let Err(json::Error::Mismatch(name)) = json::fill(&mut record, json) {
        out((name.len(), name.why()));
    }
    out(record);
}
