//! An event of any of the service's streams.

use super::{
    group::TaskGroupStatus,
    macros::service_record,
    profile::Profile,
    run::{ErrorObject, TaskRun},
    service,
};
use crate::text::Text;

service_record! { written by hand:
    /// An event of any type: the members of all types; those that this event lacks are empty.
    ///
    /// [`view`](StreamEvent::view) returns the members of its type.
    pub struct StreamEvent<P> {
        /// The event's type, such as `task_run.state`.
        pub kind: Text<40> = "/type",
        /// The cursor: pass it to `last_event_id` of another request. Absent outside of groups.
        pub event_id: P::EventId = "/event_id",
        /// Of a run: its input, if it was requested.
        pub input: P::Input = "/input",
        /// Of a run: the run itself.
        pub run: Option<TaskRun<P>> = "/run",
        /// Of a run: its output, if it was requested and the run is completed.
        pub output: P::Output = "/output",
        /// Of a group: the status of its runs.
        pub status: Option<TaskGroupStatus<P>> = "/status",
        /// Of an `error`: the error.
        pub error: Option<ErrorObject<P>> = "/error",
        /// Of progress: the message.
        pub message: P::ProgressMessage = "/message",
        /// Of progress: the time, RFC 3339.
        pub timestamp: P::Time = "/timestamp",
        /// Of progress: 0 to 100.
        pub progress_meter: P::ProgressMeter = "/progress_meter",
        /// Of progress: the sources so far.
        pub source_stats: P::SourceStats = "/source_stats",
    }
}

service_record! {
    /// The sources that a run has looked at.
    pub struct SourceStats<P> {
        /// The number of sources considered.
        pub num_sources_considered: Option<u32> = "/num_sources_considered",
        /// The number of sources read.
        pub num_sources_read: Option<u32> = "/num_sources_read",
        /// The URLs of some that were read.
        pub sources_read_sample: P::Sources = "/sources_read_sample",
    }
}

/// An event by its type.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum View<'e, P: Profile> {
    /// `task_run.state`
    Run(RunEvent<'e, P>),
    /// `task_group_status`
    Group(&'e TaskGroupStatus<P>),
    /// `error`
    Error(&'e ErrorObject<P>),
    /// `task_run.progress_stats` and `task_run.progress_msg.…`
    Progress(ProgressEvent<'e, P>),
    /// Any other type, or one of these without its main member.
    Other(&'e StreamEvent<P>),
}

/// The event of a run.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub struct RunEvent<'e, P: Profile> {
    /// The run.
    pub run: &'e TaskRun<P>,
    /// Its input, if it was requested.
    pub input: &'e P::Input,
    /// Its output, if it was requested and the run is completed.
    pub output: &'e P::Output,
}

/// The progress of a run, in numbers or in words.
#[derive(Debug, PartialEq)]
#[non_exhaustive]
pub struct ProgressEvent<'e, P: Profile> {
    /// What happened: the last part of a message's type, such as `search`; `stats` for numbers.
    pub kind: &'e str,
    /// The message.
    pub message: &'e P::ProgressMessage,
    /// 0 to 100.
    pub progress_meter: &'e P::ProgressMeter,
    /// The sources so far.
    pub source_stats: &'e P::SourceStats,
}

// By hand, since a derive would ask that what is lent can be copied, too.
impl<P: Profile> Copy for RunEvent<'_, P> {}
impl<P: Profile> Copy for ProgressEvent<'_, P> {}

impl<P: Profile> Clone for RunEvent<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Profile> Clone for ProgressEvent<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Profile> StreamEvent<P> {
    /// The event by its type.
    #[must_use]
    pub fn view(&self) -> View<'_, P> {
        let kind = self.kind.as_str();
        let message = kind.strip_prefix(service::PROGRESS_MESSAGE);
        match (kind, &self.run, &self.status, &self.error) {
            (service::RUN, Some(run), _, _) => {
                View::Run(RunEvent { run, input: &self.input, output: &self.output })
            }
            (service::GROUP, _, Some(status), _) => View::Group(status),
            (service::ERROR, _, _, Some(error)) => View::Error(error),
            _ => match message.or((kind == service::PROGRESS_STATS).then_some("stats")) {
                Some(kind) => View::Progress(ProgressEvent {
                    kind,
                    message: &self.message,
                    progress_meter: &self.progress_meter,
                    source_stats: &self.source_stats,
                }),
                None => View::Other(self),
            },
        }
    }
}

/// Writes the members of the event's type in the service's own shape, without those that the profile skips.
#[cfg(feature = "serde")]
impl<P: Profile> serde::Serialize for StreamEvent<P>
where
    P::EventId: serde::Serialize,
    P::Input: serde::Serialize,
    P::Output: serde::Serialize,
    P::ProgressMessage: serde::Serialize,
    P::ProgressMeter: serde::Serialize,
    P::SourceStats: serde::Serialize,
    P::Time: serde::Serialize,
    TaskRun<P>: serde::Serialize,
    TaskGroupStatus<P>: serde::Serialize,
    ErrorObject<P>: serde::Serialize,
{
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;

        /// The most members of an event of one type.
        const MEMBERS: usize = 5;
        let mut object = serializer.serialize_struct("StreamEvent", MEMBERS)?;
        macro_rules! member {
            ($name:literal, $value:expr) => {
                if size_of_val($value) > 0 {
                    object.serialize_field($name, $value)?;
                }
            };
        }
        member!("type", &self.kind);
        match self.view() {
            View::Run(event) => {
                member!("event_id", &self.event_id);
                member!("input", event.input);
                member!("run", event.run);
                member!("output", event.output);
            }
            View::Group(status) => {
                member!("event_id", &self.event_id);
                member!("status", status);
            }
            View::Error(error) => member!("error", error),
            View::Progress(event) if event.kind == "stats" => {
                member!("progress_meter", event.progress_meter);
                member!("source_stats", event.source_stats);
            }
            View::Progress(event) => {
                member!("message", event.message);
                member!("timestamp", &self.timestamp);
            }
            View::Other(_) => member!("event_id", &self.event_id),
        }
        object.end()
    }
}
