//! The requests of the service: one function for each endpoint, one method for each parameter.

use super::Status;
use crate::{
    http::Method,
    session::{
        Request, Version,
        endpoint::{
            Endpoint, INCLUDE_INPUT, INCLUDE_OUTPUT, LAST_EVENT_ID, REFRESH_STATUS, Reply, STATUS, TIMEOUT,
        },
    },
};

/// Fetches the runs of a group as they are now: a stream of
/// [`StreamEvent`](super::StreamEvent)s that ends after the last run.
///
/// It does not wait for runs to finish, and a cursor is a place in the order in which runs were added: a run that
/// was still active when it came does not come again after that cursor with its output. To follow a group, use
/// [`events`].
///
/// Done when an answer from the last event on has ended in order and brought nothing new, see
/// [`Config::with_end_check`](crate::session::Config::with_end_check).
#[must_use]
pub fn runs(taskgroup_id: &str) -> Request<'static> {
    static ENDPOINT: Endpoint = Endpoint {
        method: Method::Get,
        version: None,
        path: &["/tasks/groups/", "/runs"],
        parameters: &[LAST_EVENT_ID, STATUS, INCLUDE_INPUT, INCLUDE_OUTPUT],
        answer: Reply::Stream { until_inactive: false },
    };
    Request::new(&ENDPOINT, taskgroup_id)
}

/// Follows a group: a stream of [`StreamEvent`](super::StreamEvent)s, status changes of the group
/// and runs that have come to an end, without their outputs, until no run is active.
///
/// Done when an answer from the last event on has ended in order and brought nothing new, and the last group
/// status was not active; without any status, only if the answer ended soon, since that of an active group
/// lasts. Silence is no failed attempt here, nor is an end that comes later
/// than the backoff's ceiling or than the [`timeout`](Request::timeout) that was asked for; an earlier end or a
/// break without anything new is one.
#[must_use]
pub fn events(taskgroup_id: &str) -> Request<'static> {
    static ENDPOINT: Endpoint = Endpoint {
        method: Method::Get,
        version: None,
        path: &["/tasks/groups/", "/events"],
        parameters: &[LAST_EVENT_ID, TIMEOUT],
        answer: Reply::Stream { until_inactive: true },
    };
    Request::new(&ENDPOINT, taskgroup_id)
}

/// Creates a group; answered with a [`TaskGroup`](super::TaskGroup). `body`: `{}` or
/// `{"metadata": {…}}`.
#[must_use]
pub fn create_group(body: &[u8]) -> Request<'_> {
    static ENDPOINT: Endpoint = Endpoint {
        method: Method::Post,
        version: None,
        path: &["/tasks/groups"],
        parameters: &[],
        answer: Reply::Json,
    };
    Request::new(&ENDPOINT, "").with_body(body)
}

/// Retrieves a group; answered with a [`TaskGroup`](super::TaskGroup).
#[must_use]
pub fn group(taskgroup_id: &str) -> Request<'static> {
    static ENDPOINT: Endpoint = Endpoint {
        method: Method::Get,
        version: None,
        path: &["/tasks/groups/", ""],
        parameters: &[],
        answer: Reply::Json,
    };
    Request::new(&ENDPOINT, taskgroup_id)
}

/// Adds runs to a group; answered with [`AddedRuns`](super::AddedRuns). `body`:
/// `{"inputs": [RunInput…], "default_task_spec": …}`, at most 1,000 inputs.
#[must_use]
pub fn add_runs<'c>(taskgroup_id: &str, body: &'c [u8]) -> Request<'c> {
    static ENDPOINT: Endpoint = Endpoint {
        method: Method::Post,
        version: None,
        path: &["/tasks/groups/", "/runs"],
        parameters: &[REFRESH_STATUS],
        answer: Reply::Json,
    };
    Request::new(&ENDPOINT, taskgroup_id).with_body(body)
}

/// Retrieves a run of a group; answered with a [`TaskRun`](super::TaskRun).
#[must_use]
pub fn group_run(taskgroup_id: &str, run_id: &str) -> Request<'static> {
    static ENDPOINT: Endpoint = Endpoint {
        method: Method::Get,
        version: None,
        path: &["/tasks/groups/", "/runs/", ""],
        parameters: &[],
        answer: Reply::Json,
    };
    Request::new(&ENDPOINT, taskgroup_id).with_second_id(run_id)
}

