//! The ring oscillator in, unpredictable bytes out.
//!
//! The RP2040 has no random number generator made for cryptography, only a bit that shows the current state
//! of its ring oscillator. One such bit is hardly random, and depends on the ones before it. So it is read
//! often, some time apart, and SHA-256 condenses what is unpredictable in them. The bytes that were given out
//! reveal nothing about earlier or later ones. Once 32 bytes are unpredictable they stay so; what is sampled
//! later is mixed in, so that an attacker who learns the state at one time does not know it for long.
//!
//! # Limits
//!
//! Raspberry Pi promises nothing about that bit (RP2040 datasheet, section 2.17.5). An attacker with access
//! to the board can heat it, or force the oscillator into step through the supply. An oscillator in step with
//! the processor produces a pattern that this code cannot tell from chance; it only detects one that stands
//! still.

use embassy_rp::clocks::RoscRng;
use embassy_time::{Duration, block_for};
use rand_core::{CryptoRng, Error, RngCore, impls};
use sha2::{Digest, Sha256};

/// How often the oscillator must be seen to have changed before the first bytes are given out: four times for
/// each bit of the state. That takes some 20 ms.
const FIRST: usize = 1024;

/// How often for each 32 bytes after that.
const FURTHER: usize = 64;

/// The time between two samples, in which it swings some 65 times, each a little shorter or longer than the
/// last.
const APART: Duration = Duration::from_micros(10);

/// After this many samples for each change that must be seen, it counts as standing still.
const LOOKS_MAX: usize = 100;

const SIZE: usize = 32;

pub(crate) struct Entropy {
    /// All samples so far, condensed.
    state: [u8; SIZE],
    /// How many changes must be seen for the next bytes.
    changes: usize,
}

pub(crate) fn start() -> Entropy {
    Entropy { state: [0; SIZE], changes: FIRST }
}

impl Entropy {
    fn block(&mut self) -> [u8; SIZE] {
        let mut seen = Sha256::new_with_prefix(self.state);
        watch(&mut seen, self.changes);
        self.changes = FURTHER;
        let seen = seen.finalize();
        // Neither can be computed from the other.
        self.state = Sha256::new_with_prefix(seen).chain_update(b"kept").finalize().into();
        Sha256::new_with_prefix(seen).chain_update(b"given").finalize().into()
    }
}

/// Samples the oscillator until this many changes were seen.
fn watch(seen: &mut Sha256, enough: usize) {
    let (mut changes, mut last) = (0, 0);
    for _ in 0..LOOKS_MAX * enough {
        let look = RoscRng::next_u8();
        seen.update([look]);
        changes += usize::from(look != last);
        if changes == enough {
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
