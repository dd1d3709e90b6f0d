//! Helpers of the tests that cross crates.
//!
//! [`splits`] is how every table of every machine is run: a machine reads a stream, and how the
//! network cuts a stream into reads must never be seen in what comes out.
//!
//! ```
//! let lines = taskgroup_tests::splits(b"a\nb\n", &[], |chunks| {
//!     chunks.iter().flat_map(|chunk| chunk.iter()).filter(|byte| **byte == b'\n').count()
//! });
//! assert_eq!(lines, 2);
//! ```

pub mod collector;
pub mod event_stream;
pub mod items;
pub mod peer;
pub mod wire;

use std::{fmt::Debug, sync::LazyLock};

/// The README's code compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// Inputs up to this length, in bytes, are cut at every pair of points, unless the environment's
/// `SPLITS_EVERY_PAIR` names another: 6,100 covers all published cases, and takes minutes.
const EVERY_PAIR: usize = 400;

/// In longer inputs, at most about this many points are tried as the first cut.
const POINTS: usize = 4096;

/// In longer inputs, each of this many evenly spaced points is paired with each other one.
const GRID: usize = 32;

/// Runs one case in many chunkings and gives back the result, which must be the same for all.
///
/// `run` makes a fresh machine, feeds it the chunks in their order and returns whatever can be
/// compared: events, errors, what was left over. It is called with `input`
///
/// * whole,
/// * byte by byte,
/// * at every pair of cuts, empty chunks at either end and in the middle included. Beyond 400 bytes
///   instead: at every single cut, with a chunk of one, two and three bytes after it, and at all
///   pairs from a grid of 32 points. Beyond 4,096 bytes the single cuts are spaced evenly, about
///   4,096 of them.
///
/// Then all of that again with each of `trailing` after `input`, for a machine that knows where
/// its input ends, or whose result is the same whatever begins afterwards.
///
/// # Panics
///
/// If a chunking gives another result than the whole input; the message has the lengths of the chunks.
#[track_caller]
pub fn splits<T: Debug + PartialEq>(
    input: &[u8],
    trailing: &[&[u8]],
    mut run: impl FnMut(&[&[u8]]) -> T,
) -> T {
    let whole = run(&[input]);
    chunkings(input, |chunks| agree(&whole, chunks, &mut run));
    for tail in trailing {
        let longer = [input, tail].concat();
        chunkings(&longer, |chunks| agree(&whole, chunks, &mut run));
    }
    whole
}

#[track_caller]
fn agree<T: Debug + PartialEq>(whole: &T, chunks: &[&[u8]], run: &mut impl FnMut(&[&[u8]]) -> T) {
    let result = run(chunks);
    let lengths: Vec<usize> = chunks.iter().map(|chunk| chunk.len()).collect();
    assert!(
        result == *whole,
        "fed in chunks of {lengths:?} bytes: {:?}\n got {result:?}\nwant {whole:?}",
        String::from_utf8_lossy(&chunks.concat()),
    );
}

fn chunkings(input: &[u8], mut each: impl FnMut(&[&[u8]])) {
    each(&[input]);
    each(&input.chunks(1).collect::<Vec<_>>());
    for (first, second) in cuts(input.len()) {
        each(&[&input[..first], &input[first..second], &input[second..]]);
    }
}

/// Pairs of cuts, the first never after the second.
fn cuts(length: usize) -> Vec<(usize, usize)> {
    let pairs = |step| {
        let points = move |from| (from..=length).step_by(step);
        points(0).flat_map(move |first| points(first).map(move |second| (first, second)))
    };
    if length <= every_pair() {
        return pairs(1).collect();
    }
    let singles = (0..=length).step_by(length.div_ceil(POINTS));
    let short = singles.flat_map(|first| (0..=3).map(move |more| (first, length.min(first + more))));
    short.chain(pairs(length.div_ceil(GRID))).collect()
}

fn every_pair() -> usize {
    static LENGTH: LazyLock<usize> = LazyLock::new(|| {
        let named = std::env::var("SPLITS_EVERY_PAIR").ok();
        named.map_or(EVERY_PAIR, |length| length.parse().expect("SPLITS_EVERY_PAIR is a length in bytes"))
    });
    *LENGTH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_input_is_cut_at_every_pair_of_points() {
        assert_eq!(cuts(2), [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]);
        assert_eq!(cuts(EVERY_PAIR).len(), 401 * 402 / 2);
    }

    #[test]
    fn a_long_input_is_still_cut_at_every_point() {
        let cuts = cuts(EVERY_PAIR + 1);
        assert!((0..=EVERY_PAIR + 1).all(|point| cuts.contains(&(point, point))));
    }

    #[test]
    fn chunks_always_join_to_the_input() {
        for length in [0, 1, 5, EVERY_PAIR + 7, 2 * POINTS + 3] {
            let input: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
            chunkings(&input, |chunks| assert_eq!(chunks.concat(), input));
        }
    }

    #[test]
    #[should_panic(expected = "fed in chunks of [")]
    fn a_machine_that_sees_the_chunks_is_found_out() {
        splits(b"abc", &[], |chunks| chunks.len());
    }

    #[test]
    #[should_panic(expected = "fed in chunks of [4]")]
    fn a_machine_that_reads_what_comes_after_is_found_out() {
        splits(b"abc", &[b"d"], |chunks| chunks.concat().len());
    }
}
