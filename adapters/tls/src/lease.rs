//! Two buffers in, the same two out, to one borrower at a time.
#![allow(
    unsafe_code,
    reason = "no safe type lends exclusively through a shared reference for as long as that lives"
)]

use core::{
    cell::{Cell, UnsafeCell},
    marker::PhantomData,
};

/// Buffers that are lent, and come back when the [`Lease`] is dropped.
pub(crate) struct Memory<'m> {
    receive: UnsafeCell<&'m mut [u8]>,
    send: UnsafeCell<&'m mut [u8]>,
    receive_length: usize,
    is_lent: Cell<bool>,
}

/// Its holder may use the buffers that came with it.
pub(crate) struct Lease<'l> {
    is_lent: &'l Cell<bool>,
    buffers: PhantomData<&'l mut [u8]>,
}

/// A lease, and what it is for.
pub(crate) struct Lent<'l> {
    pub(crate) receive: &'l mut [u8],
    pub(crate) send: &'l mut [u8],
    /// To be dropped after the last use of the buffers.
    pub(crate) lease: Lease<'l>,
}

impl<'m> Memory<'m> {
    pub(crate) fn new(receive: &'m mut [u8], send: &'m mut [u8]) -> Self {
        let receive_length = receive.len();
        let (receive, send) = (UnsafeCell::new(receive), UnsafeCell::new(send));
        Self { receive, send, receive_length, is_lent: Cell::new(false) }
    }

    /// Bytes of the buffer for receiving.
    pub(crate) fn receive_length(&self) -> usize {
        self.receive_length
    }

    /// `None` while they are lent.
    ///
    /// # Safety
    ///
    /// The buffers must not be used after the lease is dropped. (A lease that is forgotten keeps them for
    /// ever.)
    pub(crate) unsafe fn lend(&self) -> Option<Lent<'_>> {
        if self.is_lent.replace(true) {
            return None;
        }
        // SAFETY: they are lent once until the lease is dropped, and not used after that, as the
        // caller promises; nothing else reads the cells; and no other thread can, since they are not `Sync`.
        let (receive, send) = unsafe { (&mut **self.receive.get(), &mut **self.send.get()) };
        let lease = Lease { is_lent: &self.is_lent, buffers: PhantomData };
        Some(Lent { receive, send, lease })
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.is_lent.set(false);
    }
}
