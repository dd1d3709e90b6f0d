//! Schemas in files and words in, the specification of a task out.

use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;
use taskgroup::api::body::{Schema, TaskSpec};

use super::read;
use crate::Error;

/// What outputs are to be like, and what inputs are.
#[derive(Debug)]
pub(super) struct Spec {
    pub(super) output: Shape,
    /// A JSON Schema.
    pub(super) input: Option<String>,
}

/// What an output is to be like.
#[derive(Debug)]
pub(super) enum Shape {
    /// A JSON Schema.
    Json(String),
    Text(String),
    Auto,
}

impl Spec {
    pub(super) fn borrowed(&self) -> TaskSpec<'_> {
        let spec = match &self.output {
            Shape::Json(schema) => TaskSpec::json(schema),
            Shape::Text(description) => TaskSpec::text(description),
            Shape::Auto => TaskSpec::auto(),
        };
        match &self.input {
            Some(schema) => spec.input_schema(Schema::Json(schema)),
            None => spec,
        }
    }

    /// How many characters the service counts.
    pub(super) fn characters(&self) -> usize {
        let output = match &self.output {
            Shape::Json(text) | Shape::Text(text) => text.chars().count(),
            Shape::Auto => 0,
        };
        output + self.input.as_ref().map_or(0, |schema| schema.chars().count())
    }
}

/// The JSON Schema in a file, which may have it in the form of the service: `{"type": "json", "json_schema":
/// …}`.
pub(super) fn schema(option: &str, path: &Path) -> Result<String, Error> {
    #[derive(Deserialize)]
    struct Wrapped {
        json_schema: Option<Box<RawValue>>,
    }
    let text = read(option, path)?;
    let wrong = |why: &dyn std::fmt::Display| Error::Usage(format!("{option} {}: {why}", path.display()));
    let schema: Box<RawValue> = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
    let schema = match serde_json::from_str::<Wrapped>(&text) {
        Ok(Wrapped { json_schema: Some(inner) }) => inner,
        _ => schema,
    };
    if schema.get().starts_with('{') {
        Ok(schema.get().to_owned())
    } else {
        Err(wrong(&"a JSON Schema is an object"))
    }
}
