//! A seed in, always the same numbers out: SplitMix64, so that a seed is enough to make a world again.
//!
//! # Limits
//!
//! Not for secrets. `below` is biased by less than one part in 2^32 for the small bounds used here.

/// A stream of numbers that its seed decides.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The stream for the `index`th thing made under `seed`: neighbours have nothing in common.
    pub(crate) fn nth(seed: u64, index: u64) -> Self {
        Self(Self(seed ^ Self(index).number()).number())
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..bound`; 0 for a bound of 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.number().checked_rem(bound).unwrap_or(0)
    }

    /// A number in `least..=most`.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most.saturating_sub(least).saturating_add(1))
    }

    /// A number in `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number in `[0, 1)`. It is below 1/16 exactly if `one_in(16)` would be true: its highest bits are the
    /// number's lowest.
    pub(crate) fn share(&mut self) -> f64 {
        (self.number().rotate_right(4) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True once in `times`.
    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of the choices.
    ///
    /// # Panics
    ///
    /// If there is no choice.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// 32 hexadecimal digits, as ids have them.
    pub(crate) fn digits(&mut self) -> String {
        format!("{:016x}{:016x}", self.number(), self.number())
    }

    /// A UUID of version 4, as reference ids are.
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.number(), self.number());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (mut one, mut two) = (Random::nth(7, 1), Random::nth(7, 1));
        assert_eq!(one.digits(), two.digits());
        assert_ne!(one.digits(), Random::nth(7, 2).digits());
    }

    #[test]
    fn a_range_reaches_both_its_ends_and_no_further() {
        let mut random = Random::new(1);
        let drawn: Vec<u64> = (0..200).map(|_| random.between(3, 5)).collect();
        assert!(
            drawn.contains(&3) && drawn.contains(&5) && drawn.iter().all(|number| (3..=5).contains(number))
        );
    }

    #[test]
    fn a_share_of_a_sixteenth_is_one_in_sixteen() {
        for seed in 0..1000 {
            let (share, one) = (Random::new(seed).share(), Random::new(seed).one_in(16));
            assert_eq!(share < 1.0 / 16.0, one);
            assert!((0.0..1.0).contains(&share));
        }
    }

    #[test]
    fn a_uuid_says_version_4() {
        let uuid = Random::new(9).uuid();
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
    }
}
