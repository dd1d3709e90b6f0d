use std::{vec, vec::Vec};

use embassy_futures::block_on;

use super::{Error, Kept, MAX_BYTES};
use crate::cursor::tests::flash::{Cut, Fault, Flash};

const PAGES: usize = 3;

type Words = Flash<4, 1024>;

fn load(flash: &mut Words) -> Result<Option<Vec<u8>>, Error<Fault>> {
    let range = flash.range();
    block_on(Kept::load(flash, range)).map(|kept| kept.bytes().map(<[u8]>::to_vec))
}

fn store(flash: &mut Words, bytes: &[u8]) -> Result<(), Error<Fault>> {
    let range = flash.range();
    block_on(async { Kept::load(flash, range).await?.store(bytes).await })
}

fn bytes_of(number: usize) -> Vec<u8> {
    (0..number * 53 % MAX_BYTES).map(|place| (place * number) as u8).collect()
}

#[test]
fn what_was_stored_is_loaded_page_after_page() {
    let mut flash = Words::new(PAGES);
    assert_eq!(load(&mut flash), Ok(None));
    for number in 0..60 {
        store(&mut flash, &bytes_of(number)).unwrap();
        assert_eq!(load(&mut flash), Ok(Some(bytes_of(number))));
    }
    let full = vec![7; MAX_BYTES];
    store(&mut flash, &full).unwrap();
    assert_eq!(store(&mut flash, &[7; MAX_BYTES + 1]), Err(Error::TooLong));
    assert_eq!(load(&mut flash), Ok(Some(full)));
    assert!(flash.erasures().iter().all(|times| *times >= 2), "{:?}", flash.erasures());
}

#[test]
fn bytes_that_are_kept_are_not_written_again() {
    let mut flash = Words::new(PAGES);
    store(&mut flash, b"state").unwrap();
    let before = flash.written();
    store(&mut flash, b"state").unwrap();
    assert_eq!(flash.written(), before);
}

#[test]
fn pages_that_are_too_small_are_refused() {
    let mut flash = Flash::<4, 384>::new(PAGES);
    let range = flash.range();
    assert!(matches!(block_on(Kept::load(&mut flash, range)), Err(Error::Range)));
}

#[test]
fn whenever_the_power_goes_the_bytes_before_or_the_new_ones_are_there() {
    let mut flash = Words::new(2);
    for number in 0..24 {
        let (before, new) = (load(&mut flash).unwrap(), bytes_of(number));
        for after in 0.. {
            let mut lost = flash.clone();
            lost.cut(Cut { after, seed: after as u64 });
            match store(&mut lost, &new) {
                Ok(()) => break,
                Err(error) => assert_eq!(error, Error::Flash(Fault::Power)),
            }
            lost.restart();
            let kept = load(&mut lost).unwrap();
            assert!(kept == before || kept.as_ref() == Some(&new), "{after} of {number}");
            store(&mut lost, b"next").unwrap();
            assert_eq!(load(&mut lost), Ok(Some(b"next".to_vec())));
        }
        store(&mut flash, &new).unwrap();
    }
    assert!(flash.erasures().iter().all(|times| *times >= 2), "{:?}", flash.erasures());
}
