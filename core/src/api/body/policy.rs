//! Sources, tools and webhooks of a run in, their JSON out.

use super::value::{Limit, Pairs, check, strings, text};
use crate::{json::Writer, session::Draft};

/// The most domains in both lists of a policy together.
const DOMAINS: usize = 200;

/// Which sources a run may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SourcePolicy<'a> {
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    include_domains: Option<&'a [&'a str]>,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    exclude_domains: Option<&'a [&'a str]>,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    after_date: Option<&'a str>,
}

impl<'a> SourcePolicy<'a> {
    /// Any source.
    #[must_use]
    pub const fn new() -> Self {
        Self { include_domains: None, exclude_domains: None, after_date: None }
    }

    /// Only these domains. At most 200, together with those that are excluded.
    #[must_use]
    pub const fn include_domains(mut self, domains: &'a [&'a str]) -> Self {
        self.include_domains = Some(domains);
        self
    }

    /// Not these domains.
    #[must_use]
    pub const fn exclude_domains(mut self, domains: &'a [&'a str]) -> Self {
        self.exclude_domains = Some(domains);
        self
    }

    /// Only sources after this day, `YYYY-MM-DD`.
    #[must_use]
    pub const fn after_date(mut self, date: &'a str) -> Self {
        self.after_date = Some(date);
        self
    }

    /// Writes the member `source_policy`.
    pub(super) fn write(&self, out: &mut Draft<'_>) {
        let count = |domains: Option<&[&str]>| domains.map_or(0, <[_]>::len);
        let domains = count(self.include_domains).saturating_add(count(self.exclude_domains));
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
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    headers: Option<Pairs<'a, &'a str>>,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    allowed_tools: Option<&'a [&'a str]>,
}

impl<'a> McpServer<'a> {
    /// A server, by its name and URL.
    #[must_use]
    pub const fn new(name: &'a str, url: &'a str) -> Self {
        Self { kind: "url", url, name, headers: None, allowed_tools: None }
    }

    /// Headers that the service sends to it: for a token, for example.
    #[must_use]
    pub const fn headers(mut self, headers: &'a [(&'a str, &'a str)]) -> Self {
        self.headers = Some(Pairs(headers));
        self
    }

    /// The tools that may be called.
    #[must_use]
    pub const fn allowed_tools(mut self, tools: &'a [&'a str]) -> Self {
        self.allowed_tools = Some(tools);
        self
    }

    pub(super) fn write(&self, json: &mut Writer<'_>) {
        json.begin_object().name("type").string(self.kind);
        json.name("url").string(self.url).name("name").string(self.name);
        if let Some(headers) = &self.headers {
            headers.write("headers", json);
        }
        strings("allowed_tools", self.allowed_tools, json);
        json.end_object();
    }
}

/// Shows the names of headers, but not their values, which are often secrets.
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
            .field("headers", &self.headers.as_ref().map(|headers| Names(headers.0)))
            .field("allowed_tools", &self.allowed_tools)
            .finish()
    }
}

/// The URL to call when a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Webhook<'a> {
    url: &'a str,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    event_types: Option<&'a [&'a str]>,
}

impl<'a> Webhook<'a> {
    /// For [`event_types`](Self::event_types): each change of the run's status.
    pub const STATUS: &'static [&'static str] = &["task_run.status"];

    /// Calls of this URL.
    #[must_use]
    pub const fn new(url: &'a str) -> Self {
        Self { url, event_types: None }
    }

    /// The events to call it for; there is only [`STATUS`](Self::STATUS).
    #[must_use]
    pub const fn event_types(mut self, types: &'a [&'a str]) -> Self {
        self.event_types = Some(types);
        self
    }

    /// Writes the member `webhook`.
    pub(super) fn write(&self, json: &mut Writer<'_>) {
        json.name("webhook").begin_object().name("url").string(self.url);
        strings("event_types", self.event_types, json);
        json.end_object();
    }
}

/// Settings that only some of the service's processors know; only in v1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AdvancedSettings<'a> {
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    location: Option<&'a str>,
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    data_sources: Option<DataSources<'a>>,
}

/// Names of sources besides the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
struct DataSources<'a> {
    free: &'a [&'a str],
    pay_per_use: &'a [&'a str],
}

impl<'a> AdvancedSettings<'a> {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self { location: None, data_sources: None }
    }

    /// The location of the person who asks, such as `us`.
    #[must_use]
    pub const fn location(mut self, location: &'a str) -> Self {
        self.location = Some(location);
        self
    }

    /// Sources besides the web, by their names: those that are free, and those that cost something for each
    /// use.
    #[must_use]
    pub const fn data_sources(mut self, free: &'a [&'a str], pay_per_use: &'a [&'a str]) -> Self {
        self.data_sources = Some(DataSources { free, pay_per_use });
        self
    }

    /// Writes the member `advanced_settings`.
    pub(super) fn write(&self, json: &mut Writer<'_>) {
        json.name("advanced_settings").begin_object();
        text("location", self.location, json);
        if let Some(sources) = &self.data_sources {
            json.name("data_sources").begin_object();
            strings("free", Some(sources.free), json);
            strings("pay_per_use", Some(sources.pay_per_use), json);
            json.end_object();
        }
        json.end_object();
    }
}
