//! Frames in, what the machines take for them out: instructions for each byte, and the most stack.
//!
//! Prints lines of `kind|what|number` for the host. QEMU counts one instruction as one nanosecond
//! (`-icount shift=0`), so the figures are the same on every run and on every host.
#![no_std]
#![no_main]

#[cfg_attr(target_arch = "arm", path = "arm.rs")]
#[cfg_attr(target_arch = "riscv32", path = "riscv.rs")]
mod platform;
mod stack;
mod work;

use semihosting::{print, println};

use crate::work::{Input, Work};

/// Bytes that a read gives: what one TCP segment carries.
const READ: usize = 1460;

pub(crate) fn measure() {
    instructions("sse::Tokenizer, 385 B frames", work::SMALL.sse, work::sse);
    instructions("sse::Tokenizer, 4 KB frames", work::LARGE.sse, work::sse);
    instructions("http::Response, 4 KB chunks", work::LARGE.http, work::http);
    instructions("json skipped, 385 B events", work::SMALL.json, work::skipped);
    instructions("json skipped, 4 KB events", work::LARGE.json, work::skipped);
    instructions("json skipped, watched, 385 B events", work::SMALL.json, work::skipped_watched);
    instructions("json skipped, watched, 4 KB events", work::LARGE.json, work::skipped_watched);
    instructions("json into Brief, 385 B events", work::SMALL.json, work::brief);
    instructions("json into Brief, 4 KB events", work::LARGE.json, work::brief);
    instructions("json into Standard, 385 B events", work::SMALL.json, work::standard);
    instructions("json into Standard, 4 KB events", work::LARGE.json, work::standard);
    instructions("Session into Brief, 4 KB events", work::LARGE.http, work::session_brief);
    instructions("Session into Standard, 4 KB events", work::LARGE.http, work::session_standard);
    body("a body of 1 input, through 128 B", 1);
    body("a body of 100 inputs, through 128 B", 100);
    body("a body of 1,000 inputs, through 128 B", 1_000);

    let streams = [work::SMALL.sse, work::LARGE.sse, work::HUGE.sse, work::ODD_STREAM];
    deepest("sse::Tokenizer", &streams, work::sse);
    deepest("sse::Parser", &streams, work::sse_parser);
    let texts = [work::SMALL.json, work::LARGE.json, work::HUGE.json, work::ODD];
    deepest("json::Tokenizer", &texts, work::json);
    deepest("json into Brief", &texts, work::brief);
    deepest("json into Standard", &texts, work::standard);
    let answers = [
        work::SMALL.http,
        work::LARGE.http,
        work::HUGE.http,
        work::ODD_ANSWER,
        work::REFUSAL,
        work::REDIRECT,
    ];
    deepest("http::Response", &answers, work::http);
    deepest("Session into Brief", &answers, work::session_brief);
    deepest("Session into Standard", &answers, work::session_standard);
    deepest("Follow into Brief", &[work::CONVERSATION], work::follow);
}

/// How many instructions a byte takes, in hundredths.
fn instructions(what: &str, input: Input, work: Work) {
    let length: usize = input.iter().map(|text| text.len()).sum();
    let mut count = 0;
    work(input, READ, &mut |run| {
        let start = platform::instructions();
        run();
        count = platform::instructions() - start;
    });
    println!("instructions|{what}|{}", count * 100 / length as u64);
}

/// How many instructions a byte of a body takes, in hundredths: to count and check it, and to write it.
fn body(what: &str, inputs: usize) {
    let mut count = 0;
    let length = work::body(inputs, &mut |run| {
        let start = platform::instructions();
        run();
        count = platform::instructions() - start;
    });
    println!("instructions|{what}|{}", count * 100 / length as u64);
}

/// The most stack that the work takes on any of these inputs, in reads of 1, 7 and 1,460 bytes.
fn deepest(what: &str, inputs: &[Input], work: Work) {
    let mut most = 0;
    for input in inputs {
        for read in [1, 7, READ] {
            work(input, read, &mut |run| most = most.max(stack::used(run)));
        }
    }
    println!("stack|{what}|{most}");
}

#[panic_handler]
fn panic(why: &core::panic::PanicInfo<'_>) -> ! {
    print!("{why}");
    semihosting::process::exit(101)
}
