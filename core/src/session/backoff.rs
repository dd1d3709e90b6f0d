//! Failed tries in, the wait before the next one out.

use super::config::Config;
use crate::time::Millis;

/// The number of tries in a row without anything new, and the wait after them.
///
/// A wait is drawn uniformly from [floor, upper]; upper is twice the floor and doubles to the
/// ceiling while nothing new comes.
#[derive(Clone, Copy)]
pub(crate) struct Backoff {
    tries: u32,
    random: u32,
}

impl Backoff {
    pub(crate) const fn new(seed: u32) -> Self {
        // Spread over all bits, since small seeds are likely; odd, since xorshift never leaves zero.
        let random = (seed ^ 0x9E37_79B9).wrapping_mul(0x85EB_CA6B) | 1;
        Self { tries: 0, random }
    }

    /// Something new came.
    pub(crate) fn reset(&mut self) {
        self.tries = 0;
    }

    /// Counts a try that failed and brought nothing new. Returns whether it was the last that the config
    /// allows.
    pub(crate) fn failed(&mut self, config: &Config<'_>) -> bool {
        self.tries = self.tries.saturating_add(1);
        config.attempts.is_some_and(|attempts| self.tries >= attempts.get())
    }

    /// How many tries in a row have failed.
    pub(crate) const fn tries(&self) -> u32 {
        self.tries
    }

    /// The wait after this number of tries, from this floor on; never shorter than the server asked for.
    #[inline(never)] // one copy instead of one for each reason to wait
    pub(crate) fn wait(
        &mut self,
        config: &Config<'_>,
        floor: Millis,
        retry_after: Millis,
        tries: u32,
    ) -> Millis {
        let Millis(floor) = floor;
        let doubled = floor.saturating_mul(1_u32.checked_shl(tries.max(1)).unwrap_or(u32::MAX));
        let upper = doubled.min(config.ceiling.0).max(floor);
        let jitter = self.fraction(upper.saturating_sub(floor));
        let least = retry_after.min(config.retry_after_ceiling).0.max(floor);
        Millis(least.saturating_add(jitter))
    }

    /// A part of `span`, uniform in [0, span].
    fn fraction(&mut self, span: u32) -> u32 {
        // Marsaglia, "Xorshift RNGs" (2003), the triple 13, 17, 5.
        self.random ^= self.random.wrapping_shl(13);
        self.random ^= self.random.wrapping_shr(17);
        self.random ^= self.random.wrapping_shl(5);
        let scaled = u64::from(span).wrapping_add(1).wrapping_mul(u64::from(self.random)).wrapping_shr(32);
        u32::try_from(scaled).unwrap_or(span)
    }
}
