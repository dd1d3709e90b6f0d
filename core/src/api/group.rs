//! A group, and how its runs stand.

use super::{Id, Profile, Standard};
use crate::{json::List, record, text::Text};

record! {
    /// A group of runs.
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(bound(serialize = "P::Metadata: serde::Serialize, \
        P::StatusMessage: serde::Serialize, P::Time: serde::Serialize")))]
    pub struct TaskGroup<P = Standard> for * where P: Profile {
        /// `tgrp_…`
        pub taskgroup_id: Id = "/taskgroup_id",
        /// What its creator noted on it.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub metadata: P::Metadata = "/metadata",
        /// How its runs stand.
        pub status: TaskGroupStatus<P> = "/status",
        /// When it was created, RFC 3339.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub created_at: P::Time = "/created_at",
    }
}

record! {
    /// How the runs of a group stand.
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(bound(serialize = "P::StatusMessage: serde::Serialize, P::Time: serde::Serialize")))]
    pub struct TaskGroupStatus<P = Standard> for * where P: Profile {
        /// How many there are.
        pub num_task_runs: u32 = "/num_task_runs",
        /// How many there are of each status.
        pub task_run_status_counts: StatusCounts = "/task_run_status_counts",
        /// Whether any is active.
        pub is_active: bool = "/is_active",
        /// In words.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub status_message: P::StatusMessage = "/status_message",
        /// When it changed last, RFC 3339.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "super::is_skipped"))]
        pub modified_at: P::Time = "/modified_at",
    }
}

record! {
    /// How many runs of a group have each status. The service leaves out those that none has.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "defmt", derive(defmt::Format))]
    pub struct StatusCounts for * {
        /// See [`Status::Queued`](super::Status::Queued).
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "is_zero"))]
        pub queued: u32 = "/queued",
        /// See [`Status::ActionRequired`](super::Status::ActionRequired).
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "is_zero"))]
        pub action_required: u32 = "/action_required",
        /// See [`Status::Running`](super::Status::Running).
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "is_zero"))]
        pub running: u32 = "/running",
        /// See [`Status::Completed`](super::Status::Completed).
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "is_zero"))]
        pub completed: u32 = "/completed",
        /// See [`Status::Failed`](super::Status::Failed).
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "is_zero"))]
        pub failed: u32 = "/failed",
        /// See [`Status::Cancelling`](super::Status::Cancelling).
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "is_zero"))]
        pub cancelling: u32 = "/cancelling",
        /// See [`Status::Cancelled`](super::Status::Cancelled).
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "is_zero"))]
        pub cancelled: u32 = "/cancelled",
    }
}

record! {
    /// What adding runs to a group gives, with the ids of the first `N` of them.
    #[derive(Clone, Debug, PartialEq)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize))]
    #[cfg_attr(feature = "serde", serde(bound(serialize = "TaskGroupStatus<P>: serde::Serialize")))]
    pub struct AddedRuns<P = Standard, const N: usize = 16> for * where P: Profile {
        /// How the runs of the group stand now.
        pub status: TaskGroupStatus<P> = "/status",
        /// The ids of the runs added.
        pub run_ids: List<Id, N> = "/run_ids",
        /// The `last_event_id` after which [`runs`](super::runs) gives the new runs.
        pub run_cursor: Option<Text<128>> = "/run_cursor",
        /// The `last_event_id` after which [`events`](super::events) gives the new runs.
        pub event_cursor: Option<Text<128>> = "/event_cursor",
    }
}

#[cfg(feature = "serde")]
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}
