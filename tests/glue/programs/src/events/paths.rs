//! A path and a value in, the member of the record that is filled out: what serde does for the others.

use self::Name::*;
use crate::{
    records::cut::{Counts, Status, brief, standard},
    text::{List, Text},
};

/// A member of the path to a value.
#[derive(Clone, Copy, PartialEq)]
pub enum Name {
    /// One that nobody asked for.
    Other,
    Index(u8),
    ActionRequired,
    AfterDate,
    Answer,
    Basis,
    Cancelled,
    Cancelling,
    Citations,
    Completed,
    Confidence,
    Content,
    Counts,
    CreatedAt,
    EnableEvents,
    Error,
    EventId,
    Excerpts,
    ExcludeDomains,
    Failed,
    Field,
    IncludeDomains,
    Input,
    InputSchema,
    InteractionId,
    IsActive,
    MemoryScopeKey,
    Message,
    Metadata,
    ModifiedAt,
    NumConsidered,
    NumRead,
    NumTaskRuns,
    Output,
    OutputSchema,
    PreviousInteractionId,
    Processor,
    ProgressMeter,
    Queued,
    Reasoning,
    RefId,
    Row,
    Run,
    RunId,
    Running,
    Sample,
    SourcePolicy,
    SourceStats,
    State,
    StatusMessage,
    TaskSpec,
    TaskgroupId,
    Timestamp,
    Title,
    Type,
    Url,
    Warnings,
}

