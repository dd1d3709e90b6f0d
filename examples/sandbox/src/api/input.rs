//! The body of a POST in, valid JSON of the service's shapes out, or a 422 that names each mistake by its
//! place.
//!
//! # Limits
//!
//! 1 to 1,000 inputs in one request; metadata keys of 16 and values of 512 characters; 200 domains; 25,000
//! characters of task spec and input together; output schemas of 3 levels. Members that are not known are
//! kept.

mod checker;
mod schema;

use serde_json::{Map, Value, json};

use crate::api::error::Error;
use checker::Checker;
pub(crate) use schema::is_json;

const MOST_INPUTS: usize = 1000;
const MOST_DOMAINS: usize = 200;
const LONGEST_KEY: usize = 16;
const LONGEST_VALUE: usize = 512;
const LONGEST_SPEC_AND_INPUT: usize = 25_000;
const PROCESSORS: [&str; 9] =
    ["lite", "base", "core", "core2x", "pro", "ultra", "ultra2x", "ultra4x", "ultra8x"];

/// The metadata of a body that creates a group. An empty body has none.
pub(super) fn group(body: &[u8]) -> Result<Option<Value>, Error> {
    let body = if body.is_empty() { Map::new() } else { object(body)? };
    let mut checker = Checker::new("body");
    checker.optional(&body, "metadata", metadata);
    checker.end()?;
    Ok(body.get("metadata").filter(|metadata| !metadata.is_null()).cloned())
}

/// The inputs of a body that adds runs, each with the default task spec if it has none of its own.
pub(super) fn inputs(body: &[u8]) -> Result<Vec<Value>, Error> {
    let mut body = object(body)?;
    let mut checker = Checker::new("body");
    checker.optional(&body, "default_task_spec", schema::task_spec);
    checker.required(&body, "inputs", |checker, inputs| {
        let count = inputs.as_array().map_or(1, Vec::len);
        if count == 0 || count > MOST_INPUTS {
            let kind = if count == 0 { "too_short" } else { "too_long" };
            return checker.mistake(&format!("List should have 1 to {MOST_INPUTS} items, not {count}"), kind);
        }
        checker.list(inputs, run_input_shape);
    });
    checker.end()?;
    let default = body.remove("default_task_spec").filter(|default| !default.is_null());
    let Some(Value::Array(mut inputs)) = body.remove("inputs") else { return Ok(Vec::new()) };
    for input in &mut inputs {
        if let (Some(default), None | Some(Value::Null)) = (&default, input.get("task_spec")) {
            input["task_spec"] = default.clone();
        }
        meaning(input)?;
    }
    Ok(inputs)
}

/// A body that creates a run.
pub(super) fn run_input(body: &[u8]) -> Result<Value, Error> {
    let input = Value::Object(object(body)?);
    let mut checker = Checker::new("body");
    run_input_shape(&mut checker, &input);
    checker.end()?;
    meaning(&input)?;
    Ok(input)
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Error> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Error::invalid(json!(["body"]), "Input should be an object", "model_attributes_type")),
        Err(_) if body.is_empty() => Err(Error::invalid(json!(["body"]), "Field required", "missing")),
        Err(error) => {
            let message = format!("JSON decode error: {error}");
            Err(Error::invalid(json!(["body", error.column()]), &message, "json_invalid"))
        }
    }
}

/// Whether each member of a RunInput has a shape that it can have.
fn run_input_shape(checker: &mut Checker, input: &Value) {
    let Some(members) = checker.object(input) else { return };
    checker.required(members, "processor", |checker, value| _ = checker.text(value));
    checker.required(members, "input", |checker, value| {
        if !value.is_string() && !value.is_object() {
            checker.mistake("Input should be a string or an object", "union_type");
        }
    });
    checker.optional(members, "metadata", metadata);
    checker.optional(members, "source_policy", source_policy);
    checker.optional(members, "task_spec", schema::task_spec);
    checker.optional(members, "mcp_servers", |checker, servers| checker.list(servers, mcp_server));
    checker.optional(members, "enable_events", |checker, value| {
        if !value.is_boolean() {
            checker.mistake("Input should be true or false", "bool_type");
        }
    });
    checker.optional(members, "webhook", webhook);
    checker.optional(members, "advanced_settings", advanced_settings);
    for name in ["previous_interaction_id", "memory_scope_key"] {
        checker.optional(members, name, |checker, value| _ = checker.text(value));
    }
}

