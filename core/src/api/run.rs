//! A run, its error and its warnings.

use super::{Profile, Standard};
use crate::{enumeration, record, text::Text};

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

record! {
    /// A run, as it is now.
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(bound(serialize = "P::EventId: serde::Serialize, \
        P::Warnings: serde::Serialize, P::Error: serde::Serialize, P::Name: serde::Serialize, \
        P::Metadata: serde::Serialize, P::GroupId: serde::Serialize, P::Time: serde::Serialize")))]
    pub struct TaskRun<P = Standard> for * where P: Profile {
        /// `trun_` and 32 hexadecimal digits.
        pub run_id: Id = "/run_id",
        /// Of v1 only.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub interaction_id: P::EventId = "/interaction_id",
        /// Where it stands.
        pub status: Status = "/status",
        /// Whether it is queued, running or cancelling.
        pub is_active: bool = "/is_active",
        /// What the service found doubtful in it.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub warnings: P::Warnings = "/warnings",
        /// Why it failed.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub error: P::Error = "/error",
        /// The processor it runs on.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub processor: P::Name = "/processor",
        /// What its creator noted on it.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub metadata: P::Metadata = "/metadata",
        /// The group it belongs to.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub taskgroup_id: P::GroupId = "/taskgroup_id",
        /// When it was created, RFC 3339.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub created_at: P::Time = "/created_at",
        /// When it changed last, RFC 3339.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub modified_at: P::Time = "/modified_at",
    }
}

record! {
    /// What the service says when something failed, as an answer or event has it: a record like the others. The error of a
    /// request or a stream as a whole is [`Session::error`](crate::session::Session::error).
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(bound(serialize = "P::RefId: serde::Serialize, \
        P::Message: serde::Serialize, P::Detail: serde::Serialize")))]
    pub struct ErrorObject<P = Standard> for * where P: Profile {
        /// To be quoted to the service's support.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub ref_id: P::RefId = "/ref_id",
        /// What failed.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub message: P::Message = "/message",
        /// More on it; any object.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub detail: P::Detail = "/detail",
    }
}

record! {
    /// What the service found doubtful.
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(bound(serialize = "P::Name: serde::Serialize, \
        P::Message: serde::Serialize, P::Detail: serde::Serialize")))]
    pub struct Warning<P = Standard> for * where P: Profile {
        /// `spec_validation_warning`, `input_validation_warning`, `warning`, or one yet to come.
        #[cfg_attr(feature = "serde", serde(rename = "type", skip_serializing_if = "super::is_skipped"))]
        pub kind: P::Name = "/type",
        /// What is doubtful.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub message: P::Message = "/message",
        /// More on it; any object.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub detail: P::Detail = "/detail",
    }
}
