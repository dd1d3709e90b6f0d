//! (a) eventsource-stream and serde-json-core. It takes a read without a copy.

use core::cell::Cell;

use eventsource_stream::EventStream;
use serde::de::DeserializeOwned;

use crate::polled::{self, Source};

pub fn run<'r, E: DeserializeOwned>(reads: impl Iterator<Item = &'r [u8]>, found: impl FnMut(Option<&E>)) {
    let read = Cell::new(None);
    let stream = EventStream::new(Source(&read));
    polled::run(&read, reads, stream, |event| event.data.as_bytes(), found);
}
