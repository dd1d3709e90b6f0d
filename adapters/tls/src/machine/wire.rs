//! Bytes in, numbers and vectors of TLS's presentation language out, and the other way (RFC 8446, section 3).

/// Reads from the front. `None`: there is less than was asked for.
#[derive(Clone, Copy)]
pub(super) struct Reader<'b>(pub(super) &'b [u8]);

impl<'b> Reader<'b> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<&'b [u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| *byte)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(|bytes| u16::from_be_bytes(*bytes))
    }

    pub(super) fn u24(&mut self) -> Option<usize> {
        let [high, middle, low] = *self.array()?;
        usize::try_from(u32::from_be_bytes([0, high, middle, low])).ok()
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// A vector with a length of one byte.
    pub(super) fn vector8(&mut self) -> Option<Self> {
        let length = self.u8()?;
        self.take(length.into()).map(Reader)
    }

    #[inline(never)]
    pub(super) fn vector16(&mut self) -> Option<Self> {
        let length = self.u16()?;
        self.take(length.into()).map(Reader)
    }

    pub(super) fn vector24(&mut self) -> Option<Self> {
        let length = self.u24()?;
        self.take(length).map(Reader)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `None`: something is left.
    pub(super) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// The most extensions of a message. Each is compared with all others, and somebody on the way could send
/// thousands.
const EXTENSIONS: usize = 64;

/// Calls for each extension of a block, by its type and content. `None`: it is malformed, or one comes twice,
/// or there are more than [`EXTENSIONS`], or `each` says so.
pub(super) fn extensions<'b>(
    block: Reader<'b>,
    mut each: impl FnMut(u16, Reader<'b>) -> Option<()>,
) -> Option<()> {
    let mut rest = block;
    while !rest.is_empty() {
        let (kind, content) = (rest.u16()?, rest.vector16()?);
        // No list of those that came: whatever comes later must be another.
        let (mut later, mut count) = (rest, 1_usize);
        while !later.is_empty() {
            let other = later.u16()?;
            later.vector16()?;
            count = count.saturating_add(1);
            if other == kind || count > EXTENSIONS {
                return None;
            }
        }
        each(kind, content)?;
    }
    Some(())
}

/// Writes to the front of a buffer, and remembers when it was too short.
pub(super) struct Writer<'b> {
    buffer: &'b mut [u8],
    length: usize,
    is_full: bool,
}

/// Where a vector begins.
pub(super) struct Vector {
    place: usize,
    width: usize,
}

impl<'b> Writer<'b> {
    pub(super) fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, length: 0, is_full: false }
    }

    #[inline(never)]
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        let end = self.length.saturating_add(bytes.len());
        match self.buffer.get_mut(self.length..end) {
            Some(place) if !self.is_full => {
                for (to, from) in place.iter_mut().zip(bytes) {
                    *to = *from;
                }
                self.length = end;
            }
            _ => self.is_full = true,
        }
    }

    pub(super) fn u8(&mut self, number: u8) {
        self.bytes(&[number]);
    }

    #[inline(never)]
    pub(super) fn u16(&mut self, number: u16) {
        self.bytes(&number.to_be_bytes());
    }

    /// Begins a vector with a length of this many bytes, up to 3.
    #[inline(never)]
    pub(super) fn begin(&mut self, width: usize) -> Vector {
        let place = self.length;
        self.bytes([0; 3].get(..width).unwrap_or_default());
        Vector { place, width }
    }

    /// Its content is there: writes its length.
    pub(super) fn end(&mut self, vector: Vector) {
        self.end_with(vector, 0);
    }

    /// Writes a length that counts what is yet to come.
    #[inline(never)]
    pub(super) fn end_with(&mut self, vector: Vector, later: usize) {
        let content = self.length.saturating_sub(vector.place).saturating_sub(vector.width);
        self.set_length(vector, content.saturating_add(later));
    }

    fn set_length(&mut self, vector: Vector, length: usize) {
        let bytes = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
        let width = vector.width.min(3);
        let (skipped, bytes) = bytes.split_at_checked(4_usize.saturating_sub(width)).unwrap_or_default();
        if skipped.iter().any(|byte| *byte != 0) {
            self.is_full = true;
        }
        let end = vector.place.saturating_add(width);
        for (to, from) in self.buffer.get_mut(vector.place..end).unwrap_or_default().iter_mut().zip(bytes) {
            *to = *from;
        }
    }

    /// What was written; `None`: there was no room for it.
    pub(super) fn written(&self) -> Option<&[u8]> {
        self.buffer.get(..self.length).filter(|_| !self.is_full)
    }

    pub(super) fn length(&self) -> Option<usize> {
        (!self.is_full).then_some(self.length)
    }
}
