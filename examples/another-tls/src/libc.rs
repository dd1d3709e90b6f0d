//! What Mbed TLS wants of C: a heap and a few functions in.
//!
//! # Limits
//!
//! Nothing is printed: Mbed TLS would only describe certificates and test itself by that.

use core::ffi::{c_char, c_int};

use embedded_alloc::LlffHeap;
// `calloc` and `free` over the heap; `memchr`, `strchr`, `strcmp` and `strstr`.
use tinyrlibc as _;

/// Bytes: about 57 KB of them are taken while a server is authenticated.
const SIZE: usize = 80 * 1024;

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

/// To be called once, before anything else.
pub(crate) fn start() {
    // SAFETY: it is called once.
    unsafe {
        embedded_alloc::init!(HEAP, SIZE);
    }
}

/// Leaves the text empty.
///
/// # Safety
///
/// There are `size` bytes at `text`.
#[unsafe(no_mangle)]
unsafe extern "C" fn snprintf(text: *mut c_char, size: usize) -> c_int {
    if size > 0 {
        // SAFETY: by the contract of this function.
        unsafe { text.write(0) };
    }
    0
}

/// As [`snprintf`].
///
/// # Safety
///
/// There are `size` bytes at `text`.
#[unsafe(no_mangle)]
unsafe extern "C" fn vsnprintf(text: *mut c_char, size: usize) -> c_int {
    // SAFETY: by the contract of this function.
    unsafe { snprintf(text, size) }
}

#[unsafe(no_mangle)]
extern "C" fn printf() -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C" fn puts() -> c_int {
    0
}
