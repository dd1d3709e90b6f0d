use std::{collections::HashSet, format, string::String};

use embassy_futures::block_on;
use proptest::prelude::*;

use self::flash::{Cut, Fault, Flash};
use super::{Cursor, Error, MAX_ID};

pub(crate) mod flash;
mod format;

const GROUP: &str = "tgrp_5c1f0a";
const PAGES: usize = 3;

/// The words of ESP32's and RP2040's flash, as it is read.
type Words = Flash<4>;

fn id_of(number: usize) -> String {
    format!("event-{number}-{}", "x".repeat(number * 37 % (MAX_ID - 16)))
}

fn load<const WORD: usize, const PAGE: usize>(
    flash: &mut Flash<WORD, PAGE>,
    group: &str,
) -> Result<Option<String>, Error<Fault>> {
    let range = flash.range();
    block_on(Cursor::load(flash, range, group)).map(|cursor| cursor.id().map(String::from))
}

fn store<const WORD: usize>(flash: &mut Flash<WORD>, group: &str, id: &str) -> Result<(), Error<Fault>> {
    let range = flash.range();
    block_on(async { Cursor::load(flash, range, group).await?.store(id).await })
}

#[test]
fn erased_flash_holds_no_cursor() {
    assert_eq!(load(&mut Words::new(PAGES), GROUP), Ok(None));
}

/// The place of the first entry has bytes already, and a word can be written only once.
#[test]
fn flash_that_is_erased_at_its_edges_only_is_erased_wholly() {
    let mut bytes = [0xFF; PAGES * flash::PAGE];
    bytes[20..40].fill(0);
    let mut flash = Words::new(PAGES);
    flash.fill(&bytes);
    assert_eq!(load(&mut flash, GROUP), Ok(None));
    store(&mut flash, GROUP, "1").unwrap();
    assert_eq!(load(&mut flash, GROUP), Ok(Some("1".into())));
}

#[test]
fn what_was_stored_is_loaded() {
    let mut flash = Words::new(PAGES);
    for id in ["1", "évén", "", &"x".repeat(MAX_ID)] {
        store(&mut flash, GROUP, id).unwrap();
        assert_eq!(load(&mut flash, GROUP), Ok(Some(id.into())));
    }
}

#[test]
fn the_cursor_of_another_group_is_not_used() {
    let mut flash = Words::new(PAGES);
    store(&mut flash, GROUP, "1").unwrap();
    assert_eq!(load(&mut flash, "tgrp_other"), Ok(None));
    assert_eq!(load(&mut flash, GROUP), Ok(Some("1".into())));
    store(&mut flash, "tgrp_other", "2").unwrap();
    assert_eq!(load(&mut flash, "tgrp_other"), Ok(Some("2".into())));
    assert_eq!(load(&mut flash, GROUP), Ok(None));
}

#[test]
fn an_id_that_is_kept_is_not_written_again() {
    let mut flash = Words::new(PAGES);
    store(&mut flash, GROUP, "1").unwrap();
    let before = flash.written();
    store(&mut flash, GROUP, "1").unwrap();
    assert_eq!(flash.written(), before);
}

#[test]
fn ids_that_are_too_long_are_refused_and_change_nothing() {
    let mut flash = Words::new(PAGES);
    store(&mut flash, GROUP, "1").unwrap();
    let long = "x".repeat(MAX_ID + 1);
    assert_eq!(store(&mut flash, GROUP, &long), Err(Error::TooLong));
    assert_eq!(load(&mut flash, &long), Err(Error::TooLong));
    assert_eq!(load(&mut flash, GROUP), Ok(Some("1".into())));
}

#[test]
fn a_range_that_is_not_whole_pages_of_the_flash_is_refused() {
    let mut flash = Words::new(PAGES);
    let page = flash.range().end / 3;
    for range in [0..page, 1..2 * page, 0..2 * page + 4, page..4 * page, 2 * page..0, 0..0] {
        let refused = block_on(Cursor::load(&mut flash, range.clone(), GROUP)).map(drop);
        assert_eq!(refused, Err(Error::Range), "{range:?}");
    }
    block_on(Cursor::load(&mut flash, page..3 * page, GROUP)).unwrap();
}

#[test]
fn words_that_are_too_large_are_refused_as_such() {
    let mut flash = Flash::<64>::new(PAGES);
    assert_eq!(load(&mut flash, GROUP), Err(Error::WordSize));
    assert_eq!(store(&mut Flash::<32>::new(PAGES), GROUP, "1"), Ok(()));
    // As a driver reports it that writes whole pages only.
    let mut flash = Flash::<256, 4096>::new(PAGES);
    assert_eq!(load(&mut flash, GROUP), Err(Error::WordSize));
}

#[test]
fn all_pages_wear_alike() {
    let mut flash = Words::new(PAGES);
    for number in 0..500 {
        store(&mut flash, GROUP, &id_of(number)).unwrap();
    }
    let (least, most) = (flash.erasures().iter().min(), flash.erasures().iter().max());
    assert!(least >= Some(&10) && most <= least.map(|least| least + 1).as_ref(), "{:?}", flash.erasures());
}

