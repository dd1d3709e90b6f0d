//! How much of each big member a record keeps: a type for each, chosen by name.

use core::fmt::Debug;

use super::{
    Citation, ErrorObject, FieldBasis, Id, Output, RunInput, SourcePolicy, SourceStats, TaskSpec, Warning,
};
use crate::{
    json::{Content, Field, List, Raw, Skip},
    text::Text,
};

/// What the field types of a [`Profile`] have in common. Implemented for all that can.
pub trait Kept: Field + Default + Clone + PartialEq + Debug {}

impl<T: Field + Default + Clone + PartialEq + Debug> Kept for T {}

/// How much of each member of the API's records is kept.
///
/// One type for each member whose size is not known beforehand: [`Skip`] to pass over it,
/// [`Text<N>`](Text) for `N` bytes of text, [`Raw<N>`](Raw) for `N` bytes of JSON,
/// [`List<T, N>`](List) for `N` elements, `Option` around any of them to tell `null` apart. A device
/// makes a profile of its own like this:
///
/// ```
/// use taskgroup::{api::{Brief, Output, Profile, StreamEvent}, json::{Content, Skip}, text::Text};
///
/// /// What fits the display: the beginning of the answer, and nothing of its basis.
/// #[derive(Clone, Copy, Debug, Default, PartialEq)]
/// struct Display;
///
/// impl Profile for Display {
///     type Output = Option<Output<Self>>;
///     type Content = Content<512>;
///     // The rest as in the profile for states only.
///     type EventId = Skip;
///     type Name = <Brief as Profile>::Name;
///     type Time = Skip;
///     type GroupId = Skip;
///     type RefId = Skip;
///     type Message = <Brief as Profile>::Message;
///     type StatusMessage = Skip;
///     type ProgressMessage = Skip;
///     type Metadata = Skip;
///     type Detail = Skip;
///     type Warnings = Skip;
///     type Error = <Brief as Profile>::Error;
///     type Input = Skip;
///     type Prompt = Skip;
///     type SourcePolicy = Skip;
///     type Domains = Skip;
///     type TaskSpec = Skip;
///     type Schema = Skip;
///     type McpServers = Skip;
///     type Webhook = Skip;
///     type AdvancedSettings = Skip;
///     type Basis = Skip;
///     type Reasoning = Skip;
///     type Citations = Skip;
///     type Url = Skip;
///     type Title = Skip;
///     type Excerpts = Skip;
///     type McpToolCalls = Skip;
///     type BetaFields = Skip;
///     type ProgressMeter = Skip;
///     type SourceStats = Skip;
///     type Sources = Skip;
/// }
/// # let _: StreamEvent<Display>;
/// ```
pub trait Profile: Copy + Debug + Default + PartialEq + 'static {
    /// `event_id`, and the ids of interactions.
    type EventId: Kept;
    /// `processor`, the fields of a basis, and other short names.
    type Name: Kept;
    /// RFC 3339 times.
    type Time: Kept;
    /// `taskgroup_id` of a run.
    type GroupId: Kept;
    /// `ref_id` of errors.
    type RefId: Kept;
    /// `message` of errors and warnings.
    type Message: Kept;
    /// `status_message` of a group.
    type StatusMessage: Kept;
    /// `message` of progress.
    type ProgressMessage: Kept;
    /// `metadata`, an object.
    type Metadata: Kept;
    /// `detail` of errors and warnings, anything.
    type Detail: Kept;
    /// `warnings`: a list of [`Warning`].
    type Warnings: Kept;
    /// `error` of a run: an optional [`ErrorObject`].
    type Error: Kept;
    /// `input` of an event: an optional [`RunInput`].
    type Input: Kept;
    /// `input` of an input: text or an object.
    type Prompt: Kept;
    /// `source_policy`: an optional [`SourcePolicy`].
    type SourcePolicy: Kept;
    /// `include_domains`, `exclude_domains`: lists of text.
    type Domains: Kept;
    /// `task_spec`: an optional [`TaskSpec`].
    type TaskSpec: Kept;
    /// `output_schema`, `input_schema`: text or an object.
    type Schema: Kept;
    /// `mcp_servers`: a list of [`McpServer`](super::McpServer)s, or raw.
    type McpServers: Kept;
    /// `webhook`: an optional [`Webhook`](super::Webhook), or raw.
    type Webhook: Kept;
    /// `advanced_settings`: raw.
    type AdvancedSettings: Kept;
    /// `output` of an event: an optional [`Output`].
    type Output: Kept;
    /// `content` of an output: text or an object.
    type Content: Kept;
    /// `basis`: a list of [`FieldBasis`].
    type Basis: Kept;
    /// `reasoning` of a basis.
    type Reasoning: Kept;
    /// `citations`: a list of [`Citation`].
    type Citations: Kept;
    /// `url` of a citation, a server or a webhook.
    type Url: Kept;
    /// `title` of a citation.
    type Title: Kept;
    /// `excerpts` of a citation: a list of text.
    type Excerpts: Kept;
    /// `mcp_tool_calls`: a list of [`McpToolCall`](super::McpToolCall)s, or raw.
    type McpToolCalls: Kept;
    /// `beta_fields`: raw.
    type BetaFields: Kept;
    /// `progress_meter`: an optional `f32` or `f64`.
    type ProgressMeter: Kept;
    /// `source_stats` of progress: an optional [`SourceStats`].
    type SourceStats: Kept;
    /// `sources_read_sample`: a list of text.
    type Sources: Kept;
}

