//! Polls a future, and sometimes drops it first: like a program that has other things to look at.

use std::{
    future::{Future, poll_fn},
    mem,
    pin::pin,
    task::Poll,
};

use embassy_futures::select::{Either, select};
use embassy_time::{Duration, Timer};

use crate::network::Random;

/// How long a program waits for something before it drops it and looks at something else.
pub(crate) enum Patience {
    Endless,
    /// Not at all.
    None,
    /// Up to 40 ms, as the seed says.
    Random(Random),
}

impl Patience {
    /// The output of the future; `None` if it was dropped before.
    pub(crate) async fn wait<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        match self {
            Self::Endless => Some(future.await),
            Self::None => glance(future).await,
            Self::Random(random) => {
                let timer = Timer::after(Duration::from_micros(random.below(40_000)));
                match select(future, timer).await {
                    Either::First(value) => Some(value),
                    Either::Second(()) => None,
                }
            }
        }
    }
}

/// Polls the future once and drops it, then waits until something has happened.
async fn glance<T>(future: impl Future<Output = T>) -> Option<T> {
    let polled = {
        let mut future = pin!(future);
        poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
    };
    match polled {
        Poll::Ready(value) => Some(value),
        Poll::Pending => {
            let mut waited = false;
            poll_fn(|_| if mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
            None
        }
    }
}
