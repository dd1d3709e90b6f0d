//! A group, and the status of its runs.

use super::{macros::service_record, run::Id};
use crate::{json::List, text::Text};

service_record! {
    /// A group of runs.
    pub struct TaskGroup<P> {
        /// `tgrp_…`
        pub taskgroup_id: Id = "/taskgroup_id",
        /// The metadata of its creator, an object.
        pub metadata: P::Metadata = "/metadata",
        /// The status of its runs.
        pub status: TaskGroupStatus<P> = "/status",
        /// When it was created, RFC 3339.
        pub created_at: P::Time = "/created_at",
    }
}

service_record! {
    /// The status of a group's runs.
    pub struct TaskGroupStatus<P> {
        /// The number of runs.
        pub num_task_runs: u32 = "/num_task_runs",
        /// The number of runs with each status.
        pub task_run_status_counts: StatusCounts = "/task_run_status_counts",
        /// Whether any run is active.
        pub is_active: bool = "/is_active",
        /// The status in words.
        pub status_message: P::StatusMessage = "/status_message",
        /// When it was last modified, RFC 3339.
        pub modified_at: P::Time = "/modified_at",
    }
}

service_record! { omitting is_zero:
    /// The number of a group's runs with each status. The service leaves out a status that no run has.
    #[derive(Copy, Eq)]
    pub struct StatusCounts {
        /// See [`Status::Queued`](super::Status::Queued).
        pub queued: u32 = "/queued",
        /// See [`Status::ActionRequired`](super::Status::ActionRequired).
        pub action_required: u32 = "/action_required",
        /// See [`Status::Running`](super::Status::Running).
        pub running: u32 = "/running",
        /// See [`Status::Completed`](super::Status::Completed).
        pub completed: u32 = "/completed",
        /// See [`Status::Failed`](super::Status::Failed).
        pub failed: u32 = "/failed",
        /// See [`Status::Cancelling`](super::Status::Cancelling).
        pub cancelling: u32 = "/cancelling",
        /// See [`Status::Cancelled`](super::Status::Cancelled).
        pub cancelled: u32 = "/cancelled",
    }
}

service_record! {
    /// The answer to adding runs to a group, with the ids of the first `N` of them.
    pub struct AddedRuns<P, const N: usize = 16> {
        /// The status of the group's runs now.
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
