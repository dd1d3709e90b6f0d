//! The machine's clock for embassy-time: the counter `mtime`, in microseconds since the start.
//!
//! The interrupt of `mtimecmp` wakes the tasks whose moment has come.

use core::{cell::RefCell, task::Waker};

use critical_section::{CriticalSection, Mutex};
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;
use riscv::{interrupt::Interrupt, register::mie};

/// The registers of the CLINT: its counter of 10 MHz, and the count that interrupts. 64 bits each, the lower
/// half first.
const MTIME: *const u32 = 0x0200_BFF8 as *const u32;
const MTIMECMP: *mut u32 = 0x0200_4000 as *mut u32;
const TICKS_PER_MICROSECOND: u64 = 10;

struct Clock {
    queue: Mutex<RefCell<Queue>>,
}

embassy_time_driver::time_driver_impl!(static CLOCK: Clock = Clock { queue: Mutex::new(RefCell::new(Queue::new())) });

/// Lets the clock interrupt from now on.
pub(crate) fn start() {
    critical_section::with(|section| CLOCK.wake(section));
    // SAFETY: no code relies on the clock not to interrupt.
    unsafe { mie::set_mtimer() };
}

impl Clock {
    /// Wakes the tasks whose moment has come, and sets the alarm for the next one.
    fn wake(&self, section: CriticalSection<'_>) {
        let next = self.queue.borrow_ref_mut(section).next_expiration(self.now());
        let count = next.saturating_mul(TICKS_PER_MICROSECOND);
        // SAFETY: the machine has these registers at these addresses. The upper half is at its highest
        // while the lower one is written, so that no moment in between interrupts.
        unsafe {
            MTIMECMP.add(1).write_volatile(u32::MAX);
            MTIMECMP.write_volatile(count as u32);
            MTIMECMP.add(1).write_volatile((count >> 32) as u32);
        }
    }
}

impl Driver for Clock {
    fn now(&self) -> u64 {
        loop {
            let (high, low, again) = (half(1), half(0), half(1));
            if high == again {
                return (u64::from(high) << 32 | u64::from(low)) / TICKS_PER_MICROSECOND;
            }
        }
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| {
            if self.queue.borrow_ref_mut(section).schedule_wake(at, waker) {
                self.wake(section);
            }
        });
    }
}

#[riscv_rt::core_interrupt(Interrupt::MachineTimer)]
fn ring() {
    critical_section::with(|section| CLOCK.wake(section));
}

/// The lower or the upper half of the counter.
fn half(index: usize) -> u32 {
    // SAFETY: the machine has this register at this address, and reading it changes nothing.
    unsafe { MTIME.add(index).read_volatile() }
}
