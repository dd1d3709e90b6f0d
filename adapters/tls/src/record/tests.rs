extern crate std;

use std::{vec, vec::Vec};

use embassy_futures::block_on;
use proptest::prelude::*;

use super::*;

/// A network that gives what it has in pieces, then ends.
struct Pieces<'b> {
    bytes: &'b [u8],
    sizes: std::iter::Cycle<std::slice::Iter<'b, usize>>,
}

impl ErrorType for Pieces<'_> {
    type Error = ErrorKind;
}

impl Read for Pieces<'_> {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, ErrorKind> {
        let size = self.sizes.next().copied().unwrap_or(1).min(out.len()).min(self.bytes.len());
        let (piece, rest) = self.bytes.split_at(size);
        out[..size].copy_from_slice(piece);
        self.bytes = rest;
        Ok(size)
    }
}

/// Reads to the end, by buffers of these sizes: what came, and what was refused.
fn read(bytes: &[u8], room: usize, pieces: &[usize], buffers: &[usize]) -> (Vec<u8>, Option<Error>) {
    let progress = Progress::default();
    let mut records = Records::new(Pieces { bytes, sizes: pieces.iter().cycle() }, &progress, room);
    let mut came = Vec::new();
    for size in buffers.iter().cycle() {
        let mut buffer = vec![0; *size];
        match block_on(records.read(&mut buffer)) {
            Ok(0) => break,
            Ok(length) => came.extend_from_slice(&buffer[..length]),
            Err(kind) => {
                assert_eq!(kind, ErrorKind::InvalidData);
                assert_eq!(block_on(records.read(&mut buffer)), Err(kind), "nothing comes after an error");
                break;
            }
        }
    }
    (came, progress.refused())
}

/// What should come, and what should be refused: by RFC 8446, over the whole input.
fn model(bytes: &[u8], room: usize) -> (Vec<u8>, Option<Error>) {
    let (mut rest, mut came, mut seen) = (bytes, Vec::new(), Vec::new());
    while let Some((header, content)) = rest.split_first_chunk::<HEADER>() {
        let [content_type, major, _, high, low] = *header;
        let length = u16::from_be_bytes([high, low]);
        let is_first = seen.iter().all(|content_type| *content_type == ALERT);
        let allowed = major == 3
            && match content_type {
                HANDSHAKE => is_first && (4..=16_384).contains(&length),
                ALERT => is_first && length == 2,
                CHANGE_CIPHER_SPEC => seen.last() == Some(&HANDSHAKE) && length == 1,
                APPLICATION_DATA => !is_first && (17..=16_640).contains(&length),
                _ => false,
            };
        if !allowed {
            return (came, Some(Error::Record { content_type, length }));
        }
        if usize::from(length) > room {
            return (came, Some(Error::RecordTooLong { length }));
        }
        if content_type == HANDSHAKE {
            // It is looked at with the message's own header.
            let Some([message, of_message @ ..]) = content.first_chunk::<MESSAGE_HEADER>() else { break };
            let [zero, high, low] = *of_message;
            let rest = usize::from(zero) << 16 | usize::from(high) << 8 | usize::from(low);
            match *message {
                SERVER_HELLO if rest + MESSAGE_HEADER == usize::from(length) => {}
                SERVER_HELLO => return (came, Some(Error::Malformed)),
                _ => return (came, Some(Error::OutOfTurn)),
            }
        }
        seen.push(content_type);
        let content = &content[..content.len().min(length.into())];
        came.extend_from_slice(header);
        came.extend_from_slice(content);
        rest = &rest[HEADER + content.len()..];
    }
    (came, None)
}

/// A record, mostly one that may come.
fn record() -> impl Strategy<Value = Vec<u8>> {
    let content_type =
        prop_oneof![8 => Just(23), 3 => Just(22), 1 => Just(20), 1 => Just(21), 1 => any::<u8>()];
    let length = prop_oneof![6 => 17_u16..200, 2 => 0_u16..20, 1 => 16_300_u16..16_700, 1 => any::<u16>()];
    let major = prop_oneof![20 => Just(3), 1 => any::<u8>()];
    (content_type, major, any::<u8>(), length, any::<u8>()).prop_map(
        |(content_type, major, minor, length, filler)| {
            let length = match content_type {
                20 => 1,
                21 => 2,
                _ => length,
            };
            let [high, low] = length.to_be_bytes();
            let mut record = vec![content_type, major, minor, high, low];
            record.resize(HEADER + usize::from(length), filler);
            record
        },
    )
}

proptest! {
    #[test]
    fn however_it_is_cut_what_comes_out_is_what_tls_allows(
        records in proptest::collection::vec(record(), 0..8),
        hello in any::<bool>(),
        cut in any::<prop::sample::Index>(),
        room in prop_oneof![Just(16_640_usize), 20_usize..300],
        pieces in proptest::collection::vec(1_usize..2000, 1..6),
        buffers in proptest::collection::vec(1_usize..2000, 1..6),
    ) {
        let mut bytes = if hello { vec![22, 3, 3, 0, 4, 2, 0, 0, 0] } else { Vec::new() };
        bytes.extend(records.into_iter().flatten());
        bytes.truncate(cut.index(bytes.len() + 1));
        prop_assert_eq!(read(&bytes, room, &pieces, &buffers), model(&bytes, room));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
        room in any::<u16>(),
        sizes in proptest::collection::vec(1_usize..40, 1..6),
    ) {
        let room = usize::from(room);
        prop_assert_eq!(read(&bytes, room, &sizes, &sizes), model(&bytes, room));
    }
}

#[test]
fn a_read_that_is_dropped_keeps_what_came_of_a_header() {
    use core::{future::poll_fn, pin::pin, task::Poll};

    /// One byte, then a wait, then the next.
    struct Slow<'b>(&'b [u8], bool);
    impl ErrorType for Slow<'_> {
        type Error = ErrorKind;
    }
    impl Read for Slow<'_> {
        async fn read(&mut self, out: &mut [u8]) -> Result<usize, ErrorKind> {
            poll_fn(|_| {
                self.1 = !self.1;
                if self.1 { Poll::Pending } else { Poll::Ready(()) }
            })
            .await;
            let [first, rest @ ..] = self.0 else { return Ok(0) };
            out[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    let bytes = [22, 3, 3, 0, 4, 2, 0, 0, 0, 23, 3, 3];
    let progress = Progress::default();
    let mut records = Records::new(Slow(&bytes, false), &progress, 100);
    let (mut came, mut dropped) = (Vec::new(), 0);
    while came.len() < 9 {
        let mut buffer = [0; 5];
        let read = block_on(async {
            let mut read = pin!(records.read(&mut buffer));
            poll_fn(|context| Poll::Ready(read.as_mut().poll(context))).await
        });
        match read {
            Poll::Ready(length) => came.extend_from_slice(&buffer[..length.unwrap()]),
            Poll::Pending => dropped += 1,
        }
    }
    assert_eq!(came, bytes[..9]);
    assert!(dropped >= 9, "{dropped}");
    assert!(!progress.is_inside());
}
