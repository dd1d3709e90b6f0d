//! The body of an event stream in reads in, its events out.

use std::{convert::Infallible, hint::black_box, num::NonZeroUsize, pin::pin};

use eventsource_stream::Eventsource;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use memchr::memchr2;
use sse_core::{MessageEvent, SseDecoder, SseEvent};
use sse_stream::{Sse, SseByteStream};
use taskgroup::sse::{Event, Field, Parser, Token, Tokenizer};

use crate::{frames::Frames, kept::Kept, runner::Runner};

/// Room for the largest frame: as much as sse-core is allowed, too.
const ROOM: usize = (1 << 20) + (64 << 10);

/// eventsource-stream looks at all of a line again with each read. More bytes than this it is not given to
/// look at for one frame: a second or so.
const PATIENCE: usize = 64 << 20;

pub(crate) fn runners(frames: &Frames, read: usize) -> Vec<Runner<'_>> {
    let stream = &*frames.stream;
    let mut runners = vec![
        Runner::bound("memcpy", move |_| copy(stream, read)),
        Runner::bound("memchr2", move |_| scan(stream, read)),
        Runner::ours("taskgroup `sse::Tokenizer`", move |kept| tokens(stream, read, kept)),
        Runner::ours("taskgroup `sse::Parser`", {
            let mut parser = Box::new(Parser::<ROOM>::new());
            move |mut kept| {
                parsed(&mut parser, stream, read, |event| match &mut kept {
                    Some(kept) => keep(kept, event.name, event.data),
                    None => _ = black_box(event),
                })
            }
        }),
        Runner::ours("taskgroup `sse::Parser`, simdutf8", {
            let mut parser = Box::new(Parser::<ROOM>::new());
            move |mut kept| {
                parsed(&mut parser, stream, read, |event| {
                    let data = simdutf8::basic::from_utf8(event.data).expect("the stream is UTF-8");
                    match &mut kept {
                        Some(kept) => keep(kept, event.name, data.as_bytes()),
                        None => _ = black_box(data),
                    }
                })
            }
        }),
        Runner::theirs("sse-stream", move |mut kept| {
            let mut count = 0;
            sse_stream(stream, read, |event| {
                count += 1;
                let (Some(name), Some(data)) = (&event.event, &event.data) else { panic!("it has both") };
                match &mut kept {
                    Some(kept) => keep(kept, name, data.as_bytes()),
                    None => _ = black_box(event),
                }
            });
            count
        }),
        Runner::theirs("sse-core", move |mut kept| {
            let mut count = 0;
            sse_core(stream, read, |event| {
                count += 1;
                match &mut kept {
                    Some(kept) => keep(kept, &event.event, event.data.as_bytes()),
                    None => _ = black_box(event),
                }
            });
            count
        }),
    ];
    let frame = stream.len() / frames.texts.len();
    if frame * (frame / read) / 2 < PATIENCE {
        runners.push(Runner::theirs("eventsource-stream", move |mut kept| {
            let mut count = 0;
            let mut events = pin!(chunks(stream, read).eventsource());
            while let Some(event) = events.next().now_or_never().expect("all the reads are there") {
                let event = event.expect("the stream is UTF-8");
                count += 1;
                match &mut kept {
                    Some(kept) => keep(kept, &event.event, event.data.as_bytes()),
                    None => _ = black_box(event),
                }
            }
            count
        }));
    }
    runners.into_iter().map(|runner| runner.in_reads_of(read)).collect()
}

fn keep(kept: &mut Kept, name: &str, data: &[u8]) {
    kept.text(name);
    kept.add(data);
    kept.end();
}

/// Three line ends make a frame.
fn scan(stream: &[u8], read: usize) -> usize {
    let (mut count, mut length) = (0, 0);
    for mut input in stream.chunks(read) {
        while let Some(at) = memchr2(b'\r', b'\n', input) {
            input = &input[at + 1..];
            count += 1;
            length += at;
        }
    }
    black_box(length);
    count / 3
}

/// To where the next read goes, too. Finds nothing.
fn copy(stream: &[u8], read: usize) -> usize {
    let mut buffer = vec![0; read];
    for input in stream.chunks(read) {
        buffer[..input.len()].copy_from_slice(input);
        black_box(&mut buffer);
    }
    0
}

fn tokens(stream: &[u8], read: usize, mut kept: Option<&mut Kept>) -> usize {
    let mut tokenizer = Tokenizer::new();
    let (mut count, mut is_begun) = (0, false);
    for mut input in stream.chunks(read) {
        while let Some(token) = tokenizer.feed(&mut input) {
            count += usize::from(token == Token::Dispatch);
            let Some(kept) = &mut kept else {
                black_box(token);
                continue;
            };
            match token {
                Token::Begin(Field::Event) => {}
                Token::Begin(_) | Token::Dispatch if is_begun => kept.end(),
                Token::Begin(_) | Token::Dispatch => {}
                Token::Bytes(bytes) => kept.add(bytes),
            }
            is_begun = token != Token::Dispatch;
        }
    }
    count
}

fn parsed(parser: &mut Parser<ROOM>, stream: &[u8], read: usize, mut each: impl FnMut(Event<'_>)) -> usize {
    let mut count = 0;
    for mut input in stream.chunks(read) {
        while let Some(event) = parser.feed(&mut input) {
            count += usize::from(event.lost == 0);
            each(event);
        }
    }
    count
}

fn chunks(stream: &[u8], read: usize) -> impl Stream<Item = Result<&[u8], Infallible>> {
    stream::iter(stream.chunks(read).map(Ok))
}

/// Gives `each` every event of a body that comes in these reads.
pub(crate) fn sse_stream(body: &[u8], read: usize, mut each: impl FnMut(Sse)) {
    let mut events = pin!(SseByteStream::new(chunks(body, read)));
    while let Some(event) = events.next().now_or_never().expect("all the reads are there") {
        each(event.expect("the stream is UTF-8"));
    }
}

/// The same.
pub(crate) fn sse_core(body: &[u8], read: usize, mut each: impl FnMut(MessageEvent)) {
    let mut decoder = SseDecoder::with_limit(NonZeroUsize::new(ROOM).expect("there is room"));
    for mut input in body.chunks(read) {
        while let Some(event) = decoder.next(&mut input) {
            if let SseEvent::Message(event) = event.expect("it has room") {
                each(event);
            }
        }
    }
}
