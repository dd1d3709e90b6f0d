//! Every fault, seen from the other end of a real socket.

mod client;

use std::time::Duration;

use client::{Answer, End, ask, connect, get, read, runs, texts};
use taskgroup_sandbox::{
    After, Close, Cut, Faults, Instead, Loss, Options, Resume, RunsQuery, Sandbox, Stall, StreamError,
};

fn sandbox(faults: Faults) -> Sandbox {
    Sandbox::start(Options { runs: 10, faults, ..Options::default() }).unwrap()
}

fn cut(cut: Cut) -> Faults {
    Faults { cut: Some(cut), ..Faults::default() }
}

fn truth(sandbox: &Sandbox) -> Vec<String> {
    texts(sandbox.runs(sandbox.group_id(), RunsQuery::default()))
}

/// Asks for the runs and stops reading when nothing comes for half a second.
fn impatient(sandbox: &Sandbox) -> Answer {
    let head = format!(
        "GET {} HTTP/1.1\r\nhost: localhost\r\nx-api-key: {}\r\nconnection: close\r\n\r\n",
        runs(sandbox, ""),
        sandbox.key()
    );
    read(connect(sandbox, &head), Duration::from_millis(500))
}

#[test]
fn a_cut_comes_after_exactly_so_many_bytes_wherever_that_is() {
    let sandbox = Sandbox::start(Options { runs: 1, ..Options::default() }).unwrap();
    let whole = get(&sandbox, &runs(&sandbox, "")).raw;
    for bytes in 0..whole.len() {
        sandbox.faults(|faults| faults.cut = Some(Cut::after(After::Bytes(bytes as u64)).times(1)));
        let answer = get(&sandbox, &runs(&sandbox, ""));
        assert_eq!((answer.raw.len(), answer.end), (bytes, End::Closed));
        assert_eq!(sandbox.faults(|faults| faults.cut), None);
    }
    assert_eq!((sandbox.stats().cuts, sandbox.stats().resets), (whole.len() as u64, 0));
}

#[test]
fn a_reset_is_one_and_loses_no_byte_before_it_on_loopback() {
    let sandbox = sandbox(cut(Cut::after(After::Bytes(900)).reset()));
    let answer = get(&sandbox, &runs(&sandbox, ""));
    assert_eq!((answer.raw.len(), answer.end), (900, End::Reset));
    assert_eq!(sandbox.stats().resets, 1);
}

#[test]
fn a_cut_for_the_first_connections_leaves_the_later_ones_whole() {
    let sandbox = sandbox(cut(Cut::after(After::Bytes(300)).times(2)));
    let lengths: Vec<usize> = (0..4).map(|_| get(&sandbox, &runs(&sandbox, "")).raw.len()).collect();
    assert_eq!(lengths[..2], [300, 300]);
    assert!(lengths[2] > 3000 && lengths[2] == lengths[3]);
}

#[test]
fn a_random_cut_stays_in_its_bounds_and_follows_from_the_seed() {
    let lengths = || {
        let sandbox = sandbox(cut(Cut::after(After::RandomBytes { least: 3, most: 600 })));
        (0..20).map(|_| get(&sandbox, &runs(&sandbox, "")).raw.len()).collect::<Vec<_>>()
    };
    let drawn = lengths();
    assert_eq!(drawn, lengths());
    assert!(drawn.iter().all(|length| (3..=600).contains(length)), "{drawn:?}");
    assert!(drawn.iter().any(|length| *length != drawn[0]));
}

#[test]
fn a_cut_after_events_leaves_them_whole_and_the_body_unfinished() {
    for count in [0, 1, 4, 10] {
        let sandbox = sandbox(cut(Cut::after(After::Events(count as u64))));
        let answer = get(&sandbox, &runs(&sandbox, ""));
        assert_eq!(answer.data(), truth(&sandbox)[..count]);
        assert!(answer.chunks().iter().all(|chunk| !chunk.is_empty()), "no last chunk");
        assert_eq!((answer.end, sandbox.stats().cuts), (End::Closed, 1));
    }
}

