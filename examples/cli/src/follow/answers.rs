//! Runs that have ended in, their answers out.
//!
//! A few answers are fetched one by one, many by one stream of all that are there: each stream brings what came before
//! once more, so it is worth it only if much is new.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use taskgroup::api::{self, Status};
use taskgroup_std::{Stream, Verbatim};

use super::store::{Run, Store};
use crate::{
    Error,
    ask::{Answer, Repeat, drive},
    client::Client,
    explain::About,
};

/// From so many answers on a stream may be worth it.
const MANY: usize = 50;

/// A run that has ended, with its output.
#[derive(Deserialize)]
struct Event {
    run: Box<RawValue>,
    output: Option<Box<RawValue>>,
}

/// A run, as an event shows it.
pub(crate) fn parse(run: &RawValue) -> Result<Run, Error> {
    serde_json::from_str(run.get())
        .map_err(|error| Error::failed(format!("a run of the service's events: {error}")))
}

/// Asks for answers, over one connection as long as the server leaves it open.
pub(crate) struct Fetcher<'c> {
    client: &'c Client,
    group: String,
    stream: Stream<'c, Verbatim>,
}

impl<'c> Fetcher<'c> {
    /// Nothing is asked yet.
    pub(crate) fn new(client: &'c Client, group: &str) -> Result<Self, Error> {
        let config = client.config()?.with_keep_alive(true);
        let stream = Stream::new(config, api::group(group), Verbatim::default(), &client.security);
        Ok(Self { client, group: group.to_owned(), stream })
    }

    /// Fetches the answers of these runs, except those that are there.
    pub(crate) fn fetch(&mut self, runs: &[Box<RawValue>], store: &mut Store<'_>) -> Result<(), Error> {
        let mut completed = HashMap::new();
        for run in runs {
            let known = parse(run)?;
            match Status::from(known.status.as_str()) {
                _ if store.has(&known.run_id) => {}
                Status::Completed => _ = completed.insert(known.run_id, run),
                Status::Failed | Status::Cancelled => store.take(run, None)?,
                _ => {}
            }
        }
        if completed.len() >= MANY && completed.len() * 4 >= store.len() {
            self.fetch_many(&mut completed, store)?;
        }
        completed.keys().try_for_each(|id| self.fetch_one(id, store))
    }

    fn fetch_many(
        &mut self,
        wanted: &mut HashMap<String, &Box<RawValue>>,
        store: &mut Store<'_>,
    ) -> Result<(), Error> {
        let request = api::runs(&self.group).status(Status::Completed).include_output(true);
        self.stream.ask(request);
        drive(self.client, &mut self.stream, About::Group(&self.group), Repeat::Freely, |record| {
            let Ok(event) = serde_json::from_slice::<Event>(record.json()) else { return Ok(()) };
            let run = parse(&event.run)?;
            // Without its output it is fetched alone.
            if let (Some(_), Some(output)) = (wanted.get(&run.run_id), event.output) {
                store.take(&event.run, Some(&output))?;
                wanted.remove(&run.run_id);
            }
            Ok(())
        })?;
        Ok(())
    }

    fn fetch_one(&mut self, id: &str, store: &mut Store<'_>) -> Result<(), Error> {
        self.stream.ask(api::run_result(id));
        let mut result = None;
        drive(self.client, &mut self.stream, About::Result(id), Repeat::Freely, |record| {
            result = Some(Answer::new(record.json())?.parse::<Event>()?);
            Ok(())
        })?;
        match result {
            Some(event) => store.take(&event.run, event.output.as_deref()),
            None => Err(Error::failed(format!("the service has no answer for {id}"))),
        }
    }

    /// All runs of the group that have ended or wait for somebody, without their outputs; how many there are in all; and
    /// what the group says of itself.
    pub(crate) fn list(&mut self) -> Result<(Vec<Box<RawValue>>, usize, Value), Error> {
        let about = About::Group(&self.group);
        let (mut ended, mut all, mut group) = (Vec::new(), 0, Value::Null);
        self.stream.ask(api::runs(&self.group));
        drive(self.client, &mut self.stream, about, Repeat::Freely, |record| {
            if let Ok(event) = serde_json::from_slice::<Event>(record.json()) {
                all += 1;
                let status = Status::from(parse(&event.run)?.status.as_str());
                if !matches!(status, Status::Queued | Status::Running | Status::Cancelling) {
                    ended.push(event.run);
                }
            }
            Ok(())
        })?;
        self.stream.ask(api::group(&self.group));
        drive(self.client, &mut self.stream, about, Repeat::Freely, |record| {
            group = Answer::new(record.json())?.value()?;
            Ok(())
        })?;
        Ok((ended, all, group))
    }
}
