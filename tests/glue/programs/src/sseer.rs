//! (b) sseer and serde-json-core. It must own what was read, so each read is copied to the heap.

use core::cell::Cell;

use ::sseer::EventStream;
use bytes::Bytes;
use portable_atomic as _;
use serde::de::DeserializeOwned;

use crate::polled::{self, Source};

pub fn run<'r, E: DeserializeOwned>(reads: impl Iterator<Item = &'r [u8]>, found: impl FnMut(Option<&E>)) {
    let read = Cell::new(None);
    let stream = EventStream::new(Source(&read));
    let owned = reads.map(Bytes::copy_from_slice);
    polled::run(&read, owned, stream, |event| event.data.as_bytes(), found);
}
