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
//! A request takes the parameters of its endpoint and no others:
//!
//! ```compile_fail,E0599
//! let request = taskgroup::api::group("tgrp_5c1f0a").include_output(true);
//! ```
//!
//! ```compile_fail,E0599
//! let request = taskgroup::api::run_events("trun_1").last_event_id("7");
//! ```
//!
//! The records have the members that the service's public reference lists, by the same names, except that
//! `type` is `kind`. A [`Profile`] says how much of the large ones to keep: [`Brief`], [`Standard`], or your
//! own by [`profile!`](crate::profile!). Unknown members are skipped, and unknown values are `Unknown`.
//!
//! # Limits
//!
//! Ids of runs and groups have up to 40 bytes, types of events 40, cursors 128. Of a longer one the first
//! bytes are kept.

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
