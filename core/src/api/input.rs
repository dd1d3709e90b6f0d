//! The input of a run.

use super::macros::service_record;

service_record! {
    /// The input of a run: the question, and how to answer it.
    pub struct RunInput<P> {
        /// The processor to run on.
        pub processor: P::Name = "/processor",
        /// The question: text or an object.
        pub input: P::Prompt = "/input",
        /// The caller's metadata, an object.
        pub metadata: P::Metadata = "/metadata",
        /// Which sources may be used.
        pub source_policy: P::SourcePolicy = "/source_policy",
        /// The form of the output.
        pub task_spec: P::TaskSpec = "/task_spec",
        /// Servers of tools that the run may call.
        pub mcp_servers: P::McpServers = "/mcp_servers",
        /// Whether the service sends progress events.
        pub enable_events: Option<bool> = "/enable_events",
        /// The URL to call when it ends.
        pub webhook: P::Webhook = "/webhook",
        /// The interaction that this one continues; only in v1.
        pub previous_interaction_id: P::EventId = "/previous_interaction_id",
        /// Settings such as a location; only in v1.
        pub advanced_settings: P::AdvancedSettings = "/advanced_settings",
        /// The scope of the memory; only in v1.
        pub memory_scope_key: P::EventId = "/memory_scope_key",
    }
}

service_record! {
    /// Which sources a run may use.
    pub struct SourcePolicy<P> {
        /// Only these domains.
        pub include_domains: P::Domains = "/include_domains",
        /// Not these domains.
        pub exclude_domains: P::Domains = "/exclude_domains",
        /// Only sources after this date, `YYYY-MM-DD`.
        pub after_date: P::Time = "/after_date",
    }
}

service_record! {
    /// The form of a run's output and input.
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
        /// Its URL.
        pub url: P::Url = "/url",
        /// Its name.
        pub name: P::Name = "/name",
        /// Headers to send to it, an object.
        pub headers: P::Metadata = "/headers",
        /// The tools that may be called.
        pub allowed_tools: P::Domains = "/allowed_tools",
    }
}

service_record! {
    /// The URL to call when a run ends.
    pub struct Webhook<P> {
        /// The URL to call.
        pub url: P::Url = "/url",
        /// The events to call it for: `task_run.status`.
        pub event_types: P::Domains = "/event_types",
    }
}
