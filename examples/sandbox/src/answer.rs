//! A posted input and its schema in, the content of an answer out: it fits the schema, and repeats what was
//! asked.
//!
//! # Limits
//!
//! Of JSON Schema: `type`, `enum`, `const`, `properties`, `items`, `anyOf`, `oneOf`, `allOf`, `format`,
//! `minimum`, `maximum` and references to `$defs`. Everything else is passed over. A reference that leads
//! back to itself ends in null.

use serde_json::{Map, Value, json};

use crate::prose::sentence;
use crate::random::Random;

/// How deep values are made, and how many: a schema may refer to itself.
const DEEPEST: usize = 12;
const MOST_VALUES: usize = 5000;
const LONGEST_ECHO: usize = 1000;

/// What an answer repeats of the input: the text, or the JSON of an object, up to 1,000 characters.
pub(crate) fn echo(input: &Value) -> String {
    let text = input.as_str().map_or_else(|| input.to_string(), str::to_owned);
    format!("Answer to: {}", text.chars().take(LONGEST_ECHO).collect::<String>())
}

/// The content of an answer in JSON to an input without a schema of its own.
pub(crate) fn without_schema(echo: &str, random: &mut Random) -> Value {
    json!({
        "answer": echo,
        "summary": sentence(random, 60),
        "sources": [sentence(random, 20), sentence(random, 20)],
    })
}

/// The schema of [`without_schema`].
pub(crate) fn made_up_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "answer": {"type": "string"},
            "summary": {"type": "string"},
            "sources": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["answer", "summary", "sources"],
        "additionalProperties": false,
    })
}

/// Makes values for one schema.
pub(crate) struct Maker<'a> {
    root: &'a Value,
    /// What the first free text says.
    echo: Option<&'a str>,
    random: &'a mut Random,
    made: usize,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(root: &'a Value, echo: &'a str, random: &'a mut Random) -> Self {
        Self { root, echo: Some(echo), random, made: 0 }
    }

    /// An object that fits the schema. A schema of something else counts as one without properties.
    pub(crate) fn object(&mut self) -> Map<String, Value> {
        match self.value(self.root, 0) {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        self.made += 1;
        if depth > DEEPEST || self.made > MOST_VALUES {
            return Value::Null;
        }
        if let Some(known) = schema.get("const") {
            return known.clone();
        }
        if let Some(choices) = schema["enum"].as_array().filter(|choices| !choices.is_empty()) {
            return choices[self.random.below(choices.len() as u64) as usize].clone();
        }
        if let Some(target) = schema["$ref"].as_str().and_then(|text| text.strip_prefix('#')) {
            let target = self.root.pointer(target).unwrap_or(&Value::Null);
            return self.value(target, depth + 1);
        }
        let part = ["anyOf", "oneOf", "allOf"].iter().find_map(|name| schema[name].as_array()?.first());
        if let Some(part) = part.filter(|_| schema.get("type").is_none()) {
            return self.value(part, depth + 1);
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.first().and_then(Value::as_str),
            kind => kind.as_str(),
        };
        match kind {
            Some("string") => self.text(schema),
            Some("integer") => json!(self.number(schema) as i64),
            Some("number") => json!(self.number(schema)),
            Some("boolean") => json!(self.random.one_in(2)),
            Some("array") => {
                let count = 1 + self.random.below(3);
                (0..count).map(|_| self.value(&schema["items"], depth + 1)).collect()
            }
            Some("object") => self.members(schema, depth),
            _ if schema.get("properties").is_some() => self.members(schema, depth),
            _ => Value::Null,
        }
    }

    fn members(&mut self, schema: &Value, depth: usize) -> Value {
        let properties = schema["properties"].as_object().into_iter().flatten();
        Value::Object(properties.map(|(name, one)| (name.clone(), self.value(one, depth + 1))).collect())
    }

    fn text(&mut self, schema: &Value) -> Value {
        match schema["format"].as_str() {
            Some("date") => return json!("2026-01-31"),
            Some("date-time") => return json!("2026-01-31T12:00:00Z"),
            Some("time") => return json!("12:00:00Z"),
            Some("uri") => return json!("https://example.org/answer"),
            Some("email") => return json!("someone@example.org"),
            Some("uuid") => return json!(self.random.uuid()),
            _ => {}
        }
        match self.echo.take() {
            Some(echo) => json!(echo),
            None => json!(sentence(self.random, 30)),
        }
    }

    fn number(&mut self, schema: &Value) -> f64 {
        let least = schema["minimum"].as_f64().unwrap_or(0.0).ceil();
        let most = schema["maximum"].as_f64().unwrap_or(least + 1000.0).floor();
        least + (self.random.unit() * (most - least).max(0.0)).floor()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(schema: &Value) -> Value {
        Value::Object(Maker::new(schema, "Answer to: x", &mut Random::new(3)).object())
    }

    #[test]
    fn each_type_of_a_schema_gets_a_value_of_it() {
        let value = made(&json!({"type": "object", "properties": {
            "text": {"type": "string"}, "other": {"type": "string"}, "day": {"type": "string", "format": "date"},
            "count": {"type": "integer", "minimum": 5, "maximum": 6}, "rate": {"type": "number"},
            "sure": {"type": "boolean"}, "kind": {"enum": ["a", "b"]}, "fixed": {"const": 7},
            "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}]}, "either": {"type": ["integer", "null"]},
            "list": {"type": "array", "items": {"$ref": "#/$defs/Item"}}, "unknown": {},
        }, "$defs": {"Item": {"type": "object", "properties": {"name": {"type": "string"}}}}}));
        assert_eq!(value["text"], "Answer to: x");
        assert!(value["other"].is_string() && value["other"] != value["text"] && value["maybe"].is_string());
        assert!((5..=6).contains(&value["count"].as_i64().unwrap()) && value["either"].is_i64());
        assert!(value["rate"].is_f64() && value["sure"].is_boolean() && value["unknown"].is_null());
        assert!(value["kind"] == "a" || value["kind"] == "b");
        assert_eq!((&value["fixed"], &value["day"]), (&json!(7), &json!("2026-01-31")));
        assert!(value["list"][0]["name"].is_string());
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
        assert!(made(&schema)["next"].is_object());
        assert_eq!(made(&json!({"$ref": "#"})), json!({}));
    }
}
