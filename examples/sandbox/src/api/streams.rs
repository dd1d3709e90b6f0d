//! Requests for event streams in, events out: the runs of a group, the changes of a group, and the progress
//! of one run.
//!
//! # Limits
//!
//! A cursor that is not an `event_id` of the stream is a 422. The events of a group end after an hour of real
//! time, those of a run after 570 s.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout_at};

use crate::api::error::Error;
use crate::api::event_stream::{self, Gone, Sink};
use crate::api::query::Query;
use crate::api::runs::find;
use crate::faults::Resume;
use crate::group::Entry;
use crate::progress;
use crate::run::{Run, Version};
use crate::shared::Shared;
use crate::truth::{Reader, RunsQuery};
use crate::wire::Shears;
use crate::world::Stream;

pub(super) async fn runs(
    State(shared): State<Arc<Shared>>,
    Extension(version): Extension<Version>,
    Extension(shears): Extension<Arc<Shears>>,
    Path(group): Path<String>,
    query: Query,
) -> Result<Response, Error> {
    let asked = RunsQuery {
        version,
        status: query.status()?,
        include_input: query.boolean("include_input", false)?,
        include_output: query.boolean("include_output", false)?,
    };
    let now = shared.clock.now();
    let mut reader =
        Reader::new(shared.clone(), &group, asked, now).ok_or_else(|| Error::not_found("task group"))?;
    reader.next = start(&shared, &query, Stream::Runs, reader.end)?;
    let (response, mut sink) = event_stream::new(shared, shears);
    tokio::spawn(async move {
        sink.open().await?;
        for (place, event) in reader {
            let whole = event.json.len();
            let json = &event.json[..if sink.breaks(place) { whole - 1 } else { whole }];
            sink.event("task_run.state", Some(&event.event_id), json).await?;
        }
        Ok::<(), Gone>(())
    });
    Ok(response)
}

pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    Extension(version): Extension<Version>,
    Extension(shears): Extension<Arc<Shears>>,
    Path(group): Path<String>,
    query: Query,
) -> Result<Response, Error> {
    let deadline = Instant::now() + Duration::from_secs_f64(query.seconds("timeout", 3600.0)?.min(3600.0));
    let logged = {
        let (mut world, now) = (shared.world(), shared.clock.now());
        world.groups.get_mut(&group).ok_or_else(|| Error::not_found("task group"))?.log(now).len()
    };
    let next = start(&shared, &query, Stream::Events, logged)?;
    let (response, sink) = event_stream::new(shared.clone(), shears);
    tokio::spawn(async move {
        let _ = timeout_at(deadline, follow(shared, group, version, next, sink)).await;
    });
    Ok(response)
}

pub(super) async fn progress(
    State(shared): State<Arc<Shared>>,
    Extension(version): Extension<Version>,
    Extension(shears): Extension<Arc<Shears>>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let run = find(&shared, &id)?;
    let deadline = Instant::now() + Duration::from_secs(570);
    let (response, mut sink) = event_stream::new(shared.clone(), shears);
    tokio::spawn(async move {
        let told = async {
            sink.open().await?;
            sink.event("task_run.state", None, &progress::state(&run, shared.clock.now(), version)).await?;
            for (moment, name, json) in progress::messages(&run) {
                sleep(shared.clock.until(moment)).await;
                sink.event(name, None, &json).await?;
            }
            sleep(shared.clock.until(run.ended)).await;
            sink.event(
                "task_run.state",
                None,
                &progress::state(&run, shared.clock.now().max(run.ended), version),
            )
            .await
        };
        let _ = timeout_at(deadline, told).await;
    });
    Ok(response)
}

/// Sends the log of a group from `next`, and what is added to it meanwhile, until no run is active.
async fn follow(
    shared: Arc<Shared>,
    group: String,
    version: Version,
    mut next: usize,
    mut sink: Sink,
) -> Result<(), Gone> {
    sink.open().await?;
    loop {
        let now = shared.clock.now();
        let (entry, id, active) = {
            let mut world = shared.world();
            let id = world.event_id(Stream::Events, next);
            let Some(group) = world.groups.get_mut(&group) else { return Ok(()) };
            let entry = group.log(now).get(next).cloned();
            (entry, id, group.counts(now).is_active())
        };
        match entry {
            Some(Entry::Status(counts)) => {
                let json = format!(
                    "{{\"type\":\"task_group_status\",\"event_id\":{},\"status\":{}}}",
                    json!(id),
                    counts.json()
                );
                sink.event("task_group_status", Some(&id), &json).await?;
                next += 1;
            }
            Some(Entry::Ended(run)) => {
                sink.event("task_run.state", Some(&id), &ended(&run, &id, version)).await?;
                next += 1;
            }
            None if !active => return Ok(()),
            // Runs may be added at any time, so it looks again and again, whatever is due next.
            None => tokio::select! {
                () = sink.gone() => return Err(Gone),
                () = sleep(Duration::from_millis(20)) => {}
            },
        }
    }
}

/// The run as it was when it ended, no matter when a client asks.
fn ended(run: &Run, id: &str, version: Version) -> String {
    format!(
        "{{\"type\":\"task_run.state\",\"event_id\":{},\"input\":null,\"run\":{},\"output\":null}}",
        json!(id),
        run.json(run.ended, version)
    )
}

/// How many of `events` events to leave out: the cursor of the request and the fault [`Resume`] decide.
fn start(shared: &Shared, query: &Query, stream: Stream, events: usize) -> Result<usize, Error> {
    let Some(cursor) = query.text("last_event_id") else { return Ok(0) };
    let place = shared.world().place(stream, cursor, events).ok_or_else(|| {
        Error::invalid(
            json!(["query", "last_event_id"]),
            "No event of this stream has this id",
            "value_error",
        )
    })?;
    Ok(match shared.faults().resume {
        Resume::Next => place,
        Resume::Repeat => place - 1,
        Resume::Ignore => 0,
    })
}
