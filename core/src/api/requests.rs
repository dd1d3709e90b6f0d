//! The requests of the service: one function for each endpoint, one method for each parameter that it takes.

use super::{Status, service};
use crate::session::{BodyRef, Request};

/// A type for the requests to an endpoint, which turns into a [`Request`].
macro_rules! request {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        ///
        /// It converts into a [`Request`], so you can pass it wherever one is expected.
        #[derive(Clone, Debug)]
        #[must_use]
        pub struct $name<'c>(Request<'c>);

        impl<'c> From<$name<'c>> for Request<'c> {
            fn from(request: $name<'c>) -> Self {
                request.0
            }
        }
    };
}

request! {
    /// Fetches the runs of a group; made by [`runs`].
    Runs
}

request! {
    /// Follows a group; made by [`events`].
    Events
}

request! {
    /// Adds runs to a group; made by [`add_runs`].
    AddRuns
}

request! {
    /// Waits for the result of a run; made by [`run_result`].
    AwaitResult
}

request! {
    /// A request that takes no parameters.
    Plain
}

/// Fetches the runs of a group as they are now: a stream of
/// [`StreamEvent`](super::StreamEvent)s that ends after the last run.
///
/// It does not wait for runs to finish. The order is that in which runs were added, and a cursor is a place
/// in it: a run that was still active when you received it does not come again after that cursor. To follow a
/// group, use [`events`].
///
/// It is done when an answer from the last event on has ended in order and brought nothing new, see
/// [`Config::with_end_check`](crate::session::Config::with_end_check).
pub fn runs(taskgroup_id: &str) -> Runs<'static> {
    Runs(Request::new(&service::RUNS).with_id(taskgroup_id))
}

impl Runs<'_> {
    /// Only the runs with this status. With [`Status::Unknown`] the first poll stops with
    /// [`Misuse`](crate::session::Misuse::Parameter).
    pub fn status(self, status: Status) -> Self {
        Self(self.0.with_parameter(service::status(status)))
    }

    /// Whether each run comes with its input. By default it does not.
    pub fn include_input(self, include: bool) -> Self {
        Self(self.0.with_parameter(service::include_input(include)))
    }

    /// Whether each completed run comes with its output. By default it does not.
    pub fn include_output(self, include: bool) -> Self {
        Self(self.0.with_parameter(service::include_output(include)))
    }

    /// Continues after the event with this id, of up to 128 bytes, instead of from the start. An empty one is
    /// none.
    pub fn last_event_id(self, id: &str) -> Self {
        Self(self.0.after(id))
    }
}

/// Follows a group until no run is active: a stream of [`StreamEvent`](super::StreamEvent)s, which are status
/// changes of the group and runs that have ended, without their outputs.
///
/// It is done when an answer from the last event on has ended in order and brought nothing new, and the last
/// group status was not active. Without any status, it is done only if the answer ended soon, since that of
/// an active group lasts. Silence does not count as a failed attempt here, nor does an end that comes later
/// than the backoff's ceiling or than the [`timeout`](Events::timeout); an earlier end or a failure without
/// anything new does.
pub fn events(taskgroup_id: &str) -> Events<'static> {
    Events(Request::new(&service::EVENTS).with_id(taskgroup_id))
}

impl Events<'_> {
    /// How many seconds the service may hold the connection.
    pub fn timeout(self, seconds: u32) -> Self {
        Self(self.0.with_timeout(seconds))
    }

    /// Continues after the event with this id, of up to 128 bytes, instead of from the start. An empty one is
    /// none.
    pub fn last_event_id(self, id: &str) -> Self {
        Self(self.0.after(id))
    }
}

/// Creates a group; answered with a [`TaskGroup`](super::TaskGroup). The body: a
/// [`NewGroup`](super::body::NewGroup), or its JSON text.
pub fn create_group<'c>(body: impl Into<BodyRef<'c>>) -> Plain<'c> {
    Plain(Request::new(&service::CREATE_GROUP).with_body(body))
}

/// Retrieves a group; answered with a [`TaskGroup`](super::TaskGroup).
pub fn group(taskgroup_id: &str) -> Plain<'static> {
    Plain(Request::new(&service::GET_GROUP).with_id(taskgroup_id))
}

/// Adds runs to a group; answered with [`AddedRuns`](super::AddedRuns). The body:
/// [`NewRuns`](super::body::NewRuns), or its JSON text.
pub fn add_runs<'c>(taskgroup_id: &str, body: impl Into<BodyRef<'c>>) -> AddRuns<'c> {
    AddRuns(Request::new(&service::ADD_RUNS).with_id(taskgroup_id).with_body(body))
}

impl AddRuns<'_> {
    /// Whether the service counts the group's status in the answer again. By default it does.
    pub fn refresh_status(self, refresh: bool) -> Self {
        Self(self.0.with_parameter(service::refresh_status(refresh)))
    }
}

/// Retrieves a run of a group; answered with a [`TaskRun`](super::TaskRun).
pub fn group_run(taskgroup_id: &str, run_id: &str) -> Plain<'static> {
    Plain(Request::new(&service::GROUP_RUN).with_id(taskgroup_id).with_id(run_id))
}

/// Creates a run outside any group; answered with a [`TaskRun`](super::TaskRun). The body: a
/// [`RunInput`](super::body::RunInput), or its JSON text.
pub fn create_run<'c>(body: impl Into<BodyRef<'c>>) -> Plain<'c> {
    Plain(Request::new(&service::CREATE_RUN).with_body(body))
}

/// Retrieves a run; answered with a [`TaskRun`](super::TaskRun).
pub fn run(run_id: &str) -> Plain<'static> {
    Plain(Request::new(&service::GET_RUN).with_id(run_id))
}

/// Retrieves the input of a run; answered with a [`RunInput`](super::RunInput).
pub fn run_input(run_id: &str) -> Plain<'static> {
    Plain(Request::new(&service::RUN_INPUT).with_id(run_id))
}

/// Waits for the result of a run; answered with a [`RunResult`](super::RunResult). The service blocks up to
/// [`timeout`](AwaitResult::timeout), by default 600 s, and then answers 408, after which the session asks
/// again. Set the idle timeout of the config above that.
pub fn run_result(run_id: &str) -> AwaitResult<'static> {
    AwaitResult(Request::new(&service::RUN_RESULT).with_id(run_id))
}

impl AwaitResult<'_> {
    /// How many seconds the service may hold the connection.
    pub fn timeout(self, seconds: u32) -> Self {
        Self(self.0.with_timeout(seconds))
    }
}

/// Follows one run: a stream of [`StreamEvent`](super::StreamEvent)s. The service cannot resume it, and ends
/// it after 570 s, whether or not the run is active. When the session asks again the stream starts over, and
/// its messages are delivered again.
///
/// It is done when the last event of an answer is a state that is not active, and not its only event; if it
/// is the only one, when two answers in a row are the same.
pub fn run_events(run_id: &str) -> Plain<'static> {
    Plain(Request::new(&service::RUN_EVENTS).with_id(run_id))
}
