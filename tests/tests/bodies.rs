//! What POSTs say: as the service has it, the same by each way to write it, and within the service's limits.

use serde_json::{Value as Json, json};
use taskgroup::{
    api::{
        self,
        body::{
            AdvancedSettings, Input, Inputs, Limit, McpServer, NewGroup, NewRuns, Number, RunInput, Schema,
            SourcePolicy, TaskSpec, Value, Webhook,
        },
    },
    json::Serialized,
    session::{Config, Misuse, Outcome, Request},
};
use taskgroup_tests::{
    peer::{Answer, Peer, Received},
    wire::Framing,
};

/// The request as a server reads it, sent through a buffer of this size.
fn received<'c>(request: impl Into<Request<'c>>, buffer: usize) -> Result<Received, Outcome> {
    let mut peer = Peer::new(|_| Answer::new().bytes(Framing::Length.json("{}")));
    peer.write = buffer;
    let request: Request<'_> = request.into();
    let report = peer.run(Config::new("key").with_beta("mine"), request);
    report.requests.into_iter().next().ok_or(report.outcome.expect("it stops"))
}

fn body<'c>(request: impl Into<Request<'c>>) -> Json {
    let received = received(request, 4096).expect("it is sent");
    serde_json::from_slice(&received.body).expect("it is JSON")
}

fn refused<'c>(request: impl Into<Request<'c>>) -> Limit {
    let Err(Outcome::Misuse(Misuse::Body(why))) = received(request, 4096) else {
        panic!("it is not refused")
    };
    let all = [
        Limit::Inputs,
        Limit::MetadataKey,
        Limit::MetadataValue,
        Limit::Domains,
        Limit::Characters,
        Limit::Input,
        Limit::Schema,
        Limit::Metadata,
    ];
    all.into_iter().find(|limit| limit.as_str() == why).expect("it is one of the limits")
}

