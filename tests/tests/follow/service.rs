//! Requests in, answers out: a service of one group, whose runs come to an end while its events are followed.

use serde_json::{Value, json};
use taskgroup_tests::{peer::Received, wire::Framing};

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Completed,
    Failed,
    Cancelled,
    /// Completed, and yet there is no result of it.
    NoResult,
}

#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) metadata: Value,
    input: Value,
    ending: Ending,
    has_ended: bool,
}

/// What the answer to a request is.
pub(crate) struct Reply {
    /// The bytes; while a stream stays open, how many seconds pass before the rest.
    pub(crate) bytes: Vec<u8>,
    pub(crate) closes: bool,
    /// How long nothing comes before the stream ends, in seconds.
    pub(crate) silence: u64,
    /// What comes then.
    pub(crate) rest: Vec<u8>,
}

pub(crate) struct Service {
    /// How the run with this place in the group ends.
    pub(crate) ending: fn(usize) -> Ending,
    /// How many come to an end each time that the events are asked for.
    pub(crate) ends_at_once: usize,
    /// Ends the connection after each answer.
    pub(crate) closes: bool,
    /// Holds the stream of events without end.
    pub(crate) ignores_timeout: bool,
    /// The end of the last run is never shown.
    pub(crate) hides_last: bool,
    pub(crate) groups: usize,
    pub(crate) runs: Vec<Run>,
    /// The ends of runs, by their places, in order.
    pub(crate) events: Vec<usize>,
    /// How many inputs each request to add runs had.
    pub(crate) posts: Vec<usize>,
}

impl Service {
    pub(crate) fn new() -> Self {
        Self {
            ending: |_| Ending::Completed,
            ends_at_once: 7,
            closes: false,
            ignores_timeout: false,
            hides_last: false,
            groups: 0,
            runs: Vec::new(),
            events: Vec::new(),
            posts: Vec::new(),
        }
    }

    pub(crate) fn create(&mut self) -> Value {
        self.groups += 1;
        json!({"taskgroup_id": format!("tgrp_{}", self.groups), "metadata": {}, "status": self.status()})
    }

    pub(crate) fn add_by_others(&mut self, count: usize) {
        self.add((0..count).map(|_| json!({"processor": "x", "input": "y"})).collect());
    }

    /// Runs whose inputs have the numbers from 0 on.
    pub(crate) fn add_numbered(&mut self, count: usize) {
        self.add(
            (0..count).map(|number| json!({"input": "y", "metadata": {"input_number": number}})).collect(),
        );
    }

    pub(crate) fn add(&mut self, inputs: Vec<Value>) -> Value {
        let cursor = (!self.runs.is_empty()).then(|| (self.runs.len() - 1).to_string());
        let event_cursor = (!self.events.is_empty()).then(|| format!("e{}", self.events.len() - 1));
        let mut ids = Vec::new();
        for input in inputs {
            let place = self.runs.len();
            ids.push(format!("trun_{place}"));
            self.runs.push(Run {
                id: format!("trun_{place}"),
                metadata: input["metadata"].clone(),
                input,
                ending: (self.ending)(place),
                has_ended: false,
            });
        }
        json!({"status": self.status(), "run_ids": ids, "run_cursor": cursor, "event_cursor": event_cursor})
    }

    fn status(&self) -> Value {
        let ended = self.runs.iter().filter(|run| run.has_ended).count();
        let active = self.runs.len() - ended;
        json!({
            "num_task_runs": self.runs.len(),
            "task_run_status_counts": {"completed": ended, "running": active},
            "is_active": active > 0,
        })
    }

    fn run(&self, place: usize) -> Value {
        let run = &self.runs[place];
        let (status, is_active) = match (run.has_ended, run.ending) {
            (false, _) => ("running", true),
            (_, Ending::Completed | Ending::NoResult) => ("completed", false),
            (_, Ending::Failed) => ("failed", false),
            (_, Ending::Cancelled) => ("cancelled", false),
        };
        json!({"run_id": run.id, "status": status, "is_active": is_active, "metadata": run.metadata})
    }