#[test]
fn a_cut_after_events_that_has_no_times_left_lets_the_stream_go_on() {
    let sandbox = sandbox(cut(Cut::after(After::Events(3)).times(1)));
    assert_eq!(get(&sandbox, &runs(&sandbox, "")).data().len(), 3);
    assert_eq!(get(&sandbox, &runs(&sandbox, "last_event_id=3")).data(), truth(&sandbox)[3..]);
    sandbox.faults(|faults| faults.cut = Some(Cut::after(After::Events(3)).times(0)));
    assert_eq!(get(&sandbox, &runs(&sandbox, "")).data(), truth(&sandbox));
}

#[test]
fn a_client_that_resumes_from_cut_to_cut_gets_everything() {
    let sandbox = sandbox(cut(Cut::after(After::RandomBytes { least: 0, most: 1500 })));
    let (mut events, mut connections) = (Vec::new(), 0);
    while events.len() < 10 {
        let cursor =
            if events.is_empty() { String::new() } else { format!("last_event_id={}", events.len()) };
        let raw = get(&sandbox, &runs(&sandbox, &cursor));
        connections += 1;
        if raw.raw.windows(4).any(|window| window == b"\r\n\r\n") {
            let text = raw.chunks().concat();
            let text = String::from_utf8(text).unwrap();
            let whole = text.rfind("\n\n").map_or("", |end| &text[..end]);
            events.extend(
                whole
                    .split("\n\n")
                    .filter_map(|block| block.split_once("data: "))
                    .map(|(_, data)| data.to_owned()),
            );
        }
    }
    assert_eq!(events, truth(&sandbox));
    assert!(connections > 5);
}

#[test]
fn a_silence_is_one_after_so_many_bytes_or_events() {
    let long = Duration::from_secs(3600);
    let sandbox = sandbox(Faults { stall: Some(Stall::after(After::Bytes(700), long)), ..Faults::default() });
    let answer = impatient(&sandbox);
    assert_eq!((answer.raw.len(), answer.end), (700, End::Silent));
    sandbox.faults(|faults| faults.stall = Some(Stall::after(After::Events(2), long)));
    let answer = impatient(&sandbox);
    assert_eq!((answer.data().len(), answer.end), (2, End::Silent));
    assert_eq!(sandbox.stats().stalls, 2);
}

#[test]
fn a_silence_that_ends_loses_nothing() {
    for after in [After::Bytes(1), After::Bytes(1000), After::Events(5)] {
        let stall = Stall::after(after, Duration::from_millis(30)).times(1);
        let sandbox = sandbox(Faults { stall: Some(stall), ..Faults::default() });
        assert_eq!(get(&sandbox, &runs(&sandbox, "")).data(), truth(&sandbox));
        assert_eq!(sandbox.stats().stalls, 1);
    }
}

#[test]
fn a_stream_may_end_in_order_with_an_error() {
    let sandbox = sandbox(Faults { error: Some(StreamError::after(2).times(1)), ..Faults::default() });
    let answer = get(&sandbox, &runs(&sandbox, ""));
    let events = answer.events();
    assert_eq!((events.len(), &events[2]["type"]), (3, &serde_json::json!("error")));
    assert_eq!(answer.chunks().last(), Some(&Vec::new()), "the last chunk");
    assert_eq!(get(&sandbox, &runs(&sandbox, "last_event_id=2")).data(), truth(&sandbox)[2..]);
}

#[test]
fn other_answers_come_so_often_as_was_said() {
    let limited = Instead::status(429)
        .header("retry-after", "7")
        .header("retry-after-ms", "6500")
        .message("Slow down")
        .times(2);
    let sandbox = sandbox(Faults { instead: Some(limited), ..Faults::default() });
    for _ in 0..2 {
        let answer = get(&sandbox, &runs(&sandbox, ""));
        assert_eq!((answer.status(), answer.json()["error"]["message"].as_str()), (429, Some("Slow down")));
        assert_eq!(
            (answer.header("retry-after"), answer.header("retry-after-ms")),
            (Some("7".into()), Some("6500".into()))
        );
    }
    assert_eq!((get(&sandbox, &runs(&sandbox, "")).status(), sandbox.stats().instead), (200, 2));
    for status in [204, 304, 307, 401, 503] {
        sandbox.faults(|faults| {
            faults.instead = Some(Instead::status(status).header("location", "/elsewhere").times(1))
        });
        let answer = get(&sandbox, &runs(&sandbox, ""));
        assert_eq!((answer.status(), answer.header("location")), (status, Some("/elsewhere".into())));
        assert_eq!(answer.body().is_empty(), status < 400);
    }
}

