//! What the others are given to do: the members of `Brief` and `Standard`, whole and on the heap, or in the
//! fixed memory of heapless where there is none.
#![allow(dead_code, reason = "what a record holds is there to be filled")]

use std::{borrow::Cow, marker::PhantomData};

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;
use sonic_rs::LazyValue;

/// The members of `StreamEvent<Brief>`, by the types of their texts.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Brief<Name, Message> {
    #[serde(rename = "type")]
    pub(crate) kind: Name,
    pub(crate) run: Option<BriefRun<Name, Message>>,
    pub(crate) status: Option<BriefGroup>,
    pub(crate) error: Option<BriefError<Message>>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct BriefRun<Name, Message> {
    pub(crate) run_id: Name,
    pub(crate) status: Status,
    pub(crate) is_active: bool,
    pub(crate) error: Option<BriefError<Message>>,
    pub(crate) processor: Name,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct BriefError<Message> {
    pub(crate) message: Message,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct BriefGroup {
    pub(crate) num_task_runs: u32,
    pub(crate) task_run_status_counts: StatusCounts,
    pub(crate) is_active: bool,
}

/// How a parser gives JSON as it stands.
pub(crate) trait AsItStands {
    fn json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, str>, D::Error>;

    /// A string without its quotation marks and escapes.
    fn text(json: &str) -> Option<String>;
}

pub(crate) struct SerdeJson;

impl AsItStands for SerdeJson {
    fn json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        Ok(<&RawValue>::deserialize(deserializer)?.get().into())
    }

    fn text(json: &str) -> Option<String> {
        serde_json::from_str(json).ok()
    }
}

pub(crate) struct SonicRs;

impl AsItStands for SonicRs {
    fn json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        Ok(LazyValue::deserialize(deserializer)?.as_raw_cow())
    }

    fn text(json: &str) -> Option<String> {
        sonic_rs::from_str(json).ok()
    }
}

/// The members of `StreamEvent<Standard>`.
#[derive(Deserialize)]
#[serde(bound = "P: AsItStands")]
pub(crate) struct Standard<P: AsItStands> {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) event_id: Option<String>,
    pub(crate) input: Option<RunInput<P>>,
    pub(crate) run: Option<Run<P>>,
    pub(crate) output: Option<Output<P>>,
    pub(crate) status: Option<GroupStatus>,
    pub(crate) error: Option<Error<P>>,
    pub(crate) message: Option<String>,
    pub(crate) timestamp: Option<String>,
    pub(crate) progress_meter: Option<f32>,
    pub(crate) source_stats: Option<SourceStats>,
}

#[derive(Deserialize)]
#[serde(bound = "P: AsItStands")]
pub(crate) struct Run<P: AsItStands> {
    pub(crate) run_id: String,
    pub(crate) interaction_id: Option<String>,
    pub(crate) status: Status,
    pub(crate) is_active: bool,
    pub(crate) warnings: Option<Vec<Warning<P>>>,
    pub(crate) error: Option<Error<P>>,
    pub(crate) processor: String,
    pub(crate) metadata: Option<Raw<P>>,
    pub(crate) taskgroup_id: Option<String>,
    pub(crate) created_at: Option<String>,
    pub(crate) modified_at: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    #[default]
    Queued,
    ActionRequired,
    Running,
    Completed,
    Failed,
    Cancelling,
    Cancelled,
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
#[serde(bound = "P: AsItStands")]
pub(crate) struct Error<P: AsItStands> {
    pub(crate) ref_id: String,
    pub(crate) message: String,
    pub(crate) detail: Option<Raw<P>>,
}

#[derive(Deserialize)]
#[serde(bound = "P: AsItStands")]
pub(crate) struct Warning<P: AsItStands> {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) message: String,
    pub(crate) detail: Option<Raw<P>>,
}

#[derive(Deserialize)]
#[serde(bound = "P: AsItStands")]
pub(crate) struct RunInput<P: AsItStands> {
    pub(crate) processor: String,
    pub(crate) input: Content<P>,
    pub(crate) metadata: Option<Raw<P>>,
    pub(crate) source_policy: Option<SourcePolicy>,
    pub(crate) task_spec: Option<TaskSpec<P>>,
    pub(crate) mcp_servers: Option<Raw<P>>,
    pub(crate) enable_events: Option<bool>,
    pub(crate) webhook: Option<Raw<P>>,
    pub(crate) previous_interaction_id: Option<String>,
    pub(crate) advanced_settings: Option<Raw<P>>,
    pub(crate) memory_scope_key: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct SourcePolicy {
    pub(crate) include_domains: Vec<String>,
    pub(crate) exclude_domains: Vec<String>,
    pub(crate) after_date: Option<String>,
}

#[derive(Deserialize)]
#[serde(bound = "P: AsItStands")]
pub(crate) struct TaskSpec<P: AsItStands> {
    pub(crate) output_schema: Option<Content<P>>,
    pub(crate) input_schema: Option<Content<P>>,
}

#[derive(Deserialize)]
#[serde(bound = "P: AsItStands")]
pub(crate) struct Output<P: AsItStands> {
    #[serde(rename = "type")]
    pub(crate) kind: OutputType,
    pub(crate) content: Content<P>,
    pub(crate) output_schema: Option<Content<P>>,
    pub(crate) basis: Vec<FieldBasis>,
    pub(crate) mcp_tool_calls: Option<Raw<P>>,
    pub(crate) beta_fields: Option<Raw<P>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OutputType {
    Text,
    Json,
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
pub(crate) struct FieldBasis {
    pub(crate) field: String,
    pub(crate) reasoning: String,
    pub(crate) citations: Vec<Citation>,
    pub(crate) confidence: Option<Confidence>,
}

#[derive(Deserialize)]
pub(crate) struct Citation {
    pub(crate) url: String,
    pub(crate) title: Option<String>,
    pub(crate) excerpts: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Confidence {
    Low,
    Medium,
    High,
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
pub(crate) struct GroupStatus {
    pub(crate) num_task_runs: u32,
    pub(crate) task_run_status_counts: StatusCounts,
    pub(crate) is_active: bool,
    pub(crate) status_message: Option<String>,
    pub(crate) modified_at: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct StatusCounts {
    pub(crate) queued: Option<u32>,
    pub(crate) action_required: Option<u32>,
    pub(crate) running: Option<u32>,
    pub(crate) completed: Option<u32>,
    pub(crate) failed: Option<u32>,
    pub(crate) cancelling: Option<u32>,
    pub(crate) cancelled: Option<u32>,
}

#[derive(Deserialize)]
pub(crate) struct SourceStats {
    pub(crate) num_sources_considered: Option<u32>,
    pub(crate) num_sources_read: Option<u32>,
    pub(crate) sources_read_sample: Option<Vec<String>>,
}

/// JSON as it stands.
pub(crate) struct Raw<P>(pub(crate) Box<str>, PhantomData<P>);

impl<'de, P: AsItStands> Deserialize<'de> for Raw<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(P::json(deserializer)?.into(), PhantomData))
    }
}

/// Text, decoded, or any other JSON as it stands.
pub(crate) enum Content<P> {
    Text(String),
    Raw(Raw<P>),
}

impl<'de, P: AsItStands> Deserialize<'de> for Content<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = P::json(deserializer)?;
        if json.starts_with('"') {
            let text = P::text(&json).ok_or_else(|| D::Error::custom("a string is wrong"))?;
            return Ok(Self::Text(text));
        }
        Ok(Self::Raw(Raw(json.into(), PhantomData)))
    }
}
