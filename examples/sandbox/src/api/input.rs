//! The body of a POST in, valid JSON of the service's shapes out, or a 422 that names the place of the first mistake.
//!
//! # Limits
//!
//! 1 to 1,000 inputs in one request; metadata keys to 16 and values to 512 characters. Members that are not known are kept.

use serde_json::{Map, Value, json};

use crate::api::error::Error;

const MOST_INPUTS: usize = 1000;

/// The JSON object that a body is; an empty body is an empty one.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Error> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Error::invalid(json!(["body"]), "Input should be an object", "model_attributes_type")),
        Err(error) => Err(Error::invalid(
            json!(["body", error.column()]),
            &format!("JSON decode error: {error}"),
            "json_invalid",
        )),
    }
}

/// The inputs of a request that adds runs, each with the default specification where it has none.
pub(super) fn inputs(mut body: Map<String, Value>) -> Result<Vec<Value>, Error> {
    let default = body.remove("default_task_spec").filter(|default| !default.is_null());
    let mut inputs = match body.remove("inputs") {
        Some(Value::Array(inputs)) => inputs,
        Some(_) => {
            return Err(Error::invalid(json!(["body", "inputs"]), "Input should be a list", "list_type"));
        }
        None => return Err(Error::invalid(json!(["body", "inputs"]), "Field required", "missing")),
    };
    if inputs.is_empty() || inputs.len() > MOST_INPUTS {
        let kind = if inputs.is_empty() { "too_short" } else { "too_long" };
        return Err(Error::invalid(json!(["body", "inputs"]), "List should have 1 to 1000 items", kind));
    }
    for (place, input) in inputs.iter_mut().enumerate() {
        check(input, &[json!("body"), json!("inputs"), json!(place)])?;
        if let (Some(default), None | Some(Value::Null)) = (&default, input.get("task_spec")) {
            input["task_spec"] = default.clone();
        }
    }
    Ok(inputs)
}

/// Is this a RunInput?
pub(super) fn check(input: &Value, place: &[Value]) -> Result<(), Error> {
    let at = |name: &str| Value::from_iter(place.iter().cloned().chain([json!(name)]));
    let Value::Object(members) = input else {
        return Err(Error::invalid(
            Value::from_iter(place.iter().cloned()),
            "Input should be an object",
            "model_type",
        ));
    };
    match members.get("processor") {
        Some(Value::String(name)) if !name.is_empty() => {}
        Some(_) => {
            return Err(Error::invalid(
                at("processor"),
                "Input should be the name of a processor",
                "string_type",
            ));
        }
        None => return Err(Error::invalid(at("processor"), "Field required", "missing")),
    }
    match members.get("input") {
        Some(Value::String(_) | Value::Object(_)) => {}
        Some(_) => {
            return Err(Error::invalid(at("input"), "Input should be a string or an object", "union_type"));
        }
        None => return Err(Error::invalid(at("input"), "Field required", "missing")),
    }
    metadata(members.get("metadata"), at("metadata")).map(drop)
}

/// The metadata, when it is an object of short scalars.
pub(super) fn metadata(metadata: Option<&Value>, place: Value) -> Result<Option<Value>, Error> {
    let short = |text: &str, most: usize| text.chars().count() <= most;
    match metadata {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(members)) => {
            let fits = members.iter().all(|(key, value)| {
                short(key, 16)
                    && match value {
                        Value::String(text) => short(text, 512),
                        value => value.is_number() || value.is_boolean(),
                    }
            });
            let message = "Keys should have at most 16 characters, values be scalars of at most 512";
            if fits { Ok(metadata.cloned()) } else { Err(Error::invalid(place, message, "value_error")) }
        }
        Some(_) => Err(Error::invalid(place, "Input should be an object", "dict_type")),
    }
}