#[test]
fn chunks_and_writes_are_as_small_as_asked_for() {
    let sandbox = sandbox(Faults { chunk_bytes: Some(1), write_bytes: Some(1), ..Faults::default() });
    let answer = get(&sandbox, &runs(&sandbox, ""));
    let chunks = answer.chunks();
    assert!(chunks[..chunks.len() - 1].iter().all(|chunk| chunk.len() == 1) && chunks.len() > 1000);
    assert_eq!(answer.data(), truth(&sandbox));
    let stats = sandbox.stats();
    assert_eq!((stats.writes, stats.bytes), (stats.bytes, answer.raw.len() as u64));
}

#[test]
fn a_body_without_any_framing_ends_with_its_connection() {
    let sandbox = sandbox(Faults { until_close: true, ..Faults::default() });
    let answer = get(&sandbox, &runs(&sandbox, ""));
    assert!(answer.head().starts_with("http/1.0 200"));
    assert_eq!((answer.header("transfer-encoding"), answer.header("content-length")), (None, None));
    assert_eq!((answer.data(), answer.end), (truth(&sandbox), End::Closed));
}

#[test]
fn broken_events_are_broken_wherever_a_stream_starts() {
    let sandbox = sandbox(Faults { broken_every: Some(4), ..Faults::default() });
    for start in [0, 2, 7] {
        let cursor = if start == 0 { String::new() } else { format!("last_event_id={start}") };
        let data = get(&sandbox, &runs(&sandbox, &cursor)).data();
        for (place, (data, whole)) in data.iter().zip(&truth(&sandbox)[start..]).enumerate() {
            let broken = (start + place + 1) % 4 == 0;
            assert_eq!(data.len(), whole.len() - usize::from(broken));
            assert_eq!(serde_json::from_str::<serde_json::Value>(data).is_err(), broken);
        }
    }
}

#[test]
fn a_server_may_repeat_the_cursor_or_ignore_it() {
    let sandbox = sandbox(Faults { resume: Resume::Repeat, ..Faults::default() });
    assert_eq!(get(&sandbox, &runs(&sandbox, "last_event_id=6")).data(), truth(&sandbox)[5..]);
    sandbox.faults(|faults| faults.resume = Resume::Ignore);
    assert_eq!(get(&sandbox, &runs(&sandbox, "last_event_id=6")).data(), truth(&sandbox));
}

