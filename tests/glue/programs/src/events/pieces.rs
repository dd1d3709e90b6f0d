//! What follows `data: ` on a line, in the pieces in which it is read.

use picojson::Reader;

pub(super) struct Pieces<'r, I> {
    reads: I,
    read: &'r [u8],
}

impl<'r, I: Iterator<Item = &'r [u8]>> Pieces<'r, I> {
    pub(super) const fn new(reads: I) -> Self {
        Self { reads, read: &[] }
    }

    fn fill(&mut self) -> Option<()> {
        while self.read.is_empty() {
            self.read = self.reads.next()?;
        }
        Some(())
    }

    /// Up to the data of the next line that has any.
    pub(super) fn begin(&mut self) -> Option<()> {
        loop {
            if self.is_data()? {
                return Some(());
            }
            while self.next().is_some() {}
        }
    }

    fn is_data(&mut self) -> Option<bool> {
        for expected in b"data: " {
            self.fill()?;
            match self.read.split_first() {
                Some((byte, rest)) if byte == expected => self.read = rest,
                _ => return Some(false),
            }
        }
        Some(true)
    }

    /// A piece of the line.
    pub(super) fn next(&mut self) -> Option<&'r [u8]> {
        self.fill()?;
        let end = self.read.iter().position(|byte| *byte == b'\n').unwrap_or(self.read.len());
        let (piece, rest) = self.read.split_at(end);
        if piece.is_empty() {
            self.read = rest.get(1..).unwrap_or_default();
            return None;
        }
        self.read = rest;
        Some(piece)
    }
}

/// The rest of a line, for a parser that asks for it.
pub(super) struct Line<'p, 'r, I> {
    pieces: &'p mut Pieces<'r, I>,
    piece: &'r [u8],
    is_over: bool,
}

impl<'p, 'r, I: Iterator<Item = &'r [u8]>> Line<'p, 'r, I> {
    pub(super) const fn new(pieces: &'p mut Pieces<'r, I>) -> Self {
        Self { pieces, piece: &[], is_over: false }
    }

    pub(super) fn skip(&mut self) {
        while self.fill() {
            self.piece = &[];
        }
    }

    fn fill(&mut self) -> bool {
        if self.piece.is_empty() && !self.is_over {
            match self.pieces.next() {
                Some(piece) => self.piece = piece,
                None => self.is_over = true,
            }
        }
        !self.piece.is_empty()
    }
}

impl<'r, I: Iterator<Item = &'r [u8]>> Reader for &mut Line<'_, 'r, I> {
    type Error = ();

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ()> {
        if !self.fill() {
            return Ok(0);
        }
        let count = self.piece.len().min(buffer.len());
        let (piece, rest) = self.piece.split_at(count);
        if let Some(to) = buffer.get_mut(..count) {
            to.copy_from_slice(piece);
        }
        self.piece = rest;
        Ok(count)
    }
}
