//! Each request is the one that the service's own Python client writes for the same arguments, recorded in
//! `cases/requests.json`: as JSON values and as decoded parameters.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use taskgroup::{
    api::{
        self, Status, Version,
        body::{
            AdvancedSettings, Input, McpServer, NewGroup, NewRuns, Number, RunInput, Schema, SourcePolicy,
            TaskSpec, Value, Webhook,
        },
    },
    session::{Config, Request},
};
use taskgroup_tests::{
    peer::{Answer, Peer, Received},
    wire::Framing,
};

/// What one of ours borrows from, for as long as the test runs.
fn kept<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn text(value: &Json) -> Option<&'static str> {
    value.as_str().map(|text| kept(text.to_owned()).as_str())
}

fn texts(value: &Json) -> Option<&'static [&'static str]> {
    let texts = value.as_array()?.iter().map(|value| text(value).unwrap());
    Some(kept(texts.collect::<Vec<_>>()))
}

fn object(value: &Json) -> Option<&Map<String, Json>> {
    value.as_object()
}

fn metadata(value: &Json) -> Option<&'static [(&'static str, Value<'static>)]> {
    let pairs = object(value)?.iter().map(|(key, value)| {
        let value = match value {
            Json::String(_) => Value::Text(text(value).unwrap()),
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(integer) => Value::Integer(integer),
                None => Value::Number(Number::new(number.as_f64().unwrap()).unwrap()),
            },
            other => panic!("{other}"),
        };
        (kept(key.clone()).as_str(), value)
    });
    Some(kept(pairs.collect::<Vec<_>>()))
}

fn schema(value: &Json) -> Option<Schema<'static>> {
    Some(match value["type"].as_str() {
        None => Schema::Words(text(value)?),
        Some("json") => Schema::Json(kept(value["json_schema"].to_string())),
        Some("text") => Schema::Text(text(&value["description"])),
        Some("auto") => Schema::Auto,
        Some(other) => panic!("{other}"),
    })
}

fn task_spec(value: &Json) -> Option<TaskSpec<'static>> {
    let spec = TaskSpec::new(schema(&value["output_schema"])?);
    Some(schema(&value["input_schema"]).map_or(spec, |schema| spec.input_schema(schema)))
}

fn source_policy(value: &Json) -> Option<SourcePolicy<'static>> {
    object(value)?;
    let policy = SourcePolicy::new();
    let policy = texts(&value["include_domains"]).map_or(policy, |domains| policy.include_domains(domains));
    let policy = texts(&value["exclude_domains"]).map_or(policy, |domains| policy.exclude_domains(domains));
    Some(text(&value["after_date"]).map_or(policy, |date| policy.after_date(date)))
}

fn mcp_server(value: &Json) -> McpServer<'static> {
    let server = McpServer::new(text(&value["name"]).unwrap(), text(&value["url"]).unwrap());
    let headers = object(&value["headers"]).map(|headers| {
        let pairs = headers.iter().map(|(name, value)| (kept(name.clone()).as_str(), text(value).unwrap()));
        kept(pairs.collect::<Vec<_>>())
    });
    let server = headers.map_or(server, |headers| server.headers(headers));
    texts(&value["allowed_tools"]).map_or(server, |tools| server.allowed_tools(tools))
}

fn advanced_settings(value: &Json) -> Option<AdvancedSettings<'static>> {
    object(value)?;
    let settings = AdvancedSettings::new();
    let settings = text(&value["location"]).map_or(settings, |location| settings.location(location));
    let sources = &value["data_sources"];
    Some(match (texts(&sources["free"]), texts(&sources["pay_per_use"])) {
        (Some(free), Some(pay)) => settings.data_sources(free, pay),
        _ => settings,
    })
}

