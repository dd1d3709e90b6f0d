//! The ring oscillator in, bytes that nobody can guess out.
//!
//! The RP2040 has no generator of random numbers that is made for cryptography, only a bit that shows which way its
//! ring oscillator happens to swing. One such bit tells little, and much of the ones before it; so many are
//! taken, at moments apart, and what is unpredictable in them is condensed by SHA-256. What has been given out
//! says nothing of what was, or will be.
//!
//! # Limits
//!
//! Raspberry Pi promises nothing of that bit (RP2040 datasheet, section 2.17.5). Whoever can touch the board can heat
//! it, or pull its supply into step with a signal; and an oscillator that swings in step with the processor shows a
//! pattern that is not told from chance here, only one that stands still is.

use embassy_rp::clocks::RoscRng;
use embassy_time::{Duration, block_for};
use rand_core::{CryptoRng, Error, RngCore, impls};
use sha2::{Digest, Sha256};

/// How often the oscillator must have been seen to look otherwise than the time before: four times for each bit
/// that is given out. It is some 10 ms for 32 bytes.
const CHANGES: usize = 1024;

/// Between two looks it swings some 65 times, each a little shorter or longer than the last.
const APART: Duration = Duration::from_micros(10);

/// More looks than this without enough changes: it stands still.
const LOOKS_MAX: usize = 100 * CHANGES;

const SIZE: usize = 32;

/// All that has been seen of the oscillator so far, condensed.
pub(crate) struct Entropy([u8; SIZE]);

pub(crate) fn start() -> Entropy {
    Entropy([0; SIZE])
}

impl Entropy {
    fn block(&mut self) -> [u8; SIZE] {
        let mut seen = Sha256::new_with_prefix(self.0);
        watch(&mut seen);
        let seen = seen.finalize();
        // Neither can be computed from the other.
        self.0 = Sha256::new_with_prefix(seen).chain_update(b"kept").finalize().into();
        Sha256::new_with_prefix(seen).chain_update(b"given").finalize().into()
    }
}

/// Looks at the oscillator until it has changed often enough.
fn watch(seen: &mut Sha256) {
    let (mut changes, mut last) = (0, 0);
    for _ in 0..LOOKS_MAX {
        let look = RoscRng::next_u8();
        seen.update([look]);
        changes += usize::from(look != last);
        if changes == CHANGES {
            return;
        }
        last = look;
        block_for(APART);
    }
    defmt::panic!("the ring oscillator stands still");
}

impl RngCore for Entropy {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        for part in out.chunks_mut(SIZE) {
            part.copy_from_slice(&self.block()[..part.len()]);
        }
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

impl CryptoRng for Entropy {}
