//! Requests in, one line of JSON for each out: what a client wrote, to compare it with what another one
//! writes.
//!
//! # Limits
//!
//! Headers that carry a key (`x-api-key`, `authorization`) are left out; bodies are recorded as they are. A
//! header that comes several times has its values joined by `, `.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use axum::extract::Query;
use axum::http::request::Parts;
use serde_json::{Map, Value, json};

/// Where the requests that a sandbox gets are recorded.
///
/// Each is one line of JSON with these members: `method`; `path`, as it was sent; `query`, a list of `[name,
/// value]`, percent-decoded and in order; `headers`, an object with lowercase names, without those that carry
/// a key; and `body`, the JSON that was sent, or null for an empty body. A body that is not JSON is in `text`
/// instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Record {
    /// Nowhere.
    #[default]
    Nowhere,
    /// In memory, for [`Sandbox::recorded`].
    ///
    /// [`Sandbox::recorded`]: crate::Sandbox::recorded
    Memory,
    /// In a file, which the sandbox replaces when it starts. Each line is written before its request is
    /// answered.
    File(PathBuf),
}

/// Where the lines go.
#[derive(Debug)]
pub(crate) enum Recorder {
    Memory(Vec<String>),
    File(File),
}

impl Recorder {
    pub(crate) fn new(record: &Record) -> io::Result<Option<Self>> {
        match record {
            Record::Nowhere => Ok(None),
            Record::Memory => Ok(Some(Self::Memory(Vec::new()))),
            Record::File(path) => {
                let file = File::create(path);
                let explained = |error: io::Error| {
                    io::Error::new(error.kind(), format!("cannot record to {}: {error}", path.display()))
                };
                Ok(Some(Self::File(file.map_err(explained)?)))
            }
        }
    }

    pub(crate) fn add(&mut self, mut line: String) -> io::Result<()> {
        match self {
            Self::Memory(lines) => {
                lines.push(line);
                Ok(())
            }
            Self::File(file) => {
                line.push('\n');
                file.write_all(line.as_bytes())
            }
        }
    }
}

/// The line of one request.
pub(crate) fn line(head: &Parts, body: &[u8]) -> String {
    let query =
        Query::<Vec<(String, String)>>::try_from_uri(&head.uri).map_or(Vec::new(), |Query(pairs)| pairs);
    let mut headers = Map::new();
    for name in head.headers.keys().filter(|name| !["x-api-key", "authorization"].contains(&name.as_str())) {
        let values = head.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        headers.insert(name.to_string(), json!(values.collect::<Vec<_>>().join(", ")));
    }
    let mut line = json!({
        "method": head.method.as_str(),
        "path": head.uri.path(),
        "query": query,
        "headers": headers,
        "body": null,
    });
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => line["body"] = value,
        Err(_) if body.is_empty() => {}
        Err(_) => line["text"] = json!(String::from_utf8_lossy(body)),
    }
    line.to_string()
}
