//! A task spec in, whether the service takes it out: its shape, its JSON Schemas, and how deep they are.
//!
//! # Limits
//!
//! Objects inside an object count as a level each, with those behind references and in lists. Whether a
//! schema is a valid JSON Schema is asked of `type`, `properties`, `items`, `enum`, `required` and
//! combinations of schemas.

use serde_json::Value;

use super::checker::Checker;
use crate::api::error::Error;

const DEEPEST: usize = 3;
/// How many schemas are looked at, references followed.
const MOST_STEPS: usize = 20_000;
const MOST_DEPTH: usize = 100;
const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "object", "array", "null"];
const COMBINATIONS: [&str; 3] = ["anyOf", "oneOf", "allOf"];

/// Checks the shape of a TaskSpec.
pub(super) fn task_spec(checker: &mut Checker, spec: &Value) {
    let Some(members) = checker.object(spec) else { return };
    checker.required(members, "output_schema", |checker, schema| {
        a_schema(checker, schema, &["json", "text", "auto"]);
    });
    checker.optional(members, "input_schema", |checker, schema| a_schema(checker, schema, &["json", "text"]));
}

/// Checks the shape of a schema. A bare string describes a text.
fn a_schema(checker: &mut Checker, schema: &Value, types: &[&str]) {
    if schema.is_string() {
        return;
    }
    let Some(members) = checker.object(schema) else { return };
    checker.one_of(members, "type", types);
    if is_json(schema) {
        checker.required(members, "json_schema", |checker, schema| _ = checker.object(schema));
    }
    checker.optional(members, "description", |checker, text| _ = checker.text(text));
}

/// Whether the schema is a JSON Schema. `type` may be left out.
pub(crate) fn is_json(schema: &Value) -> bool {
    schema["type"] == "json" || (schema["type"].is_null() && schema.get("json_schema").is_some())
}

/// Whether the JSON Schemas of a TaskSpec of the right shape can be used.
pub(super) fn meaning(spec: &Value) -> Result<(), Error> {
    for name in ["output_schema", "input_schema"] {
        let schema = &spec[name];
        if !is_json(schema) {
            continue;
        }
        let schema = &schema["json_schema"];
        let at = |why: String| Error::unprocessable(&format!("Invalid JSON schema in {name}: {why}"));
        mistake(schema).map_or(Ok(()), |why| Err(at(why)))?;
        if name == "output_schema" {
            if schema["type"] != "object" {
                return Err(at("the root should have the type object".to_owned()));
            }
            let levels = Levels { root: schema, steps: 0 }.of(schema, 0);
            if levels > DEEPEST {
                return Err(Error::unprocessable(&format!(
                    "The output schema is too complex: its objects are nested in more than {DEEPEST} levels"
                )));
            }
        }
    }
    Ok(())
}

/// What makes this no JSON Schema.
fn mistake(schema: &Value) -> Option<String> {
    let members = match schema {
        Value::Object(members) => members,
        Value::Bool(_) => return None,
        _ => return Some(format!("{schema} is no schema")),
    };
    let is_type = |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
    match members.get("type") {
        Some(Value::Array(types)) if types.iter().all(is_type) => {}
        Some(value) if !is_type(value) => return Some(format!("{value} is no type")),
        _ => {}
    }
    for name in ["enum", "required"] {
        if members.get(name).is_some_and(|value| !value.is_array()) {
            return Some(format!("{name} should be a list"));
        }
    }
    for name in ["properties", "$defs"] {
        match members.get(name) {
            None => {}
            Some(Value::Object(schemas)) => {
                if let Some(why) = schemas.values().find_map(mistake) {
                    return Some(why);
                }
            }
            Some(_) => return Some(format!("{name} should be an object")),
        }
    }
    for name in COMBINATIONS {
        match members.get(name) {
            None => {}
            Some(Value::Array(schemas)) => {
                if let Some(why) = schemas.iter().find_map(mistake) {
                    return Some(why);
                }
            }
            Some(_) => return Some(format!("{name} should be a list")),
        }
    }
    members.get("items").and_then(mistake)
}

/// Counts levels of objects, as far as it matters.
struct Levels<'a> {
    root: &'a Value,
    steps: usize,
}

impl Levels<'_> {
    /// The levels of this schema, which is `depth` schemas inside the root.
    fn of(&mut self, schema: &Value, depth: usize) -> usize {
        self.steps += 1;
        if self.steps > MOST_STEPS || depth > MOST_DEPTH {
            return DEEPEST + 1;
        }
        if let Some(target) = schema["$ref"].as_str() {
            let target = target.strip_prefix('#').and_then(|path| self.root.pointer(path));
            return target.map_or(0, |target| self.of(target, depth + 1));
        }
        let combined = COMBINATIONS.iter().filter_map(|name| schema[name].as_array()).flatten();
        let beside = combined.chain(schema.get("items")).map(|part| self.of(part, depth + 1)).max();
        let properties = schema["properties"].as_object().into_iter().flatten();
        let inside = properties.map(|(_, part)| 1 + self.of(part, depth + 1)).max();
        beside.max(inside).unwrap_or(0)
    }
}