fn run_input(arguments: &Json) -> RunInput<'static> {
    let question = match text(&arguments["input"]) {
        Some(text) => Input::Text(text),
        None => Input::Json(kept(arguments["input"].to_string())),
    };
    let mut input = RunInput::new(text(&arguments["processor"]).unwrap(), question);
    macro_rules! given {
        ($($name:ident = $value:expr),* $(,)?) => {
            $(if let Some(value) = $value {
                input = input.$name(value);
            })*
        };
    }
    given! {
        metadata = metadata(&arguments["metadata"]),
        source_policy = source_policy(&arguments["source_policy"]),
        task_spec = task_spec(&arguments["task_spec"]),
        mcp_servers = arguments["mcp_servers"].as_array().map(|servers| {
            kept(servers.iter().map(mcp_server).collect::<Vec<_>>()).as_slice()
        }),
        enable_events = arguments["enable_events"].as_bool(),
        webhook = text(&arguments["webhook"]["url"]).map(|url| {
            let webhook = Webhook::new(url);
            texts(&arguments["webhook"]["event_types"]).map_or(webhook, |types| webhook.event_types(types))
        }),
        previous_interaction_id = text(&arguments["previous_interaction_id"]),
        advanced_settings = advanced_settings(&arguments["advanced_settings"]),
        memory_scope_key = text(&arguments["memory_scope_key"]),
    }
    input
}

/// Our request with the same arguments; `None` for what ours cannot say.
fn ours(call: &str, arguments: &Json) -> Option<Request<'static>> {
    let id = |name: &str| arguments[name].as_str().unwrap();
    let whole = |timeout: &Json| {
        timeout.as_f64().filter(|seconds| seconds.fract() == 0.0).map(|seconds| seconds as u32)
    };
    let has_timeout = !arguments["api_timeout"].is_null();
    Some(match call {
        "task_group.create" => {
            let group = metadata(&arguments["metadata"])
                .map_or(NewGroup::new(), |notes| NewGroup::new().metadata(notes));
            api::create_group(kept(group)).into()
        }
        "task_group.retrieve" => api::group(id("task_group_id")).into(),
        "task_group.add_runs" => {
            let inputs: &'static Vec<RunInput<'_>> =
                kept(arguments["inputs"].as_array().unwrap().iter().map(run_input).collect());
            let runs = NewRuns::new(kept(inputs.as_slice()));
            let spec = task_spec(&arguments["default_task_spec"]);
            let runs = kept(spec.map_or(runs, |spec| runs.default_task_spec(spec)));
            let request = api::add_runs(id("task_group_id"), runs);
            match arguments["refresh_status"].as_bool() {
                Some(refresh) => request.refresh_status(refresh).into(),
                None => request.into(),
            }
        }
        "task_group.events" => {
            let mut request = api::events(id("task_group_id"));
            if let Some(cursor) = text(&arguments["last_event_id"]) {
                request = request.last_event_id(cursor);
            }
            match (has_timeout, whole(&arguments["api_timeout"])) {
                (true, seconds) => request.timeout(seconds?).into(),
                _ => request.into(),
            }
        }
        "task_group.get_runs" => {
            let mut request = api::runs(id("task_group_id"));
            if let Some(cursor) = text(&arguments["last_event_id"]) {
                request = request.last_event_id(cursor);
            }
            if let Some(include) = arguments["include_input"].as_bool() {
                request = request.include_input(include);
            }
            if let Some(include) = arguments["include_output"].as_bool() {
                request = request.include_output(include);
            }
            if let Some(status) = text(&arguments["status"]) {
                request = request.status(Status::from(status));
            }
            request.into()
        }
        "task_group.retrieve_run" => api::group_run(id("task_group_id"), id("run_id")).into(),
        "task_run.create" => api::create_run(kept(run_input(arguments))).into(),
        "task_run.retrieve" => api::run(id("run_id")).into(),
        "task_run.retrieve_input" => api::run_input(id("run_id")).into(),
        "task_run.events" => api::run_events(id("run_id")).into(),
        "task_run.result" => match (has_timeout, whole(&arguments["api_timeout"])) {
            (true, seconds) => api::run_result(id("run_id")).timeout(seconds?).into(),
            _ => api::run_result(id("run_id")).into(),
        },
        other => panic!("no request is known for {other}"),
    })
}

