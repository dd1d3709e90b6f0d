//! Nothing in, random numbers out that are none: a server's answers to them fit each time. For measurements
//! only.

use rand_core::{CryptoRng, Error, RngCore};

pub(crate) struct Same(u64);

impl Same {
    pub(crate) fn new() -> Self {
        Self(1)
    }
}

impl RngCore for Same {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        out.fill_with(|| (self.next_u64() >> 56) as u8);
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

impl CryptoRng for Same {}
