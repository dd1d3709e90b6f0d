//! Requests in, the service's answers out: which handler answers which call, and which requests are let
//! through.
//!
//! # Limits
//!
//! `/v1beta` and `/v1` have the same calls, those of single runs included. A body has at most 64 MiB.

mod error;
mod event_stream;
mod groups;
mod input;
mod query;
mod runs;
mod streams;

pub(crate) use input::is_json;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::api::error::Error;
use crate::faults::{Close, Instead};
use crate::recording;
use crate::run::Version;
use crate::server::NoAnswer;
use crate::shared::Shared;

const LARGEST_BODY: usize = 64 << 20;

/// The whole API.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .nest("/v1beta", calls(Version::V1Beta))
        .nest("/v1", calls(Version::V1))
        .fallback(async || Error::new(StatusCode::NOT_FOUND, "No such path"))
        .method_not_allowed_fallback(async || {
            Error::new(StatusCode::METHOD_NOT_ALLOWED, "No such method here")
        })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn_with_state(shared.clone(), admit))
        .with_state(shared)
}

fn calls(version: Version) -> Router<Arc<Shared>> {
    Router::new()
        .route("/tasks/groups", post(groups::create))
        .route("/tasks/groups/{group}", get(groups::retrieve))
        .route("/tasks/groups/{group}/runs", get(streams::runs).post(groups::add_runs))
        .route("/tasks/groups/{group}/events", get(streams::events))
        .route("/tasks/groups/{group}/runs/{run}", get(runs::retrieve_in_group))
        .route("/tasks/runs", post(runs::create))
        .route("/tasks/runs/{run}", get(runs::retrieve))
        .route("/tasks/runs/{run}/input", get(runs::input))
        .route("/tasks/runs/{run}/result", get(runs::result))
        .route("/tasks/runs/{run}/events", get(streams::progress))
        .layer(axum::Extension(version))
}

/// Every request passes here first: it is counted, answered by a fault if there is one, and refused without
/// the key.
async fn admit(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    shared.note_request(format!("{} {}", request.method(), request.uri()));
    let request = match record(&shared, request).await {
        Ok(request) => request,
        Err(error) => return error.into_response(),
    };
    if let Some(instead) = shared.take_instead(&format!("{} {}", request.method(), request.uri().path())) {
        return otherwise(&instead);
    }
    let key = request.headers().get("x-api-key").map(HeaderValue::as_bytes);
    match key {
        None => Error::new(StatusCode::UNAUTHORIZED, "No API key: send it as x-api-key").into_response(),
        Some(key) if key != shared.options.key.as_bytes() => {
            Error::new(StatusCode::UNAUTHORIZED, "Wrong API key").into_response()
        }
        Some(_) if request.method() == Method::POST => answer_post(&shared, request, next).await,
        Some(_) => next.run(request).await,
    }
}

/// Answers a POST, unless a fault loses it, or its answer.
async fn answer_post(shared: &Shared, request: Request, next: Next) -> Response {
    let (for_request, for_answer) = shared.draw_post();
    if let Some(close) = shared.take_lost_request(for_request) {
        // With bytes unread the system would end the connection by RST.
        let _ = to_bytes(request.into_body(), LARGEST_BODY).await;
        return no_answer(close);
    }
    let response = next.run(request).await;
    let lost = response.status().is_success().then(|| shared.take_lost_answer(for_answer)).flatten();
    lost.map_or(response, no_answer)
}

fn no_answer(close: Close) -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(NoAnswer(close));
    response
}

/// Records the request, if you asked for that. This reads its whole body first.
async fn record(shared: &Shared, request: Request) -> Result<Request, Error> {
    if !shared.records() {
        return Ok(request);
    }
    let (head, body) = request.into_parts();
    let body = to_bytes(body, LARGEST_BODY).await.map_err(|error| {
        Error::new(StatusCode::PAYLOAD_TOO_LARGE, &format!("The body cannot be read: {error}"))
    })?;
    shared.record(recording::line(&head, &body));
    Ok(Request::from_parts(head, body.into()))
}

fn otherwise(instead: &Instead) -> Response {
    let status = StatusCode::from_u16(instead.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = if status.as_u16() >= 400 {
        Error::new(status, &instead.message).into_response()
    } else {
        (status, Body::empty()).into_response()
    };
    set_headers(&mut response, &instead.headers);
    response
}

/// Sets the headers of a fault. Headers that HTTP does not allow are left out.
fn set_headers(response: &mut Response, headers: &[(String, String)]) {
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
}

/// An answer in JSON.
fn json(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}
