//! What the upstream says in, records out, with a fault at one byte.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::fault::Fault;
use crate::flight::CLOSE_NOTIFY;
use crate::handshake::Session;
use crate::message;
use crate::record::{
    ALERT, APPLICATION_DATA, CONTENT, HANDSHAKE, HEADER, PROTECTED, Protection, TAG, record,
};

const INTERNAL_ERROR: [u8; 2] = [2, 80];

/// Writes the bytes, each alone if that is the fault.
pub(crate) async fn write(to: &mut (impl AsyncWrite + Unpin), bytes: &[u8], fault: Fault) -> io::Result<()> {
    let size = if fault == Fault::WritesOfOneByte { 1 } else { usize::MAX };
    for piece in bytes.chunks(size) {
        to.write_all(piece).await?;
        to.flush().await?;
    }
    Ok(())
}

/// The server's side of the application stream.
pub(crate) struct Body<'s, W> {
    to: W,
    write: &'s mut Protection,
    fault: Fault,
    /// The most bytes of content that a record may have.
    content: usize,
    /// Bytes until the fault hits; `None`: it has, or there is none here.
    left: Option<u64>,
    /// On how many connections it has.
    hits: &'s AtomicU32,
    /// What is done to the next record.
    next: Option<Fault>,
    /// Records so far.
    records: usize,
    /// Bytes of the upstream that were sent.
    pub(crate) sent: u64,
}

/// Whether the connection continues.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Then {
    GoesOn,
    Ends,
}

impl<'s, W: AsyncWrite + Unpin> Body<'s, W> {
    /// With a fault after this many bytes, which counts itself when it hits.
    pub(crate) fn new(
        to: W,
        session: &'s mut Session,
        fault: Fault,
        after: u64,
        hits: &'s AtomicU32,
    ) -> (Self, &'s mut Protection) {
        let Session { read, write, content } = session;
        let left = fault.is_in_body().then_some(after);
        (Self { to, write, fault, content: *content, left, hits, next: None, records: 0, sent: 0 }, read)
    }

    /// Whether the fault has hit.
    pub(crate) fn struck(&self) -> bool {
        self.left.is_none() && self.fault.is_in_body()
    }

    /// Sends all that the upstream says, then close_notify, unless the fault ends it before.
    pub(crate) async fn send_all(&mut self, from: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
        let mut buffer = vec![0; CONTENT];
        let mut then = self.strike_if_due().await?;
        while then == Then::GoesOn {
            let length = from.read(&mut buffer).await?;
            if length == 0 {
                let close = self.write.seal(ALERT, &CLOSE_NOTIFY);
                self.put(&close).await?;
                break;
            }
            then = self.send(&buffer[..length]).await?;
        }
        self.to.shutdown().await
    }

    async fn send(&mut self, mut bytes: &[u8]) -> io::Result<Then> {
        while !bytes.is_empty() {
            let (content, rest) = bytes.split_at(self.next_size(bytes.len()));
            self.send_record(content).await?;
            bytes = rest;
            if self.strike_if_due().await? == Then::Ends {
                return Ok(Then::Ends);
            }
        }
        Ok(Then::GoesOn)
    }

    /// How many of these bytes go into the next record.
    fn next_size(&mut self, there: usize) -> usize {
        let most = match self.fault {
            Fault::RecordsOfOneByte => 1,
            Fault::RecordsOfEachSize => self.records % self.content + 1,
            _ => self.content,
        };
        let until_fault = self.left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        there.min(most).min(until_fault)
    }

    async fn send_record(&mut self, content: &[u8]) -> io::Result<()> {
        let mut inner = [content, &[APPLICATION_DATA]].concat();
        if self.fault == Fault::PaddedRecords {
            inner.resize(self.content + 1, 0);
        }
        let mut record = self.write.seal_inner(inner);
        match self.next.take() {
            Some(Fault::TamperedBody) => record[HEADER] ^= 1,
            Some(Fault::TamperedTag) => flip(record.last_mut()),
            Some(Fault::TamperedHeader) => {
                let length = u16::from_be_bytes([record[3], record[4]]) - 1;
                record[3..HEADER].copy_from_slice(&length.to_be_bytes());
            }
            Some(Fault::Replayed) => record = record.repeat(2),
            Some(Fault::LeftOut) => record.clear(),
            _ => {}
        }
        self.records += 1;
        self.sent += content.len() as u64;
        if let Some(left) = &mut self.left {
            *left -= content.len() as u64;
        }
        self.put(&record).await
    }

    async fn strike_if_due(&mut self) -> io::Result<Then> {
        if self.left != Some(0) {
            return Ok(Then::GoesOn);
        }
        self.left = None;
        self.hits.fetch_add(1, Ordering::SeqCst);
        let bytes = self.strike();
        self.put(&bytes).await?;
        let ends = matches!(self.fault, Fault::Cut | Fault::Close | Fault::Alert);
        Ok(if ends { Then::Ends } else { Then::GoesOn })
    }

    /// What comes between two records of the body.
    #[rustfmt::skip]
    fn strike(&mut self) -> Vec<u8> {
        let ticket = message::new_session_ticket();
        match self.fault {
            Fault::LargeRecord => record(APPLICATION_DATA, &[0; PROTECTED + 1]),
            Fault::LargestRecord => record(APPLICATION_DATA, &[0; u16::MAX as usize]),
            Fault::ShortRecord => record(APPLICATION_DATA, &[0; TAG - 1]),
            Fault::EmptyRecord => record(APPLICATION_DATA, &[]),
            Fault::Alert => self.write.seal(ALERT, &INTERNAL_ERROR),
            Fault::Close | Fault::CloseThenData => self.write.seal(ALERT, &CLOSE_NOTIFY),
            Fault::EmptyData => (0..20).flat_map(|_| self.write.seal(APPLICATION_DATA, &[])).collect(),
            Fault::Ticket => self.write.seal(HANDSHAKE, &ticket),
            Fault::Tickets => self.write.seal(HANDSHAKE, &ticket.repeat(10)),
            Fault::TicketSplit => {
                let (first, rest) = ticket.split_at(ticket.len() / 2);
                [first, rest].iter().flat_map(|piece| self.write.seal(HANDSHAKE, piece)).collect()
            }
            Fault::KeyUpdate => {
                let record = self.write.seal(HANDSHAKE, &message::key_update());
                self.write.update();
                record
            }
            fault => {
                self.next = Some(fault);
                Vec::new()
            }
        }
    }

    async fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        write(&mut self.to, bytes, self.fault).await
    }
}

fn flip(byte: Option<&mut u8>) {
    if let Some(byte) = byte {
        *byte ^= 1;
    }
}
