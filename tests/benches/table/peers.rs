//! What the others are given to do: the same members, whole and on the heap, each by the quickest way
//! that serde_json has for it.
#![allow(dead_code, reason = "what a record holds is there to be filled")]

use std::{convert::Infallible, pin::pin};

use futures_util::{FutureExt, StreamExt, stream};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::value::RawValue;
use sse_stream::{Sse, SseByteStream};

/// Gives `each` every event of a body that comes in these chunks.
pub(crate) fn events(body: &[u8], chunk: usize, mut each: impl FnMut(Sse)) {
    let chunks = stream::iter(body.chunks(chunk).map(Ok::<_, Infallible>));
    let mut events = pin!(SseByteStream::new(chunks));
    while let Some(event) = events.next().now_or_never().expect("all the chunks are there") {
        each(event.expect("the stream is UTF-8"));
    }
}

/// The members of `StreamEvent<Brief>`.
#[derive(Deserialize)]
pub(crate) struct Brief {
    #[serde(rename = "type")]
    kind: String,
    run: Option<BriefRun>,
    status: Option<GroupStatus>,
    error: Option<BriefError>,
}

#[derive(Deserialize)]
struct BriefRun {
    run_id: String,
    status: Status,
    is_active: bool,
    error: Option<BriefError>,
    processor: String,
    taskgroup_id: Option<String>,
}

#[derive(Deserialize)]
struct BriefError {
    ref_id: String,
    message: String,
}

/// The members of `StreamEvent<Standard>`.
#[derive(Deserialize)]
pub(crate) struct Standard {
    #[serde(rename = "type")]
    kind: String,
    event_id: Option<String>,
    input: Option<RunInput>,
    run: Option<Run>,
    output: Option<Output>,
    status: Option<GroupStatus>,
    error: Option<Error>,
    message: Option<String>,
    timestamp: Option<String>,
    progress_meter: Option<f32>,
    source_stats: Option<SourceStats>,
}

type Raw = Box<RawValue>;

#[derive(Deserialize)]
struct Run {
    run_id: String,
    interaction_id: Option<String>,
    status: Status,
    is_active: bool,
    warnings: Option<Vec<Warning>>,
    error: Option<Error>,
    processor: String,
    metadata: Option<Raw>,
    taskgroup_id: Option<String>,
    created_at: Option<String>,
    modified_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
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
struct Error {
    ref_id: String,
    message: String,
    detail: Option<Raw>,
}

#[derive(Deserialize)]
struct Warning {
    #[serde(rename = "type")]
    kind: String,
    message: String,
    detail: Option<Raw>,
}

#[derive(Deserialize)]
struct RunInput {
    processor: String,
    input: Content,
    metadata: Option<Raw>,
    source_policy: Option<SourcePolicy>,
    task_spec: Option<TaskSpec>,
    mcp_servers: Option<Raw>,
    enable_events: Option<bool>,
    webhook: Option<Raw>,
    previous_interaction_id: Option<String>,
    advanced_settings: Option<Raw>,
    memory_scope_key: Option<String>,
}

#[derive(Deserialize)]
struct SourcePolicy {
    include_domains: Vec<String>,
    exclude_domains: Vec<String>,
    after_date: Option<String>,
}

#[derive(Deserialize)]
struct TaskSpec {
    output_schema: Option<Content>,
    input_schema: Option<Content>,
}

#[derive(Deserialize)]
struct Output {
    #[serde(rename = "type")]
    kind: OutputType,
    content: Content,
    output_schema: Option<Content>,
    basis: Vec<FieldBasis>,
    mcp_tool_calls: Option<Raw>,
    beta_fields: Option<Raw>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum OutputType {
    Text,
    Json,
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
struct FieldBasis {
    field: String,
    reasoning: String,
    citations: Vec<Citation>,
    confidence: Option<Confidence>,
}

#[derive(Deserialize)]
struct Citation {
    url: String,
    title: Option<String>,
    excerpts: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Confidence {
    Low,
    Medium,
    High,
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
struct GroupStatus {
    num_task_runs: u32,
    task_run_status_counts: StatusCounts,
    is_active: bool,
    status_message: Option<String>,
    modified_at: Option<String>,
}

#[derive(Deserialize)]
struct StatusCounts {
    queued: Option<u32>,
    action_required: Option<u32>,
    running: Option<u32>,
    completed: Option<u32>,
    failed: Option<u32>,
    cancelling: Option<u32>,
    cancelled: Option<u32>,
}

#[derive(Deserialize)]
struct SourceStats {
    num_sources_considered: Option<u32>,
    num_sources_read: Option<u32>,
    sources_read_sample: Option<Vec<String>>,
}

/// Text, decoded, or any other JSON as it stands.
enum Content {
    Text(String),
    Raw(Raw),
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        if raw.get().starts_with('"') {
            return serde_json::from_str(raw.get()).map(Self::Text).map_err(D::Error::custom);
        }
        Ok(Self::Raw(raw.to_owned()))
    }
}