const METADATA: &[(&str, Value<'_>)] =
    &[("row", Value::Integer(-41)), ("note", Value::Text("\"Größe\"\n\u{1}")), ("last", Value::Bool(true))];

fn full<'a>() -> RunInput<'a> {
    const SERVERS: &[McpServer<'_>] = &[
        McpServer::new("shop", "https://mcp.example.org/")
            .headers(&[("authorization", "Bearer x")])
            .allowed_tools(&["buy"]),
        McpServer::new("bare", "https://example.org/"),
    ];
    RunInput::new("base", "Größe von \"Zürich\"?\u{7f}\\")
        .metadata(METADATA)
        .source_policy(
            SourcePolicy::new()
                .include_domains(&["a.example", "b.example"])
                .exclude_domains(&["c.example"])
                .after_date("2025-01-31"),
        )
        .task_spec(TaskSpec::json(r#" {"type" : "object"} "#).input_schema(Schema::Text(None)))
        .mcp_servers(SERVERS)
        .enable_events(true)
        .webhook(Webhook::new("https://example.org/hook").event_types(Webhook::STATUS))
        .previous_interaction_id("int_1")
        .advanced_settings(AdvancedSettings::new().location("us"))
        .memory_scope_key("scope")
}

fn full_json() -> Json {
    json!({
        "processor": "base",
        "input": "Größe von \"Zürich\"?\u{7f}\\",
        "metadata": {"row": -41, "note": "\"Größe\"\n\u{1}", "last": true},
        "source_policy": {
            "include_domains": ["a.example", "b.example"],
            "exclude_domains": ["c.example"],
            "after_date": "2025-01-31",
        },
        "task_spec": {
            "output_schema": {"type": "json", "json_schema": {"type": "object"}},
            "input_schema": {"type": "text"},
        },
        "mcp_servers": [
            {
                "type": "url",
                "url": "https://mcp.example.org/",
                "name": "shop",
                "headers": {"authorization": "Bearer x"},
                "allowed_tools": ["buy"],
            },
            {"type": "url", "url": "https://example.org/", "name": "bare"},
        ],
        "enable_events": true,
        "webhook": {"url": "https://example.org/hook", "event_types": ["task_run.status"]},
        "previous_interaction_id": "int_1",
        "advanced_settings": {"location": "us"},
        "memory_scope_key": "scope",
    })
}

#[test]
fn each_member_of_an_input_is_written_as_the_service_has_it() {
    assert_eq!(body(api::create_run(&full())), full_json());
    assert_eq!(serde_json::to_value(full()).unwrap(), full_json());
}

#[test]
fn what_was_not_given_is_not_written() {
    assert_eq!(
        body(api::create_run(&RunInput::new("lite", "Who?"))),
        json!({"processor": "lite", "input": "Who?"})
    );
    assert_eq!(body(api::create_group(&NewGroup::new())), json!({}));
    assert_eq!(body(api::add_runs("tgrp_1", &NewRuns::new(&[]))), json!({"inputs": []}));
}

#[test]
fn a_schema_is_written_by_its_type() {
    for (schema, expected) in [
        (Schema::Json("{\"a\":[1,{}]}"), json!({"type": "json", "json_schema": {"a": [1, {}]}})),
        (Schema::Text(None), json!({"type": "text"})),
        (Schema::Text(Some("in words")), json!({"type": "text", "description": "in words"})),
        (Schema::Auto, json!({"type": "auto"})),
        (Schema::Words("The GDP, in $"), json!("The GDP, in $")),
    ] {
        let input = RunInput::new("base", "x").task_spec(TaskSpec::new(schema));
        let expected = json!({"processor": "base", "input": "x", "task_spec": {"output_schema": expected}});
        assert_eq!(body(api::create_run(&input)), expected);
        assert_eq!(serde_json::to_value(input).unwrap(), expected);
    }
}

#[test]
fn a_group_has_metadata_of_all_kinds() {
    let metadata = [("half", Value::from(Number::new(0.5).unwrap())), ("big", Value::from(i64::MIN))];
    let group = NewGroup::new().metadata(&metadata);
    let expected = json!({"metadata": {"half": 0.5, "big": i64::MIN}});
    assert_eq!(body(api::create_group(&group)), expected);
    assert_eq!(serde_json::to_value(group).unwrap(), expected);
    assert_eq!(Number::new(f64::NAN), None);
    assert_eq!(Number::new(f64::NEG_INFINITY), None);
}

#[test]
fn an_input_may_be_json_or_a_value_of_ones_own() {
    #[derive(serde::Serialize)]
    struct Question {
        company: &'static str,
        since: Option<u16>,
        tags: Vec<(char, f32)>,
        kind: Kind,
    }

    #[derive(serde::Serialize)]
    enum Kind {
        Both(u8, i8),
        One { a: () },
        None,
    }

    for kind in [Kind::Both(1, -1), Kind::One { a: () }, Kind::None] {
        let question = Question { company: "Größe\t", since: Some(7), tags: vec![('ü', 0.25)], kind };
        let expected = json!({"processor": "p", "input": serde_json::to_value(&question).unwrap()});
        let value = Serialized(question);
        assert_eq!(body(api::create_run(&RunInput::new("p", &value))), expected);
        let text = serde_json::to_string_pretty(&expected["input"]).unwrap();
        let input = RunInput::new("p", Input::Json(&text));
        assert_eq!(body(api::create_run(&input)), expected);
        assert_eq!(serde_json::to_value(input).unwrap(), expected);
    }
    let map = Serialized(std::collections::BTreeMap::from([(-3, "a"), (4, "b")]));
    assert_eq!(body(api::create_run(&RunInput::new("p", &map)))["input"], json!({"-3": "a", "4": "b"}));
}

#[test]
fn a_whole_input_as_text_keeps_its_members_and_takes_more() {
    let text = " {\"processor\": \"base\", \"input\": {\"a\": [\"\\ud83d\\ude00 \\u00fc \\\\\", -1.5e3, null]}, \"new\": true }\n";
    let input = RunInput::json(text).metadata(METADATA);
    let expected = json!({
        "processor": "base",
        "input": {"a": ["😀 ü \\", -1500.0, null]},
        "new": true,
        "metadata": {"row": -41, "note": "\"Größe\"\n\u{1}", "last": true},
    });
    assert_eq!(body(api::create_run(&input)), expected);
    assert_eq!(serde_json::to_value(input).unwrap(), expected);
    for twice in ["{\"metadata\": null}", "{\"a\": {}, \"metadata\": {\"b\": 1}}", "{\"meta\\u0064ata\": {}}"]
    {
        body(api::create_run(&RunInput::json(twice)));
        assert_eq!(refused(api::create_run(&RunInput::json(twice).metadata(METADATA))), Limit::Metadata);
    }
    body(api::create_run(&RunInput::json("{\"a\": {\"metadata\": 1}}").metadata(METADATA)));
    assert_eq!(
        body(api::create_run(&RunInput::json(" { } ").metadata(METADATA)))["metadata"],
        expected["metadata"]
    );
}

#[test]
fn runs_come_from_a_list_or_from_a_function() {
    let spec = TaskSpec::auto();
    let expected = json!({
        "default_task_spec": {"output_schema": {"type": "auto"}},
        "inputs": [{"processor": "base", "input": "0"}, full_json(), {"processor": "base", "input": "2"}],
    });
    let list = [RunInput::new("base", "0"), full(), RunInput::new("base", "2")];
    let function = |number: usize| list.get(number).copied();
    for runs in [&list as &dyn Inputs, &&list[..], &function] {
        let runs = NewRuns::new(runs).default_task_spec(spec);
        assert_eq!(body(api::add_runs("tgrp_1", &runs)), expected);
        assert_eq!(serde_json::to_value(runs).unwrap(), expected);
    }
}

#[test]
fn a_body_is_the_same_through_a_buffer_of_any_size() {
    let list = [full(), RunInput::new("lite", "Who?"), full()];
    let runs = NewRuns::new(&list).default_task_spec(TaskSpec::text("A name."));
    let whole = received(api::add_runs("tgrp_1", &runs), 1 << 20).unwrap();
    assert_eq!(whole.header("content-length"), Some(whole.body.len().to_string().as_str()));
    for size in (1..=70).chain([128, 1000, whole.body.len(), whole.body.len() + 1]) {
        assert_eq!(received(api::add_runs("tgrp_1", &runs), size).unwrap(), whole, "{size}");
    }
}

#[test]
fn a_prompt_of_25_000_characters_needs_no_memory() {
    let prompt = "ü\n".repeat(12_500);
    let input = RunInput::new("base", prompt.as_str());
    let received = received(api::create_run(&input), 128).unwrap();
    assert_eq!(serde_json::from_slice::<Json>(&received.body).unwrap()["input"], json!(prompt));
}

#[test]
fn the_header_names_the_features_that_a_body_uses_and_those_of_the_config() {
    let servers = [McpServer::new("a", "https://example.org")];
    let plain = RunInput::new("base", "x");
    for (input, features) in [
        (plain, "mine"),
        (plain.enable_events(false), "mine"),
        (plain.enable_events(true), "mine,events-sse-2025-07-24"),
        (plain.mcp_servers(&servers), "mine,mcp-server-2025-07-17"),
        (plain.webhook(Webhook::new("https://example.org")), "mine,webhook-2025-08-12"),
        (full(), "mine,mcp-server-2025-07-17,events-sse-2025-07-24,webhook-2025-08-12"),
    ] {
        assert_eq!(received(api::create_run(&input), 50).unwrap().header("parallel-beta"), Some(features));
        let list = [plain, input];
        let runs = NewRuns::new(&list);
        assert_eq!(received(api::add_runs("g", &runs), 50).unwrap().header("parallel-beta"), Some(features));
    }
    let config = |names| Config::new("key").with_beta(names);
    for (names, expected) in [
        ("", Some("events-sse-2025-07-24")),
        ("a, events-sse-2025-07-24", Some("a, events-sse-2025-07-24")),
        ("events-sse-2025-07", Some("events-sse-2025-07,events-sse-2025-07-24")),
    ] {
        let mut peer = Peer::new(|_| Answer::new().bytes(Framing::Length.json("{}")));
        let input = plain.enable_events(true);
        let request: Request<'_> = api::create_run(&input).into();
        let report = peer.run(config(names), request);
        assert_eq!(report.requests[0].header("parallel-beta"), expected);
        let request: Request<'_> = api::create_run(&plain).into();
        let report = peer.run(config(""), request);
        assert_eq!(report.requests[0].header("parallel-beta"), None);
    }
}

#[test]
fn a_limit_is_found_before_anything_is_sent_and_named() {
    let plain = RunInput::new("base", "x");
    let function = |inputs: usize| move |number: usize| (number < inputs).then(|| RunInput::new("base", "x"));
    let (thousand, more) = (function(1000), function(1001));
    assert_eq!(body(api::add_runs("g", &NewRuns::new(&thousand)))["inputs"].as_array().unwrap().len(), 1000);
    assert_eq!(refused(api::add_runs("g", &NewRuns::new(&more))), Limit::Inputs);

    let (key, long_key) = ("ü".repeat(16), "ü".repeat(17));
    let (value, long_value) = ("€".repeat(512), "€".repeat(513));
    for (key, value, limit) in [
        (&key, &value, None),
        (&long_key, &value, Some(Limit::MetadataKey)),
        (&key, &long_value, Some(Limit::MetadataValue)),
    ] {
        let metadata = [(key.as_str(), Value::Text(value))];
        let (input, group) = (plain.metadata(&metadata), NewGroup::new().metadata(&metadata));
        match limit {
            None => _ = (body(api::create_run(&input)), body(api::create_group(&group))),
            Some(limit) => {
                assert_eq!(refused(api::create_run(&input)), limit);
                assert_eq!(refused(api::create_group(&group)), limit);
            }
        }
    }

    let domains = ["a.example"; 101];
    let policy = SourcePolicy::new().include_domains(&domains[..100]);
    body(api::create_run(&plain.source_policy(policy.exclude_domains(&domains[..100]))));
    assert_eq!(
        refused(api::create_run(&plain.source_policy(policy.exclude_domains(&domains)))),
        Limit::Domains
    );
}

#[test]
fn the_characters_of_an_input_and_its_schemas_are_counted_together() {
    let (schema, text) = (format!("{{\"a\": \"{}\"}}", "ü".repeat(9_991)), "ü".repeat(15_000));
    assert_eq!(schema.chars().count(), 10_000);
    let (exact, long) = (RunInput::new("base", text.as_str()), format!("{text}x"));
    let longer = RunInput::new("base", long.as_str());
    let spec = TaskSpec::json(&schema);
    body(api::create_run(&exact.task_spec(spec)));
    assert_eq!(refused(api::create_run(&longer.task_spec(spec))), Limit::Characters);
    body(api::create_run(&longer));
    // Those of all runs count for each run without its own.
    for (input, limit) in
        [(exact, None), (longer, Some(Limit::Characters)), (longer.task_spec(TaskSpec::auto()), None)]
    {
        let list = [RunInput::new("base", "x"), input];
        let runs = NewRuns::new(&list).default_task_spec(spec);
        match limit {
            None => _ = body(api::add_runs("g", &runs)),
            Some(limit) => assert_eq!(refused(api::add_runs("g", &runs)), limit),
        }
    }
    let value = Serialized("ü".repeat(24_999));
    assert_eq!(refused(api::create_run(&RunInput::new("base", &value))), Limit::Characters);
}

#[test]
fn what_is_no_json_or_not_of_the_right_kind_is_found_before_anything_is_sent() {
    for text in ["", "{", "[]", "1", "null", "{} {}", "{\"a\"}", "\"a", "{\"a\": \u{1}}"] {
        assert_eq!(
            refused(api::create_run(&RunInput::new("base", Input::Json(text)))),
            Limit::Input,
            "{text}"
        );
        assert_eq!(refused(api::create_run(&RunInput::json(text))), Limit::Input, "{text}");
        let spec = TaskSpec::json(text);
        assert_eq!(
            refused(api::create_run(&RunInput::new("base", "x").task_spec(spec))),
            Limit::Schema,
            "{text}"
        );
    }
    assert_eq!(refused(api::create_run(&RunInput::json("\"a\""))), Limit::Input);
    assert_eq!(refused(api::create_run(&RunInput::new("base", &Serialized(3)))), Limit::Input);
    let map = Serialized(std::collections::BTreeMap::from([((), 1)]));
    assert_eq!(refused(api::create_run(&RunInput::new("base", &map))), Limit::Input);
    let spec = TaskSpec::auto().input_schema(Schema::Auto);
    assert_eq!(refused(api::create_run(&RunInput::new("base", "x").task_spec(spec))), Limit::Schema);
}

#[test]
fn inputs_that_change_while_they_are_sent_are_never_sent_to_their_end() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    for size in [1, 7, 64, 300, 4096] {
        let calls = AtomicUsize::new(0);
        let inputs = |number: usize| {
            let is_late = calls.fetch_add(1, Ordering::Relaxed) > 12;
            (number < 10)
                .then(|| RunInput::new("base", if is_late && number > 3 { "longer" } else { "short" }))
        };
        let runs = NewRuns::new(&inputs);
        assert_eq!(
            received(api::add_runs("g", &runs), size),
            Err(Outcome::Misuse(Misuse::Changed)),
            "{size}"
        );
    }
}

#[test]
fn secrets_for_a_server_of_tools_are_not_shown() {
    let servers = [McpServer::new("a", "https://example.org").headers(&[("authorization", "Bearer s3cret")])];
    let shown = format!("{:?}", RunInput::new("base", "x").mcp_servers(&servers));
    assert!(shown.contains("authorization") && !shown.contains("s3cret"), "{shown}");
}
