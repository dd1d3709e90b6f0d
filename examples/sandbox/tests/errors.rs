//! Each error of each call, as the service gives it: the status, and either an error with a reference or a
//! list of places.

mod client;

use client::{Answer, ask, get, send};
use serde_json::{Value, json};
use taskgroup_sandbox::{Instead, Lifecycle, Options, Sandbox};

/// Every call, with `G` for a group and `R` for one of its runs.
const CALLS: [(&str, &str); 11] = [
    ("POST", "/tasks/groups"),
    ("GET", "/tasks/groups/G"),
    ("POST", "/tasks/groups/G/runs"),
    ("GET", "/tasks/groups/G/runs"),
    ("GET", "/tasks/groups/G/events"),
    ("GET", "/tasks/groups/G/runs/R"),
    ("POST", "/tasks/runs"),
    ("GET", "/tasks/runs/R"),
    ("GET", "/tasks/runs/R/input"),
    ("GET", "/tasks/runs/R/result"),
    ("GET", "/tasks/runs/R/events"),
];

/// A body that each POST takes.
fn body(method: &str, path: &str) -> String {
    match path {
        _ if method == "GET" => String::new(),
        "/tasks/groups" => "{}".to_owned(),
        "/tasks/runs" => json!({"processor": "core", "input": "x"}).to_string(),
        _ => json!({"inputs": [{"processor": "core", "input": "x"}]}).to_string(),
    }
}

/// A sandbox with one run, which has completed, and its path in both versions.
fn sandbox() -> Sandbox {
    let lifecycle = Lifecycle { failed: 0.0, ..Lifecycle::default() };
    Sandbox::start(Options { runs: 1, lifecycle, ..Options::default() }).unwrap()
}

fn run_id(sandbox: &Sandbox) -> String {
    sandbox.runs(sandbox.group_id(), Default::default()).next().unwrap().run_id
}

fn target(sandbox: &Sandbox, version: &str, path: &str) -> String {
    let path = path.replace("/R", &format!("/{}", run_id(sandbox)));
    format!("/{version}{}", path.replace("/G", &format!("/{}", sandbox.group_id())))
}

/// The answer is an error with a reference of its own and a message.
fn assert_error(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status(), status, "{what}: {}", answer.body());
    let body = answer.json();
    assert_eq!(body["type"], "error", "{what}");
    assert_eq!(body["error"]["ref_id"].as_str().unwrap().len(), 36, "{what}");
    assert!(!body["error"]["message"].as_str().unwrap().is_empty() && body["error"]["detail"].is_object());
    assert_eq!(answer.header("content-type").unwrap(), "application/json");
}

#[test]
fn each_call_succeeds_before_it_is_made_to_fail() {
    let sandbox = sandbox();
    for version in ["v1", "v1beta"] {
        for (method, path) in CALLS {
            let answer = ask(&sandbox, method, &target(&sandbox, version, path), &body(method, path));
            let expected = if (method, path) == ("POST", "/tasks/runs") { 202 } else { 200 };
            assert_eq!(answer.status(), expected, "{method} {path}");
        }
    }
}

#[test]
fn each_call_needs_the_key() {
    let sandbox = sandbox();
    for (method, path) in CALLS {
        for key in ["", "x-api-key: wrong\r\n", "x-api-key: sandbox-ke\r\n", "x-api-key:\r\n"] {
            let (target, body) = (target(&sandbox, "v1", path), body(method, path));
            let length = body.len();
            let answer = send(
                &sandbox,
                &format!(
                    "{method} {target} HTTP/1.1\r\nhost: localhost\r\n{key}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
                ),
            );
            assert_error(&answer, 401, &format!("{method} {path} {key}"));
        }
    }
    assert_eq!(
        get(&sandbox, &target(&sandbox, "v1", "/tasks/groups/G")).json()["status"]["num_task_runs"],
        1
    );
}