#[test]
fn flash_that_fails_is_said_to_and_works_again_afterwards() {
    let mut flash = Words::new(PAGES);
    store(&mut flash, GROUP, "1").unwrap();
    flash.cut(Cut { after: 0, seed: 0 });
    let range = flash.range();
    let mut cursor = block_on(Cursor::load(&mut flash, range, GROUP)).unwrap();
    assert_eq!(block_on(cursor.store("2")), Err(Error::Flash(Fault::Power)));
    assert_eq!(cursor.id(), None);
}

#[test]
fn flash_that_keeps_nothing_is_called_worn() {
    let mut flash = Words::new(PAGES);
    flash.wear_out();
    assert_eq!(store(&mut flash, GROUP, "1"), Err(Error::Worn));
}

/// Takes the power away at every byte of every write and at every byte of every erasure, while all
/// pages are used several times.
fn survives_power_loss_everywhere<const WORD: usize>(pages: usize) {
    let mut flash = Flash::<WORD>::new(pages);
    let mut at_which_operations = HashSet::new();
    for number in 0..12 * pages {
        let before = load(&mut flash, GROUP).unwrap();
        for after in 0.. {
            let mut lost = flash.clone();
            lost.cut(Cut { after, seed: after as u64 });
            match store(&mut lost, GROUP, &id_of(number)) {
                Ok(()) => break,
                Err(error) => assert_eq!(error, Error::Flash(Fault::Power)),
            }
            at_which_operations.extend(lost.restart());
            let kept = load(&mut lost, GROUP).unwrap();
            assert!(kept == before || kept == Some(id_of(number)), "{kept:?} at {after} of {number}");
            store(&mut lost, GROUP, "next").unwrap();
            assert_eq!(load(&mut lost, GROUP), Ok(Some("next".into())));
        }
        store(&mut flash, GROUP, &id_of(number)).unwrap();
    }
    assert!(flash.erasures().iter().all(|times| *times >= 2), "{:?}", flash.erasures());
    assert_eq!(at_which_operations.len(), 2, "writes and erasures have been cut");
}

#[test]
fn the_cursor_is_the_old_or_the_new_one_after_every_loss_of_power_words_of_1_byte() {
    survives_power_loss_everywhere::<1>(2);
}

#[test]
fn the_cursor_is_the_old_or_the_new_one_after_every_loss_of_power_words_of_4_bytes() {
    survives_power_loss_everywhere::<4>(2);
    survives_power_loss_everywhere::<4>(3);
}

#[test]
fn the_cursor_is_the_old_or_the_new_one_after_every_loss_of_power_words_of_32_bytes() {
    survives_power_loss_everywhere::<32>(2);
}

fn cuts() -> impl Strategy<Value = Option<Cut>> {
    proptest::option::of((0..900_usize, any::<u64>()).prop_map(|(after, seed)| Cut { after, seed }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Also while the damage of the first loss is being repaired.
    #[test]
    fn the_cursor_is_the_old_or_the_new_one_however_often_the_power_goes(cuts in prop::collection::vec(cuts(), 1..60)) {
        let mut flash = Flash::<1>::new(2);
        let mut possible = HashSet::from([None]);
        for (number, cut) in cuts.into_iter().enumerate() {
            if let Some(cut) = cut {
                flash.cut(cut);
            }
            let stored = store(&mut flash, GROUP, &id_of(number));
            let was_cut = flash.restart().is_some();
            match stored {
                Ok(()) => possible = HashSet::from([Some(id_of(number))]),
                Err(error) => {
                    prop_assert_eq!(error, Error::Flash(Fault::Power));
                    prop_assert!(was_cut);
                    possible.insert(Some(id_of(number)));
                }
            }
            let kept = load(&mut flash, GROUP).unwrap();
            prop_assert!(possible.contains(&kept), "{kept:?} instead of {possible:?}");
            possible = HashSet::from([kept]);
        }
    }

    #[test]
    fn flash_full_of_anything_holds_no_cursor_and_keeps_the_next(
        bytes in prop::collection::vec(prop_oneof![Just(0), Just(0xFF), any::<u8>()], PAGES * flash::PAGE),
    ) {
        let mut flash = Words::new(PAGES);
        flash.fill(&bytes);
        prop_assert_eq!(load(&mut flash, GROUP), Ok(None));
        store(&mut flash, GROUP, "1").unwrap();
        prop_assert_eq!(load(&mut flash, GROUP), Ok(Some("1".into())));
    }

    #[test]
    fn damage_makes_no_cursor_up_and_the_next_is_kept(
        count in 1..40_usize,
        damage in prop::collection::vec((0..PAGES * flash::PAGE, any::<u8>()), 1..20),
    ) {
        let mut flash = Words::new(PAGES);
        for number in 0..count {
            store(&mut flash, GROUP, &id_of(number)).unwrap();
        }
        flash.damage(&damage);
        if let Some(kept) = load(&mut flash, GROUP).unwrap() {
            prop_assert!((0..count).any(|number| id_of(number) == kept), "{}", kept);
        }
        store(&mut flash, GROUP, "next").unwrap();
        prop_assert_eq!(load(&mut flash, GROUP), Ok(Some("next".into())));
    }
}
