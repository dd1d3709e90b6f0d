//! The form of a run's output in, its JSON out.

use super::value::{Kind, Limit, check, kind, text};
use crate::session::Draft;

/// The form of a run's output, and of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct TaskSpec<'a> {
    output_schema: Schema<'a>,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    input_schema: Option<Schema<'a>>,
}

/// A shape of an input or an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema<'a> {
    /// JSON Schema, as the JSON text of an object. The service takes 3 levels of nesting.
    Json(&'a str),
    /// Text, with a description of its content.
    Text(Option<&'a str>),
    /// A schema that the service chooses; for outputs only.
    Auto,
    /// A description in words, from which the service makes the schema.
    Words(&'a str),
}

impl<'a> TaskSpec<'a> {
    /// An output of this shape.
    #[must_use]
    pub const fn new(output: Schema<'a>) -> Self {
        Self { output_schema: output, input_schema: None }
    }

    /// An output that is a JSON object; the schema is the JSON text of a JSON Schema.
    #[must_use]
    pub const fn json(schema: &'a str) -> Self {
        Self::new(Schema::Json(schema))
    }

    /// An output that is text, with a description of its content.
    #[must_use]
    pub const fn text(description: &'a str) -> Self {
        Self::new(Schema::Text(Some(description)))
    }

    /// An output whose shape the service chooses.
    #[must_use]
    pub const fn auto() -> Self {
        Self::new(Schema::Auto)
    }

    /// The schema of the input; not [`Schema::Auto`].
    #[must_use]
    pub const fn input_schema(mut self, schema: Schema<'a>) -> Self {
        self.input_schema = Some(schema);
        self
    }

    /// Writes it as the member of this name.
    pub(super) fn write(&self, name: &str, out: &mut Draft<'_>) {
        out.json().name(name).begin_object();
        self.output_schema.write("output_schema", out);
        if let Some(schema) = &self.input_schema {
            check(out, *schema != Schema::Auto, Limit::Schema);
            schema.write("input_schema", out);
        }
        out.json().end_object();
    }

    /// The number of characters of its schemas.
    pub(super) fn characters(&self) -> usize {
        let input = self.input_schema.as_ref().map_or(0, Schema::characters);
        self.output_schema.characters().saturating_add(input)
    }
}

impl Schema<'_> {
    fn write(&self, name: &str, out: &mut Draft<'_>) {
        if let Self::Json(schema) = self
            && out.is_check()
        {
            check(out, kind(schema) == Some(Kind::Object), Limit::Schema);
        }
        let json = out.json().name(name);
        match *self {
            Self::Json(schema) => {
                json.begin_object().name("type").string("json").name("json_schema").raw(schema);
            }
            Self::Text(description) => {
                text("description", description, json.begin_object().name("type").string("text"));
            }
            Self::Auto => _ = json.begin_object().name("type").string("auto"),
            Self::Words(words) => {
                json.string(words);
                return;
            }
        }
        json.end_object();
    }

    fn characters(&self) -> usize {
        match self {
            Self::Json(text) | Self::Text(Some(text)) | Self::Words(text) => text.chars().count(),
            Self::Text(None) | Self::Auto => 0,
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Schema<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;

        let kind = match self {
            Self::Json(_) => "json",
            Self::Text(_) => "text",
            Self::Auto => "auto",
            Self::Words(words) => return serializer.serialize_str(words),
        };
        let mut object = serializer.serialize_struct("Schema", 2)?;
        object.serialize_field("type", kind)?;
        match self {
            Self::Json(schema) => object.serialize_field("json_schema", &crate::json::JsonText(schema))?,
            Self::Text(Some(description)) => object.serialize_field("description", description)?,
            _ => {}
        }
        object.end()
    }
}