/// States only: which run, its status, and the beginning of its error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brief;

impl Profile for Brief {
    type EventId = Skip;
    type Name = Text<16>;
    type Time = Skip;
    type GroupId = Skip;
    type RefId = Skip;
    type Message = Text<48>;
    type StatusMessage = Skip;
    type ProgressMessage = Skip;
    type Metadata = Skip;
    type Detail = Skip;
    type Warnings = Skip;
    type Error = Option<ErrorObject<Self>>;
    type Input = Skip;
    type Prompt = Skip;
    type SourcePolicy = Skip;
    type Domains = Skip;
    type TaskSpec = Skip;
    type Schema = Skip;
    type McpServers = Skip;
    type Webhook = Skip;
    type AdvancedSettings = Skip;
    type Output = Skip;
    type Content = Skip;
    type Basis = Skip;
    type Reasoning = Skip;
    type Citations = Skip;
    type Url = Skip;
    type Title = Skip;
    type Excerpts = Skip;
    type McpToolCalls = Skip;
    type BetaFields = Skip;
    type ProgressMeter = Skip;
    type SourceStats = Skip;
    type Sources = Skip;
}

/// Something of everything: a session with it fits 8 KB.
///
/// Its fields have few different sizes, because each size is code of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standard;

impl Profile for Standard {
    type EventId = Option<Text<64>>;
    type Name = Text<40>;
    type Time = Option<Text<40>>;
    type GroupId = Option<Id>;
    type RefId = Id;
    type Message = Text<96>;
    type StatusMessage = Option<Text<96>>;
    type ProgressMessage = Option<Text<96>>;
    type Metadata = Option<Raw<128>>;
    type Detail = Option<Raw<64>>;
    type Warnings = Option<List<Warning<Self>, 2>>;
    type Error = Option<ErrorObject<Self>>;
    type Input = Option<RunInput<Self>>;
    type Prompt = Content<256>;
    type SourcePolicy = Option<SourcePolicy<Self>>;
    type Domains = List<Text<40>, 2>;
    type TaskSpec = Option<TaskSpec<Self>>;
    type Schema = Option<Content<96>>;
    type McpServers = Option<Raw<64>>;
    type Webhook = Option<Raw<64>>;
    type AdvancedSettings = Option<Raw<64>>;
    type Output = Option<Output<Self>>;
    type Content = Content<1024>;
    type Basis = List<FieldBasis<Self>, 3>;
    type Reasoning = Text<160>;
    type Citations = List<Citation<Self>, 2>;
    type Url = Text<96>;
    type Title = Option<Text<40>>;
    type Excerpts = Option<List<Text<96>, 1>>;
    type McpToolCalls = Option<Raw<64>>;
    type BetaFields = Option<Raw<64>>;
    type ProgressMeter = Option<f32>;
    type SourceStats = Option<SourceStats<Self>>;
    type Sources = Option<List<Text<96>, 1>>;
}
