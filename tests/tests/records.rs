//! The API's records are written in the service's own shape: its names, and nothing that the profile passes
//! over.

use serde::Serialize;
use taskgroup::{
    api::{AddedRuns, Brief, Output, Standard, StreamEvent, TaskGroup, TaskRun},
    json::{Content, Record, fill},
    profile,
};

profile! {
    /// Keeps the content of outputs besides.
    struct Contents: Brief {
        type Output = Option<Output<Self>>;
        type Content = Content<16>;
    }
}

#[track_caller]
fn written<R: Record + Default + Serialize>(json: &str) -> String {
    let mut record = R::default();
    fill(&mut record, json.as_bytes()).unwrap();
    serde_json::to_string(&record).unwrap()
}

const RUN: &str = r#"{"run_id":"trun_1","status":"failed","is_active":false,"processor":"core","error":{"message":"no","ref_id":"r1"},"created_at":"2026","new":1}"#;
const GROUP: &str = r#"{"taskgroup_id":"tgrp_1","metadata":null,"status":{"num_task_runs":3,"task_run_status_counts":{"queued":0,"failed":3},"is_active":true}}"#;

#[test]
fn what_a_profile_passes_over_is_not_written() {
    assert_eq!(
        written::<TaskRun<Brief>>(RUN),
        r#"{"run_id":"trun_1","status":"failed","is_active":false,"error":{"message":"no"},"processor":"core"}"#
    );
    let whole: serde_json::Value = serde_json::from_str(&written::<TaskRun<Standard>>(RUN)).unwrap();
    assert_eq!(whole["error"]["ref_id"], "r1");
    assert_eq!(whole["warnings"], serde_json::Value::Null);
    assert_eq!(whole.as_object().unwrap().len(), 11);
}

#[test]
fn members_have_the_names_that_the_service_gives_them() {
    let event =
        r#"{"type":"task_run.state","run":{"run_id":"trun_1"},"output":{"type":"text","content":"yes"}}"#;
    assert_eq!(
        written::<StreamEvent<Contents>>(event),
        r#"{"type":"task_run.state","run":{"run_id":"trun_1","status":null,"is_active":false,"error":null,"processor":""},"output":{"type":"text","content":"yes"}}"#
    );
}

#[test]
fn counts_of_no_run_are_left_out_as_the_service_does() {
    let status = r#"{"num_task_runs":3,"task_run_status_counts":{"failed":3},"is_active":true}"#;
    assert_eq!(
        written::<TaskGroup<Brief>>(GROUP),
        format!(r#"{{"taskgroup_id":"tgrp_1","status":{status}}}"#)
    );
    let added =
        format!(r#"{{"status":{status},"run_ids":["a","b","c"],"run_cursor":null,"event_cursor":"e1"}}"#);
    assert_eq!(written::<AddedRuns<Brief, 2>>(&added), added.replace(r#","c"]"#, "]"));
}