#[test]
fn headers_of_streams_can_be_any() {
    let headers =
        [("content-type", "text/html"), ("content-encoding", "gzip"), ("bad name", "x"), ("x-bad", "a\r\nb")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let sandbox = sandbox(Faults { headers, ..Faults::default() });
    let answer = get(&sandbox, &runs(&sandbox, ""));
    assert_eq!(
        (answer.header("content-type"), answer.header("content-encoding")),
        (Some("text/html".into()), Some("gzip".into()))
    );
    assert_eq!((answer.header("x-bad"), answer.data().len()), (None, 10));
}

#[test]
fn what_has_happened_is_counted_and_the_requests_are_known() {
    let sandbox = sandbox(Faults::default());
    let bytes: usize =
        (1..=3).map(|id| get(&sandbox, &runs(&sandbox, &format!("last_event_id={id}"))).raw.len()).sum();
    let stats = sandbox.stats();
    assert_eq!(
        (stats.connections, stats.requests, stats.events, stats.bytes),
        (3, 3, 9 + 8 + 7, bytes as u64)
    );
    assert_eq!(sandbox.requests()[2], format!("GET {}", runs(&sandbox, "last_event_id=3")));
}

/// How many runs the sandbox's own group has.
fn count(sandbox: &Sandbox) -> u64 {
    let group = get(sandbox, &format!("/v1/tasks/groups/{}", sandbox.group_id())).json();
    group["status"]["num_task_runs"].as_u64().unwrap()
}

fn add_one(sandbox: &Sandbox) -> Answer {
    let target = format!("/v1/tasks/groups/{}/runs", sandbox.group_id());
    ask(sandbox, "POST", &target, r#"{"inputs":[{"processor":"core","input":"x"}]}"#)
}

#[test]
fn a_lost_request_does_nothing_and_a_lost_answer_has_done_it() {
    for (reset, end) in [(false, End::Closed), (true, End::Reset)] {
        let loss =
            Loss { close: if reset { Close::Reset } else { Close::Finish }, ..Loss::share(1.0).times(1) };
        let sandbox = sandbox(Faults { lost_request: Some(loss), ..Faults::default() });
        let answer = add_one(&sandbox);
        assert_eq!((answer.raw.len(), answer.end, count(&sandbox)), (0, end, 10));
        sandbox.faults(|faults| faults.lost_answer = Some(loss));
        let answer = add_one(&sandbox);
        assert_eq!((answer.raw.len(), answer.end, count(&sandbox)), (0, end, 11));
        assert_eq!((add_one(&sandbox).status(), count(&sandbox)), (200, 12), "neither is left");
        assert_eq!((sandbox.stats().lost_requests, sandbox.stats().lost_answers), (1, 1));
    }
}

#[test]
fn only_posts_get_lost_and_a_refusal_never() {
    let loss = Some(Loss::share(1.0));
    let sandbox = sandbox(Faults { lost_answer: loss, ..Faults::default() });
    let group = sandbox.group_id();
    assert_eq!(get(&sandbox, &format!("/v1/tasks/groups/{group}")).status(), 200);
    assert_eq!(ask(&sandbox, "POST", &format!("/v1/tasks/groups/{group}/runs"), "{}").status(), 422);
    assert_eq!(sandbox.stats().lost_answers, 0);
}

#[test]
fn which_posts_get_lost_follows_from_the_seed() {
    let lost = |seed| {
        let faults = Faults {
            lost_request: Some(Loss::share(0.3)),
            lost_answer: Some(Loss::share(0.3)),
            ..Faults::default()
        };
        let sandbox = Sandbox::start(Options { seed, runs: 0, faults, ..Options::default() }).unwrap();
        let answers: Vec<bool> = (0..60).map(|_| add_one(&sandbox).raw.is_empty()).collect();
        let stats = sandbox.stats();
        assert_eq!(60 - count(&sandbox), stats.lost_requests);
        assert_eq!(
            answers.iter().filter(|lost| **lost).count() as u64,
            stats.lost_requests + stats.lost_answers
        );
        assert!((8..30).contains(&stats.lost_requests) && (5..30).contains(&stats.lost_answers), "{stats:?}");
        answers
    };
    assert_eq!(lost(1), lost(1));
    assert_ne!(lost(1), lost(2));
}

#[test]
fn streams_of_added_runs_are_cut_at_random_as_all_others_are() {
    let sandbox = Sandbox::start(Options { runs: 0, ..Options::default() }).unwrap();
    for _ in 0..20 {
        assert_eq!(add_one(&sandbox).status(), 200);
    }
    sandbox.faults(|faults| *faults = cut(Cut::after(After::RandomBytes { least: 0, most: 6000 })));
    let (mut cursor, mut ended) = (String::new(), Vec::new());
    while ended.len() < 20 {
        let answer = get(&sandbox, &format!("/v1/tasks/groups/{}/events?{cursor}", sandbox.group_id()));
        if !answer.raw.windows(4).any(|window| window == b"\r\n\r\n") {
            continue;
        }
        let text = String::from_utf8(answer.chunks().concat()).unwrap();
        let whole = text.rfind("\n\n").map_or("", |end| &text[..end]);
        for data in whole.split("\n\n").filter_map(|block| Some(block.split_once("data: ")?.1)) {
            let event: serde_json::Value = serde_json::from_str(data).unwrap();
            cursor = format!("last_event_id={}", event["event_id"].as_str().unwrap());
            if event["type"] == "task_run.state" {
                ended.push(event["run"]["run_id"].to_string());
            }
        }
    }
    ended.sort();
    ended.dedup();
    assert_eq!(ended.len(), 20, "each once");
    assert!(sandbox.stats().cuts > 3);
}
