//! The machine's clock for embassy-time: the counter `mtime`, in microseconds since the start.
//!
//! Nothing interrupts here: [`ring`] is called whenever the network card is looked at, which is all
//! the time, and wakes whoever waits for a moment that has come.

use core::{cell::RefCell, task::Waker};

use critical_section::Mutex;
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;

/// Where the CLINT of the machine has its 64-bit counter of 10 MHz.
const MTIME: *const u32 = 0x0200_BFF8 as *const u32;
const TICKS_PER_MICROSECOND: u64 = 10;

struct Clock {
    queue: Mutex<RefCell<Queue>>,
}

embassy_time_driver::time_driver_impl!(static CLOCK: Clock = Clock { queue: Mutex::new(RefCell::new(Queue::new())) });

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
        critical_section::with(|section| self.queue.borrow_ref_mut(section).schedule_wake(at, waker));
    }
}

/// Wakes those whose moment has come.
pub(crate) fn ring() {
    let now = CLOCK.now();
    critical_section::with(|section| CLOCK.queue.borrow_ref_mut(section).next_expiration(now));
}

/// The lower or the upper 32 bits of the counter.
fn half(index: usize) -> u32 {
    // SAFETY: the machine has this register at this address, and reading it changes nothing.
    unsafe { MTIME.add(index).read_volatile() }
}
