//! The profiles that are given.

use super::{
    event::SourceStats,
    input::{RunInput, SourcePolicy, TaskSpec},
    output::{Citation, FieldBasis, Output},
    profile::Profile,
    run::{Error, Id, Warning},
};
use crate::{
    json::{Content, List, Raw, Skip},
    text::Text,
};

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
    type Error = Option<Error<Self>>;
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
    type Error = Option<Error<Self>>;
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
