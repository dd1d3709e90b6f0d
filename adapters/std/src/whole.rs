//! Fields that keep whole JSON values on the heap: for a desktop, where nothing need be lost.
//!
//! ```
//! use taskgroup::{api::StreamEvent, json};
//! use taskgroup_std::Whole;
//!
//! let mut event = StreamEvent::<Whole>::default();
//! json::fill(&mut event, br#"{"output": {"type": "json", "content": {"gdp": 2.10}}}"#)?;
//! let output = event.output.unwrap();
//! assert_eq!(output.content.as_json(), Some(r#"{"gdp":2.10}"#));
//! # Ok::<(), json::Error>(())
//! ```
//!
//! You can write all of it as JSON again, with serde.
//!
//! # Limits
//!
//! The heap. The ids of runs and groups and the types of events are kept in the records themselves, as in
//! every profile, see [`api`](taskgroup::api).

use std::{fmt, ops::Deref};

use serde::{Serialize, Serializer, ser::Error as _};
use taskgroup::{
    api::{
        Citation, ErrorObject, FieldBasis, McpServer, McpToolCall, Output, RunInput, SourcePolicy,
        SourceStats, TaskSpec, Warning, Webhook,
    },
    json::{self, Field, Json, Kind, Stop},
    profile,
};

profile! {
    /// The profile of the API's records that keeps everything.
    pub struct Whole<P> {
        type EventId = Option<Text>;
        type Name = Text;
        type Time = Option<Text>;
        type GroupId = Option<Text>;
        type RefId = Text;
        type Message = Text;
        type StatusMessage = Option<Text>;
        type ProgressMessage = Option<Text>;
        type Metadata = Option<Raw>;
        type Detail = Option<Raw>;
        type Warnings = Option<List<Warning<P>>>;
        type Error = Option<ErrorObject<P>>;
        type Input = Option<RunInput<P>>;
        type Prompt = Content;
        type SourcePolicy = Option<SourcePolicy<P>>;
        type Domains = Option<List<Text>>;
        type TaskSpec = Option<TaskSpec<P>>;
        type Schema = Option<Content>;
        type McpServers = Option<List<McpServer<P>>>;
        type Webhook = Option<Webhook<P>>;
        type AdvancedSettings = Option<Raw>;
        type Output = Option<Output<P>>;
        type Content = Content;
        type Basis = List<FieldBasis<P>>;
        type Reasoning = Text;
        type Citations = List<Citation<P>>;
        type Url = Text;
        type Title = Option<Text>;
        type Excerpts = Option<List<Text>>;
        type McpToolCalls = Option<List<McpToolCall<P>>>;
        type BetaFields = Option<Raw>;
        type ProgressMeter = Option<f64>;
        type SourceStats = Option<SourceStats<P>>;
        type Sources = Option<List<Text>>;
    }
}

/// A text of any length.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Text(String);

impl Field for Text {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        json.text(&mut |piece| self.0.push_str(piece))
    }
}

/// The JSON text of any value: without whitespace, numbers as they were, escapes only where they must be.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Raw(String);

impl Field for Raw {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        json.raw(&mut |piece| self.0.push_str(piece))
    }
}

/// Writes the value itself, with numbers as serde_json reads them. An absent one is `null`.
impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_empty() {
            return serializer.serialize_none();
        }
        serde_json::from_str::<serde_json::Value>(&self.0).map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// Both kinds of text are used in the same way.
macro_rules! text {
    ($name:ident) => {
        impl Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

text! { Text }
text! { Raw }

/// A text or any other JSON.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Content {
    /// A string, without its quotation marks and escapes.
    Text(Text),
    /// Anything else, including `null`; empty at first.
    Json(Raw),
}

impl Content {
    /// The text, if it is a string.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The JSON text, if it is neither a string nor `null`.
    #[must_use]
    pub fn as_json(&self) -> Option<&str> {
        if let Self::Json(raw) = self {
            Some(&**raw).filter(|json| !matches!(*json, "" | "null"))
        } else {
            None
        }
    }
}

impl Default for Content {
    fn default() -> Self {
        Self::Json(Raw::default())
    }
}

impl Field for Content {
    fn clear(&mut self) {
        *self = Self::default();
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        if json.peek()? == Some(Kind::String) {
            *self = Self::Text(Text::default());
        }
        match self {
            Self::Text(text) => text.fill(json),
            Self::Json(raw) => raw.fill(json),
        }
    }
}

/// The elements of an array that fit, and the number of those that do not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct List<T> {
    kept: Vec<T>,
    lost: usize,
}

impl<T> List<T> {
    /// The number of elements that were not kept because they did not fit `T`.
    #[must_use]
    pub const fn lost(&self) -> usize {
        self.lost
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { kept: Vec::new(), lost: 0 }
    }
}

/// Writes the elements that were kept.
impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.kept.serialize(serializer)
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.kept
    }
}

impl<T> From<List<T>> for Vec<T> {
    fn from(list: List<T>) -> Self {
        list.kept
    }
}

impl<'l, T> IntoIterator for &'l List<T> {
    type Item = &'l T;
    type IntoIter = std::slice::Iter<'l, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.kept.iter()
    }
}

impl<T: Field + Default> Field for List<T> {
    fn clear(&mut self) {
        self.kept.clear();
        self.lost = 0;
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        json.array(self)
    }
}

impl<T: Field + Default> json::Row for List<T> {
    fn push(&mut self) -> bool {
        self.kept.push(T::default());
        true
    }

    fn last(&mut self) -> Option<&mut dyn Field> {
        self.kept.last_mut().map(|element| element as &mut dyn Field)
    }

    fn reject(&mut self) {
        self.kept.pop();
        self.lost += 1;
    }
}

#[cfg(test)]
mod tests {
    use taskgroup::{json::Misfit, record};

    use super::*;

    #[test]
    fn a_list_is_without_the_elements_that_do_not_fit_and_counts_them() {
        record! { struct Holder { texts: List<Text> = "/texts", maybe: Option<List<Text>> = "/maybe" } }
        let mut holder = Holder::default();
        let result = json::fill(&mut holder, br#"{"texts": ["a", 1, {"b": 2}, "c"], "maybe": {}}"#);
        let Err(json::Error::Mismatch(name)) = result else { panic!("{result:?}") };
        assert_eq!((&*name, name.why()), ("texts", Misfit::Type));
        let kept: Vec<&str> = holder.texts.iter().map(|text| &**text).collect();
        assert_eq!((kept, holder.texts.lost(), holder.maybe), (vec!["a", "c"], 2, None));
    }
}
