//! One program into one record, chosen by features. Its size, less that of the program with neither, is what
//! the program takes of the flash.
//!
//! Where the bytes come from and where what was found goes, the compiler cannot know.
#![no_std]
#![no_main]
// Which are used, the features say.
#![allow(unused_imports, dead_code)]

use core::{panic::PanicInfo, ptr, slice};

use glue::{eventsource, heap, in_place, lines, ours, pull, push, records, sseer};
use heapless::Vec;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    a_panicking_branch_is_left()
}

/// Only in a program with such a branch: the others have no symbol of this name.
#[inline(never)]
fn a_panicking_branch_is_left() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// What a program found.
fn out<T>(found: T) {
    static mut OUT: *const u8 = ptr::null();
    // SAFETY: nothing else writes there.
    unsafe { ptr::write_volatile(&raw mut OUT, (&raw const found).cast()) }
}

/// # Safety
///
/// `input` has `length` bytes, which stay as they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _start(input: *const u8, length: usize) {
    // SAFETY: as the caller promises.
    run(unsafe { slice::from_raw_parts(input, length) });
}

fn reads(input: &'static [u8]) -> impl Iterator<Item = &'static [u8]> {
    input.chunks(1460)
}

#[cfg(feature = "brief")]
use glue::records::{cut::brief::Event, in_place::brief::Event as EventInPlace};
#[cfg(feature = "standard")]
use glue::records::{cut::standard::Event, in_place::standard::Event as EventInPlace};

#[cfg(feature = "baseline")]
fn run(input: &'static [u8]) {
    out(input);
}

#[cfg(feature = "eventsource")]
fn run(input: &'static [u8]) {
    heap::init(heap::SIZE);
    eventsource::run::<Event>(reads(input), |event| out(event));
}

#[cfg(feature = "sseer")]
fn run(input: &'static [u8]) {
    heap::init(heap::SIZE);
    sseer::run::<Event>(reads(input), |event| out(event));
}

#[cfg(feature = "lines")]
fn run(input: &'static [u8]) {
    let mut line = Vec::<u8, 512>::new();
    lines::run(&mut line, reads(input), |json| out(json.and_then(records::parse::<Event>).as_ref()));
}

#[cfg(feature = "in-place")]
fn run(input: &'static [u8]) {
    let (mut line, mut record) = (Vec::<u8, 512>::new(), EventInPlace::default());
    lines::run(&mut line, reads(input), |json| {
        let is_right = json.is_some_and(|json| in_place::parse(json, &mut record));
        out(is_right.then_some(&record));
    });
}

#[cfg(any(feature = "push", feature = "pull"))]
fn run(input: &'static [u8]) {
    #[cfg(feature = "pull")]
    use glue::pull as run;
    #[cfg(feature = "push")]
    use glue::push as run;
    let (mut scratch, mut record) = ([0; 512], Event::default());
    run(&mut scratch, &mut record, reads(input), |event| out(event));
}

#[cfg(feature = "ours")]
fn run(input: &'static [u8]) {
    #[cfg(feature = "brief")]
    type Profile = taskgroup::api::Brief;
    #[cfg(feature = "standard")]
    type Profile = taskgroup::api::Standard;
    let (mut state, mut record) = (ours::State::new(), taskgroup::api::StreamEvent::<Profile>::default());
    ours::run(&mut state, &mut record, reads(input), |event| out(event));
}
