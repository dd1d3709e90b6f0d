//! embassy's executor for RISC-V, which also counts for how long the processor has slept: in QEMU's counter
//! of instructions that time is counted, too.

use core::{ptr, sync::atomic::Ordering};

use embassy_executor::{Spawner, raw};
use portable_atomic::{AtomicBool, AtomicU64};
use riscv::{asm, register::minstret};
use static_cell::StaticCell;

static IS_PENDING: AtomicBool = AtomicBool::new(false);
static ASLEEP: AtomicU64 = AtomicU64::new(0);

#[unsafe(export_name = "__pender")]
fn pend(_: *mut ()) {
    IS_PENDING.store(true, Ordering::SeqCst);
}

/// Runs what `start` spawns, forever.
pub(crate) fn run(start: impl FnOnce(Spawner)) -> ! {
    static EXECUTOR: StaticCell<raw::Executor> = StaticCell::new();

    let executor = EXECUTOR.init(raw::Executor::new(ptr::null_mut()));
    start(executor.spawner());
    loop {
        // SAFETY: it is polled nowhere else.
        unsafe { executor.poll() };
        // An interrupt that comes now ends the sleep, and is served after it.
        critical_section::with(|_| {
            if !IS_PENDING.swap(false, Ordering::SeqCst) {
                let since = minstret::read64();
                asm::wfi();
                ASLEEP.add(minstret::read64() - since, Ordering::Relaxed);
            }
        });
    }
}

/// The instructions so far.
pub(crate) fn instructions() -> u64 {
    minstret::read64() - ASLEEP.load(Ordering::Relaxed)
}
