//! Random bytes, from the RP2350's generator that is made for cryptography (RP2350 datasheet, section 12.12).

use embassy_rp::{
    Peri, bind_interrupts,
    peripherals::TRNG,
    trng::{self, Trng},
};

bind_interrupts!(struct Interrupts {
    TRNG_IRQ => trng::InterruptHandler<TRNG>;
});

pub(crate) type Entropy = Trng<'static, TRNG>;

pub(crate) fn start(generator: Peri<'static, TRNG>) -> Entropy {
    Trng::new(generator, Interrupts, Default::default())
}
