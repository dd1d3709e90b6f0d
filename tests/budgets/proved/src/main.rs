//! The TLS machine in, a program for a microcontroller out that links only when nothing in it can panic: as
//! in `linked`.
//!
//! chacha20poly1305, x25519-dalek and rustls-webpki have branches that panic, for what their authors hold to
//! be impossible; in their place are stand-ins with the same interface. AES is an engine, and the name is
//! read by rustls-pki-types only where it is a DNS name. sha2, hmac, heapless, subtle and zeroize are
//! themselves.
#![no_std]
#![no_main]

#[path = "../../program.rs"]
mod program;
mod tls;

use core::slice;

/// # Safety
///
/// `input` has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _start(input: *const u8, length: usize) {
    let input = unsafe { slice::from_raw_parts(input, length) };
    #[cfg(feature = "panics")]
    program::out(input[7]);
    tls::run(input);
}