fn metadata(checker: &mut Checker, metadata: &Value) {
    for (key, value) in checker.object(metadata).into_iter().flatten() {
        checker.at(key.as_str(), |checker| {
            if key.chars().count() > LONGEST_KEY {
                checker.mistake(
                    &format!("Keys should have at most {LONGEST_KEY} characters"),
                    "string_too_long",
                );
            }
            match value {
                Value::String(text) if text.chars().count() > LONGEST_VALUE => {
                    let message = format!("Values should have at most {LONGEST_VALUE} characters");
                    checker.mistake(&message, "string_too_long");
                }
                Value::String(_) | Value::Number(_) | Value::Bool(_) => {}
                _ => checker.mistake("Input should be a string, a number, true or false", "union_type"),
            }
        });
    }
}

fn source_policy(checker: &mut Checker, policy: &Value) {
    let Some(members) = checker.object(policy) else { return };
    let mut count = 0;
    for name in ["include_domains", "exclude_domains"] {
        checker.optional(members, name, |checker, domains| {
            count += domains.as_array().map_or(0, Vec::len);
            checker.list(domains, |checker, domain| _ = checker.text(domain));
        });
    }
    if count > MOST_DOMAINS {
        let message = format!(
            "include_domains and exclude_domains should have at most {MOST_DOMAINS} entries together, not {count}"
        );
        checker.mistake(&message, "value_error");
    }
    checker.optional(members, "after_date", |checker, date| {
        if checker.text(date).is_some_and(|date| !is_date(date)) {
            checker.mistake("Input should be a date, YYYY-MM-DD", "date_from_datetime_parsing");
        }
    });
}

/// Whether this is a day of the Gregorian calendar, `YYYY-MM-DD`.
fn is_date(text: &str) -> bool {
    let number = |range| text.get(range).and_then(|digits: &str| digits.parse::<u32>().ok());
    let is_shaped = text.bytes().enumerate().all(|(place, byte)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 31,
    };
    is_shaped && text.len() == 10 && (1..=12).contains(&month) && (1..=days).contains(&day)
}

fn mcp_server(checker: &mut Checker, server: &Value) {
    let Some(members) = checker.object(server) else { return };
    for name in ["url", "name"] {
        checker.required(members, name, |checker, value| _ = checker.text(value));
    }
    checker.one_of(members, "type", &["url"]);
    checker.optional(members, "headers", |checker, headers| {
        for (name, value) in checker.object(headers).into_iter().flatten() {
            checker.at(name.as_str(), |checker| _ = checker.text(value));
        }
    });
    checker.optional(members, "allowed_tools", |checker, tools| {
        checker.list(tools, |checker, tool| _ = checker.text(tool));
    });
}

fn webhook(checker: &mut Checker, webhook: &Value) {
    let Some(members) = checker.object(webhook) else { return };
    checker.required(members, "url", |checker, value| _ = checker.text(value));
    checker.optional(members, "event_types", |checker, types| {
        checker.list(types, |checker, value| {
            if value != "task_run.status" {
                checker.mistake("Input should be 'task_run.status'", "literal_error");
            }
        });
    });
}

fn advanced_settings(checker: &mut Checker, settings: &Value) {
    let Some(members) = checker.object(settings) else { return };
    checker.optional(members, "location", |checker, value| _ = checker.text(value));
    checker.optional(members, "data_sources", |checker, sources| {
        let Some(members) = checker.object(sources) else { return };
        for name in ["free", "pay_per_use"] {
            checker.optional(members, name, |checker, names| {
                checker.list(names, |checker, value| _ = checker.text(value));
            });
        }
    });
}

/// Whether a RunInput of the right shape asks for something that there is, and not for too much.
fn meaning(input: &Value) -> Result<(), Error> {
    let processor = input["processor"].as_str().unwrap_or_default();
    if !PROCESSORS.contains(&processor.strip_suffix("-fast").unwrap_or(processor)) {
        let known = PROCESSORS.join(", ");
        let message = format!("Unknown processor {processor:?}. Known are {known}, and each with -fast");
        return Err(Error::unprocessable(&message));
    }
    let length = |value: &Value| match value {
        Value::Null => 0,
        Value::String(text) => text.chars().count(),
        value => value.to_string().chars().count(),
    };
    let length = length(&input["input"]) + length(&input["task_spec"]);
    if length > LONGEST_SPEC_AND_INPUT {
        return Err(Error::unprocessable(&format!(
            "Task spec and input are too long: {length} characters together, at most {LONGEST_SPEC_AND_INPUT} are allowed"
        )));
    }
    schema::meaning(&input["task_spec"])
}
