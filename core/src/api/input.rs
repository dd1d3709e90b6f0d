//! The input of a run.

use super::macros::service_record;

service_record! {
    /// What a run was asked, and how it is to work.
    pub struct RunInput<P> {
        /// The processor to run on.
        pub processor: P::Name = "/processor",
        /// The question: text or an object.
        pub input: P::Prompt = "/input",
        /// Notes of the caller's own.
        pub metadata: P::Metadata = "/metadata",
        /// Which sources may be used.
        pub source_policy: P::SourcePolicy = "/source_policy",
        /// What the output is to be like.
        pub task_spec: P::TaskSpec = "/task_spec",
        /// Tools that may be called.
        pub mcp_servers: P::McpServers = "/mcp_servers",
        /// Whether progress events are wanted.
        pub enable_events: Option<bool> = "/enable_events",
        /// Who is called when it ends.
        pub webhook: P::Webhook = "/webhook",
        /// The interaction that this one continues. Of v1 only.
        pub previous_interaction_id: P::EventId = "/previous_interaction_id",
        /// Such as a location. Of v1 only.
        pub advanced_settings: P::AdvancedSettings = "/advanced_settings",
        /// Of v1 only.
        pub memory_scope_key: P::EventId = "/memory_scope_key",
    }
}

service_record! {
    /// Which sources a run may use.
    pub struct SourcePolicy<P> {
        /// Only these domains.
        pub include_domains: P::Domains = "/include_domains",
        /// None of these domains.
        pub exclude_domains: P::Domains = "/exclude_domains",
        /// Nothing older: `YYYY-MM-DD`.
        pub after_date: P::Time = "/after_date",
    }
}

service_record! {
    /// What the output of a run is to be like.
    pub struct TaskSpec<P> {
        /// A schema, or a description in words.
        pub output_schema: P::Schema = "/output_schema",
        /// A schema, or a description in words.
        pub input_schema: P::Schema = "/input_schema",
    }
}

service_record! {
    /// A server of tools, by the Model Context Protocol.
    pub struct McpServer<P> {
        /// `url`
        pub kind: P::Name = "/type",
        /// Where it is.
        pub url: P::Url = "/url",
        /// What it is called.
        pub name: P::Name = "/name",
        /// Headers to send to it, an object.
        pub headers: P::Metadata = "/headers",
        /// The only tools that may be called.
        pub allowed_tools: P::Domains = "/allowed_tools",
    }
}

service_record! {
    /// Who is called when a run ends.
    pub struct Webhook<P> {
        /// Where the call goes.
        pub url: P::Url = "/url",
        /// For which events: `task_run.status`.
        pub event_types: P::Domains = "/event_types",
    }
}
