//! Waits for a future until a deadline.

use core::{future::Future, pin::Pin};

use embassy_futures::select::{Either, select};
use taskgroup::{
    __log,
    session::Failure,
    time::{Clock, Instant},
};

use crate::connector::kind;

/// The output of `future`, or `None` at the deadline. A future that is ready counts even after the deadline.
///
/// It is pinned by the caller: if it moved in here, it would take its memory twice.
pub(crate) async fn before<T>(
    clock: &impl Clock,
    until: Instant,
    future: Pin<&mut impl Future<Output = T>>,
) -> Option<T> {
    // A deadline that has passed needs no timer: some timers fire at the next tick only, and a wait that is
    // always dropped before that would never end.
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

/// The result of a read or write; its deadline counts as a failure.
pub(crate) fn completed<T>(result: Option<Result<T, impl embedded_io_async::Error>>) -> Result<T, Failure> {
    match result {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => {
            __log!(warn, "{}", kind(&error));
            Err(Failure::Broken)
        }
        None => {
            __log!(warn, "the server accepts no data");
            Err(Failure::Broken)
        }
    }
}
