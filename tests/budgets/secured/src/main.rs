//! Recorded handshakes in, what they take out: instructions, stack, RAM. Without TLS the same bytes are
//! only read, which is what flash is compared with.
//!
//! Prints lines of `kind|what|number` for the host.
#![no_std]
#![no_main]

#[cfg_attr(target_arch = "arm", path = "../../measured/src/arm.rs")]
#[cfg_attr(target_arch = "riscv32", path = "../../measured/src/riscv.rs")]
mod platform;
mod replay;
#[cfg(feature = "tls")]
mod same;
#[cfg(feature = "tls")]
#[path = "../../measured/src/stack.rs"]
mod stack;
#[cfg_attr(feature = "tls", path = "tls.rs")]
#[cfg_attr(not(feature = "tls"), path = "plain.rs")]
mod work;

use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

// Its critical sections stand in for the atomics that the processors have not.
use portable_atomic as _;

/// A server's bytes, and what a client must know to accept them.
pub(crate) struct Flight {
    pub(crate) what: &'static str,
    pub(crate) name: &'static str,
    pub(crate) root: &'static [u8],
    /// In a connection before, where there was one.
    pub(crate) first: &'static [u8],
    pub(crate) sent: &'static [u8],
    /// How much of it is said to the application, in bytes.
    pub(crate) said: usize,
    pub(crate) suite: Suite,
}

/// The cipher suite.
#[derive(Clone, Copy, PartialEq)]
#[allow(dead_code, reason = "without flights there is only one")]
pub(crate) enum Suite {
    ChaCha20Poly1305,
    Aes128Gcm,
}

#[cfg(feature = "flights")]
include!(concat!(env!("FLIGHTS"), "/flights.rs"));

/// One that the compiler knows nothing of.
#[cfg(not(feature = "flights"))]
static FLIGHTS: &[Flight] = &[Flight {
    what: "",
    name: "",
    root: &[],
    first: &[],
    sent: &[],
    said: 0,
    suite: Suite::ChaCha20Poly1305,
}];
#[cfg(not(feature = "flights"))]
const NOW: u64 = 0;

pub(crate) fn measure() {
    for flight in core::hint::black_box(FLIGHTS) {
        work::measure(flight, core::hint::black_box(NOW));
    }
}

/// Nothing here waits for anything.
pub(crate) fn run<T>(mut future: Pin<&mut impl Future<Output = T>>) -> T {
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return result;
        }
    }
}

#[panic_handler]
fn panic(why: &core::panic::PanicInfo<'_>) -> ! {
    semihosting::print!("{why}");
    semihosting::process::exit(101)
}
