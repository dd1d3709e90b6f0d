//! Sources, tools and webhooks of a run in, their JSON out.

use super::value::{Limit, Pairs, check, strings, text};
use crate::{json::Writer, session::Draft};

/// The most domains in both lists of a policy together.
const DOMAINS: usize = 200;

/// Which sources a run may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SourcePolicy<'a> {
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "<[_]>::is_empty"))]
    include_domains: &'a [&'a str],
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "<[_]>::is_empty"))]
    exclude_domains: &'a [&'a str],
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    after_date: Option<&'a str>,
}

impl<'a> SourcePolicy<'a> {
    /// Any source.
    #[must_use]
    pub const fn new() -> Self {
        Self { include_domains: &[], exclude_domains: &[], after_date: None }
    }

    /// Only these domains. At most 200, together with those that are excluded.
    #[must_use]
    pub const fn include_domains(mut self, domains: &'a [&'a str]) -> Self {
        self.include_domains = domains;
        self
    }

    /// None of these domains.
    #[must_use]
    pub const fn exclude_domains(mut self, domains: &'a [&'a str]) -> Self {
        self.exclude_domains = domains;
        self
    }

    /// Nothing older than this day, `YYYY-MM-DD`.
    #[must_use]
    pub const fn after_date(mut self, date: &'a str) -> Self {
        self.after_date = Some(date);
        self
    }

    /// Writes the member `source_policy`.
    pub(super) fn write(&self, out: &mut Draft<'_>) {
        let domains = self.include_domains.len().saturating_add(self.exclude_domains.len());
        check(out, domains <= DOMAINS, Limit::Domains);
        let json = out.json().name("source_policy").begin_object();
        strings("include_domains", self.include_domains, json);
        strings("exclude_domains", self.exclude_domains, json);
        text("after_date", self.after_date, json);
        json.end_object();
    }
}

/// A server of tools, by the Model Context Protocol.
#[derive(Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct McpServer<'a> {
    #[cfg_attr(feature = "serde", serde(rename = "type"))]
    kind: &'static str,
    url: &'a str,
    name: &'a str,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Pairs::is_empty"))]
    headers: Pairs<'a, &'a str>,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "<[_]>::is_empty"))]
    allowed_tools: &'a [&'a str],
}

impl<'a> McpServer<'a> {
    /// A server, what it is called, and its URL.
    #[must_use]
    pub const fn new(name: &'a str, url: &'a str) -> Self {
        Self { kind: "url", url, name, headers: Pairs(&[]), allowed_tools: &[] }
    }

    /// Headers that the service sends to it: for a token, for example.
    #[must_use]
    pub const fn headers(mut self, headers: &'a [(&'a str, &'a str)]) -> Self {
        self.headers = Pairs(headers);
        self
    }

    /// The only tools that may be called.
    #[must_use]
    pub const fn allowed_tools(mut self, tools: &'a [&'a str]) -> Self {
        self.allowed_tools = tools;
        self
    }

    pub(super) fn write(&self, json: &mut Writer<'_>) {
        json.begin_object().name("type").string(self.kind);
        json.name("url").string(self.url).name("name").string(self.name);
        self.headers.write("headers", json);
        strings("allowed_tools", self.allowed_tools, json);
        json.end_object();
    }
}

/// Shows the names of headers, not their values, which are often secrets.
impl core::fmt::Debug for McpServer<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        struct Names<'a>(&'a [(&'a str, &'a str)]);

        impl core::fmt::Debug for Names<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_map().entries(self.0.iter().map(|(name, _)| (name, "***"))).finish()
            }
        }

        f.debug_struct("McpServer")
            .field("name", &self.name)
            .field("url", &self.url)
            .field("headers", &Names(self.headers.0))
            .field("allowed_tools", &self.allowed_tools)
            .finish()
    }
}

/// Who is called when a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Webhook<'a> {
    url: &'a str,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "<[_]>::is_empty"))]
    event_types: &'a [&'a str],
}

impl<'a> Webhook<'a> {
    /// A call of this URL for each change of the run's status (`task_run.status`).
    #[must_use]
    pub const fn new(url: &'a str) -> Self {
        Self { url, event_types: &["task_run.status"] }
    }

    /// Calls for these events instead.
    #[must_use]
    pub const fn event_types(mut self, types: &'a [&'a str]) -> Self {
        self.event_types = types;
        self
    }

    /// Writes the member `webhook`.
    pub(super) fn write(&self, json: &mut Writer<'_>) {
        json.name("webhook").begin_object().name("url").string(self.url);
        strings("event_types", self.event_types, json);
        json.end_object();
    }
}
