//! A run, its error and its warnings.

use super::macros::service_record;
use crate::{enumeration, text::Text};

/// The id of a run or a group: those that the service gives have up to 37 bytes.
pub type Id = Text<40>;

enumeration! {
    /// The status of a run.
    pub enum Status {
        /// Waiting for its turn.
        Queued = "queued",
        /// Waiting for an action of the user.
        ActionRequired = "action_required",
        /// Being worked on.
        Running = "running",
        /// Done: it has an output.
        Completed = "completed",
        /// Failed: it has an error.
        Failed = "failed",
        /// Being cancelled.
        Cancelling = "cancelling",
        /// Cancelled.
        Cancelled = "cancelled",
    }
}

service_record! {
    /// A run, as it is now.
    pub struct TaskRun<P> {
        /// `trun_` and 32 hexadecimal digits.
        pub run_id: Id = "/run_id",
        /// The id of the interaction; only in v1.
        pub interaction_id: P::EventId = "/interaction_id",
        /// Its status.
        pub status: Status = "/status",
        /// Whether it is queued, running or cancelling.
        pub is_active: bool = "/is_active",
        /// Warnings of the service about it.
        pub warnings: P::Warnings = "/warnings",
        /// Why it failed; only of a failed run.
        pub error: P::Error = "/error",
        /// The processor it runs on.
        pub processor: P::Name = "/processor",
        /// The metadata of its creator, an object.
        pub metadata: P::Metadata = "/metadata",
        /// The group it belongs to.
        pub taskgroup_id: P::GroupId = "/taskgroup_id",
        /// When it was created, RFC 3339.
        pub created_at: P::Time = "/created_at",
        /// When it was last modified, RFC 3339.
        pub modified_at: P::Time = "/modified_at",
    }
}

service_record! {
    /// What the service says when something failed, as an answer or event has it: a record like the others.
    /// The error of a request or a stream as a whole is [`Session::error`](crate::session::Session::error).
    pub struct ErrorObject<P> {
        /// A reference for the service's support.
        pub ref_id: P::RefId = "/ref_id",
        /// What failed, in words.
        pub message: P::Message = "/message",
        /// Details; any object.
        pub detail: P::Detail = "/detail",
    }
}

service_record! {
    /// A warning of the service.
    pub struct Warning<P> {
        /// `spec_validation_warning`, `input_validation_warning`, `warning`, or another that the service may
        /// add.
        pub kind: P::Name = "/type",
        /// The warning, in words.
        pub message: P::Message = "/message",
        /// Details; any object.
        pub detail: P::Detail = "/detail",
    }
}
