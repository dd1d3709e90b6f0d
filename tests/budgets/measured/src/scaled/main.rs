//! Texts that grow in one way in, instructions for each byte out: what should not depend on the size.
//!
//! Prints lines of `kind|what|number` for the host, as the image beside it. A kind is a table and a column;
//! the numbers are hundredths.
#![no_std]
#![no_main]

mod machines;
#[cfg_attr(target_arch = "arm", path = "../arm.rs")]
#[cfg_attr(target_arch = "riscv32", path = "../riscv.rs")]
mod platform;
mod texts;

use core::{fmt, hint::black_box};

use semihosting::{print, println};

use taskgroup::json::DEPTH;

use crate::{
    machines::{Json, Machine, Sse, Stream},
    texts::{Buffer, Part},
};

type Input = &'static [&'static str];

#[expect(dead_code, reason = "only some of them are fed here")]
struct Frames {
    sse: Input,
    http: Input,
    json: Input,
}

#[expect(dead_code, reason = "only some of them are fed here")]
mod frames {
    use super::Frames;

    include!(concat!(env!("OUT_DIR"), "/frames.rs"));
}

/// Bytes that a read gives: what one TCP segment carries.
const READ: usize = 1460;

/// Shorter texts are fed again until they have as many bytes: the clock ticks every 40 instructions.
const LEAST: usize = 32 << 10;

/// The clock is read after this many bytes at most, since its counter overflows.
const CLOCK: usize = 1 << 20;

pub(crate) fn measure() {
    let buffer = &mut [0; size_of::<Buffer>()];
    sizes(buffer);
    members(buffer);
    nesting(buffer);
    reads(buffer);
    escapes(buffer);
}

/// An answer of 1 KB to 64 MB, of which `Standard` keeps the first kilobyte.
fn sizes(buffer: &mut Buffer) {
    for size in doublings(1 << 10, 64 << 20) {
        let text = [
            Part::once(texts::BEGIN.as_bytes()),
            Part::again(buffer, texts::PROSE, size - texts::BEGIN.len() - texts::END.len()).whole(),
            Part::once(texts::END.as_bytes()),
        ];
        let what = Bytes(size);
        row("size|json skipped", &what, &text, READ, &mut Json::skipped(), 1);
        row("size|json into Standard", &what, &text, READ, &mut Json::standard(), 1);
        let [begin, body, end] = text;
        let event =
            [Part::once(texts::DATA.as_bytes()), begin, body, end, Part::once(texts::BLANK.as_bytes())];
        row("size|sse::Tokenizer", &what, &event, READ, &mut Sse::new(), 1);
        row("size|Session into Standard", &what, &event, READ, &mut Stream::standard(), 1);
    }
}