#[test]
fn each_call_can_be_refused_on_demand_with_what_the_service_says_then() {
    let sandbox = sandbox();
    for (method, path) in CALLS {
        for status in [402, 403, 408, 429, 500, 502, 503, 504] {
            let instead = Instead::status(status).header("retry-after", "2").message("Not now").times(1);
            sandbox.faults(|faults| faults.instead = Some(instead.only(method)));
            let target = target(&sandbox, "v1beta", path);
            let answer = ask(&sandbox, method, &target, &body(method, path));
            assert_error(&answer, status, &format!("{method} {path}"));
            assert_eq!(
                (answer.header("retry-after").unwrap(), &answer.json()["error"]["message"]),
                ("2".into(), &json!("Not now"))
            );
        }
    }
    sandbox.faults(|faults| faults.instead = Some(Instead::status(402).only("POST /v1/tasks/runs")));
    assert_eq!(get(&sandbox, &target(&sandbox, "v1", "/tasks/runs/R")).status(), 200);
    assert_eq!(ask(&sandbox, "POST", "/v1/tasks/runs", "{}").status(), 402);
    assert_eq!(sandbox.stats().instead, 8 * CALLS.len() as u64 + 1);
}

#[test]
fn what_is_not_there_is_a_404() {
    let sandbox = sandbox();
    let other = sandbox.create_group(0);
    for version in ["v1", "v1beta"] {
        for (method, path) in CALLS.into_iter().filter(|(_, path)| path.contains("/G") || path.contains("/R"))
        {
            let missing = path.replace("/G", "/tgrp_0").replace("/R", "/trun_0");
            let answer = ask(&sandbox, method, &format!("/{version}{missing}"), &body(method, path));
            assert_error(&answer, 404, &missing);
        }
        let elsewhere = format!("/{version}/tasks/groups/{other}/runs/{}", run_id(&sandbox));
        assert_error(&get(&sandbox, &elsewhere), 404, &elsewhere);
    }
    for path in ["/", "/v2/tasks/groups", "/v1/tasks", "/v1/tasks/runs/x/y"] {
        assert_error(&get(&sandbox, path), 404, path);
    }
    assert_error(&ask(&sandbox, "DELETE", "/v1/tasks/groups", ""), 405, "DELETE");
}

#[test]
fn the_result_of_a_run_without_one_is_an_error() {
    for (lifecycle, word) in [
        (Lifecycle { failed: 1.0, ..Lifecycle::default() }, "failed"),
        (Lifecycle { failed: 0.0, cancelled: 1.0, ..Lifecycle::default() }, "cancelled"),
    ] {
        let sandbox = Sandbox::start(Options { runs: 1, lifecycle, ..Options::default() }).unwrap();
        let answer = get(&sandbox, &target(&sandbox, "v1", "/tasks/runs/R/result"));
        assert_error(&answer, 404, word);
        assert!(answer.json()["error"]["message"].as_str().unwrap().contains(word));
    }
    let slow = Options { runs: 1, finished: false, speed: 0.001, ..Options::default() };
    let sandbox = Sandbox::start(slow).unwrap();
    let answer = get(&sandbox, &target(&sandbox, "v1", "/tasks/runs/R/result?timeout=0"));
    assert_error(&answer, 408, "still active");
}

#[test]
fn what_a_query_cannot_say_is_a_422() {
    let sandbox = sandbox();
    for (path, name, kind) in [
        ("/tasks/groups/G/runs?status=done", "status", "enum"),
        ("/tasks/groups/G/runs?status=completed,failed", "status", "enum"),
        ("/tasks/groups/G/runs?include_input=perhaps", "include_input", "bool_parsing"),
        ("/tasks/groups/G/runs?include_output=2", "include_output", "bool_parsing"),
        ("/tasks/groups/G/runs?last_event_id=2", "last_event_id", "value_error"),
        ("/tasks/groups/G/runs?last_event_id=e1", "last_event_id", "value_error"),
        ("/tasks/groups/G/events?last_event_id=1", "last_event_id", "value_error"),
        ("/tasks/groups/G/events?last_event_id=x", "last_event_id", "value_error"),
        ("/tasks/groups/G/events?timeout=soon", "timeout", "float_parsing"),
        ("/tasks/groups/G/events?timeout=-1", "timeout", "float_parsing"),
        ("/tasks/runs/R/result?timeout=0.5", "timeout", "int_parsing"),
        ("/tasks/runs/R/result?timeout=-1", "timeout", "int_parsing"),
    ] {
        let answer = get(&sandbox, &target(&sandbox, "v1", path));
        let mistake = &answer.json()["detail"][0];
        assert_eq!(
            (answer.status(), &mistake["loc"], &mistake["type"]),
            (422, &json!(["query", name]), &json!(kind))
        );
    }
    let add = target(&sandbox, "v1", "/tasks/groups/G/runs?refresh_status=x");
    let answer = ask(&sandbox, "POST", &add, &body("POST", "/tasks/groups/G/runs"));
    assert_eq!(
        (answer.status(), &answer.json()["detail"][0]["loc"]),
        (422, &json!(["query", "refresh_status"]))
    );
}