/// Creates a run outside any group; answered with a [`TaskRun`](super::TaskRun). `body`: a RunInput.
#[must_use]
pub fn create_run(body: &[u8]) -> Request<'_> {
    static ENDPOINT: Endpoint = Endpoint {
        method: Method::Post,
        version: Some(Version::V1),
        path: &["/tasks/runs"],
        parameters: &[],
        answer: Reply::Json,
    };
    Request::new(&ENDPOINT, "").with_body(body)
}

/// Retrieves a run; answered with a [`TaskRun`](super::TaskRun).
#[must_use]
pub fn run(run_id: &str) -> Request<'static> {
    static ENDPOINT: Endpoint = Endpoint {
        method: Method::Get,
        version: Some(Version::V1),
        path: &["/tasks/runs/", ""],
        parameters: &[],
        answer: Reply::Json,
    };
    Request::new(&ENDPOINT, run_id)
}

/// Retrieves the input of a run; answered with a [`RunInput`](super::RunInput).
#[must_use]
pub fn run_input(run_id: &str) -> Request<'static> {
    static ENDPOINT: Endpoint = Endpoint {
        method: Method::Get,
        version: Some(Version::V1),
        path: &["/tasks/runs/", "/input"],
        parameters: &[],
        answer: Reply::Json,
    };
    Request::new(&ENDPOINT, run_id)
}

/// Waits for the result of a run; answered with a [`RunResult`](super::RunResult). The service
/// blocks up to [`timeout`](Request::timeout), by default 600 s, and then answers 408, which is
/// asked again: set the idle timeout of the config above it.
#[must_use]
pub fn run_result(run_id: &str) -> Request<'static> {
    static ENDPOINT: Endpoint = Endpoint {
        method: Method::Get,
        version: Some(Version::V1),
        path: &["/tasks/runs/", "/result"],
        parameters: &[TIMEOUT],
        answer: Reply::Json,
    };
    Request::new(&ENDPOINT, run_id)
}

/// Follows one run: a stream of [`StreamEvent`](super::StreamEvent)s. The service cannot resume it and ends it
/// after 570 s, whether or not the run is active: whenever it is asked for again, it starts over, and its messages
/// are delivered again.
///
/// Done when an answer's last event is a state that is not active, and is not its only one; if it is the only
/// one, when two answers in a row are the same.
#[must_use]
pub fn run_events(run_id: &str) -> Request<'static> {
    static ENDPOINT: Endpoint = Endpoint {
        method: Method::Get,
        version: None,
        path: &["/tasks/runs/", "/events"],
        parameters: &[],
        answer: Reply::Events,
    };
    Request::new(&ENDPOINT, run_id)
}

/// The parameters. One that the request does not take is a
/// [`Misuse`](crate::session::Misuse::Parameter), said by the first poll.
impl Request<'_> {
    /// Only the runs with this status. [`runs`] takes it.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.call.query.status = Some(status.as_str());
        self.call.misuse |= status == Status::Unknown;
        self.uses(STATUS)
    }

    /// Whether each run comes with its input. [`runs`] takes it.
    #[must_use]
    pub fn include_input(mut self, include: bool) -> Self {
        self.call.query.include_input = Some(include);
        self.uses(INCLUDE_INPUT)
    }

    /// Whether each completed run comes with its output. [`runs`] takes it.
    #[must_use]
    pub fn include_output(mut self, include: bool) -> Self {
        self.call.query.include_output = Some(include);
        self.uses(INCLUDE_OUTPUT)
    }

    /// How many seconds the service may hold the connection. [`events`] and [`run_result`] take it.
    #[must_use]
    pub fn timeout(mut self, seconds: u32) -> Self {
        self.call.query.timeout = Some(seconds);
        self.uses(TIMEOUT)
    }

    /// Whether the group's status in the answer is counted again. [`add_runs`] takes it.
    #[must_use]
    pub fn refresh_status(mut self, refresh: bool) -> Self {
        self.call.query.refresh_status = Some(refresh);
        self.uses(REFRESH_STATUS)
    }
}
