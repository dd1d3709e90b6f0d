//! Requests made by hand, to an API that has nothing of Parallel's: what is not said is not done.

use std::time::Duration;

use taskgroup::{
    record,
    session::{
        Cause, Config, End, Endpoint, EventId, Failure, Fault, Flag, Misuse, Outcome, Request, Resume,
        Session,
    },
    text::Text,
};
use taskgroup_tests::{
    peer::{Answer, Line, Peer, Report, Seen},
    splits,
    wire::{Framing, bare, refusal},
};

record! {
    /// Names no types, so it gets all.
    #[derive(Clone, Debug, PartialEq)]
    struct Any { text: Text<64> = "/text" }
}

record! {
    /// Wants events of one type.
    #[derive(Clone, Debug, PartialEq)]
    struct Delta for "delta" { text: Text<64> = "/text" }
}

const DONE: &str = "data: [DONE]\n\n";

static CHAT: Endpoint = Endpoint::post("/v1/chat")
    .with_key("authorization", "Bearer ")
    .with_error("/error/message")
    .with_stream(End::Data("[DONE]"));

/// The same, asked by GET.
static COMPLETIONS: Endpoint = Endpoint::get("/v1/completions").with_stream(End::Data("[DONE]"));

static NEWS: Endpoint = Endpoint::get("/news/{}/latest")
    .with_stream(End::Framing)
    .with_cursor(EventId::Field, Resume::Header("Last-Event-ID"));

fn config() -> Config<'static> {
    Config::for_server("api.example", "k3y-0123456789")
}

fn post() -> Request<'static> {
    Request::new(&CHAT).with_body(b"{\"stream\":true}")
}

fn run<'c>(answers: impl IntoIterator<Item = Answer>, request: impl Into<Request<'c>>) -> Report<Any> {
    Peer::script(answers).run_with(Session::new(config(), request))
}

fn texts(report: &Report<Any>) -> Vec<&str> {
    report.records().map(|any| any.text.as_str()).collect()
}

fn text(text: &str) -> String {
    format!("data: {{\"text\":\"{text}\"}}\n\n")
}

fn whole(body: &str) -> Answer {
    Answer::new().bytes(Framing::Chunked.stream(body))
}

fn cut(body: &str) -> Answer {
    let bytes = Framing::Chunked.stream(body);
    Answer::new().bytes(&bytes[..bytes.len() - b"0\r\n\r\n".len()]).reset()
}

fn no(status: &str) -> Answer {
    refusal(status, &[], r#"{"error":{"message":"slow down"}}"#)
}

#[test]
fn a_request_has_what_its_endpoint_says_and_nothing_of_another_api() {
    let endpoint = Endpoint::get("/v2/{}/all")
        .with_query(&[("lang", "de-CH"), ("q", "a b&c")])
        .with_headers(&[("x-tenant", "7"), ("openai-beta", "x")])
        .with_key("X-Api-Token", "");
    let request = Request::new(&endpoint).with_id("ü/1").with_parameter(&("limit", "5"));
    let report = run([bare("204 No Content", &[])], request);
    let sent = &report.requests[0];
    assert_eq!(sent.target, "/v2/%C3%BC%2F1/all?lang=de-CH&q=a%20b%26c&limit=5");
    let names: Vec<&str> = sent.headers.iter().map(|(name, _)| name.as_str()).collect();
    let wanted = "host x-api-token accept accept-encoding user-agent x-tenant openai-beta connection";
    assert_eq!(names.join(" "), wanted);
    assert_eq!((sent.header("host"), sent.header("x-tenant")), (Some("api.example"), Some("7")));
    assert_eq!(sent.header("x-api-token"), Some("k3y-0123456789"));
}

#[test]
fn the_key_comes_after_its_prefix_and_is_shown_nowhere() {
    let key = "k3y-0123456789";
    let echo = format!(r#"{{"error":{{"message":"wrong key: Bearer {key}"}}}}"#);
    let answer = refusal("401 Unauthorized", &[], &echo);
    let report = run([answer], post());
    assert_eq!(report.requests[0].header("authorization"), Some("Bearer k3y-0123456789"));
    assert_eq!((report.outcome, report.message()), (Some(Outcome::Status(401)), "wrong key: Bearer ***"));
    let session = Session::<Any>::new(config(), post());
    assert!(!format!("{session:?} {:?} {CHAT:?}", post()).contains(key));
}

#[test]
fn without_a_header_for_it_no_key_is_sent_nor_wanted() {
    let request = Request::new(&COMPLETIONS);
    for key in ["", "k3y-0123456789"] {
        let session = Session::<Any>::new(Config::for_server("api.example", key), request.clone());
        let report = Peer::script([bare("204 No Content", &[])]).run_with(session);
        assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 1));
        assert!(!format!("{:?}", report.requests).contains("k3y"), "{:?}", report.requests);
    }
    let session = Session::<Any>::new(Config::for_server("api.example", ""), post());
    let report = Peer::script([Answer::new()]).run_with(session);
    assert_eq!(report.outcome, Some(Outcome::Misuse(Misuse::Key)));
}

