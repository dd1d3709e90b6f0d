//! A future and a deadline in, what comes of it out.

use core::{future::Future, pin::Pin};

use embassy_futures::select::{Either, select};
use taskgroup::{
    __log,
    session::Failure,
    time::{Clock, Instant},
};

use crate::connector::kind;

/// What comes of `future`; `None` at the deadline. What is ready is taken even when it has passed.
///
/// It stays where the caller has it: moved in here, it would take its memory twice.
pub(crate) async fn before<T>(
    clock: &impl Clock,
    until: Instant,
    future: Pin<&mut impl Future<Output = T>>,
) -> Option<T> {
    // A deadline that has passed needs no timer: some fire one at the next tick only, and a wait that is
    // dropped before that would never come to its end.
    let deadline = async {
        if clock.now() < until {
            clock.wait_until(until).await;
        }
    };
    match select(future, deadline).await {
        Either::First(result) => Some(result),
        Either::Second(()) => None,
    }
}

/// What a read or write has come to before its deadline.
pub(crate) fn completed<T>(result: Option<Result<T, impl embedded_io_async::Error>>) -> Result<T, Failure> {
    match result {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => {
            __log!(warn, "{}", kind(&error));
            Err(Failure::Broken)
        }
        None => {
            __log!(warn, "the server takes nothing");
            Err(Failure::Broken)
        }
    }
}
