//! Every call of the API that answers with JSON, over real sockets.

mod client;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use client::{ask, get};
use serde_json::{Value, json};
use taskgroup_sandbox::{Lifecycle, Options, Sandbox};

/// A sandbox whose own runs have ended, and whose added runs end soon.
fn sandbox() -> Sandbox {
    Sandbox::start(Options { runs: 3, speed: 1000.0, ..Options::default() }).unwrap()
}

/// A sandbox whose runs stay queued for as long as a test takes.
fn slow() -> Sandbox {
    Sandbox::start(Options { runs: 3, finished: false, speed: 0.001, ..Options::default() }).unwrap()
}

fn add(sandbox: &Sandbox, group: &str, query: &str, body: &Value) -> client::Answer {
    ask(sandbox, "POST", &format!("/v1/tasks/groups/{group}/runs{query}"), &body.to_string())
}

#[test]
fn a_group_is_created_and_found_again_in_both_versions() {
    let sandbox = sandbox();
    let answer = ask(&sandbox, "POST", "/v1beta/tasks/groups", r#"{"metadata":{"team":"größe"}}"#);
    assert_eq!(answer.status(), 200);
    let created = answer.json();
    assert_eq!(created["metadata"], json!({"team": "größe"}));
    assert_eq!(created["status"]["num_task_runs"], 0);
    let id = created["taskgroup_id"].as_str().unwrap();
    assert!(id.starts_with("tgrp_"));
    for version in ["v1beta", "v1"] {
        assert_eq!(get(&sandbox, &format!("/{version}/tasks/groups/{id}")).json(), created);
    }
}

#[test]
fn added_runs_come_back_by_id_with_the_cursors_of_before() {
    let sandbox = slow();
    let body = json!({
        "default_task_spec": {"output_schema": {"type": "text"}},
        "inputs": [{"processor": "core", "input": "one"}, {"processor": "lite", "input": {"two": 2}, "metadata": {"row": 2}}],
    });
    let answer = add(&sandbox, sandbox.group_id(), "", &body).json();
    assert_eq!(answer["status"]["num_task_runs"], 5);
    assert_eq!(answer["status"]["is_active"], true);
    assert_eq!(answer["run_cursor"], "3");
    assert_eq!(answer["event_cursor"], "e1");
    let stream = get(&sandbox, &client::runs(&sandbox, "last_event_id=3&include_input=true")).events();
    let ids: Vec<&Value> = stream.iter().map(|event| &event["run"]["run_id"]).collect();
    assert_eq!(json!(ids), answer["run_ids"]);
    assert_eq!(stream[1]["input"]["input"], json!({"two": 2}));
    assert_eq!(stream[1]["input"]["task_spec"]["output_schema"]["type"], "text");
    assert_eq!(stream[1]["run"]["metadata"], json!({"row": 2}));
}

#[test]
fn the_first_runs_of_a_group_have_no_cursors_and_a_stale_status_is_to_be_had() {
    let sandbox = sandbox();
    let id = sandbox.create_group(0);
    let body = json!({"inputs": [{"processor": "core", "input": "one"}]});
    let first = add(&sandbox, &id, "?refresh_status=false", &body).json();
    assert_eq!([&first["run_cursor"], &first["event_cursor"]], [&Value::Null; 2]);
    assert_eq!(first["status"]["num_task_runs"], 0);
    assert_eq!(add(&sandbox, &id, "", &body).json()["status"]["num_task_runs"], 2);
}

#[test]
fn a_thousand_inputs_are_taken_and_one_more_is_not() {
    let sandbox = sandbox();
    let inputs = |count: usize| json!({"inputs": vec![json!({"processor": "lite", "input": "x"}); count]});
    assert_eq!(
        add(&sandbox, sandbox.group_id(), "", &inputs(1000)).json()["run_ids"].as_array().unwrap().len(),
        1000
    );
    assert_eq!(add(&sandbox, sandbox.group_id(), "", &inputs(1001)).status(), 422);
    assert_eq!(add(&sandbox, sandbox.group_id(), "", &inputs(0)).status(), 422);
}

#[test]
fn a_run_is_found_alone_and_in_its_group_only() {
    let sandbox = sandbox();
    let (group, other) = (sandbox.group_id(), sandbox.create_group(0));
    let run = get(&sandbox, &client::runs(&sandbox, "")).events()[0]["run"].clone();
    let id = run["run_id"].as_str().unwrap();
    assert_eq!(get(&sandbox, &format!("/v1beta/tasks/groups/{group}/runs/{id}")).json(), run);
    assert_eq!(get(&sandbox, &format!("/v1beta/tasks/groups/{other}/runs/{id}")).status(), 404);
    let mut alone = get(&sandbox, &format!("/v1/tasks/runs/{id}")).json();
    assert!(alone.as_object_mut().unwrap().shift_remove("interaction_id").is_some_and(|id| id.is_string()));
    assert_eq!(alone, run);
}

#[test]
fn a_run_made_alone_has_its_input_and_its_result() {
    let lifecycle = Lifecycle { failed: 0.3, cancelled: 0.3, ..Lifecycle::default() };
    let sandbox = Sandbox::start(Options { speed: 2000.0, lifecycle, ..Options::default() }).unwrap();
    let input =
        json!({"processor": "core", "input": "Wie groß?", "task_spec": {"output_schema": {"type": "text"}}});
    let mut ends = BTreeMap::<String, usize>::new();
    for _ in 0..30 {
        let answer = ask(&sandbox, "POST", "/v1/tasks/runs", &input.to_string());
        let queued = answer.json();
        assert_eq!(
            (answer.status(), &queued["status"], &queued["is_active"]),
            (202, &json!("queued"), &json!(true))
        );
        assert_eq!(queued["taskgroup_id"], Value::Null);
        let path = format!("/v1/tasks/runs/{}", queued["run_id"].as_str().unwrap());
        assert_eq!(get(&sandbox, &format!("{path}/input")).json(), input);
        let result = get(&sandbox, &format!("{path}/result"));
        let run = get(&sandbox, &path).json();
        let status = run["status"].as_str().unwrap();
        *ends.entry(status.to_owned()).or_default() += 1;
        assert_eq!(run["error"]["message"].is_string(), status == "failed");
        if status == "completed" {
            assert_eq!((result.status(), &result.json()["run"]), (200, &run));
            assert_eq!(result.json()["output"]["type"], "text");
        } else {
            let message = result.json()["error"]["message"].as_str().unwrap().to_owned();
            assert_eq!((result.status(), message.contains(status)), (404, true), "{message}");
        }
    }
    assert_eq!(ends.keys().collect::<Vec<_>>(), ["cancelled", "completed", "failed"]);
}

#[test]
fn a_group_goes_through_every_state_and_its_counts_add_up() {
    let lifecycle = Lifecycle { failed: 0.2, cancelled: 0.4, ..Lifecycle::default() };
    let sandbox = Sandbox::start(Options { runs: 0, lifecycle, speed: 10.0, ..Options::default() }).unwrap();
    let inputs = vec![json!({"processor": "core", "input": "x"}); 200];
    add(&sandbox, sandbox.group_id(), "", &json!({"inputs": inputs}));
    let events = get(&sandbox, &format!("/v1/tasks/groups/{}/events", sandbox.group_id())).events();
    let mut states = BTreeSet::new();
    for event in events.iter().filter(|event| event["type"] == "task_group_status") {
        let counts = event["status"]["task_run_status_counts"].as_object().unwrap();
        assert_eq!(counts.values().filter_map(Value::as_u64).sum::<u64>(), 200);
        states.extend(counts.keys().cloned());
    }
    assert_eq!(
        states.iter().collect::<Vec<_>>(),
        ["cancelled", "cancelling", "completed", "failed", "queued", "running"]
    );
    let ended = events.iter().filter(|event| event["type"] == "task_run.state");
    let ended: BTreeSet<&str> = ended.map(|event| event["run"]["run_id"].as_str().unwrap()).collect();
    assert_eq!(ended.len(), 200);
}

#[test]
fn answers_have_the_form_asked_for_and_repeat_the_input() {
    let lifecycle = Lifecycle { failed: 0.0, ..Lifecycle::default() };
    let sandbox =
        Sandbox::start(Options { runs: 0, lifecycle, speed: 1000.0, ..Options::default() }).unwrap();
    let schema = json!({"type": "json", "json_schema": {"type": "object", "properties": {
        "gdp": {"type": "string"}, "year": {"type": "integer"},
    }}});
    let asked = |input: Value, schema: Option<Value>| {
        let mut body = json!({"processor": "core", "input": input, "metadata": {"row": 7}});
        if let Some(schema) = schema {
            body["task_spec"] = json!({"output_schema": schema});
        }
        let run = ask(&sandbox, "POST", "/v1/tasks/runs", &body.to_string()).json();
        let result =
            get(&sandbox, &format!("/v1/tasks/runs/{}/result", run["run_id"].as_str().unwrap())).json();
        assert_eq!(result["run"]["metadata"], json!({"row": 7}));
        result["output"].clone()
    };
    for text in [json!({"type": "text"}), json!("A report.")] {
        let output = asked(json!("Wie groß?"), Some(text));
        assert_eq!((&output["type"], &output["output_schema"]), (&json!("text"), &Value::Null));
        assert!(output["content"].as_str().unwrap().starts_with("Answer to: Wie groß?\n"));
    }
    let output = asked(json!({"country": "France"}), Some(schema));
    assert_eq!(output["content"]["gdp"], r#"Answer to: {"country":"France"}"#);
    assert!(output["content"]["year"].is_i64() && output["content"].as_object().unwrap().len() == 2);
    for schema in [None, Some(json!({"type": "auto"}))] {
        let output = asked(json!("one"), schema);
        assert_eq!(output["content"]["answer"], "Answer to: one");
        let described = output["output_schema"]["properties"].as_object().unwrap();
        assert!(described.keys().eq(output["content"].as_object().unwrap().keys()));
        assert_eq!(output["basis"][0]["reasoning"], "Answer to: one");
    }
}

#[test]
fn a_result_is_waited_for_and_not_longer_than_asked() {
    let sandbox = slow();
    let id = get(&sandbox, &client::runs(&sandbox, "")).events()[0]["run"]["run_id"].clone();
    let started = Instant::now();
    let answer = get(&sandbox, &format!("/v1/tasks/runs/{}/result?timeout=1", id.as_str().unwrap()));
    assert_eq!((answer.status(), answer.json()["error"]["message"].is_string()), (408, true));
    assert!((1.0..10.0).contains(&started.elapsed().as_secs_f64()));

    let sandbox =
        Sandbox::start(Options { runs: 1, finished: false, speed: 200.0, ..Options::default() }).unwrap();
    let id = get(&sandbox, &client::runs(&sandbox, "")).events()[0]["run"]["run_id"].clone();
    let answer = get(&sandbox, &format!("/v1/tasks/runs/{}/result", id.as_str().unwrap()));
    assert_eq!(answer.json()["run"]["is_active"], false);
}

#[test]
fn bad_clients_get_no_more_than_an_error() {
    let sandbox = sandbox();
    for bytes in [
        "",
        "\0\0\0",
        "GET",
        "GET / HTTP/9.9\r\n\r\n",
        "POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
        &"x".repeat(1 << 20),
    ] {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", sandbox.port())).unwrap();
        // The server may have gone before all is written.
        let _ = std::io::Write::write_all(&mut stream, bytes.as_bytes());
        let _ = stream.shutdown(std::net::Shutdown::Write);
        client::read(stream, std::time::Duration::from_secs(60));
    }
    assert_eq!(get(&sandbox, &client::runs(&sandbox, "last_event_id=%ff")).status(), 422);
    assert_eq!(get(&sandbox, "/v1/tasks/groups/%ff/runs").status(), 400);
    assert_eq!(get(&sandbox, &client::runs(&sandbox, "")).events().len(), 3);
}

#[test]
fn the_same_seed_and_the_same_requests_give_the_same_ids_ends_and_answers() {
    let world = |seed| {
        let lifecycle = Lifecycle { failed: 0.2, cancelled: 0.2, ..Lifecycle::default() };
        let options = Options { seed, runs: 0, speed: 1000.0, lifecycle, ..Options::default() };
        let sandbox = Sandbox::start(options).unwrap();
        let inputs: Vec<Value> =
            (0..30).map(|row| json!({"processor": "core", "input": {"row": row}})).collect();
        add(&sandbox, sandbox.group_id(), "", &json!({"inputs": inputs}));
        let events = get(&sandbox, &format!("/v1/tasks/groups/{}/events", sandbox.group_id())).events();
        assert_eq!(events.last().unwrap()["status"]["is_active"], false);
        let runs = get(&sandbox, &client::runs(&sandbox, "include_output=true")).events();
        let parts = |event: &Value| {
            let run = &event["run"];
            (run["run_id"].clone(), run["status"].clone(), run["error"].clone(), event["output"].clone())
        };
        runs.iter().map(parts).collect::<Vec<_>>()
    };
    assert_eq!(world(1), world(1));
    assert_ne!(world(1), world(2));
}
