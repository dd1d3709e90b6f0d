//! The output of a run, and what it is based on.

use super::{Profile, Standard, TaskRun};
use crate::{enumeration, record, text::Text};

enumeration! {
    /// What the content of an output is.
    pub enum OutputType {
        /// Text.
        Text = "text",
        /// An object.
        Json = "json",
    }
}

enumeration! {
    /// How sure the service is of a field.
    pub enum Confidence {
        /// Little.
        Low = "low",
        /// So so.
        Medium = "medium",
        /// Very.
        High = "high",
    }
}

record! {
    /// The output of a completed run.
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(bound(serialize = "P::Content: serde::Serialize, \
        P::Schema: serde::Serialize, P::Basis: serde::Serialize, P::McpToolCalls: serde::Serialize, \
        P::BetaFields: serde::Serialize")))]
    pub struct Output<P = Standard> for * where P: Profile {
        /// What `content` is.
        #[cfg_attr(feature = "serde", serde(rename = "type"))]
        pub kind: OutputType = "/type",
        /// The answer: text or an object.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub content: P::Content = "/content",
        /// The schema that the service made up, where it was to.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub output_schema: P::Schema = "/output_schema",
        /// What each field of the content is based on.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub basis: P::Basis = "/basis",
        /// Which tools were called.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub mcp_tool_calls: P::McpToolCalls = "/mcp_tool_calls",
        /// Deprecated by the service; an object.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub beta_fields: P::BetaFields = "/beta_fields",
    }
}

record! {
    /// What one field of the content is based on.
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(bound(serialize = "P::Name: serde::Serialize, \
        P::Reasoning: serde::Serialize, P::Citations: serde::Serialize")))]
    pub struct FieldBasis<P = Standard> for * where P: Profile {
        /// The field, such as `gdp` or `key_executives.0`.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub field: P::Name = "/field",
        /// Why the service believes it.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub reasoning: P::Reasoning = "/reasoning",
        /// Where it is written.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub citations: P::Citations = "/citations",
        /// How sure the service is; not of every processor.
        pub confidence: Option<Confidence> = "/confidence",
    }
}

record! {
    /// Where something is written.
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(bound(serialize = "P::Url: serde::Serialize, \
        P::Title: serde::Serialize, P::Excerpts: serde::Serialize")))]
    pub struct Citation<P = Standard> for * where P: Profile {
        /// The page.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub url: P::Url = "/url",
        /// Its title.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub title: P::Title = "/title",
        /// Its own words.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub excerpts: P::Excerpts = "/excerpts",
    }
}

record! {
    /// A call of a tool.
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(bound(serialize = "P::Name: serde::Serialize, \
        P::Reasoning: serde::Serialize, P::Message: serde::Serialize")))]
    pub struct McpToolCall<P = Standard> for * where P: Profile {
        /// The call's id.
        pub tool_call_id: Text<40> = "/tool_call_id",
        /// The server called.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub server_name: P::Name = "/server_name",
        /// The tool called.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub tool_name: P::Name = "/tool_name",
        /// What it was called with, JSON in a string.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub arguments: P::Reasoning = "/arguments",
        /// What it gave.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub content: Option<P::Reasoning> = "/content",
        /// Why it failed.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub error: Option<P::Message> = "/error",
    }
}

record! {
    /// A run that has ended, with its output.
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(bound(serialize = "TaskRun<P>: serde::Serialize, P::Output: serde::Serialize")))]
    pub struct RunResult<P = Standard> for * where P: Profile {
        /// The run.
        pub run: TaskRun<P> = "/run",
        /// Its output.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub output: P::Output = "/output",
    }
}
