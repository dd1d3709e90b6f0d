//! The input of a run.

use super::{Profile, Standard};
use crate::record;

record! {
    /// What a run was asked, and how it is to work.
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(bound(serialize = "P::Name: serde::Serialize, \
        P::Prompt: serde::Serialize, P::Metadata: serde::Serialize, P::SourcePolicy: serde::Serialize, \
        P::TaskSpec: serde::Serialize, P::McpServers: serde::Serialize, P::Webhook: serde::Serialize, \
        P::EventId: serde::Serialize, P::AdvancedSettings: serde::Serialize")))]
    pub struct RunInput<P = Standard> for * where P: Profile {
        /// The processor to run on.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub processor: P::Name = "/processor",
        /// The question: text or an object.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub input: P::Prompt = "/input",
        /// Notes of the caller's own.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub metadata: P::Metadata = "/metadata",
        /// Which sources may be used.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub source_policy: P::SourcePolicy = "/source_policy",
        /// What the output is to be like.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub task_spec: P::TaskSpec = "/task_spec",
        /// Tools that may be called.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub mcp_servers: P::McpServers = "/mcp_servers",
        /// Whether progress events are wanted.
        pub enable_events: Option<bool> = "/enable_events",
        /// Who is called when it ends.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub webhook: P::Webhook = "/webhook",
        /// The interaction that this one continues. Of v1 only.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub previous_interaction_id: P::EventId = "/previous_interaction_id",
        /// Such as a location. Of v1 only.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub advanced_settings: P::AdvancedSettings = "/advanced_settings",
        /// Of v1 only.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub memory_scope_key: P::EventId = "/memory_scope_key",
    }
}

record! {
    /// Which sources a run may use.
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(bound(serialize = "P::Domains: serde::Serialize, P::Time: serde::Serialize")))]
    pub struct SourcePolicy<P = Standard> for * where P: Profile {
        /// Only these domains.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub include_domains: P::Domains = "/include_domains",
        /// None of these domains.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub exclude_domains: P::Domains = "/exclude_domains",
        /// Nothing older: `YYYY-MM-DD`.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub after_date: P::Time = "/after_date",
    }
}

record! {
    /// What the output of a run is to be like.
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(bound(serialize = "P::Schema: serde::Serialize")))]
    pub struct TaskSpec<P = Standard> for * where P: Profile {
        /// A schema, or a description in words.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub output_schema: P::Schema = "/output_schema",
        /// A schema, or a description in words.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub input_schema: P::Schema = "/input_schema",
    }
}

record! {
    /// A server of tools, by the Model Context Protocol.
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(bound(serialize = "P::Name: serde::Serialize, \
        P::Url: serde::Serialize, P::Metadata: serde::Serialize, P::Domains: serde::Serialize")))]
    pub struct McpServer<P = Standard> for * where P: Profile {
        /// `url`
        #[cfg_attr(feature = "serde", serde(rename = "type", skip_serializing_if = "super::is_skipped"))]
        pub kind: P::Name = "/type",
        /// Where it is.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub url: P::Url = "/url",
        /// What it is called.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub name: P::Name = "/name",
        /// Headers to send to it, an object.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub headers: P::Metadata = "/headers",
        /// The only tools that may be called.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub allowed_tools: P::Domains = "/allowed_tools",
    }
}

record! {
    /// Who is called when a run ends.
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(bound(serialize = "P::Url: serde::Serialize, P::Domains: serde::Serialize")))]
    pub struct Webhook<P = Standard> for * where P: Profile {
        /// Where the call goes.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub url: P::Url = "/url",
        /// For which events: `task_run.status`.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub event_types: P::Domains = "/event_types",
    }
}
