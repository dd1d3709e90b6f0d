use core::sync::atomic::{AtomicUsize, Ordering};
use std::{string::String, vec, vec::Vec};

use super::*;

/// Parts as they are here.
struct Parts(Vec<&'static str>);

impl Body for Parts {
    fn part(&self, index: usize, out: &mut Draft<'_>) -> bool {
        for piece in self.0[index].split_inclusive('-') {
            out.json().bytes(piece.as_bytes());
        }
        index + 1 < self.0.len()
    }
}

/// A body that is one thing when it is counted and another when it is sent.
struct Fickle {
    first: Vec<&'static str>,
    then: Vec<&'static str>,
    calls: AtomicUsize,
}

impl Body for Fickle {
    fn part(&self, index: usize, out: &mut Draft<'_>) -> bool {
        let calls = self.calls.fetch_add(1, Ordering::Relaxed);
        let parts = if calls < self.first.len() { &self.first } else { &self.then };
        out.json().bytes(parts[index].as_bytes());
        index + 1 < parts.len()
    }
}

fn sent(body: &dyn Body, size: usize) -> Result<String, Misuse> {
    let mut progress = Progress::measure(body)?;
    let length = progress.left();
    let mut all = Vec::new();
    while progress.left() > 0 {
        let mut buffer = vec![0; size];
        let filled = progress.fill(body, &mut buffer)?;
        assert!(filled > 0, "it comes to an end");
        all.extend(&buffer[..filled]);
    }
    assert_eq!(all.len(), length as usize, "as long as was said");
    Ok(String::from_utf8(all).unwrap())
}

#[test]
fn a_body_comes_out_the_same_through_a_buffer_of_any_size() {
    for parts in [vec![""], vec!["a"], vec!["{", "ab-cde", "", "f-", "}"], vec!["", "", "x"], vec!["abc", ""]]
    {
        for size in 1..=12 {
            assert_eq!(sent(&Parts(parts.clone()), size).unwrap(), parts.concat(), "{parts:?}, {size}");
        }
    }
}

#[test]
fn bytes_are_a_body_of_one_part() {
    for size in 1..=7 {
        assert_eq!(sent(&BodyRef::from("{\"a\": 1}"), size).unwrap(), "{\"a\": 1}");
        assert_eq!(sent(&BodyRef::from(b"{}"), size).unwrap(), "{}");
    }
}

#[test]
fn a_body_that_comes_out_otherwise_is_never_sent_to_its_end() {
    for then in [
        vec!["abc", "de"],
        vec!["abc", "defg"],
        vec!["abcd", "def"],
        vec!["ab", "def"],
        vec!["abc"],
        vec!["abc", "def", "g"],
        vec![""],
        vec!["abc", "d", "e"],
    ] {
        for size in 1..=12 {
            let fickle = Fickle { first: vec!["abc", "def"], then: then.clone(), calls: AtomicUsize::new(0) };
            assert_eq!(sent(&fickle, size), Err(Misuse::Changed), "{then:?}, {size}");
        }
    }
}

#[test]
fn each_buffer_costs_one_part_more_than_the_body() {
    struct Counted(AtomicUsize);

    impl Body for Counted {
        fn part(&self, index: usize, out: &mut Draft<'_>) -> bool {
            self.0.fetch_add(1, Ordering::Relaxed);
            out.json().bytes(b"0123456789");
            index < 999
        }
    }

    let body = Counted(AtomicUsize::new(0));
    let text = sent(&body, 64).unwrap();
    let (calls, buffers) = (body.0.into_inner(), text.len().div_ceil(64));
    assert!(calls <= 1000 + 1000 + 2 * buffers, "{calls} parts were written");
}
