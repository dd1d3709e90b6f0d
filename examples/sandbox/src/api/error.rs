//! What went wrong in, the service's answer out: an error with a reference, or a list of mistakes.
//!
//! # Limits
//!
//! The reference follows from the status and the message: the same error always has the same reference.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::random::Random;

/// An answer other than 2xx.
#[derive(Debug)]
pub(super) struct Error {
    status: StatusCode,
    body: Value,
}

impl Error {
    pub(super) fn new(status: StatusCode, message: &str) -> Self {
        let seed = message
            .bytes()
            .fold(u64::from(status.as_u16()), |seed, byte| seed.wrapping_mul(31) + u64::from(byte));
        let body = json!({"type": "error", "error": {
            "ref_id": Random::new(seed).uuid(),
            "message": message,
            "detail": {"status": status.as_u16()},
        }});
        Self { status, body }
    }

    pub(super) fn not_found(noun: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, &format!("No such {noun}"))
    }

    /// 422 in the form of an error: the request has the right shape, but asks for what cannot be done.
    pub(super) fn unprocessable(message: &str) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// 422 in the form of a list with one mistake: its place, why it is one, and its type.
    pub(super) fn invalid(place: Value, message: &str, kind: &str) -> Self {
        Self::mistakes(vec![json!({"loc": place, "msg": message, "type": kind})])
    }

    /// 422 in the form of a list of mistakes, each an object with `loc`, `msg` and `type`.
    pub(super) fn mistakes(mistakes: Vec<Value>) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, body: json!({"detail": mistakes}) }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        (self.status, [(header::CONTENT_TYPE, "application/json")], self.body.to_string()).into_response()
    }
}
