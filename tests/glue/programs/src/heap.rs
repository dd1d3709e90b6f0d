//! embedded-alloc's linked list over a static array.

#[cfg(target_arch = "arm")]
use cortex_m as _;
#[cfg(target_arch = "riscv32")]
use riscv as _;

use core::cell::UnsafeCell;

use embedded_alloc::LlffHeap;

/// The largest heap.
pub const SIZE: usize = 512 * 1024;

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

#[repr(align(8))]
struct Memory(UnsafeCell<[u8; SIZE]>);

// SAFETY: only the allocator has a pointer to it, and there is one core.
unsafe impl Sync for Memory {}

static MEMORY: Memory = Memory(UnsafeCell::new([0; SIZE]));

/// Gives the allocator this many bytes, at most [`SIZE`]. To be called once.
pub fn init(size: usize) {
    // SAFETY: the memory is static, and nothing else uses it.
    unsafe { HEAP.init(MEMORY.0.get() as usize, size.min(SIZE)) }
}