#[test]
fn an_event_of_the_last_data_ends_the_stream_in_any_chunking() {
    let tail = "data: {\"text\":\"after\"}\n\n";
    for framing in Framing::ALL {
        let bytes = framing.stream(&(text("a") + &text("b") + DONE + tail));
        let found = splits(&bytes, &[], |pieces| {
            let answer = pieces.iter().fold(Answer::new(), |answer, piece| answer.bytes(*piece));
            let report = run([answer], post());
            let texts = texts(&report).into_iter().map(String::from).collect::<Vec<_>>();
            (report.outcome, report.requests.len(), report.skipped(), texts)
        });
        assert_eq!(found, (Some(Outcome::Done), 1, 0, vec!["a".into(), "b".into()]));
    }
}

#[test]
fn only_exactly_that_data_ends_the_stream() {
    for other in
        ["data: [DONE] \n\n", "data: [DON\n\n", "data: [DONE]\ndata: \n\n", "data: [\ndata: DONE]\n\n"]
    {
        let report = run([whole(&(text("a") + other + &text("b") + DONE))], post());
        assert_eq!((report.outcome, report.skipped()), (Some(Outcome::Done), 1), "{other}");
        assert_eq!(texts(&report), ["a", "b"], "{other}");
    }
    let report = run([whole(&format!("event: end\nid: 7\n: ping\n{DONE}"))], post());
    assert_eq!((report.outcome, report.skipped()), (Some(Outcome::Done), 0));
}

#[test]
fn an_orderly_end_without_the_last_data_is_a_cut() {
    for framing in Framing::ALL {
        let answer = Answer::new().bytes(framing.stream(&text("a"))).close();
        let report = run([answer], post());
        assert_eq!(report.outcome, Some(Outcome::Peer(Fault::EndMissing)), "{framing:?}");
        assert_eq!((texts(&report), report.requests.len()), (vec!["a"], 1), "a POST is not repeated");
    }
    let answers = [whole(&text("a")), whole(&(text("a") + DONE))];
    let report = run(answers, Request::new(&COMPLETIONS));
    assert_eq!(
        (report.outcome, report.causes()),
        (Some(Outcome::Done), vec![Cause::Peer(Fault::EndMissing)])
    );
    assert_eq!(texts(&report), ["a", "a"], "a GET is, from the start, since it has no cursor");
}

#[test]
fn a_streamed_post_is_not_repeated_wherever_it_is_cut() {
    let stream = Framing::Chunked.stream(&(text("a") + &text("b") + DONE));
    let whole_length = stream.len() - b"0\r\n\r\n".len();
    let done = whole_length - "\r\n".len();
    for length in 0..done {
        for answer in
            [Answer::new().bytes(&stream[..length]).reset(), Answer::new().bytes(&stream[..length]).close()]
        {
            let report = run([answer], post());
            assert_eq!((report.requests.len(), report.sleeps.len()), (1, 0), "{length}");
            assert!(!matches!(report.outcome, None | Some(Outcome::Done)), "{length}");
        }
    }
}

#[test]
fn a_post_is_repeated_only_when_nothing_of_it_was_given_out() {
    for status in ["408 No", "429 No", "500 No", "503 No"] {
        let headers: &[&[(&str, &str)]] = &[&[], &[("x-should-retry", "true")], &[("retry-after", "1")]];
        for headers in headers {
            let answer = refusal(status, headers, r#"{"error":{"message":"slow down"}}"#);
            let report = run([answer, whole(DONE)], post());
            assert_eq!((report.requests.len(), report.message()), (1, "slow down"));
            assert!(matches!(report.outcome, Some(Outcome::Status(_))));
        }
    }
    let mut peer = Peer::script([whole(&(text("a") + DONE))]);
    peer.line = Box::new(|nth| if nth == 0 { Line::Fails(Failure::Unreachable) } else { Line::Opens });
    let report: Report<Any> = peer.run_with(Session::new(config(), post()));
    assert_eq!((report.outcome, report.connections), (Some(Outcome::Done), 2));
    let mut peer = Peer::script([whole(&(text("a") + DONE))]);
    peer.line = Box::new(|nth| if nth == 0 { Line::Breaks(1) } else { Line::Opens });
    let report: Report<Any> = peer.run_with(Session::new(config(), post()));
    assert_eq!((report.outcome, report.connections), (Some(Outcome::Network), 1));

    let endpoint = CHAT.with_refused_posts_repeated();
    let report = run([no("503 No"), whole(DONE)], Request::new(&endpoint));
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 2), "unless the API says so");
}

