use crypto_bigint::{
    Odd, U64, U4096,
    modular::{FixedMontyForm, FixedMontyParams},
};
use proptest::prelude::*;

use super::*;

/// The same by another's code, which knows one length only.
fn expected(base: &Number, exponent: u64, modulus: &Number) -> Number {
    let integer = |number: &Number| {
        let bytes = number.map(u32::to_le_bytes);
        U4096::from_le_slice(bytes.as_flattened())
    };
    let parameters = FixedMontyParams::new_vartime(Odd::new(integer(modulus)).unwrap());
    let power = FixedMontyForm::new(&integer(base), &parameters).pow_vartime(&U64::from(exponent)).retrieve();
    let bytes = power.to_be_bytes();
    number(bytes.as_ref())
}

/// A word, often at an edge, where carries are.
fn word() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0), Just(1), Just(u32::MAX), Just(1 << 31), any::<u32>()]
}

/// An odd modulus above 1 and a base below it, of 1 to 128 words.
fn modulus_and_base() -> impl Strategy<Value = (Number, Number)> {
    let words = |length| prop::collection::vec(word(), length);
    (1..=WORDS).prop_flat_map(move |length| (words(length), words(length))).prop_map(|(mut modulus, base)| {
        modulus[0] |= 1;
        if modulus.iter().skip(1).all(|&word| word == 0) {
            modulus[0] |= 2;
        }
        let [modulus, mut base] = [&modulus, &base].map(|words| {
            let mut number = [0; WORDS];
            number[..words.len()].copy_from_slice(words);
            number
        });
        if !Modulus::new(modulus).exceeds(&base) {
            base = modulus;
            base[0] -= 1;
        }
        (modulus, base)
    })
}

proptest! {
    #[test]
    fn a_power_is_that_of_another_library(
        (modulus, base) in modulus_and_base(),
        exponent in prop_oneof![Just(1_u64), Just(2), Just(3), Just(65_537), 1..1_u64 << 33],
    ) {
        let power = Modulus::new(modulus).power(&base, exponent);
        prop_assert_eq!(power, expected(&base, exponent, &modulus));
    }
}
