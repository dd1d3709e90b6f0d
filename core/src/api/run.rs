//! A run, its error and its warnings.

use super::macros::service_record;
use crate::{enumeration, text::Text};

/// The id of a run or a group: those that the service gives have up to 37 bytes.
pub type Id = Text<40>;

enumeration! {
    /// Where a run stands.
    pub enum Status {
        /// It waits for its turn.
        Queued = "queued",
        /// It waits for somebody to do something.
        ActionRequired = "action_required",
        /// It is worked on.
        Running = "running",
        /// It has an output.
        Completed = "completed",
        /// It has an error.
        Failed = "failed",
        /// It is being stopped.
        Cancelling = "cancelling",
        /// It was stopped.
        Cancelled = "cancelled",
    }
}

service_record! {
    /// A run, as it is now.
    pub struct TaskRun<P> {
        /// `trun_` and 32 hexadecimal digits.
        pub run_id: Id = "/run_id",
        /// Of v1 only.
        pub interaction_id: P::EventId = "/interaction_id",
        /// Where it stands.
        pub status: Status = "/status",
        /// Whether it is queued, running or cancelling.
        pub is_active: bool = "/is_active",
        /// What the service found doubtful in it.
        pub warnings: P::Warnings = "/warnings",
        /// Why it failed.
        pub error: P::Error = "/error",
        /// The processor it runs on.
        pub processor: P::Name = "/processor",
        /// What its creator noted on it.
        pub metadata: P::Metadata = "/metadata",
        /// The group it belongs to.
        pub taskgroup_id: P::GroupId = "/taskgroup_id",
        /// When it was created, RFC 3339.
        pub created_at: P::Time = "/created_at",
        /// When it changed last, RFC 3339.
        pub modified_at: P::Time = "/modified_at",
    }
}

service_record! {
    /// What the service says when something failed, as an answer or event has it: a record like the others. The error of a
    /// request or a stream as a whole is [`Session::error`](crate::session::Session::error).
    pub struct ErrorObject<P> {
        /// To be quoted to the service's support.
        pub ref_id: P::RefId = "/ref_id",
        /// What failed.
        pub message: P::Message = "/message",
        /// More on it; any object.
        pub detail: P::Detail = "/detail",
    }
}

service_record! {
    /// What the service found doubtful.
    pub struct Warning<P> {
        /// `spec_validation_warning`, `input_validation_warning`, `warning`, or one yet to come.
        pub kind: P::Name = "/type",
        /// What is doubtful.
        pub message: P::Message = "/message",
        /// More on it; any object.
        pub detail: P::Detail = "/detail",
    }
}
