//! The bytes in the flash: a device that is updated, or returned to an older version, reads what the other
//! version wrote.

use std::vec::Vec;

use super::{GROUP, Words, flash::PAGE, load, store};

/// `évt_1`, then `evt_2`, in words of four bytes.
const WRITTEN: &[&[u8]] = &[
    // A page begins with a word of sequential-storage.
    &[0; 4],
    // Checksum, length, and the checksum of that; number; length of the group's id, and both ids.
    b"\xb4\x70\x47\x9b\x16\x00\x92\xed\x01\x00\x00\x00\x0btgrp_5c1f0a\xc3\xa9vt_1\0\0",
    b"\x19\x05\x12\xd9\x15\x00\x27\xef\x02\x00\x00\x00\x0btgrp_5c1f0aevt_2\0\0\0",
];

fn written() -> Vec<u8> {
    let mut bytes = WRITTEN.concat();
    bytes.resize(2 * PAGE, 0xFF);
    bytes
}

#[test]
fn a_cursor_is_written_as_every_other_release_reads_it() {
    let mut flash = Words::new(2);
    store(&mut flash, GROUP, "évt_1").unwrap();
    store(&mut flash, GROUP, "evt_2").unwrap();
    assert!(flash.bytes() == written(), "{:x?}", &flash.bytes()[..WRITTEN.concat().len()]);
}

#[test]
fn a_cursor_is_read_that_another_release_has_written() {
    let mut flash = Words::new(2);
    flash.fill(&written());
    assert_eq!(load(&mut flash, GROUP), Ok(Some("evt_2".into())));
}