/// Members that no record asks for, and entries of a list that is full.
fn members(buffer: &mut Buffer) {
    for count in doublings(1, 100_000) {
        let what = Count(count);
        let members = Part::again(buffer, texts::MEMBERS, prefix(texts::MEMBERS, count));
        let text = [Part::once(b"{"), members, Part::once(br#""type":"x"}"#)];
        row("members|skipped", &what, &text, READ, &mut Json::skipped(), 1);
        row("members|into Standard", &what, &text, READ, &mut Json::standard(), 1);
        let entries = Part::again(buffer, &[texts::ENTRY], count * texts::ENTRY.len());
        let text = [
            Part::once(br#"{"type":"x","output":{"type":"text","content":"","basis":["#),
            entries,
            Part::once(br#"{"field":""}]}}"#),
        ];
        row("members|elements skipped", &what, &text, READ, &mut Json::skipped(), 1);
        row("members|elements into Standard", &what, &text, READ, &mut Json::standard(), 1);
    }
}

/// The same values deeper and deeper, and nothing but brackets.
fn nesting(buffer: &mut Buffer) {
    for depth in doublings(1, DEPTH) {
        let what = Count(depth);
        let levels = depth.saturating_sub(2);
        let (begin, end) = if depth > 1 { (&br#"{"deep":"#[..], &b"}"[..]) } else { (&[][..], &[][..]) };
        let text = [
            Part::once(begin),
            Part::once(texts::outside(levels)),
            Part::once(b"{"),
            Part::again(buffer, texts::LEAVES, 64 << 10).whole(),
            Part::once(br#""last":0}"#),
            Part::once(texts::closed(levels)),
            Part::once(end),
        ];
        row("nesting|skipped", &what, &text, READ, &mut Json::skipped(), 1);
        row("nesting|into Standard", &what, &text, READ, &mut Json::standard(), 1);
        if depth > 1 {
            row("nesting|as it stands", &what, &text, READ, &mut Json::whole(), 1);
        }
        let Some(levels) = depth.checked_sub(2).filter(|levels| *levels > 0) else { continue };
        let text = [
            Part::once(br#"{"deep":["#),
            Part::again(
                buffer,
                &[texts::brackets(true, levels), texts::brackets(false, levels), ","],
                12 << 10,
            )
            .whole(),
            Part::once(b"0]}"),
        ];
        row("nesting|arrays skipped", &what, &text, READ, &mut Json::skipped(), 1);
        row("nesting|arrays as they stand", &what, &text, READ, &mut Json::whole(), 1);
    }
}

/// Frames of 4 KB in reads of 1 B to 64 KB.
fn reads(buffer: &mut Buffer) {
    const FRAMES: usize = 4;

    let [first, second, third, fourth, ..] = frames::LARGE.json else { unreachable!("there are more") };
    for read in doublings(1, texts::MOST) {
        let what = Bytes(read);
        let text = [
            Part::once(br#"{"frames":["#),
            Part::again(buffer, &[first, ",", second, ",", third, ",", fourth, ","], 256 << 10).whole(),
            Part::once(b"0]}"),
        ];
        row("read|json skipped", &what, &text, read, &mut Json::skipped(), 1);
        let frames = [first, second, third, fourth].map(|json| [texts::DATA, json, texts::BLANK]);
        let events = Part::again(buffer, frames.as_flattened(), 256 << 10).whole();
        let count = FRAMES * events.periods();
        row("read|sse::Tokenizer", &what, &[events], read, &mut Sse::new(), count);
        row("read|Session into Brief", &what, &[events], read, &mut Stream::brief(), count);
        row("read|Session into Standard", &what, &[events], read, &mut Stream::standard(), count);
    }
}

/// A text in which more and more of the characters are escapes.
fn escapes(buffer: &mut Buffer) {
    let kinds = [("\\n", r"`\n`"), ("\\u20ac", r"`\u20ac`"), ("\\ud83d\\ude80", "a pair"), ("€", "€ itself")];
    for (what, every) in texts::SHARES {
        let letters = texts::LETTERS.get(..every - 1).unwrap_or(texts::LETTERS);
        for (escape, name) in kinds {
            let pieces = [letters, if what == "0 %" { "" } else { escape }];
            let text = [
                Part::once(br#"{"text":""#),
                Part::again(buffer, &pieces, 12 << 10).whole(),
                Part::once(br#""}"#),
            ];
            row(format_args!("escapes|{name} skipped"), &what, &text, READ, &mut Json::skipped(), 1);
            row(format_args!("escapes|{name} kept"), &what, &text, READ, &mut Json::kept(), 1);
        }
    }
}

/// How many instructions each byte takes, besides those that read it, in hundredths.
fn row(
    kind: impl fmt::Display,
    what: &dyn fmt::Display,
    text: &[Part<'_>],
    read: usize,
    machine: &mut dyn Machine,
    events: usize,
) {
    let length = texts::length(text);
    let times = LEAST.div_ceil(length);
    let (mut bytes, mut found) = (0, 0);
    let mut run = |machine: &mut dyn Machine| {
        let start = platform::instructions();
        for _ in 0..times {
            machine.begin();
            texts::read(text, read, &mut |piece| {
                machine.feed(piece);
                bytes += piece.len();
                if bytes > CLOCK {
                    bytes = 0;
                    platform::instructions();
                }
            });
            found += machine.end();
        }
        platform::instructions() - start
    };
    let count = run(machine) - run(&mut Reader);
    if found != events * times {
        println!("failed|{kind}, {what}: {found} events instead of {}", events * times);
    }
    println!("{kind}|{what}|{}", count * 100 / (times * length) as u64);
}

/// Takes what it is given, and nothing else.
struct Reader;

impl Machine for Reader {
    fn begin(&mut self) {}

    fn feed(&mut self, bytes: &[u8]) {
        black_box(bytes);
    }

    fn end(&mut self) -> usize {
        0
    }
}

/// From the first to the last, each the double of the one before, but for the last.
fn doublings(first: usize, last: usize) -> impl Iterator<Item = usize> {
    core::iter::successors(Some(first), move |at| (*at < last).then(|| (at * 2).min(last)))
}

/// How long so many of these pieces are, which come again and again.
fn prefix(pieces: &[&str], count: usize) -> usize {
    pieces.iter().cycle().take(count).map(|piece| piece.len()).sum()
}

struct Count(usize);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 1_000, self.0 % 1_000) {
            (0, ones) => write!(f, "{ones}"),
            (thousands, ones) => write!(f, "{thousands},{ones:03}"),
        }
    }
}

struct Bytes(usize);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            size if size < 1 << 10 => write!(f, "{size} B"),
            size if size < 1 << 20 => write!(f, "{} KB", size >> 10),
            size => write!(f, "{} MB", size >> 20),
        }
    }
}

#[panic_handler]
fn panic(why: &core::panic::PanicInfo<'_>) -> ! {
    print!("{why}");
    semihosting::process::exit(101)
}