/// Mistakes in a RunInput besides `input` and `processor`: the member, a value, and the place in that value
/// with its kind.
fn shapes() -> Vec<(&'static str, Value, Value, &'static str)> {
    let policy = |name: &str, count: usize| json!({name: vec!["example.org"; count]});
    let output = |schema: Value| json!({"output_schema": schema});
    vec![
        ("metadata", json!("x"), json!([]), "dict_type"),
        ("metadata", json!({"a key far too lon": 1}), json!(["a key far too lon"]), "string_too_long"),
        ("metadata", json!({"key": "x".repeat(513)}), json!(["key"]), "string_too_long"),
        ("metadata", json!({"key": null}), json!(["key"]), "union_type"),
        ("metadata", json!({"key": []}), json!(["key"]), "union_type"),
        ("source_policy", json!([]), json!([]), "dict_type"),
        ("source_policy", json!({"include_domains": "example.org"}), json!(["include_domains"]), "list_type"),
        ("source_policy", json!({"exclude_domains": [1]}), json!(["exclude_domains", 0]), "string_type"),
        ("source_policy", policy("include_domains", 201), json!([]), "value_error"),
        ("source_policy", json!({"after_date": 20240131}), json!(["after_date"]), "string_type"),
        (
            "source_policy",
            json!({"after_date": "31.1.2024"}),
            json!(["after_date"]),
            "date_from_datetime_parsing",
        ),
        (
            "source_policy",
            json!({"after_date": "2023-02-29"}),
            json!(["after_date"]),
            "date_from_datetime_parsing",
        ),
        (
            "source_policy",
            json!({"after_date": "2024-01-31T00:00:00Z"}),
            json!(["after_date"]),
            "date_from_datetime_parsing",
        ),
        ("task_spec", json!({}), json!(["output_schema"]), "missing"),
        ("task_spec", output(json!(5)), json!(["output_schema"]), "dict_type"),
        ("task_spec", output(json!({"type": "xml"})), json!(["output_schema", "type"]), "literal_error"),
        ("task_spec", output(json!({"type": "json"})), json!(["output_schema", "json_schema"]), "missing"),
        (
            "task_spec",
            output(json!({"type": "text", "description": 5})),
            json!(["output_schema", "description"]),
            "string_type",
        ),
        (
            "task_spec",
            json!({"output_schema": "x", "input_schema": {"type": "auto"}}),
            json!(["input_schema", "type"]),
            "literal_error",
        ),
        ("mcp_servers", json!({}), json!([]), "list_type"),
        ("mcp_servers", json!([{"name": "a"}]), json!([0, "url"]), "missing"),
        (
            "mcp_servers",
            json!([{"name": "a", "url": "https://a.example", "type": "stdio"}]),
            json!([0, "type"]),
            "literal_error",
        ),
        (
            "mcp_servers",
            json!([{"name": "a", "url": "https://a.example", "headers": {"x": 1}}]),
            json!([0, "headers", "x"]),
            "string_type",
        ),
        (
            "mcp_servers",
            json!([{"name": "a", "url": "https://a.example", "allowed_tools": "all"}]),
            json!([0, "allowed_tools"]),
            "list_type",
        ),
        ("enable_events", json!("yes"), json!([]), "bool_type"),
        ("webhook", json!({"event_types": ["task_run.status"]}), json!(["url"]), "missing"),
        (
            "webhook",
            json!({"url": "https://a.example", "event_types": ["all"]}),
            json!(["event_types", 0]),
            "literal_error",
        ),
        ("previous_interaction_id", json!(5), json!([]), "string_type"),
        ("memory_scope_key", json!(true), json!([]), "string_type"),
        ("advanced_settings", json!({"location": 49}), json!(["location"]), "string_type"),
        (
            "advanced_settings",
            json!({"data_sources": {"free": "atlas"}}),
            json!(["data_sources", "free"]),
            "list_type",
        ),
    ]
}