#[test]
fn no_kind_of_end_makes_a_post_be_asked_again() {
    let flag = Flag::new("state", "/a/on");
    let ends = [End::Framing, End::Checked, End::Inactive(flag), End::Final(flag)];
    for (end, framing) in ends.iter().flat_map(|end| Framing::ALL.map(|framing| (end, framing))) {
        for body in ["", &text("a"), "event: state\ndata: {\"a\":{\"on\":true}}\n\n"] {
            let endpoint = Endpoint::post("/p").with_stream(*end);
            let report = run([Answer::new().bytes(framing.stream(body)).close()], Request::new(&endpoint));
            let is_proven = framing != Framing::UntilClose;
            let outcome = if is_proven { Outcome::Done } else { Outcome::Peer(Fault::Unproven) };
            assert_eq!((report.outcome, report.requests.len()), (Some(outcome), 1), "{end:?} {framing:?}");
        }
        let endpoint = Endpoint::post("/p").with_stream(*end);
        let silent = Answer::new().bytes(&Framing::Chunked.stream(&text("a"))[..100]);
        let report = run([silent], Request::new(&endpoint));
        assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Idle), 1), "{end:?}");
    }
}

#[test]
fn the_framing_alone_ends_a_stream_where_that_was_asked_for() {
    for framing in [Framing::Chunked, Framing::Length] {
        let report = run(
            [Answer::new().bytes(framing.stream("id: 1\ndata: {}\n\n"))],
            Request::new(&NEWS).with_id("x"),
        );
        assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 1));
    }
    let close = |body| Answer::new().bytes(Framing::UntilClose.stream(body)).close();
    let report = run([close("id: 1\ndata: {}\n\n"), whole("")], Request::new(&NEWS).with_id("x"));
    assert_eq!(
        (report.outcome, report.requests.len()),
        (Some(Outcome::Done), 2),
        "an end of the connection is checked"
    );
    let endpoint = Endpoint::get("/x").with_stream(End::Framing);
    let report = run([close("data: {}\n\n")], Request::new(&endpoint));
    assert_eq!(report.outcome, Some(Outcome::Peer(Fault::Unproven)), "where there is a cursor");
}

#[test]
fn the_cursor_is_the_id_of_the_stream_and_goes_back_in_a_header() {
    let report = run(
        [
            cut("id: 1\ndata: {\"text\":\"a\"}\n\nid: é 2\ndata: {\"text\":\"b\",\"event_id\":\"no\"}\n\n"),
            whole(""),
        ],
        Request::new(&NEWS).with_id("x").after("0"),
    );
    let sent: Vec<_> = report.requests.iter().map(|request| request.header("last-event-id")).collect();
    assert_eq!(sent, [Some("0"), Some("é 2")]);
    assert_eq!((report.cursor.as_deref(), texts(&report)), (Some("é 2"), vec!["a", "b"]));
    assert!(report.requests.iter().all(|request| request.target == "/news/x/latest"));
}

#[test]
fn the_cursor_is_a_member_by_name_and_goes_back_in_a_parameter_by_name() {
    let endpoint = Endpoint::get("/log")
        .with_stream(End::Checked)
        .with_cursor(EventId::Member("seq"), Resume::Query("from seq"));
    let report = run(
        [cut("id: no\ndata: {\"seq\":\"7/8\",\"event_id\":\"no\",\"text\":\"a\"}\n\n"), whole("")],
        Request::new(&endpoint),
    );
    assert_eq!(report.requests[1].target, "/log?from%20seq=7%2F8");
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 2));
}

#[test]
fn a_stream_without_cursor_has_none_whatever_is_in_it() {
    let report = run(
        [cut("id: 1\ndata: {\"event_id\":\"2\",\"text\":\"a\"}\n\n"), whole(DONE)],
        Request::new(&COMPLETIONS),
    );
    assert_eq!((report.cursor, &*report.requests[1].target), (None, "/v1/completions"));
    assert_eq!(report.requests[1].header("last-event-id"), None);
}

