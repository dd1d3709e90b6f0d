//! The bytes of a connection in, the same bytes out until a fault is due: cuts, silences and small writes, at
//! any byte.
//!
//! # Limits
//!
//! Counts what HTTP writes, heads and chunk framing included, before TLS encrypts it. It never changes what
//! is read.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::server::TlsStream;

use crate::faults::{After, Close};
use crate::random::Random;
use crate::shared::Shared;

/// A byte stream over TCP.
pub(crate) trait Transport: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    fn tcp(&self) -> &TcpStream;
}

impl Transport for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Transport for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// How an answer cuts its connection once everything written so far is sent: it opens the shears, and the
/// wire closes them.
#[derive(Debug, Default)]
pub(crate) struct Shears {
    open: AtomicBool,
    reset_at_end: AtomicBool,
}

impl Shears {
    pub(crate) fn open(&self) {
        self.open.store(true, Ordering::Release);
    }

    pub(crate) fn are_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Sets whether the connection will end by RST.
    pub(crate) fn reset_at_end(&self, reset: bool) {
        self.reset_at_end.store(reset, Ordering::Release);
    }

    fn close(&self) -> bool {
        self.open.swap(false, Ordering::AcqRel)
    }
}

/// A connection whose writing can go wrong.
pub(crate) struct Wire<T: Transport> {
    transport: T,
    shared: Arc<Shared>,
    shears: Arc<Shears>,
    sent: u64,
    cut_at: Option<u64>,
    stall_at: Option<u64>,
    largest_write: usize,
    silence: Option<Pin<Box<Sleep>>>,
    cutting: Option<Close>,
}

impl<T: Transport> Wire<T> {
    /// The `number`th connection of the sandbox. Later changes of the faults do not affect it.
    pub(crate) fn new(transport: T, shared: Arc<Shared>, shears: Arc<Shears>, number: u64) -> Self {
        let faults = shared.faults();
        // The seed itself draws the world.
        let mut random = Random::nth(!shared.options.seed, number);
        let mut bytes = |after: Option<After>| match after? {
            After::Bytes(bytes) => Some(bytes),
            After::RandomBytes { least, most } => Some(random.between(least, most)),
            After::Events(_) => None,
        };
        let cut_at = bytes(faults.cut.map(|cut| cut.after));
        let stall_at = bytes(faults.stall.map(|stall| stall.after));
        let largest_write = faults.write_bytes.map_or(usize::MAX, |bytes| bytes.max(1));
        drop(faults);
        Self {
            transport,
            shared,
            shears,
            sent: 0,
            cut_at,
            stall_at,
            largest_write,
            silence: None,
            cutting: None,
        }
    }

    /// Lets the faults that are due now strike: pending while silent, an error once cut.
    fn strike(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.stall_at.take_if(|at| *at == self.sent).is_some() {
            self.silence = self.shared.take_stall().map(|length| Box::pin(sleep(length)));
        }
        if let Some(silence) = &mut self.silence {
            let _flushed = Pin::new(&mut self.transport).poll_flush(context)?;
            ready!(silence.as_mut().poll(context));
            self.silence = None;
        }
        if self.cut_at.take_if(|at| *at == self.sent).is_some() {
            self.cutting = self.shared.take_cut();
        }
        self.end_if_cut(context)
    }

    fn end_if_cut(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(close) = self.cutting else { return Poll::Ready(Ok(())) };
        ready!(Pin::new(&mut self.transport).poll_flush(context))?;
        if close == Close::Reset {
            self.transport.tcp().set_zero_linger()?;
        }
        Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
    }

    /// How many bytes may be written at once.
    fn room(&self) -> usize {
        let until = |at: Option<u64>| at.map_or(u64::MAX, |at| at.saturating_sub(self.sent));
        let room = until(self.cut_at).min(until(self.stall_at));
        usize::try_from(room).unwrap_or(usize::MAX).min(self.largest_write)
    }
}

impl<T: Transport> Drop for Wire<T> {
    fn drop(&mut self) {
        if self.shears.reset_at_end.load(Ordering::Acquire) {
            // If that fails, the connection ends by FIN.
            let _ = self.transport.tcp().set_zero_linger();
        }
    }
}

impl<T: Transport> AsyncRead for Wire<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_read(context, buffer)
    }
}

impl<T: Transport> AsyncWrite for Wire<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.strike(context))?;
        let piece = &bytes[..bytes.len().min(self.room())];
        let written = ready!(Pin::new(&mut self.transport).poll_write(context, piece))?;
        self.sent += written as u64;
        self.shared.counters.bytes.fetch_add(written as u64, Ordering::Relaxed);
        self.shared.counters.writes.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is due before the first byte of an answer: HTTP flushes even before it has read a request.
        if self.sent > 0 {
            ready!(self.strike(context))?;
        }
        // HTTP flushes only when it holds nothing back, so everything before the cut is sent.
        if self.shears.close() {
            self.cutting = self.shared.take_cut();
            // If no cut is left, the answer continues: it is waiting in this very task.
            context.waker().wake_by_ref();
        }
        ready!(self.end_if_cut(context))?;
        Pin::new(&mut self.transport).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.strike(context))?;
        Pin::new(&mut self.transport).poll_shutdown(context)
    }
}
