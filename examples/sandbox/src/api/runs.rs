//! Requests about single runs in, their JSON out: create, retrieve, input, result.
//!
//! # Limits
//!
//! A request for a result waits in real time: for 600 s, or for `timeout` seconds, up to a day.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, sleep};

use crate::api::error::Error;
use crate::api::query::Query;
use crate::api::{input, json};
use crate::output;
use crate::run::{Run, Status, Version};
use crate::shared::Shared;

pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Extension(version): Extension<Version>,
    body: Bytes,
) -> Result<Response, Error> {
    let input = input::run_input(&body)?;
    let now = shared.clock.now();
    let run = shared.world().accept(None, &input, now);
    Ok((StatusCode::ACCEPTED, json(run.json(now, version))).into_response())
}

pub(super) async fn retrieve(
    State(shared): State<Arc<Shared>>,
    Extension(version): Extension<Version>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    Ok(json(find(&shared, &id)?.json(shared.clock.now(), version)))
}

pub(super) async fn retrieve_in_group(
    State(shared): State<Arc<Shared>>,
    Extension(version): Extension<Version>,
    Path((group, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    let run = find(&shared, &id)?;
    if run.group.as_ref() != Some(&group) {
        return Err(Error::not_found("task run in this group"));
    }
    Ok(json(run.json(shared.clock.now(), version)))
}

pub(super) async fn input(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    Ok(json(output::input(&*find(&shared, &id)?)))
}

pub(super) async fn result(
    State(shared): State<Arc<Shared>>,
    Extension(version): Extension<Version>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, Error> {
    let run = find(&shared, &id)?;
    let deadline = Instant::now() + query.whole_seconds("timeout", 600)?;
    loop {
        let now = shared.clock.now();
        match run.status(now) {
            Status::Completed => {
                let (run_json, output) = (run.json(now, version), output::output(&run));
                return Ok(json(format!("{{\"run\":{run_json},\"output\":{output}}}")));
            }
            end @ (Status::Failed | Status::Cancelled) => {
                let message = format!("The task run has no result: it is {end}");
                return Err(Error::new(StatusCode::NOT_FOUND, &message));
            }
            _ if Instant::now() >= deadline => {
                return Err(Error::new(StatusCode::REQUEST_TIMEOUT, "The task run is still active"));
            }
            _ => sleep(shared.clock.until(run.ended).min(deadline - Instant::now())).await,
        }
    }
}

pub(super) fn find(shared: &Shared, id: &str) -> Result<Arc<Run>, Error> {
    shared.world().runs.get(id).cloned().ok_or_else(|| Error::not_found("task run"))
}
