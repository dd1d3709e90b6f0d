//! The bodies of POSTs: the inputs of runs and their settings in, JSON text out, in pieces.
//!
//! ```
//! use taskgroup::api::{self, body::{NewRuns, RunInput, TaskSpec, Value}};
//!
//! const SCHEMA: &str = r#"{"type": "object", "properties": {"ceo": {"type": "string"}}}"#;
//! let inputs = [
//!     RunInput::new("base", "Acme Ltd.").metadata(&[("row", Value::Integer(1))]),
//!     RunInput::new("core", "Größe von Zürich?").enable_events(true),
//! ];
//! let body = NewRuns::new(&inputs).default_task_spec(TaskSpec::json(SCHEMA));
//! let request = api::add_runs("tgrp_5c1f0a", &body);
//! # let _ = request;
//! ```
//!
//! Everything is borrowed, and nothing is copied: a prompt in flash stays there, and a session writes the
//! body through a buffer of any size. If memory has no room for all inputs, pass [a function](Inputs).
//!
//! A body has the members that the service's public reference lists, and only those that you set. The header
//! `parallel-beta` names the features that a body uses, in addition to those of
//! [`Config::with_beta`](crate::session::Config::with_beta).
//!
//! With the feature `serde`, each type is also `Serialize`: for a whole body in memory, with serde-json-core
//! for example.
//!
//! # Limits
//!
//! Those of the service, which are checked before anything is sent, see [`Limit`]: 1,000 inputs in one
//! request; keys of metadata to 16 characters and values to 512; 200 domains; 25,000 characters of input and
//! schemas of one run. A JSON text that you pass as text is checked, too.

mod group;
mod input;
mod policy;
mod spec;
mod value;

pub(crate) use self::group::{INPUTS, begin, end, has, write_input};
pub use self::{
    group::{Inputs, NewGroup, NewRuns},
    input::{Input, RunInput},
    policy::{AdvancedSettings, McpServer, SourcePolicy, Webhook},
    spec::{Schema, TaskSpec},
    value::{Limit, Number, Value},
};
