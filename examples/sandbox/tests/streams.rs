//! The event streams without faults: what they hold, in which order, and from where they continue.

mod client;

use std::collections::{HashMap, HashSet};

use client::{get, runs, texts};
use serde_json::Value;
use taskgroup_sandbox::{LineEnd, Options, RunsQuery, Sandbox, Status, Version};

fn sandbox(runs: usize) -> Sandbox {
    Sandbox::start(Options { runs, ..Options::default() }).unwrap()
}

#[test]
fn a_stream_of_runs_is_the_truth_byte_for_byte() {
    let sandbox = sandbox(60);
    let (group, all) =
        (sandbox.group_id(), RunsQuery { include_input: true, include_output: true, ..RunsQuery::default() });
    let answer = get(&sandbox, &runs(&sandbox, "include_input=true&include_output=true"));
    assert_eq!(answer.header("content-type").unwrap(), "text/event-stream; charset=utf-8");
    let truth: String = sandbox
        .runs(group, all)
        .map(|event| format!("event: task_run.state\ndata: {}\n\n", event.json))
        .collect();
    assert_eq!(answer.body(), truth);
    assert_eq!(get(&sandbox, &runs(&sandbox, "")).data(), texts(sandbox.runs(group, RunsQuery::default())));
    let v1 = get(&sandbox, &format!("/v1/tasks/groups/{group}/runs"));
    assert_eq!(
        v1.data(),
        texts(sandbox.runs(group, RunsQuery { version: Version::V1, ..RunsQuery::default() }))
    );
}

#[test]
fn the_same_seed_makes_the_same_world_and_another_one_does_not() {
    let world = |seed| {
        let sandbox = Sandbox::start(Options { seed, runs: 20, ..Options::default() }).unwrap();
        get(&sandbox, &runs(&sandbox, "include_input=true&include_output=true")).body()
    };
    assert_eq!(world(5), world(5));
    assert_ne!(world(5), world(6));
}

#[test]
fn events_have_their_members_in_order_and_say_null() {
    let sandbox = sandbox(100);
    let mut seen = HashSet::new();
    for event in get(&sandbox, &runs(&sandbox, "include_output=true")).events() {
        let names = |value: &Value| {
            value.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(&event), "type event_id input run output");
        assert_eq!(
            names(&event["run"]),
            "run_id status is_active warnings error processor metadata taskgroup_id created_at modified_at"
        );
        assert_eq!(event["run"]["run_id"].as_str().unwrap().len(), "trun_".len() + 32);
        assert_eq!(event["output"].is_null(), event["run"]["status"] == "failed");
        assert_eq!(event["run"]["error"].is_null(), event["run"]["status"] == "completed");
        seen.extend(["warnings", "metadata"].map(|name| (name, event["run"][name].is_null())));
        seen.insert(("text", event["output"]["type"] == "text"));
        seen.insert(("schema", event["output"]["output_schema"].is_object()));
        seen.insert(("calls", event["output"]["mcp_tool_calls"].is_array()));
        seen.insert(("failed", event["run"]["status"] == "failed"));
    }
    assert_eq!(seen.len(), 12, "{seen:?}");
}

#[test]
fn texts_are_escaped_in_part_and_raw_in_part() {
    let sandbox = sandbox(60);
    let body = get(&sandbox, &runs(&sandbox, "include_output=true")).body();
    for piece in ["Größe", "Gr\\u00f6\\u00dfe", "🚀", "\\ud83d\\ude80", "\\\"so-called\\\"", "\\n"] {
        assert!(body.contains(piece), "{piece}");
    }
}

#[test]
fn outputs_have_the_size_that_was_asked_for() {
    for bytes in [2_000, 50_000, 3_000_000] {
        let sandbox =
            Sandbox::start(Options { runs: 3, output_bytes: Some(bytes), ..Options::default() }).unwrap();
        for data in get(&sandbox, &runs(&sandbox, "status=completed&include_output=true")).data() {
            let (_, output) = data.split_once("\"output\":{\"type\"").unwrap();
            assert_eq!(output.len() + "{\"type\"".len() - "}".len(), bytes);
        }
    }
}

#[test]
fn sizes_are_mostly_small_and_sometimes_large() {
    let sandbox = sandbox(400);
    let mut sizes: Vec<usize> = get(&sandbox, &runs(&sandbox, "status=completed&include_output=true"))
        .data()
        .iter()
        .map(String::len)
        .collect();
    sizes.sort_unstable();
    assert!(sizes[0] < 2_500 && sizes[sizes.len() / 2] < 10_000, "{sizes:?}");
    assert!(sizes[sizes.len() * 9 / 10] > 50_000 && sizes[sizes.len() - 1] < 400_000, "{sizes:?}");
}

