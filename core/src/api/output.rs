//! The output of a run, and its basis.

use super::{macros::service_record, run::TaskRun};
use crate::{enumeration, text::Text};

enumeration! {
    /// The type of an output's content.
    pub enum OutputType {
        /// Text.
        Text = "text",
        /// An object.
        Json = "json",
    }
}

enumeration! {
    /// How confident the service is of a field.
    pub enum Confidence {
        /// Low confidence.
        Low = "low",
        /// Medium confidence.
        Medium = "medium",
        /// High confidence.
        High = "high",
    }
}

service_record! {
    /// The output of a completed run.
    pub struct Output<P> {
        /// The type of `content`.
        pub kind: OutputType = "/type",
        /// The answer: text or an object.
        pub content: P::Content = "/content",
        /// The schema that the service chose, if the task asked for an automatic one.
        pub output_schema: P::Schema = "/output_schema",
        /// The basis of each field of the content.
        pub basis: P::Basis = "/basis",
        /// The calls of tools.
        pub mcp_tool_calls: P::McpToolCalls = "/mcp_tool_calls",
        /// An object; deprecated by the service.
        pub beta_fields: P::BetaFields = "/beta_fields",
    }
}

service_record! {
    /// The basis of one field of the content.
    pub struct FieldBasis<P> {
        /// The field, such as `gdp` or `key_executives.0`.
        pub field: P::Name = "/field",
        /// The reasoning, in words.
        pub reasoning: P::Reasoning = "/reasoning",
        /// The sources.
        pub citations: P::Citations = "/citations",
        /// How confident the service is; only from some processors.
        pub confidence: Option<Confidence> = "/confidence",
    }
}

service_record! {
    /// A source.
    pub struct Citation<P> {
        /// The URL of the page.
        pub url: P::Url = "/url",
        /// Its title.
        pub title: P::Title = "/title",
        /// Quotations from it.
        pub excerpts: P::Excerpts = "/excerpts",
    }
}

service_record! {
    /// A call of a tool.
    pub struct McpToolCall<P> {
        /// The id of the call.
        pub tool_call_id: Text<40> = "/tool_call_id",
        /// The name of the server.
        pub server_name: P::Name = "/server_name",
        /// The name of the tool.
        pub tool_name: P::Name = "/tool_name",
        /// The arguments, JSON in a string.
        pub arguments: P::Reasoning = "/arguments",
        /// The result.
        pub content: Option<P::Reasoning> = "/content",
        /// The error, if it failed.
        pub error: Option<P::Message> = "/error",
    }
}

service_record! {
    /// A run that has ended, with its output.
    pub struct RunResult<P> {
        /// The run.
        pub run: TaskRun<P> = "/run",
        /// Its output.
        pub output: P::Output = "/output",
    }
}