#[derive(Clone, Copy)]
pub enum Value<'v> {
    Text(&'v str),
    Number(&'v str),
    Bool(bool),
}

/// A record that is filled by paths.
pub trait Keep {
    fn clear(&mut self);
    fn name(name: &str) -> Name;
    /// Nothing: a value of another type than this member has.
    fn keep(&mut self, path: &[Name], value: Value<'_>) -> Option<()>;
}

/// A member that holds one value.
trait Put {
    fn put(&mut self, value: Value<'_>) -> Option<()>;
}

impl<const N: usize> Put for Text<N> {
    fn put(&mut self, value: Value<'_>) -> Option<()> {
        let Value::Text(text) = value else { return None };
        self.set(text);
        Some(())
    }
}

impl Put for bool {
    fn put(&mut self, value: Value<'_>) -> Option<()> {
        let Value::Bool(flag) = value else { return None };
        *self = flag;
        Some(())
    }
}

macro_rules! numbers {
    ($($type:ty)*) => {
        $(impl Put for $type {
            fn put(&mut self, value: Value<'_>) -> Option<()> {
                let Value::Number(number) = value else { return None };
                *self = number.parse().ok()?;
                Some(())
            }
        })*
    };
}
numbers!(u32 f32);

macro_rules! words {
    ($type:ty: $($word:literal => $value:ident),*) => {
        impl Put for $type {
            fn put(&mut self, value: Value<'_>) -> Option<()> {
                let Value::Text(word) = value else { return None };
                *self = match word {
                    $($word => Self::$value,)*
                    _ => Self::Unknown,
                };
                Some(())
            }
        }
    };
}
words!(Status: "queued" => Queued, "action_required" => ActionRequired, "running" => Running,
    "completed" => Completed, "failed" => Failed, "cancelling" => Cancelling, "cancelled" => Cancelled);
words!(standard::OutputType: "text" => Text, "json" => Json);
words!(standard::Confidence: "low" => Low, "medium" => Medium, "high" => High);

impl<T: Put + Default> Put for Option<T> {
    fn put(&mut self, value: Value<'_>) -> Option<()> {
        self.get_or_insert_default().put(value)
    }
}

/// An element, unless the list is full.
fn within<T: Default, const N: usize>(
    list: &mut List<T, N>,
    index: u8,
    keep: impl FnOnce(&mut T) -> Option<()>,
) -> Option<()> {
    list.at(index.into()).map_or(Some(()), keep)
}

impl Counts {
    fn keep(&mut self, path: &[Name], value: Value<'_>) -> Option<()> {
        match path {
            [Queued] => self.queued.put(value),
            [ActionRequired] => self.action_required.put(value),
            [Running] => self.running.put(value),
            [Completed] => self.completed.put(value),
            [Failed] => self.failed.put(value),
            [Cancelling] => self.cancelling.put(value),
            [Cancelled] => self.cancelled.put(value),
            _ => Some(()),
        }
    }
}

impl Keep for brief::Event {
    fn clear(&mut self) {
        self.kind.set("");
        self.run = None;
        self.status = None;
        self.error = None;
    }

    fn name(name: &str) -> Name {
        match name {
            "type" => Type,
            "run" => Run,
            "status" => State,
            "error" => Error,
            "message" => Message,
            "run_id" => RunId,
            "is_active" => IsActive,
            "processor" => Processor,
            "num_task_runs" => NumTaskRuns,
            "task_run_status_counts" => Counts,
            "queued" => Queued,
            "action_required" => ActionRequired,
            "running" => Running,
            "completed" => Completed,
            "failed" => Failed,
            "cancelling" => Cancelling,
            "cancelled" => Cancelled,
            _ => Other,
        }
    }

    fn keep(&mut self, path: &[Name], value: Value<'_>) -> Option<()> {
        match path {
            [Type] => self.kind.put(value),
            [Error, Message] => self.error.get_or_insert_default().message.put(value),
            [Run, path @ ..] => {
                let run = self.run.get_or_insert_default();
                match path {
                    [RunId] => run.run_id.put(value),
                    [State] => run.status.put(value),
                    [IsActive] => run.is_active.put(value),
                    [Processor] => run.processor.put(value),
                    [Error, Message] => run.error.get_or_insert_default().message.put(value),
                    _ => Some(()),
                }
            }
            [State, path @ ..] => {
                let group = self.status.get_or_insert_default();
                match path {
                    [NumTaskRuns] => group.num_task_runs.put(value),
                    [Counts, path @ ..] => group.task_run_status_counts.keep(path, value),
                    [IsActive] => group.is_active.put(value),
                    _ => Some(()),
                }
            }
            _ => Some(()),
        }
    }
}

impl Keep for standard::Event {
    fn clear(&mut self) {
        self.kind.set("");
        self.event_id = None;
        self.input = None;
        self.run = None;
        self.output = None;
        self.status = None;
        self.error = None;
        self.message = None;
        self.timestamp = None;
        self.progress_meter = None;
        self.source_stats = None;
    }

    fn name(name: &str) -> Name {
        match name {
            "event_id" => EventId,
            "output" => Output,
            "input" => Input,
            "timestamp" => Timestamp,
            "progress_meter" => ProgressMeter,
            "source_stats" => SourceStats,
            "interaction_id" => InteractionId,
            "warnings" => Warnings,
            "metadata" => Metadata,
            "taskgroup_id" => TaskgroupId,
            "created_at" => CreatedAt,
            "modified_at" => ModifiedAt,
            "row" => Row,
            "ref_id" => RefId,
            "content" => Content,
            "answer" => Answer,
            "basis" => Basis,
            "field" => Field,
            "reasoning" => Reasoning,
            "citations" => Citations,
            "confidence" => Confidence,
            "url" => Url,
            "title" => Title,
            "excerpts" => Excerpts,
            "status_message" => StatusMessage,
            "source_policy" => SourcePolicy,
            "include_domains" => IncludeDomains,
            "exclude_domains" => ExcludeDomains,
            "after_date" => AfterDate,
            "task_spec" => TaskSpec,
            "output_schema" => OutputSchema,
            "input_schema" => InputSchema,
            "enable_events" => EnableEvents,
            "previous_interaction_id" => PreviousInteractionId,
            "memory_scope_key" => MemoryScopeKey,
            "num_sources_considered" => NumConsidered,
            "num_sources_read" => NumRead,
            "sources_read_sample" => Sample,
            _ => brief::Event::name(name),
        }
    }

    fn keep(&mut self, path: &[Name], value: Value<'_>) -> Option<()> {
        match path {
            [Type] => self.kind.put(value),
            [EventId] => self.event_id.put(value),
            [Message] => self.message.put(value),
            [Timestamp] => self.timestamp.put(value),
            [ProgressMeter] => self.progress_meter.put(value),
            [Error, path @ ..] => self.error.get_or_insert_default().keep(path, value),
            [Run, path @ ..] => self.run.get_or_insert_default().keep(path, value),
            [Output, path @ ..] => self.output.get_or_insert_default().keep(path, value),
            [State, path @ ..] => self.status.get_or_insert_default().keep(path, value),
            [Input, path @ ..] => self.input.get_or_insert_default().keep(path, value),
            [SourceStats, path @ ..] => self.source_stats.get_or_insert_default().keep(path, value),
            _ => Some(()),
        }
    }
}

impl standard::Error {
    fn keep(&mut self, path: &[Name], value: Value<'_>) -> Option<()> {
        match path {
            [RefId] => self.ref_id.put(value),
            [Message] => self.message.put(value),
            _ => Some(()),
        }
    }
}

impl standard::Run {
    fn keep(&mut self, path: &[Name], value: Value<'_>) -> Option<()> {
        match path {
            [RunId] => self.run_id.put(value),
            [InteractionId] => self.interaction_id.put(value),
            [State] => self.status.put(value),
            [IsActive] => self.is_active.put(value),
            [Warnings, Index(index), path @ ..] => {
                within(self.warnings.get_or_insert_default(), *index, |warning| match path {
                    [Type] => warning.kind.put(value),
                    [Message] => warning.message.put(value),
                    _ => Some(()),
                })
            }
            [Error, path @ ..] => self.error.get_or_insert_default().keep(path, value),
            [Processor] => self.processor.put(value),
            [Metadata, Row] => self.metadata.get_or_insert_default().row.put(value),
            [TaskgroupId] => self.taskgroup_id.put(value),
            [CreatedAt] => self.created_at.put(value),
            [ModifiedAt] => self.modified_at.put(value),
            _ => Some(()),
        }
    }
}

impl standard::Output {
    fn keep(&mut self, path: &[Name], value: Value<'_>) -> Option<()> {
        match path {
            [Type] => self.kind.put(value),
            [Content, Answer] => self.content.answer.put(value),
            [Basis, Index(index), path @ ..] => {
                within(&mut self.basis, *index, |basis| basis.keep(path, value))
            }
            _ => Some(()),
        }
    }
}

impl standard::Basis {
    fn keep(&mut self, path: &[Name], value: Value<'_>) -> Option<()> {
        match path {
            [Field] => self.field.put(value),
            [Reasoning] => self.reasoning.put(value),
            [Confidence] => self.confidence.put(value),
            [Citations, Index(index), path @ ..] => {
                within(&mut self.citations, *index, |citation| match path {
                    [Url] => citation.url.put(value),
                    [Title] => citation.title.put(value),
                    [Excerpts, Index(index)] => {
                        within(citation.excerpts.get_or_insert_default(), *index, |excerpt| {
                            excerpt.put(value)
                        })
                    }
                    _ => Some(()),
                })
            }
            _ => Some(()),
        }
    }
}

impl standard::Group {
    fn keep(&mut self, path: &[Name], value: Value<'_>) -> Option<()> {
        match path {
            [NumTaskRuns] => self.num_task_runs.put(value),
            [Counts, path @ ..] => self.task_run_status_counts.keep(path, value),
            [IsActive] => self.is_active.put(value),
            [StatusMessage] => self.status_message.put(value),
            [ModifiedAt] => self.modified_at.put(value),
            _ => Some(()),
        }
    }
}

impl standard::Input {
    fn keep(&mut self, path: &[Name], value: Value<'_>) -> Option<()> {
        match path {
            [Processor] => self.processor.put(value),
            [Input] => self.input.put(value),
            [Metadata, Row] => self.metadata.get_or_insert_default().row.put(value),
            [SourcePolicy, path @ ..] => {
                let policy = self.source_policy.get_or_insert_default();
                match path {
                    [IncludeDomains, Index(index)] => {
                        within(&mut policy.include_domains, *index, |domain| domain.put(value))
                    }
                    [ExcludeDomains, Index(index)] => {
                        within(&mut policy.exclude_domains, *index, |domain| domain.put(value))
                    }
                    [AfterDate] => policy.after_date.put(value),
                    _ => Some(()),
                }
            }
            [TaskSpec, path @ ..] => {
                let spec = self.task_spec.get_or_insert_default();
                match path {
                    [OutputSchema] => spec.output_schema.put(value),
                    [InputSchema] => spec.input_schema.put(value),
                    _ => Some(()),
                }
            }
            [EnableEvents] => self.enable_events.put(value),
            [PreviousInteractionId] => self.previous_interaction_id.put(value),
            [MemoryScopeKey] => self.memory_scope_key.put(value),
            _ => Some(()),
        }
    }
}

impl standard::SourceStats {
    fn keep(&mut self, path: &[Name], value: Value<'_>) -> Option<()> {
        match path {
            [NumConsidered] => self.num_sources_considered.put(value),
            [NumRead] => self.num_sources_read.put(value),
            [Sample, Index(index)] => {
                within(self.sources_read_sample.get_or_insert_default(), *index, |source| source.put(value))
            }
            _ => Some(()),
        }
    }
}
