//! The Task Group API: requests in, records of its events and answers out.
//!
//! ```
//! use taskgroup::{api::{self, StreamEvent, View}, json};
//!
//! let request = api::runs("tgrp_5c1f0a").status(api::Status::Completed).include_output(true);
//! # let _ = request;
//! let mut event = StreamEvent::<api::Standard>::default();
//! json::fill(&mut event, br#"{"type": "task_run.state", "run": {"run_id": "trun_1", "status": "failed"}}"#)?;
//! let View::Run(event) = event.view() else { panic!("another type") };
//! assert_eq!((&*event.run.run_id, event.run.status), ("trun_1", api::Status::Failed));
//! # Ok::<(), json::Error>(())
//! ```
//!
//! A request takes the parameters that its endpoint has, and no others:
//!
//! ```compile_fail,E0599
//! let request = taskgroup::api::group("tgrp_5c1f0a").include_output(true);
//! ```
//!
//! ```compile_fail,E0599
//! let request = taskgroup::api::run_events("trun_1").last_event_id("7");
//! ```
//!
//! The records have the members that the service's public reference lists, by the same names, except
//! that `type` is `kind`. How much of the big ones is kept is said by a [`Profile`]: [`Brief`],
//! [`Standard`], or one of yours by [`profile!`](crate::profile!). Members and values that are not known are passed over.
//!
//! # Limits
//!
//! Ids of runs and groups are kept to 40 bytes, types of events to 40, cursors to 128.

pub mod body;
mod event;
mod group;
mod input;
mod macros;
mod output;
mod profile;
mod profiles;
mod requests;
mod run;
pub(crate) mod service;

pub use self::{
    event::{ProgressEvent, RunEvent, SourceStats, StreamEvent, View},
    group::{AddedRuns, StatusCounts, TaskGroup, TaskGroupStatus},
    input::{McpServer, RunInput, SourcePolicy, TaskSpec, Webhook},
    output::{Citation, Confidence, FieldBasis, McpToolCall, Output, OutputType, RunResult},
    profile::{Base, Kept, Profile},
    profiles::{Brief, Standard},
    requests::{
        AddRuns, AwaitResult, Events, Plain, Runs, add_runs, create_group, create_run, events, group,
        group_run, run, run_events, run_input, run_result, runs,
    },
    run::{ErrorObject, Id, Status, TaskRun, Warning},
    service::Version,
};
