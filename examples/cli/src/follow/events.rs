//! A group's events in, what they tell out, in order, to another thread.

use std::sync::mpsc::SyncSender;

use serde::Deserialize;
use serde_json::value::RawValue;
use taskgroup::api;
use taskgroup_std::{Stream, Verbatim};

use super::bar::Counts;
use crate::{
    Error,
    ask::{Repeat, blocked, drive},
    client::Client,
    explain::About,
};

/// How many seconds one answer lasts: a proxy that holds back what comes gives it out at the end.
const TIMEOUT: u32 = 30;

/// What an event tells.
pub(crate) enum Told {
    /// A run has ended, or waits for somebody.
    Run {
        run: Box<RawValue>,
        cursor: Option<String>,
    },
    Counts(Counts),
    /// No run is active any more; or why nothing more comes.
    End(Result<(), Error>),
}

/// How long the connection may be silent.
pub(crate) fn silence() -> std::time::Duration {
    blocked(TIMEOUT)
}

/// Follows the group until no run is active, or nobody listens any more.
pub(crate) fn follow(client: &Client, group: &str, after: Option<&str>, listener: &SyncSender<Told>) {
    #[derive(Deserialize)]
    struct Event {
        event_id: Option<String>,
        run: Option<Box<RawValue>>,
        status: Option<Status>,
    }
    #[derive(Deserialize)]
    struct Status {
        task_run_status_counts: Counts,
    }
    let mut request = api::events(group).timeout(TIMEOUT);
    if let Some(cursor) = after {
        request = request.last_event_id(cursor);
    }
    let ended = client.config().and_then(|config| {
        let mut stream = Stream::new(config, request, Verbatim::default(), &client.security);
        let told = drive(client, &mut stream, About::Group(group), Repeat::Freely, |record| {
            let Ok(event) = serde_json::from_slice::<Event>(record.json()) else { return Ok(()) };
            let told = match (event.run, event.status) {
                (Some(run), _) => Told::Run { run, cursor: event.event_id },
                (_, Some(status)) => Told::Counts(status.task_run_status_counts),
                _ => return Ok(()),
            };
            listener.send(told).map_err(|_| Error::Unread)
        });
        told.map_err(Error::from)
    });
    // If nobody listens, nobody needs to know.
    let _ = listener.send(Told::End(ended));
}
