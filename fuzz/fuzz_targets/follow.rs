//! A group that is followed under a clock that jumps and a server that does what it likes. The first byte
//! chooses one of:
//!
//! * any calls in any order, with any answers and any clock: each ends, a stop stays, and what is stored is
//!   read again;
//! * any stored bytes: they are refused, or continue with requests that are well-formed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use taskgroup_fuzz::follow::{called, stored};

fuzz_target!(|input: &[u8]| {
    let Some((mode, rest)) = input.split_first() else { return };
    match mode % 2 {
        0 => called(rest),
        _ => stored(rest),
    }
});
