//! For programs that link only when nothing in them can panic.

use core::{panic::PanicInfo, ptr};

unsafe extern "C" {
    fn a_panicking_branch_is_left() -> !;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // No library has it.
    unsafe { a_panicking_branch_is_left() }
}

/// Takes what a machine found, so that it is not optimized away.
#[allow(dead_code)]
pub(crate) fn out<T>(found: T) {
    static mut OUT: *const u8 = ptr::null();
    unsafe { ptr::write_volatile(&raw mut OUT, (&raw const found).cast()) }
}
