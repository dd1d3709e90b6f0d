//! Everything about Parallel's service: its host, the names of its headers, parameters and members, and its
//! endpoints.
//!
//! The session knows none of this: each endpoint is an [`Endpoint`], as one of any other API would be. If the
//! service changes, look here.

use super::Status;
use crate::{
    http::Method,
    session::{Config, End, Endpoint, EventId, Flag, Pair, Resume},
};

/// The host of the service.
const HOST: &str = "api.parallel.ai";

/// The beginning of the paths of task groups, by [`Version`].
const VERSIONS: &[&str] = &["/v1beta", "/v1"];

/// The beginning of the paths of single runs, which have one version.
const V1: &[&str] = &["/v1"];

/// The types of events.
pub(super) const RUN: &str = "task_run.state";
pub(super) const GROUP: &str = "task_group_status";
pub(super) const ERROR: &str = "error";
pub(super) const PROGRESS_STATS: &str = "task_run.progress_stats";
pub(super) const PROGRESS_MESSAGE: &str = "task_run.progress_msg.";

/// What all endpoints have in common.
const SERVICE: Endpoint<'static> = Endpoint::get("/")
    .with_key("x-api-key", "")
    .with_beta_header("parallel-beta")
    .with_versions(VERSIONS)
    .with_refused_posts_repeated()
    .with_error("/error/message")
    .with_error_reference("/error/ref_id")
    .with_other_error("/detail/0/msg");

/// A stream, by its path and end. Records that name no types get the runs' events.
const fn stream(path: &'static str, end: End<'static>) -> Endpoint<'static> {
    SERVICE
        .at(Method::Get, path)
        .with_stream(end)
        .with_type_member("type")
        .with_event_types(&[RUN])
        .with_error_event(ERROR)
        .with_cursor(EventId::Member("event_id"), Resume::Query("last_event_id"))
}

pub(crate) static RUNS: Endpoint = stream("/tasks/groups/{}/runs", End::Checked);

/// The service ends it when no run is active, and after an hour.
pub(crate) static EVENTS: Endpoint =
    stream("/tasks/groups/{}/events", End::Inactive(Flag::new(GROUP, "/status/is_active")))
        .with_timeout_parameter("timeout");

/// The service ends it with the run, and after 570 s. It has no cursors; should the stream have ids all the
/// same, the last one goes back in the header of the standard.
pub(super) static RUN_EVENTS: Endpoint =
    stream("/tasks/runs/{}/events", End::Final(Flag::new(RUN, "/run/is_active")))
        .with_cursor(EventId::Field, Resume::Header("last-event-id"));

pub(crate) static CREATE_GROUP: Endpoint = SERVICE.at(Method::Post, "/tasks/groups");
pub(super) static GET_GROUP: Endpoint = SERVICE.at(Method::Get, "/tasks/groups/{}");
pub(crate) static ADD_RUNS: Endpoint = SERVICE.at(Method::Post, "/tasks/groups/{}/runs");
pub(super) static GROUP_RUN: Endpoint = SERVICE.at(Method::Get, "/tasks/groups/{}/runs/{}");
pub(super) static CREATE_RUN: Endpoint = SERVICE.at(Method::Post, "/tasks/runs").with_versions(V1);
pub(crate) static GET_RUN: Endpoint = SERVICE.at(Method::Get, "/tasks/runs/{}").with_versions(V1);
pub(super) static RUN_INPUT: Endpoint = SERVICE.at(Method::Get, "/tasks/runs/{}/input").with_versions(V1);
pub(crate) static RUN_RESULT: Endpoint =
    SERVICE.at(Method::Get, "/tasks/runs/{}/result").with_versions(V1).with_timeout_parameter("timeout");

/// What must be asked for by name in the header for beta features, and the numbers of these names.
pub(crate) const FEATURES: &[&str] =
    &["mcp-server-2025-07-17", "events-sse-2025-07-24", "webhook-2025-08-12"];
pub(super) const MCP_SERVERS: u32 = 0;
pub(super) const PROGRESS: u32 = 1;
pub(super) const WEBHOOK: u32 = 2;

/// A parameter that is a Boolean.
macro_rules! flag {
    ($name:literal, $value:expr) => {
        if $value { &($name, "true") } else { &($name, "false") }
    };
}

pub(crate) const fn include_input(include: bool) -> &'static Pair<'static> {
    flag!("include_input", include)
}

pub(super) const fn include_output(include: bool) -> &'static Pair<'static> {
    flag!("include_output", include)
}

pub(super) const fn refresh_status(refresh: bool) -> &'static Pair<'static> {
    flag!("refresh_status", refresh)
}

/// `Unknown` is not a parameter, and a misuse.
pub(super) const fn status(status: Status) -> &'static Pair<'static> {
    macro_rules! pairs {
        ($($word:ident)+) => {
            match status {
                $(Status::$word => &const { ("status", Status::$word.as_str()) },)+
                Status::Unknown => &("", ""),
            }
        };
    }
    pairs! { Queued ActionRequired Running Completed Failed Cancelling Cancelled }
}

/// The version of the API in the path of task groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Version {
    /// `/v1beta`
    #[default]
    V1Beta,
    /// `/v1`
    V1,
}

impl<'c> Config<'c> {
    /// Parallel's public service with this API key; v1beta, and otherwise the defaults of
    /// [`for_server`](Self::for_server).
    ///
    /// ```
    /// use taskgroup::{api::Version, session::Config};
    ///
    /// let config = Config::new("key").with_version(Version::V1);
    /// assert_eq!((config.host(), config.port(), config.tls()), ("api.parallel.ai", 443, true));
    /// ```
    #[must_use]
    pub const fn new(key: &'c str) -> Self {
        Self::for_server(HOST, key)
    }

    /// The version of Parallel's API. v1beta by default.
    #[must_use]
    pub const fn with_version(self, version: Version) -> Self {
        self.with_nth_version(match version {
            Version::V1Beta => 0,
            Version::V1 => 1,
        })
    }
}
