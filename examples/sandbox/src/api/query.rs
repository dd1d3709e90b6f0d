//! The query of a request in, its parameters by name and type out.
//!
//! # Limits
//!
//! If a parameter is repeated, the last one counts: you can ask for one `status` only. Unknown parameters are
//! ignored. A value that does not fit its type is a 422.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::json;

use crate::api::error::Error;
use crate::run::Status;

/// The parameters, percent-decoded, in order.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// The parameter, unless it is absent or empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn boolean(&self, name: &str, default: bool) -> Result<bool, Error> {
        match self.text(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(default),
            Some("true" | "1" | "yes" | "on") => Ok(true),
            Some("false" | "0" | "no" | "off") => Ok(false),
            Some(_) => {
                Err(Error::invalid(json!(["query", name]), "Input should be true or false", "bool_parsing"))
            }
        }
    }

    /// A number of seconds, at least 0.
    pub(super) fn seconds(&self, name: &str, default: f64) -> Result<f64, Error> {
        let Some(text) = self.text(name) else { return Ok(default) };
        text.parse().ok().filter(|seconds| (0.0..=86_400.0).contains(seconds)).ok_or_else(|| {
            Error::invalid(
                json!(["query", name]),
                "Input should be a number of seconds up to a day",
                "float_parsing",
            )
        })
    }

    /// A whole number of seconds.
    pub(super) fn whole_seconds(&self, name: &str, default: u64) -> Result<Duration, Error> {
        let Some(text) = self.text(name) else { return Ok(Duration::from_secs(default)) };
        let seconds = text.parse().ok().filter(|seconds| *seconds <= 86_400);
        seconds.map(Duration::from_secs).ok_or_else(|| {
            let message = "Input should be a whole number of seconds up to a day";
            Error::invalid(json!(["query", name]), message, "int_parsing")
        })
    }

    pub(super) fn status(&self) -> Result<Option<Status>, Error> {
        let Some(name) = self.text("status") else { return Ok(None) };
        name.parse().map(Some).map_err(|_| {
            let names = Status::ALL.map(|status| format!("'{status}'")).join(", ");
            Error::invalid(json!(["query", "status"]), &format!("Input should be one of {names}"), "enum")
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let axum::extract::Query(pairs) =
            pairs.map_err(|error| Error::invalid(json!(["query"]), &error.body_text(), "query_parsing"))?;
        Ok(Self(pairs))
    }
}
