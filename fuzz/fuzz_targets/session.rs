//! A session under a clock that jumps and a server that does what it likes. The first byte chooses one of:
//!
//! * any calls in any order, with any bytes and any clock: each ends, and a stop stays;
//! * one answer of any bytes: what comes of it does not depend on its chunks;
//! * a server that keeps to the protocol and is cut anywhere: each event comes once and in order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use taskgroup_fuzz::session::{answered, called, served};

fuzz_target!(|input: &[u8]| {
    let Some((mode, rest)) = input.split_first() else { return };
    match mode % 3 {
        0 => called(rest),
        1 => answered(rest),
        _ => served(rest),
    }
});
