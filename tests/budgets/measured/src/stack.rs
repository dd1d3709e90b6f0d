//! Work in, the stack that it took out: memory below is painted first, and looked at afterwards.

use core::arch::asm;

/// As deep as is painted, in words.
const DEPTH: usize = 4096;
/// Words just below the stack pointer that are this module's own.
const OWN: usize = 24;
const PAINT: u32 = 0xDEAD_BEEF;

/// How many bytes of stack `work` takes, at most 16 KB.
#[inline(never)]
pub(crate) fn used(work: &mut dyn FnMut()) -> usize {
    let top = pointer();
    paint(top);
    work();
    let untouched = untouched(top);
    (DEPTH - untouched) * size_of::<u32>()
}

#[inline(never)]
fn paint(top: *mut u32) {
    for word in OWN..DEPTH {
        // SAFETY: below the stack pointer there is nothing of anybody's, and megabytes of RAM.
        unsafe { top.sub(word).write_volatile(PAINT) }
    }
}

/// How many words keep their paint, counted from the lowest.
#[inline(never)]
fn untouched(top: *mut u32) -> usize {
    // SAFETY: as in `paint`.
    let is_painted = |word: &usize| unsafe { top.sub(DEPTH - 1 - word).read_volatile() } == PAINT;
    (0..DEPTH).take_while(is_painted).count()
}

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