#[test]
fn a_stream_goes_on_after_each_cursor_and_keeps_ids_when_filtered() {
    let sandbox = sandbox(30);
    let truth: Vec<_> = sandbox.runs(sandbox.group_id(), RunsQuery::default()).collect();
    for (place, event) in truth.iter().enumerate() {
        let rest = get(&sandbox, &runs(&sandbox, &format!("last_event_id={}", event.event_id))).data();
        assert_eq!(rest, texts(truth[place + 1..].iter().cloned()));
    }
    // After the last event nothing is left, which is no mistake.
    let end = get(&sandbox, &runs(&sandbox, "last_event_id=30"));
    assert_eq!((end.status(), end.chunks()), (200, vec![vec![]]));
    let failed: Vec<_> = truth.into_iter().filter(|event| event.status == Status::Failed).collect();
    assert!(!failed.is_empty());
    let answer = get(&sandbox, &runs(&sandbox, "status=failed")).data();
    assert_eq!(answer, texts(failed.into_iter()));
    assert_eq!(get(&sandbox, &runs(&sandbox, "status=cancelled")).data().len(), 0);
}

#[test]
fn awkward_cursors_work_when_they_are_percent_encoded() {
    let sandbox = Sandbox::start(Options { runs: 3, awkward_ids: true, ..Options::default() }).unwrap();
    let events = get(&sandbox, &runs(&sandbox, "")).events();
    assert_eq!(events[0]["event_id"], "1+/=&% é");
    let rest = get(&sandbox, &runs(&sandbox, "last_event_id=1%2B%2F%3D%26%25%20%C3%A9")).events();
    assert_eq!(rest, events[1..]);
    assert_eq!(get(&sandbox, &runs(&sandbox, "last_event_id=1+/=&%25%20%C3%A9")).status(), 422);
}

