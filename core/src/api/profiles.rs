//! The profiles that are given.

use super::{
    event::SourceStats,
    input::{RunInput, SourcePolicy, TaskSpec},
    output::{Citation, FieldBasis, Output},
    run::{ErrorObject, Id, Warning},
};
use crate::{
    json::{Content, List, Raw, Skip},
    profile,
    text::Text,
};

profile! {
    /// Only the state: the id of the run, its status, and the beginning of its error.
    pub struct Brief<P> {
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
        type Error = Option<ErrorObject<P>>;
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
}

profile! {
    /// Something of everything: a session with it takes about 8 KB.
    ///
    /// Its fields have few different sizes, because each size costs code.
    pub struct Standard<P> {
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
        type Warnings = Option<List<Warning<P>, 2>>;
        type Error = Option<ErrorObject<P>>;
        type Input = Option<RunInput<P>>;
        type Prompt = Content<256>;
        type SourcePolicy = Option<SourcePolicy<P>>;
        type Domains = List<Text<40>, 2>;
        type TaskSpec = Option<TaskSpec<P>>;
        type Schema = Option<Content<96>>;
        type McpServers = Option<Raw<64>>;
        type Webhook = Option<Raw<64>>;
        type AdvancedSettings = Option<Raw<64>>;
        type Output = Option<Output<P>>;
        type Content = Content<1024>;
        type Basis = List<FieldBasis<P>, 3>;
        type Reasoning = Text<160>;
        type Citations = List<Citation<P>, 2>;
        type Url = Text<96>;
        type Title = Option<Text<40>>;
        type Excerpts = Option<List<Text<96>, 1>>;
        type McpToolCalls = Option<Raw<64>>;
        type BetaFields = Option<Raw<64>>;
        type ProgressMeter = Option<f32>;
        type SourceStats = Option<SourceStats<P>>;
        type Sources = Option<List<Text<96>, 1>>;
    }
}
