//! A crate whose events are an asynchronous stream, polled from a loop with a waker that does nothing.

use core::{
    cell::Cell,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use futures_core::Stream;
use serde::de::DeserializeOwned;

use crate::records::parse;

/// Gives what was read last, once.
pub(crate) struct Source<'c, B>(pub(crate) &'c Cell<Option<B>>);

impl<B> Stream for Source<'_, B> {
    type Item = Result<B, Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.take().map_or(Poll::Pending, |read| Poll::Ready(Some(Ok(read))))
    }
}

/// `stream` takes its bytes from a [`Source`] of this cell, and `data` gives the data of its events.
#[inline(always)]
pub(crate) fn run<B, S, T, F, E>(
    read: &Cell<Option<B>>,
    reads: impl Iterator<Item = B>,
    mut stream: S,
    data: impl Fn(&T) -> &[u8],
    mut found: impl FnMut(Option<&E>),
) where
    S: Stream<Item = Result<T, F>> + Unpin,
    E: DeserializeOwned,
{
    let mut context = Context::from_waker(Waker::noop());
    for bytes in reads {
        read.set(Some(bytes));
        while let Poll::Ready(Some(event)) = Pin::new(&mut stream).poll_next(&mut context) {
            match event {
                Ok(event) => found(parse(data(&event)).as_ref()),
                Err(_) => found(None),
            }
        }
    }
}
