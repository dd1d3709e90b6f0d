//! A Cortex-M0 program on QEMU's `mps2-an385`.

use cortex_m::peripheral::{Peripherals, SYST, syst::SystClkSource};

/// SysTick counts 25 MHz, and an instruction is a nanosecond.
const INSTRUCTIONS_PER_TICK: u64 = 40;
const TICKS: u32 = 0x00FF_FFFF;

#[cortex_m_rt::entry]
fn main() -> ! {
    let mut timer = Peripherals::take().expect("nobody has taken them").SYST;
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(TICKS);
    timer.clear_current();
    timer.enable_counter();
    crate::measure();
    semihosting::process::exit(0)
}

/// The instructions since the start. Between two calls there must be fewer than 671 million.
pub(crate) fn instructions() -> u64 {
    use core::sync::atomic::{AtomicU32, Ordering};

    static LAST: AtomicU32 = AtomicU32::new(0);
    static SUM: AtomicU32 = AtomicU32::new(0);

    let now = SYST::get_current();
    let ticks = LAST.load(Ordering::Relaxed).wrapping_sub(now) & TICKS;
    LAST.store(now, Ordering::Relaxed);
    let sum = SUM.load(Ordering::Relaxed) + ticks;
    SUM.store(sum, Ordering::Relaxed);
    u64::from(sum) * INSTRUCTIONS_PER_TICK
}
