//! The input of a run and its settings in, their JSON out.

use super::{
    policy::{AdvancedSettings, McpServer, SourcePolicy, Webhook},
    spec::TaskSpec,
    value::{Kind, Limit, Pairs, Value, check, has_member, is_longer, kind, metadata, text},
};
use crate::{
    api::service,
    json::{NoJson, Output, ToJson, Writer},
    session::{Body, Draft},
};

/// The most characters of the input and the schemas of a run.
const CHARACTERS: usize = 25_000;

/// The input of a run and its settings: the body of [`create_run`](crate::api::create_run), or one of several
/// in [`NewRuns`](super::NewRuns).
///
/// ```
/// use taskgroup::api::body::{Input, RunInput, SourcePolicy, TaskSpec};
///
/// let input = RunInput::new("base", Input::Json(r#"{"company": "Acme Ltd."}"#))
///     .task_spec(TaskSpec::text("The name of its head, and since when."))
///     .source_policy(SourcePolicy::new().include_domains(&["example.org"]));
/// # let _ = input;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RunInput<'a> {
    members: Option<Members<'a>>,
    processor: Option<&'a str>,
    input: Option<Input<'a>>,
    metadata: Option<Pairs<'a, Value<'a>>>,
    source_policy: Option<SourcePolicy<'a>>,
    task_spec: Option<TaskSpec<'a>>,
    mcp_servers: Option<&'a [McpServer<'a>]>,
    enable_events: Option<bool>,
    webhook: Option<Webhook<'a>>,
    previous_interaction_id: Option<&'a str>,
    advanced_settings: Option<AdvancedSettings<'a>>,
    memory_scope_key: Option<&'a str>,
}

/// The question.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    /// In words.
    Text(&'a str),
    /// The JSON text of an object, or of a string.
    Json(&'a str),
    /// A value that is an object or a string, such as `json::Serialized`. Only a session
    /// writes it, not another serializer.
    Value(&'a (dyn ToJson + Sync)),
}

/// The JSON text of an object whose members are also this one's.
#[derive(Clone, Copy, Debug)]
struct Members<'a>(&'a str);

impl<'a> RunInput<'a> {
    /// A question to this processor, such as `base`: text, or [JSON](Input).
    #[must_use]
    pub fn new(processor: &'a str, input: impl Into<Input<'a>>) -> Self {
        Self { processor: Some(processor), input: Some(input.into()), ..Self::empty() }
    }

    /// A whole input as the JSON text of an object, `{"processor": …, "input": …}`. What you set in addition
    /// must not be in it. Its members are not checked against the limits.
    #[must_use]
    pub const fn json(object: &'a str) -> Self {
        Self { members: Some(Members(object)), ..Self::empty() }
    }

    const fn empty() -> Self {
        Self {
            members: None,
            processor: None,
            input: None,
            metadata: None,
            source_policy: None,
            task_spec: None,
            mcp_servers: None,
            enable_events: None,
            webhook: None,
            previous_interaction_id: None,
            advanced_settings: None,
            memory_scope_key: None,
        }
    }

    /// Your metadata, which comes back with the run: keys of up to 16 characters.
    #[must_use]
    pub const fn metadata(mut self, metadata: &'a [(&'a str, Value<'a>)]) -> Self {
        self.metadata = Some(Pairs(metadata));
        self
    }

    /// Which sources may be used.
    #[must_use]
    pub const fn source_policy(mut self, policy: SourcePolicy<'a>) -> Self {
        self.source_policy = Some(policy);
        self
    }

    /// The form of the output.
    #[must_use]
    pub const fn task_spec(mut self, spec: TaskSpec<'a>) -> Self {
        self.task_spec = Some(spec);
        self
    }

    /// Servers of tools that the run may call.
    #[must_use]
    pub const fn mcp_servers(mut self, servers: &'a [McpServer<'a>]) -> Self {
        self.mcp_servers = Some(servers);
        self
    }

    /// Whether the service sends progress events, for [`run_events`](crate::api::run_events).
    #[must_use]
    pub const fn enable_events(mut self, enable: bool) -> Self {
        self.enable_events = Some(enable);
        self
    }

    /// The URL to call when it ends.
    #[must_use]
    pub const fn webhook(mut self, webhook: Webhook<'a>) -> Self {
        self.webhook = Some(webhook);
        self
    }

    /// The interaction that this one continues; only in v1.
    #[must_use]
    pub const fn previous_interaction_id(mut self, id: &'a str) -> Self {
        self.previous_interaction_id = Some(id);
        self
    }

    /// Settings such as the location; only in v1.
    #[must_use]
    pub const fn advanced_settings(mut self, settings: AdvancedSettings<'a>) -> Self {
        self.advanced_settings = Some(settings);
        self
    }

    /// The key under which the service remembers things; only in v1.
    #[must_use]
    pub const fn memory_scope_key(mut self, key: &'a str) -> Self {
        self.memory_scope_key = Some(key);
        self
    }

    /// Writes it as a value, with one more note in its metadata.
    pub(crate) fn write(&self, note: Option<(&str, u32)>, out: &mut Draft<'_>) {
        out.json().begin_object();
        if let Some(members) = &self.members {
            members.write(out);
            let has_metadata = self.metadata.is_some() || note.is_some();
            if out.is_check() && has_metadata {
                check(out, !has_member(members.0, "metadata"), Limit::Metadata);
            }
        }
        text("processor", self.processor, out.json());
        if let Some(input) = &self.input {
            input.write(out);
        }
        metadata(self.metadata.as_ref(), note, out);
        if let Some(policy) = &self.source_policy {
            policy.write(out);
        }
        if let Some(spec) = &self.task_spec {
            spec.write("task_spec", out);
        }
        self.write_tools(out);
        self.write_calls(out);
        text("previous_interaction_id", self.previous_interaction_id, out.json());
        if let Some(settings) = &self.advanced_settings {
            settings.write(out.json());
        }
        text("memory_scope_key", self.memory_scope_key, out.json());
        out.json().end_object();
        if out.is_check() {
            self.check(out);
        }
    }

    fn write_tools(&self, out: &mut Draft<'_>) {
        let Some(servers) = self.mcp_servers else { return };
        if !servers.is_empty() {
            out.uses(service::MCP_SERVERS);
        }
        let json = out.json().name("mcp_servers").begin_array();
        for server in servers {
            server.write(json);
        }
        json.end_array();
    }

    fn write_calls(&self, out: &mut Draft<'_>) {
        if let Some(enable) = self.enable_events {
            out.json().name("enable_events").bool(enable);
            if enable {
                out.uses(service::PROGRESS);
            }
        }
        if let Some(webhook) = &self.webhook {
            out.uses(service::WEBHOOK);
            webhook.write(out.json());
        }
    }

    /// Counts the characters. Without schemas of its own, those that all runs share count.
    fn check(&self, out: &mut Draft<'_>) {
        let schemas = self.task_spec.as_ref().map_or(*out.shared_characters(), TaskSpec::characters);
        let room = CHARACTERS.saturating_sub(schemas);
        let is_too_long = match self.input {
            Some(Input::Text(text) | Input::Json(text)) => is_longer(text, room),
            Some(Input::Value(value)) => {
                let mut shape = Shape { characters: 0, first: 0 };
                let result = value.to_json(&mut Writer::new(&mut shape));
                check(out, result.is_ok() && matches!(shape.first, b'{' | b'"'), Limit::Input);
                shape.characters > room
            }
            None => false,
        };
        check(out, schemas <= CHARACTERS && !is_too_long, Limit::Characters);
    }
}

