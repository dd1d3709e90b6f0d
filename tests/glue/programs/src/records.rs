//! What taskgroup's `Brief` and `Standard` keep, for serde.
//!
//! What serde-json-core has no means for is not kept: members of any JSON, since it has no raw value, and
//! members that are text or an object, since it cannot tell before it reads. `content` and `metadata` are
//! structs of one program's own schema.

use serde::Deserialize;

/// Structs in which any member may be absent.
macro_rules! keep {
    ($($name:ident { $($(#[$attribute:meta])? $member:ident: $type:ty,)+ })+) => {
        $(#[derive(Deserialize, Default)]
        pub struct $name {
            $($(#[$attribute])?
            #[serde(default)]
            pub $member: $type,)+
        })+
    };
}

macro_rules! records {
    () => {
        #[derive(Deserialize, Default, Clone, Copy, PartialEq)]
        #[serde(rename_all = "snake_case")]
        pub enum Status {
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

        keep! {
            Counts {
                queued: u32,
                action_required: u32,
                running: u32,
                completed: u32,
                failed: u32,
                cancelling: u32,
                cancelled: u32,
            }
        }

        pub mod brief {
            use super::*;

            keep! {
                Event {
                    #[serde(rename = "type")]
                    kind: Text<40>,
                    run: Maybe<Run>,
                    status: Maybe<Group>,
                    error: Maybe<Error>,
                }

                Run {
                    run_id: Text<40>,
                    status: Status,
                    is_active: bool,
                    error: Maybe<Error>,
                    processor: Text<16>,
                }

                Error {
                    message: Text<48>,
                }

                Group {
                    num_task_runs: u32,
                    task_run_status_counts: Counts,
                    is_active: bool,
                }
            }
        }

        pub mod standard {
            use super::*;

            #[derive(Deserialize, Default, Clone, Copy)]
            #[serde(rename_all = "snake_case")]
            pub enum OutputType {
                Text,
                Json,
                #[default]
                #[serde(other)]
                Unknown,
            }

            #[derive(Deserialize, Default, Clone, Copy)]
            #[serde(rename_all = "snake_case")]
            pub enum Confidence {
                Low,
                Medium,
                High,
                #[default]
                #[serde(other)]
                Unknown,
            }

            keep! {
                Event {
                    #[serde(rename = "type")]
                    kind: Text<40>,
                    event_id: Maybe<Text<64>>,
                    input: Maybe<Input>,
                    run: Maybe<Run>,
                    output: Maybe<Output>,
                    status: Maybe<Group>,
                    error: Maybe<Error>,
                    message: Maybe<Text<96>>,
                    timestamp: Maybe<Text<40>>,
                    progress_meter: Maybe<f32>,
                    source_stats: Maybe<SourceStats>,
                }

                Input {
                    processor: Text<40>,
                    input: Text<256>,
                    metadata: Maybe<Metadata>,
                    source_policy: Maybe<SourcePolicy>,
                    task_spec: Maybe<TaskSpec>,
                    enable_events: Maybe<bool>,
                    previous_interaction_id: Maybe<Text<64>>,
                    memory_scope_key: Maybe<Text<64>>,
                }

                SourcePolicy {
                    include_domains: List<Text<40>, 2>,
                    exclude_domains: List<Text<40>, 2>,
                    after_date: Maybe<Text<40>>,
                }

                TaskSpec {
                    output_schema: Maybe<Text<96>>,
                    input_schema: Maybe<Text<96>>,
                }

                Metadata {
                    row: Text<128>,
                }

                Run {
                    run_id: Text<40>,
                    interaction_id: Maybe<Text<64>>,
                    status: Status,
                    is_active: bool,
                    warnings: Maybe<List<Warning, 2>>,
                    error: Maybe<Error>,
                    processor: Text<40>,
                    metadata: Maybe<Metadata>,
                    taskgroup_id: Maybe<Text<40>>,
                    created_at: Maybe<Text<40>>,
                    modified_at: Maybe<Text<40>>,
                }

                Warning {
                    #[serde(rename = "type")]
                    kind: Text<40>,
                    message: Text<96>,
                }

                Error {
                    ref_id: Text<40>,
                    message: Text<96>,
                }

                Output {
                    #[serde(rename = "type")]
                    kind: OutputType,
                    content: Answer,
                    basis: List<Basis, 3>,
                }

                Answer {
                    answer: Text<1024>,
                }

                Basis {
                    field: Text<40>,
                    reasoning: Text<160>,
                    citations: List<Citation, 2>,
                    confidence: Maybe<Confidence>,
                }

                Citation {
                    url: Text<96>,
                    title: Maybe<Text<40>>,
                    excerpts: Maybe<List<Text<96>, 1>>,
                }

                Group {
                    num_task_runs: u32,
                    task_run_status_counts: Counts,
                    is_active: bool,
                    status_message: Maybe<Text<96>>,
                    modified_at: Maybe<Text<40>>,
                }

                SourceStats {
                    num_sources_considered: Maybe<u32>,
                    num_sources_read: Maybe<u32>,
                    sources_read_sample: Maybe<List<Text<96>, 1>>,
                }
            }
        }
    };
}

/// By value. Texts and lists keep the beginning of what has no room.
pub mod cut {
    use super::*;
    pub use crate::text::{List, Text};

    type Maybe<T> = Option<T>;

    records!();
}

/// Filled where they lie.
pub mod in_place {
    use super::*;
    pub use crate::{
        in_place::{List, Maybe},
        text::Text,
    };

    records!();
}

/// By value, with heapless' own texts and lists: what has no room loses the event.
pub mod strict {
    use super::*;

    type Text<const N: usize> = heapless::String<N>;
    type List<T, const N: usize> = heapless::Vec<T, N>;
    type Maybe<T> = Option<T>;

    records!();
}

/// Escapes stay as they are, for the texts of `cut`.
pub fn parse<'t, E: Deserialize<'t>>(json: &'t [u8]) -> Option<E> {
    serde_json_core::from_slice(json).ok().map(|(event, _)| event)
}

/// With serde-json-core's own means for escapes.
pub fn parse_escaped<'t, E: Deserialize<'t>>(json: &'t [u8], buffer: &mut [u8]) -> Option<E> {
    serde_json_core::from_slice_escaped(json, buffer).ok().map(|(event, _)| event)
}