/// One mistake at this place: `before`, then the name, then what is inside it.
fn assert_place(answer: &Answer, before: Value, name: &str, inside: &Value, kind: &str) {
    let mut place = before.as_array().unwrap().clone();
    place.push(json!(name));
    place.extend(inside.as_array().unwrap().iter().cloned());
    let body = answer.json();
    assert_eq!(answer.status(), 422, "{body}");
    let mistakes = body["detail"].as_array().unwrap_or_else(|| panic!("no list: {body}"));
    assert_eq!(mistakes.len(), 1, "{body}");
    assert_eq!((&mistakes[0]["loc"], &mistakes[0]["type"]), (&json!(place), &json!(kind)));
    assert!(!mistakes[0]["msg"].as_str().unwrap().is_empty());
}

#[test]
fn each_mistake_in_an_input_is_named_by_its_place_alone_and_in_a_group() {
    let sandbox = sandbox();
    let add = target(&sandbox, "v1", "/tasks/groups/G/runs");
    let good = json!({"processor": "core", "input": "x"});
    let mut rows = shapes();
    rows.push(("processor", json!(7), json!([]), "string_type"));
    rows.push(("input", json!(7), json!([]), "union_type"));
    rows.push(("input", Value::Null, json!([]), "union_type"));
    for (name, value, inside, kind) in rows {
        let mut wrong = good.clone();
        wrong[name] = value.clone();
        let answer = ask(&sandbox, "POST", "/v1/tasks/runs", &wrong.to_string());
        assert_place(&answer, json!(["body"]), name, &inside, kind);
        let answer = ask(&sandbox, "POST", &add, &json!({"inputs": [good, wrong]}).to_string());
        assert_place(&answer, json!(["body", "inputs", 1]), name, &inside, kind);
        if name == "task_spec" {
            let body = json!({"inputs": [good], "default_task_spec": value});
            let answer = ask(&sandbox, "POST", &add, &body.to_string());
            assert_place(&answer, json!(["body"]), "default_task_spec", &inside, kind);
        }
        if name == "metadata" {
            let answer = ask(&sandbox, "POST", "/v1/tasks/groups", &json!({"metadata": value}).to_string());
            assert_place(&answer, json!(["body"]), name, &inside, kind);
        }
    }
    for name in ["processor", "input"] {
        let mut wrong = good.clone();
        wrong.as_object_mut().unwrap().remove(name);
        let answer = ask(&sandbox, "POST", "/v1/tasks/runs", &wrong.to_string());
        assert_place(&answer, json!(["body"]), name, &json!([]), "missing");
    }
    let runs = get(&sandbox, &target(&sandbox, "v1", "/tasks/groups/G")).json();
    assert_eq!(runs["status"]["num_task_runs"], 1, "nothing was added by halves");
}

#[test]
fn all_mistakes_of_a_body_are_named_at_once() {
    let sandbox = sandbox();
    let body = json!({"processor": 5, "metadata": {"a": null, "b": []}}).to_string();
    let answer = ask(&sandbox, "POST", "/v1/tasks/runs", &body).json();
    let places: Vec<&Value> = answer["detail"].as_array().unwrap().iter().map(|one| &one["loc"]).collect();
    let expected = [
        json!(["body", "processor"]),
        json!(["body", "input"]),
        json!(["body", "metadata", "a"]),
        json!(["body", "metadata", "b"]),
    ];
    assert_eq!(places, expected.iter().collect::<Vec<_>>());
}

