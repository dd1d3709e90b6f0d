//! Requests about groups in, their JSON out: create, retrieve, add runs.
//!
//! # Limits
//!
//! With `refresh_status=false` the status in the answer is the one before the new runs. The cursors of a
//! group's first runs are null.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use crate::api::error::Error;
use crate::api::query::Query;
use crate::api::{input, json};
use crate::clock::Moment;
use crate::shared::Shared;
use crate::world::{Stream, World};

pub(super) async fn create(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Response, Error> {
    let metadata = input::group(&body)?;
    let (mut world, now) = (shared.world(), shared.clock.now());
    let id = world.create_group(metadata, now);
    group(&mut world, &id, now)
}

pub(super) async fn retrieve(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    group(&mut shared.world(), &id, shared.clock.now())
}

pub(super) async fn add_runs(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    query: Query,
    body: Bytes,
) -> Result<Response, Error> {
    let refresh = query.boolean("refresh_status", true)?;
    let inputs = input::inputs(&body)?;
    let (mut world, now) = (shared.world(), shared.clock.now());
    let group = world.groups.get_mut(&id).ok_or_else(|| Error::not_found("task group"))?;
    let before = group.counts(now);
    let (runs_before, logged_before) = (group.runs.len(), group.logged());
    let runs: Vec<_> = inputs.iter().map(|input| world.accept(Some(&id), input, now)).collect();
    let run_ids: Vec<_> = runs.iter().map(|run| run.id.clone()).collect();
    world.join(&id, runs, now);
    let after = world.groups.get_mut(&id).map_or(before, |group| group.counts(now));
    let cursor = |stream, events: usize| events.checked_sub(1).map(|place| world.event_id(stream, place));
    let answer = json!({
        "run_ids": run_ids,
        "run_cursor": cursor(Stream::Runs, runs_before),
        "event_cursor": cursor(Stream::Events, logged_before),
    });
    let status = if refresh { after } else { before }.json();
    Ok(json(format!("{{\"status\":{status},{}", &answer.to_string()[1..])))
}

fn group(world: &mut World, id: &str, now: Moment) -> Result<Response, Error> {
    let group = world.groups.get_mut(id).ok_or_else(|| Error::not_found("task group"))?;
    let status = group.counts(now).json();
    let metadata = group.metadata.as_ref().map_or("null".to_owned(), Value::to_string);
    Ok(json(format!(
        "{{\"taskgroup_id\":\"{}\",\"metadata\":{metadata},\"status\":{status},\"created_at\":\"{}\"}}",
        group.id,
        group.created.text()
    )))
}