fn sent(request: Request<'_>, betas: &str) -> Received {
    let mut peer = Peer::new(|_| Answer::new().bytes(Framing::Length.json("{}")));
    let config = Config::new("key").with_beta(betas);
    let report = peer.run(config.with_version(Version::V1), request);
    report.requests.into_iter().next().unwrap_or_else(|| panic!("{:?}", report.outcome))
}

/// Without the members that are `null`, which ours never writes. What a server of tools is when it does not
/// say, ours says.
fn written(value: &Json) -> Json {
    match value {
        Json::Object(members) => {
            let mut members: Map<_, _> = members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| {
                    let is_own = matches!(name.as_str(), "input" | "json_schema");
                    (name.clone(), if is_own { value.clone() } else { written(value) })
                })
                .collect();
            if let Some(Json::Array(servers)) = members.get_mut("mcp_servers") {
                for server in servers {
                    server.as_object_mut().unwrap().entry("type").or_insert("url".into());
                }
            }
            Json::Object(members)
        }
        Json::Array(elements) => Json::Array(elements.iter().map(written).collect()),
        other => other.clone(),
    }
}

/// Numbers by their values.
fn parameters<'p>(pairs: impl Iterator<Item = (&'p str, String)>) -> BTreeMap<&'p str, String> {
    let plain = |value: String| value.strip_suffix(".0").map_or(value.clone(), Into::into);
    pairs.map(|(name, value)| (name, plain(value))).collect()
}

#[test]
fn each_request_is_the_one_that_the_services_own_client_writes() {
    let cases: Vec<Json> = serde_json::from_str(include_str!("../cases/requests.json")).unwrap();
    assert!(cases.len() >= 117, "a case was lost");
    let mut calls = BTreeMap::<&str, usize>::new();
    for case in &cases {
        let (id, call, arguments) =
            (case["id"].as_str().unwrap(), case["call"].as_str().unwrap(), &case["arguments"]);
        let Some(request) = ours(call, arguments) else {
            // Ours asks for whole seconds.
            assert!(arguments["api_timeout"].as_f64().unwrap().fract() > 0.0, "{id}");
            continue;
        };
        *calls.entry(call).or_default() += 1;
        let betas = arguments["betas"].as_array().into_iter().flatten().map(|beta| beta.as_str().unwrap());
        let betas = betas.collect::<Vec<_>>().join(",");
        let (received, expected) = (sent(request, &betas), &case["request"]);

        assert_eq!(received.method, expected["method"].as_str().unwrap(), "{id}");
        let path = received.target.split('?').next().unwrap();
        let expected_path = expected["path"].as_str().unwrap();
        assert_eq!(path, expected_path, "{id}");
        let pairs = expected["query"].as_array().unwrap();
        let expected_query =
            pairs.iter().map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap().to_owned()));
        let names = received.target.split_once('?').map_or("", |(_, query)| query).split('&');
        let query = names
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, _)| (name, received.parameter(name).expect("it can be decoded")));
        assert_eq!(parameters(query), parameters(expected_query), "{id}");
        for (name, value) in object(&expected["headers"]).unwrap() {
            let ours = received.header(name).unwrap_or_default();
            // What a body uses is named by itself.
            assert!(ours.starts_with(value.as_str().unwrap()), "{id}: {name}: {ours}");
        }
        if expected["body"].is_null() {
            assert!(received.body.is_empty(), "{id}");
        } else {
            let body: Json = serde_json::from_slice(&received.body).unwrap();
            assert_eq!(body, written(&expected["body"]), "{id}");
        }
    }
    assert_eq!(calls.len(), 11, "{calls:?}");
}
