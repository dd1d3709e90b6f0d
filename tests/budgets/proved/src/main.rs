//! The TLS machine in, a program for a microcontroller out that links only when nothing in it can panic: as
//! in `linked`.
//!
//! chacha20poly1305, x25519-dalek and rustls-webpki have branches that panic, for what their authors hold to
//! be impossible; in their place are stand-ins with the same interface. AES is an engine, and the name is
//! read by rustls-pki-types only where it is a DNS name. sha2, hmac, heapless, subtle and zeroize are
//! themselves.
#![no_std]
#![no_main]

mod tls;

use core::{panic::PanicInfo, ptr, slice};

unsafe extern "C" {
    fn a_panicking_branch_is_left() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // No library has it.
    unsafe { a_panicking_branch_is_left() }
}

/// What the machine found.
fn out<T>(found: T) {
    static mut OUT: *const u8 = ptr::null();
    unsafe { ptr::write_volatile(&raw mut OUT, (&raw const found).cast()) }
}

/// # Safety
///
/// `input` has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _start(input: *const u8, length: usize) {
    let input = unsafe { slice::from_raw_parts(input, length) };
    #[cfg(feature = "panics")]
    out(input[7]);
    tls::run(input);
}