    pub(crate) fn reply(&mut self, request: &Received) -> Reply {
        let path = request.target.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').skip(2).collect();
        match (request.method.as_str(), &parts[..]) {
            ("POST", ["tasks", "groups"]) => {
                let group = self.create();
                self.json("200 OK", &group)
            }
            ("POST", ["tasks", "groups", _, "runs"]) => {
                let inputs = inputs_of(request);
                let answer = self.add(inputs);
                self.json("200 OK", &answer)
            }
            ("GET", ["tasks", "groups", _, "runs"]) => {
                let first = request.cursor().map_or(0, |cursor| cursor.parse::<usize>().unwrap() + 1);
                let has_input = request.parameter("include_input").as_deref() == Some("true");
                let events = (first..self.runs.len()).map(|place| {
                    let input = if has_input { self.runs[place].input.clone() } else { Value::Null };
                    json!({"type": "task_run.state", "event_id": place.to_string(), "input": input, "run": self.run(place)})
                });
                self.stream(&events.collect::<Vec<_>>(), 0, Vec::new())
            }
            ("GET", ["tasks", "groups", _, "events"]) => self.events(request),
            ("GET", ["tasks", "runs", id, "result"]) => {
                let place = self.place(id);
                if self.runs[place].ending == Ending::Completed {
                    let output = json!({"type": "text", "content": format!("answer {id}"), "basis": []});
                    self.json("200 OK", &json!({"run": self.run(place), "output": output}))
                } else {
                    self.refusal(404)
                }
            }
            ("GET", ["tasks", "runs", id]) => {
                let place = self.place(id);
                self.json("200 OK", &self.run(place))
            }
            other => panic!("the service has no {other:?}"),
        }
    }

    /// Some runs come to an end; then the ends after the cursor, and how the group stands.
    fn events(&mut self, request: &Received) -> Reply {
        let active: Vec<usize> = (0..self.runs.len()).filter(|place| !self.runs[*place].has_ended).collect();
        for place in active.into_iter().take(self.ends_at_once) {
            self.runs[place].has_ended = true;
            if !(self.hides_last && place + 1 == self.runs.len()) {
                self.events.push(place);
            }
        }
        let first = match request.cursor() {
            None => 0,
            Some(cursor) => match cursor.split_once('e').expect("a cursor of events").1 {
                "status" => self.events.len(),
                number => number.parse::<usize>().unwrap() + 1,
            },
        };
        let shown = self.events[first.min(self.events.len())..].iter().enumerate().map(|(nth, place)| {
            json!({"type": "task_run.state", "event_id": format!("e{}", first + nth), "run": self.run(*place)})
        });
        let shown: Vec<_> = shown.collect();
        let status = json!({"type": "task_group_status", "event_id": null, "status": self.status()});
        let is_active = self.status()["is_active"] == true;
        let timeout = request.parameter("timeout").map_or(600, |seconds| seconds.parse().unwrap());
        let silence = match (is_active, self.ignores_timeout) {
            (false, _) => 0,
            (true, false) => timeout,
            (true, true) => 3_600,
        };
        self.stream(&shown, silence, vec![status])
    }

    fn place(&self, id: &str) -> usize {
        self.runs.iter().position(|run| run.id == id).expect("a run of the group")
    }

    pub(crate) fn refusal(&self, code: u16) -> Reply {
        let body = json!({"type": "error", "error": {"ref_id": "r", "message": "the service's words"}});
        self.json(&format!("{code} No"), &body)
    }

    pub(crate) fn json(&self, status: &str, body: &Value) -> Reply {
        let headers: &[_] = match self.closes {
            true => &[("content-type", "application/json"), ("connection", "close")],
            false => &[("content-type", "application/json")],
        };
        let bytes = Framing::Length.answer(status, headers, body.to_string().as_bytes());
        Reply { bytes, closes: self.closes, silence: 0, rest: Vec::new() }
    }

    /// Events, and a status at the end; the last chunk comes after the silence.
    fn stream(&self, events: &[Value], silence: u64, last: Vec<Value>) -> Reply {
        let text: String = events.iter().chain(&last).map(|event| format!("data: {event}\n\n")).collect();
        let mut bytes = Framing::Chunked.stream(&text);
        let rest = bytes.split_off(bytes.len() - b"0\r\n\r\n".len());
        Reply { bytes, closes: self.closes, silence, rest }
    }
}

pub(crate) fn inputs_of(request: &Received) -> Vec<Value> {
    let body: Value = serde_json::from_slice(&request.body).expect("the body is JSON");
    body["inputs"].as_array().expect("there are inputs").clone()
}