#[test]
fn the_field_event_is_the_type_where_no_member_is() {
    let body = "event: delta\ndata: {\"text\":\"a\",\"type\":\"other\"}\n\n\
                event: other\ndata: {\"text\":\"b\",\"type\":\"delta\"}\n\ndata: {\"text\":\"c\"}\n\n";
    let body = body.to_owned() + DONE;
    let deltas = |endpoint: &Endpoint<'_>| {
        let session = Session::<Delta>::new(config(), Request::new(endpoint));
        let report = Peer::script([whole(&body)]).run_with(session);
        assert_eq!(report.outcome, Some(Outcome::Done));
        report.records().map(|delta| delta.text.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(deltas(&COMPLETIONS), ["a"]);
    assert_eq!(deltas(&COMPLETIONS.with_type_member("type")), ["b"], "a member counts for more");
    assert_eq!(
        texts(&run([whole(&body)], Request::new(&COMPLETIONS))),
        ["a", "b", "c"],
        "all, without any names"
    );
    let endpoint = COMPLETIONS.with_event_types(&["other", "none"]);
    assert_eq!(texts(&run([whole(&body)], Request::new(&endpoint))), ["b"], "or what the endpoint says");
    assert_eq!(deltas(&endpoint), ["a"], "which is not asked when the record says it");
}

#[test]
fn no_rule_of_another_api_applies() {
    let body = "event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"no\"}}\n\n".to_owned()
        + "data: {\"type\":\"task_group_status\",\"status\":{\"is_active\":true}}\n\n"
        + DONE;
    let report = run([whole(&body)], Request::new(&COMPLETIONS));
    assert_eq!((report.outcome, report.requests.len(), texts(&report).len()), (Some(Outcome::Done), 1, 2));
    assert_eq!(report.error, None, "an event named error is one like any other");
    let answer = refusal("404 No", &[], r#"{"error":{"message":"a","ref_id":"b"},"detail":"c"}"#);
    let report = run([answer], Request::new(&COMPLETIONS));
    let error = report.error.unwrap();
    assert_eq!((error.status, &*error.message, &*error.reference), (404, "", ""));
}

#[test]
fn an_errors_words_are_where_the_endpoint_says() {
    let endpoint = Endpoint::get("/x")
        .with_error("/fault/text_of_some_length")
        .with_error_reference("/fault/trace")
        .with_other_error("/problems/0/title");
    for (body, message, reference) in [
        (r#"{"fault":{"text_of_some_length":"a","trace":"t"}}"#, "a", "t"),
        (r#"{"fault":{"text_of_some_lengthy":"a","text_of_some_lengt":"b","in":{"trace":"t"}}}"#, "", ""),
        (r#"{"fault":"a"}"#, "a", ""),
        (r#"{"problems":[{"title":"a"},{"title":"b"}],"fault":{"trace":"t"}}"#, "", "t"),
        (r#"{"problems":[{"name":"x","title":"a"}]}"#, "a", ""),
        (r#"{"problems":{"title":"a"}}"#, "", ""),
    ] {
        let found = splits(body.as_bytes(), &[], |pieces| {
            let head = format!(
                "HTTP/1.1 404 No\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            let answer = pieces.iter().fold(Answer::new().bytes(head), |answer, piece| answer.bytes(*piece));
            let report = run([answer], Request::new(&endpoint));
            let error = report.error.unwrap();
            (error.message.to_string(), error.reference.to_string())
        });
        assert_eq!(found, (message.into(), reference.into()), "{body}");
    }
}

#[test]
fn an_error_event_is_one_by_its_name_in_the_endpoint() {
    let endpoint = COMPLETIONS.with_error_event("fault").with_error("/fault");
    let report =
        run([whole("event: fault\ndata: {\"fault\":\"no\"}\n\n"), whole(DONE)], Request::new(&endpoint));
    assert_eq!((report.outcome, report.requests.len()), (Some(Outcome::Done), 2));
    assert_eq!(report.causes(), [Cause::Peer(Fault::ErrorEvent)]);
}

#[test]
fn a_stream_is_followed_by_a_flag_of_any_name() {
    let endpoint = Endpoint::get("/jobs")
        .with_stream(End::Inactive(Flag::new("tick", "/job/is_still_going")))
        .with_cursor(EventId::Field, Resume::Query("since"));
    let tick = |id, on| format!("event: tick\nid: {id}\ndata: {{\"job\":{{\"is_still_going\":{on}}}}}\n\n");
    let report = run([whole(&tick(1, true)), whole(&tick(2, false)), whole("")], Request::new(&endpoint));
    let targets: Vec<&str> = report.requests.iter().map(|request| request.target.as_str()).collect();
    assert_eq!(targets, ["/jobs", "/jobs?since=1", "/jobs?since=2"]);
    assert_eq!(report.outcome, Some(Outcome::Done));
}

#[test]
fn an_answer_that_is_no_stream_is_one_json_text() {
    let endpoint = Endpoint::post("/v1/models").with_key("authorization", "Bearer ");
    let answer = Answer::new().bytes(Framing::Length.json("{\"text\":\"a\"}"));
    let report = run([answer], Request::new(&endpoint).with_body(b"{}"));
    assert_eq!((report.outcome, texts(&report)), (Some(Outcome::Done), vec!["a"]));
    assert_eq!(report.requests[0].header("accept"), Some("application/json"));
}

#[test]
fn what_cannot_be_sent_is_a_misuse() {
    #[track_caller]
    fn misuse(request: Request<'_>, why: Misuse) {
        let report: Report<Seen> = Peer::script([Answer::new()]).run_with(Session::new(config(), request));
        assert_eq!((report.outcome, report.connections), (Some(Outcome::Misuse(why)), 0));
    }
    for path in ["", "x", "/a b", "/a?b", "/a#b", "/é", "/{", "/{x}", "/}", "/{}{", "/{}/{}/{}"] {
        let endpoint = Endpoint::get(path);
        let ids = path.matches("{").count().min(2);
        let request = (0..ids).fold(Request::new(&endpoint), |request, _| request.with_id("1"));
        misuse(request, Misuse::Path);
    }
    let plain = Endpoint::get("/x");
    misuse(Request::new(&plain).with_id("1"), Misuse::Id);
    misuse(Request::new(&NEWS), Misuse::Id);
    misuse(Request::new(&NEWS).with_id("1").with_id("2"), Misuse::Id);
    misuse(Request::new(&plain).after("1"), Misuse::Parameter);
    misuse(Request::new(&plain).with_timeout(1), Misuse::Parameter);
    misuse(Request::new(&plain).with_parameter(&("", "1")), Misuse::Parameter);
    let pairs = [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")];
    misuse(pairs.iter().fold(Request::new(&plain), Request::with_parameter), Misuse::Parameter);
    for pair in [
        ("", "v"),
        ("a b", "v"),
        ("é", "v"),
        ("a:", "v"),
        ("a\r\nb", "v"),
        ("a", "v\r\nx: y"),
        ("a", " v"),
        ("Host", "v"),
        ("content-LENGTH", "1"),
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
    ] {
        let pairs = [pair];
        misuse(Request::new(&plain.with_headers(&pairs)), Misuse::Header);
    }
    misuse(Request::new(&plain.with_key("a b", "")), Misuse::Header);
    misuse(Request::new(&plain.with_key("a", "B\n ")), Misuse::Header);
    misuse(Request::new(&plain.with_beta_header("a\n")), Misuse::Header);
    misuse(Request::new(&plain.with_cursor(EventId::Field, Resume::Header("a\n"))), Misuse::Header);
}

#[test]
fn a_parameter_of_the_same_name_replaces_the_earlier_one() {
    let endpoint = Endpoint::get("/x");
    let request = [("a", "1"), ("b", "2"), ("c", "3"), ("b", "4")];
    let request = request.iter().fold(Request::new(&endpoint), Request::with_parameter);
    let report = run([bare("204 No Content", &[])], request);
    assert_eq!(report.requests[0].target, "/x?a=1&b=4&c=3");
}

#[test]
fn versions_are_the_endpoints_own_and_the_config_chooses() {
    let endpoint = Endpoint::get("/x").with_versions(&["/v1", "/v2"]);
    for (nth, target) in [(0, "/v1/x"), (1, "/v2/x"), (2, "/v2/x"), (255, "/v2/x")] {
        let session = Session::<Any>::new(config().with_nth_version(nth), Request::new(&endpoint));
        let report = Peer::script([bare("204 No Content", &[])]).run_with(session);
        assert_eq!(report.requests[0].target, target);
    }
}

#[test]
fn a_connection_is_kept_after_the_last_data_if_that_is_wanted() {
    let session = Session::<Any>::new(config().with_keep_alive(true), Request::new(&COMPLETIONS));
    let answer = whole(&(text("a") + DONE));
    let report = Peer::script([answer]).run_on(session, [Request::new(&COMPLETIONS)]);
    assert_eq!((report.connections, report.requests.len()), (1, 2));
    assert_eq!(report.elapsed, Duration::ZERO);
}
