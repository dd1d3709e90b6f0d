//! A program for an ESP32-C3's instruction set on QEMU's `virt`.

#[riscv_rt::entry]
fn main() -> ! {
    crate::measure();
    semihosting::process::exit(0)
}

/// The instructions since the start.
pub(crate) fn instructions() -> u64 {
    riscv::register::minstret::read64()
}