#[test]
fn the_events_of_a_group_tell_of_each_end_once_and_resume_anywhere() {
    let sandbox =
        Sandbox::start(Options { runs: 12, finished: false, speed: 40.0, ..Options::default() }).unwrap();
    let target = |query: &str| format!("/v1beta/tasks/groups/{}/events?{query}", sandbox.group_id());
    let events = get(&sandbox, &target("")).events();
    let ids: Vec<String> = (1..=events.len()).map(|id| format!("e{id}")).collect();
    assert_eq!(events.iter().map(|event| event["event_id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    assert_eq!(events[0]["status"]["task_run_status_counts"]["queued"], 12);
    assert_eq!(events.last().unwrap()["status"]["is_active"], false);
    let mut ends: HashMap<&str, usize> = HashMap::new();
    for event in events.iter().filter(|event| event["type"] == "task_run.state") {
        assert_eq!((event["run"]["is_active"].as_bool(), &event["output"]), (Some(false), &Value::Null));
        *ends.entry(event["run"]["run_id"].as_str().unwrap()).or_default() += 1;
    }
    assert_eq!((ends.len(), ends.values().max()), (12, Some(&1)));
    for (place, id) in ids.iter().enumerate() {
        assert_eq!(get(&sandbox, &target(&format!("last_event_id={id}"))).events(), events[place + 1..]);
    }
}

#[test]
fn the_events_of_an_active_group_end_at_the_timeout_and_those_of_an_empty_one_at_once() {
    let sandbox =
        Sandbox::start(Options { runs: 2, finished: false, speed: 0.001, ..Options::default() }).unwrap();
    let events =
        get(&sandbox, &format!("/v1/tasks/groups/{}/events?timeout=0.2", sandbox.group_id())).events();
    assert_eq!((events.len(), &events[0]["status"]["is_active"]), (1, &Value::Bool(true)));
    let empty = sandbox.create_group(0);
    let events = get(&sandbox, &format!("/v1/tasks/groups/{empty}/events")).events();
    assert_eq!((events.len(), &events[0]["status"]["num_task_runs"]), (1, &Value::from(0)));
}

#[test]
fn runs_are_sent_as_they_are_now() {
    let sandbox =
        Sandbox::start(Options { runs: 8, finished: false, speed: 0.001, ..Options::default() }).unwrap();
    let events = get(&sandbox, &runs(&sandbox, "include_output=true")).events();
    assert!(events.iter().all(|event| event["run"]["status"] == "queued" && event["output"].is_null()));
    assert_eq!(events.len(), 8);
}

#[test]
fn the_progress_of_a_run_starts_and_ends_with_its_state() {
    let sandbox =
        Sandbox::start(Options { runs: 1, finished: false, speed: 40.0, ..Options::default() }).unwrap();
    let id = sandbox.runs(sandbox.group_id(), RunsQuery::default()).next().unwrap().run_id;
    let events = get(&sandbox, &format!("/v1beta/tasks/runs/{id}/events")).events();
    let types: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(
        (types[0], types[1], types[3]),
        ("task_run.state", "task_run.progress_msg.plan", "task_run.progress_stats")
    );
    let last = events.last().unwrap();
    assert_eq!(
        (types.len(), types[10], &last["run"]["is_active"]),
        (11, "task_run.state", &Value::Bool(false))
    );
    assert_eq!(last["output"].is_object(), last["run"]["status"] == "completed");
    assert_eq!((&events[0]["event_id"], &events[0]["output"]), (&Value::Null, &Value::Null));
    // Once more from the start: there is no cursor.
    assert_eq!(get(&sandbox, &format!("/v1/tasks/runs/{id}/events")).events().len(), 11);
}

#[test]
fn five_thousand_added_runs_are_answered_each_with_its_own_input() {
    let options = Options { runs: 0, speed: 1000.0, output_bytes: Some(1500), ..Options::default() };
    let sandbox = Sandbox::start(options).unwrap();
    let add = format!("/v1/tasks/groups/{}/runs?refresh_status=false", sandbox.group_id());
    for batch in 0..5 {
        let input = |row: usize| serde_json::json!({"processor": "core", "input": format!("input {row}")});
        let inputs: Vec<Value> = (batch * 1000..(batch + 1) * 1000).map(input).collect();
        let answer = client::ask(&sandbox, "POST", &add, &serde_json::json!({"inputs": inputs}).to_string());
        assert_eq!(answer.json()["run_ids"].as_array().unwrap().len(), 1000);
    }
    let events = get(&sandbox, &format!("/v1/tasks/groups/{}/events", sandbox.group_id())).events();
    assert_eq!(events.last().unwrap()["status"]["num_task_runs"], 5000);
    let events = get(&sandbox, &runs(&sandbox, "include_output=true")).events();
    assert_eq!(events.len(), 5000);
    for (row, event) in events.iter().enumerate().filter(|(_, event)| event["run"]["status"] == "completed") {
        assert_eq!(event["output"]["content"]["answer"], format!("Answer to: input {row}"));
    }
}

#[test]
fn a_run_that_asks_for_no_progress_has_its_states_only() {
    let sandbox = sandbox(0);
    let types = |enable: bool| {
        let body =
            serde_json::json!({"processor": "core", "input": "x", "enable_events": enable}).to_string();
        let run = client::ask(&sandbox, "POST", "/v1/tasks/runs", &body).json();
        let events =
            get(&sandbox, &format!("/v1/tasks/runs/{}/events", run["run_id"].as_str().unwrap())).events();
        events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(types(false), ["task_run.state", "task_run.state"]);
    assert_eq!(types(true).len(), 11);
}

#[test]
fn every_legal_form_of_the_stream_holds_the_same_events() {
    let sandbox = sandbox(10);
    let truth = get(&sandbox, &runs(&sandbox, "include_output=true")).events();
    for line_end in [LineEnd::Lf, LineEnd::Crlf, LineEnd::Cr] {
        for switch in [false, true] {
            sandbox.faults(|faults| {
                faults.line_end = line_end;
                (faults.comments, faults.pings, faults.data_lines, faults.id_lines) =
                    (switch, switch, switch, switch);
                faults.retry_milliseconds = switch.then_some(250);
            });
            let answer = get(&sandbox, &runs(&sandbox, "include_output=true"));
            assert_eq!(answer.events(), truth);
            let body = answer.body();
            let end = match line_end {
                LineEnd::Lf => "\n",
                LineEnd::Crlf => "\r\n",
                LineEnd::Cr => "\r",
            };
            // A comment is a block of its own, as servers keep a silent stream alive.
            for line in ["retry: 250", &format!("{end}: still here{end}"), "event: ping", "id: 10"] {
                assert_eq!(body.contains(&format!("{line}{end}")), switch, "{line}");
            }
            assert_eq!(body.matches("data: ").count() > truth.len(), switch);
        }
    }
}
