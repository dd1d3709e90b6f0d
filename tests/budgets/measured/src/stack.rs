//! Work in, the stack that it took out: memory below is painted first, and looked at afterwards.

use core::arch::asm;

/// As deep as is painted, in words.
const DEPTH: usize = 64 * 1024;
const PAINT: u32 = 0xDEAD_BEEF;

/// How many bytes of stack `work` takes, at most 256 KB.
///
/// Painting and looking are inlined here: otherwise they would have frames where they paint.
#[inline(never)]
pub(crate) fn used(work: &mut dyn FnMut()) -> usize {
    let top = pointer();
    paint(top);
    work();
    (DEPTH - untouched(top)) * size_of::<u32>()
}

#[inline(always)]
fn paint(top: *mut u32) {
    for word in 1..=DEPTH {
        // SAFETY: below the stack pointer nothing is in use, and there are megabytes of RAM.
        unsafe { top.sub(word).write_volatile(PAINT) }
    }
}

/// How many words keep their paint, counted from the lowest.
#[inline(always)]
fn untouched(top: *mut u32) -> usize {
    let mut count = 0;
    // SAFETY: as in `paint`.
    while count < DEPTH && unsafe { top.sub(DEPTH - count).read_volatile() } == PAINT {
        count += 1;
    }
    count
}

#[inline(always)]
fn pointer() -> *mut u32 {
    let pointer: *mut u32;
    // SAFETY: it only reads the stack pointer.
    unsafe {
        #[cfg(target_arch = "arm")]
        asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack));
        #[cfg(target_arch = "riscv32")]
        asm!("mv {}, sp", out(reg) pointer, options(nomem, nostack));
    }
    pointer
}