impl Body for RunInput<'_> {
    fn part(&self, _: usize, out: &mut Draft<'_>) -> bool {
        self.write(None, out);
        false
    }

    fn features(&self) -> &'static [&'static str] {
        service::FEATURES
    }
}

impl Input<'_> {
    /// Writes the member `input`.
    fn write(&self, out: &mut Draft<'_>) {
        if let Self::Json(text) = self
            && out.is_check()
        {
            check(out, kind(text).is_some(), Limit::Input);
        }
        let json = out.json().name("input");
        match self {
            Self::Text(text) => _ = json.string(text),
            Self::Json(text) => _ = json.raw(text),
            // What has no JSON form was found when the body was checked.
            Self::Value(value) => _ = value.to_json(json),
        }
    }
}

impl Members<'_> {
    fn write(&self, out: &mut Draft<'_>) {
        if out.is_check() {
            check(out, kind(self.0) == Some(Kind::Object), Limit::Input);
        }
        let inside = self.0.trim_ascii().strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        let inside = inside.unwrap_or_default().trim_ascii();
        if !inside.is_empty() {
            out.json().raw(inside);
        }
    }
}

impl<'a> From<&'a str> for Input<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a, V: ToJson + Sync> From<&'a V> for Input<'a> {
    fn from(value: &'a V) -> Self {
        Self::Value(value)
    }
}

impl core::fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Text(text) => f.debug_tuple("Text").field(text).finish(),
            Self::Json(text) => f.debug_tuple("Json").field(text).finish(),
            Self::Value(_) => f.write_str("Value(…)"),
        }
    }
}

/// A text that is counted, and what it begins with.
struct Shape {
    characters: usize,
    first: u8,
}

impl Output for Shape {
    fn write(&mut self, bytes: &[u8]) -> bool {
        if self.characters == 0 {
            self.first = bytes.first().copied().unwrap_or_default();
        }
        // Of each character all bytes but the first begin with the bits 10.
        let begins = bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        self.characters = self.characters.saturating_add(begins);
        true
    }
}

/// For [`ToJson`] by hand: an input is written like any value.
impl ToJson for Input<'_> {
    fn to_json(&self, json: &mut Writer<'_>) -> Result<(), NoJson> {
        match self {
            Self::Text(text) => _ = json.string(text),
            Self::Json(text) => _ = json.raw(text),
            Self::Value(value) => value.to_json(json)?,
        }
        Ok(())
    }
}

#[cfg(feature = "serde")]
mod serialized {
    use serde::{
        Serialize, Serializer,
        ser::{Error as _, SerializeMap},
    };

    use super::{Input, RunInput};
    use crate::json::JsonText;

    impl Serialize for Input<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Text(text) => serializer.serialize_str(text),
                Self::Json(text) => JsonText(text).serialize(serializer),
                Self::Value(_) => {
                    Err(S::Error::custom("an input that is a value is written by a session only"))
                }
            }
        }
    }

    impl Serialize for RunInput<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            if let Some(members) = &self.members {
                JsonText(members.0).serialize_members(&mut map)?;
            }
            macro_rules! entries {
                ($($name:ident),*) => {
                    $(if let Some(value) = &self.$name {
                        map.serialize_entry(stringify!($name), value)?;
                    })*
                };
            }
            entries!(processor, input, metadata, source_policy, task_spec, mcp_servers);
            entries!(enable_events, webhook, previous_interaction_id, advanced_settings, memory_scope_key);
            map.end()
        }
    }
}
