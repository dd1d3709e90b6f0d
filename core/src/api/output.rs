//! The output of a run, and what it is based on.

use super::{macros::service_record, run::TaskRun};
use crate::{enumeration, text::Text};

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

service_record! {
    /// The output of a completed run.
    pub struct Output<P> {
        /// What `content` is.
        pub kind: OutputType = "/type",
        /// The answer: text or an object.
        pub content: P::Content = "/content",
        /// The schema that the service made up, where it was to.
        pub output_schema: P::Schema = "/output_schema",
        /// What each field of the content is based on.
        pub basis: P::Basis = "/basis",
        /// Which tools were called.
        pub mcp_tool_calls: P::McpToolCalls = "/mcp_tool_calls",
        /// Deprecated by the service; an object.
        pub beta_fields: P::BetaFields = "/beta_fields",
    }
}

service_record! {
    /// What one field of the content is based on.
    pub struct FieldBasis<P> {
        /// The field, such as `gdp` or `key_executives.0`.
        pub field: P::Name = "/field",
        /// Why the service believes it.
        pub reasoning: P::Reasoning = "/reasoning",
        /// Where it is written.
        pub citations: P::Citations = "/citations",
        /// How sure the service is; not of every processor.
        pub confidence: Option<Confidence> = "/confidence",
    }
}

service_record! {
    /// Where something is written.
    pub struct Citation<P> {
        /// The page.
        pub url: P::Url = "/url",
        /// Its title.
        pub title: P::Title = "/title",
        /// Its own words.
        pub excerpts: P::Excerpts = "/excerpts",
    }
}

service_record! {
    /// A call of a tool.
    pub struct McpToolCall<P> {
        /// The call's id.
        pub tool_call_id: Text<40> = "/tool_call_id",
        /// The server called.
        pub server_name: P::Name = "/server_name",
        /// The tool called.
        pub tool_name: P::Name = "/tool_name",
        /// What it was called with, JSON in a string.
        pub arguments: P::Reasoning = "/arguments",
        /// What it gave.
        pub content: Option<P::Reasoning> = "/content",
        /// Why it failed.
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