#[test]
fn a_body_that_is_no_object_is_a_422() {
    let sandbox = sandbox();
    for (method, path) in CALLS.into_iter().filter(|(method, _)| *method == "POST") {
        let target = target(&sandbox, "v1beta", path);
        for (body, kind) in
            [("[]", "model_attributes_type"), ("{\"x\":", "json_invalid"), ("\u{0}", "json_invalid")]
        {
            let answer = ask(&sandbox, method, &target, body);
            assert_eq!(
                (answer.status(), &answer.json()["detail"][0]["type"]),
                (422, &json!(kind)),
                "{path} {body}"
            );
        }
    }
    let add = target(&sandbox, "v1", "/tasks/groups/G/runs");
    for (body, place, kind) in [
        ("", json!(["body"]), "missing"),
        ("{}", json!(["body", "inputs"]), "missing"),
        (r#"{"inputs":[]}"#, json!(["body", "inputs"]), "too_short"),
        (r#"{"inputs":{}}"#, json!(["body", "inputs"]), "list_type"),
        (r#"{"inputs":["x"]}"#, json!(["body", "inputs", 0]), "dict_type"),
    ] {
        let answer = ask(&sandbox, "POST", &add, body).json();
        assert_eq!(
            (&answer["detail"][0]["loc"], &answer["detail"][0]["type"]),
            (&place, &json!(kind)),
            "{body}"
        );
    }
}

#[test]
fn what_has_the_right_shape_and_asks_for_too_much_is_an_error_with_a_message() {
    let sandbox = sandbox();
    let add = target(&sandbox, "v1", "/tasks/groups/G/runs");
    let output = |schema: Value| json!({"output_schema": {"type": "json", "json_schema": schema}});
    let nested = |levels: usize| {
        let leaf = json!({"type": "string"});
        (0..levels).fold(leaf, |inside, _| json!({"type": "object", "properties": {"inside": inside}}))
    };
    let listed = json!({"type": "object", "properties": {"list": {"type": "array", "items": nested(3)}}});
    let circle = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
    let loops = json!({"type": "object", "allOf": [{"$ref": "#"}, {"$ref": "#"}]});
    for (name, value, message) in [
        ("processor", json!("mega"), "Unknown processor \"mega\""),
        ("processor", json!("core-slow"), "Unknown processor"),
        ("input", json!("x".repeat(25_001)), "25001 characters together, at most 25000"),
        ("task_spec", json!({"output_schema": "ß".repeat(24_980)}), "too long"),
        (
            "task_spec",
            output(json!({"type": "text"})),
            "Invalid JSON schema in output_schema: \"text\" is no type",
        ),
        ("task_spec", output(json!({"properties": {}})), "the root should have the type object"),
        ("task_spec", output(json!({"type": "object", "properties": []})), "properties should be an object"),
        ("task_spec", output(json!({"type": "object", "properties": {"a": 5}})), "5 is no schema"),
        ("task_spec", output(json!({"type": "object", "required": "a"})), "required should be a list"),
        ("task_spec", output(nested(4)), "nested in more than 3 levels"),
        ("task_spec", output(listed), "nested in more than 3 levels"),
        ("task_spec", output(circle), "nested in more than 3 levels"),
        ("task_spec", output(loops), "nested in more than 3 levels"),
        (
            "task_spec",
            json!({"output_schema": "x", "input_schema": {"type": "json", "json_schema": {"type": 5}}}),
            "in input_schema: 5 is no type",
        ),
    ] {
        let mut wrong = json!({"processor": "core", "input": "x"});
        wrong[name] = value;
        for (path, body) in [("/v1/tasks/runs", wrong.clone()), (&*add, json!({"inputs": [wrong]}))] {
            let answer = ask(&sandbox, "POST", path, &body.to_string());
            assert_error(&answer, 422, message);
            let text = answer.json()["error"]["message"].as_str().unwrap().to_owned();
            assert!(text.contains(message), "{text}");
        }
    }
    // What is just within the limits is taken.
    let spec = json!({"output_schema": {"type": "json", "json_schema": nested(3)}});
    for body in [
        json!({"processor": "ultra8x-fast", "input": "ß".repeat(25_000)}),
        json!({"processor": "core", "input": {}, "task_spec": spec}),
        json!({"processor": "core", "input": "x", "metadata": {"sixteen letters!": "ß".repeat(512)}}),
        json!({"processor": "core", "input": "x", "source_policy": {"include_domains": vec!["a.example"; 200], "after_date": "2024-02-29"}}),
        json!({"processor": "core", "input": "x", "a member of tomorrow": {"x": 1}}),
    ] {
        assert_eq!(ask(&sandbox, "POST", "/v1/tasks/runs", &body.to_string()).status(), 202);
    }
}

#[test]
fn a_default_task_spec_counts_for_the_inputs_without_one() {
    let sandbox = sandbox();
    let add = target(&sandbox, "v1", "/tasks/groups/G/runs");
    let long = "x".repeat(24_000);
    let own = json!({"processor": "core", "input": long, "task_spec": {"output_schema": "x"}});
    let none = json!({"processor": "core", "input": long});
    let body =
        |input: &Value| json!({"inputs": [input], "default_task_spec": {"output_schema": long}}).to_string();
    assert_eq!(ask(&sandbox, "POST", &add, &body(&own)).status(), 200);
    assert_error(&ask(&sandbox, "POST", &add, &body(&none)), 422, "too long");
}
