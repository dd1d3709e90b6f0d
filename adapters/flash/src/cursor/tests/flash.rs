//! NOR flash in memory: erasing sets all bits of a page, writing clears bits, and the power may fail after
//! any byte of either.

use std::{ops::Range, vec, vec::Vec};

use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

pub(crate) const PAGE: usize = 384;
const ERASED: u8 = 0xFF;

/// When the power fails, and what is left of the byte that is being changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    /// Bytes that are changed before.
    pub(crate) after: usize,
    pub(crate) seed: u64,
}

/// What was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    Write,
    Erase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Power,
    OutOfBounds,
    NotAligned,
    /// A word was written that was not erased: flash with checksums of its own cannot do that.
    NotErased,
}

impl NorFlashError for Fault {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            Self::NotAligned => NorFlashErrorKind::NotAligned,
            _ => NorFlashErrorKind::Other,
        }
    }
}

#[derive(Clone)]
pub(crate) struct Flash<const WORD: usize, const PAGE: usize = { self::PAGE }> {
    bytes: Vec<u8>,
    /// Which words have been written since they were erased. After a cut nobody can know.
    used: Vec<bool>,
    erasures: Vec<usize>,
    written: usize,
    cut: Option<Cut>,
    was_cut: Option<Operation>,
    is_worn: bool,
}

impl<const WORD: usize, const PAGE: usize> Flash<WORD, PAGE> {
    pub(crate) fn new(pages: usize) -> Self {
        Self {
            bytes: vec![ERASED; pages * PAGE],
            used: vec![false; pages * PAGE / WORD],
            erasures: vec![0; pages],
            written: 0,
            cut: None,
            was_cut: None,
            is_worn: false,
        }
    }

    pub(crate) fn range(&self) -> Range<u32> {
        0..self.bytes.len() as u32
    }

    /// Contains these bytes, whatever wrote them.
    pub(crate) fn fill(&mut self, bytes: &[u8]) {
        self.bytes.copy_from_slice(bytes);
        let words = bytes.chunks(WORD);
        self.used = words.map(|word| word.iter().any(|byte| *byte != ERASED)).collect();
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Flips these bits of these bytes.
    pub(crate) fn damage(&mut self, damage: &[(usize, u8)]) {
        for (place, bits) in damage {
            self.bytes[*place] ^= bits;
        }
    }

    pub(crate) fn erasures(&self) -> &[usize] {
        &self.erasures
    }

    pub(crate) fn written(&self) -> usize {
        self.written
    }

    pub(crate) fn cut(&mut self, cut: Cut) {
        self.cut = Some(cut);
    }

    /// Restores the power. Returns what was being done when it failed.
    pub(crate) fn restart(&mut self) -> Option<Operation> {
        self.cut = None;
        self.was_cut.take()
    }

    /// From now on no bit can be cleared.
    pub(crate) fn wear_out(&mut self) {
        self.is_worn = true;
    }

    /// Changes bytes until the power fails, and then some bits of the next one.
    fn change(
        &mut self,
        operation: Operation,
        places: impl Iterator<Item = (usize, u8)>,
    ) -> Result<(), Fault> {
        for (place, value) in places {
            if self.was_cut.is_some() {
                return Err(Fault::Power);
            }
            let mut mask = ERASED;
            if let Some(cut) = &mut self.cut {
                match cut.after.checked_sub(1) {
                    Some(after) => cut.after = after,
                    None => {
                        self.was_cut = Some(operation);
                        mask = scatter(cut.seed) as u8;
                    }
                }
            }
            let byte = &mut self.bytes[place];
            *byte = (*byte & !mask) | (value & mask);
        }
        if self.was_cut.is_some() { Err(Fault::Power) } else { Ok(()) }
    }
}

/// A pseudorandom number.
fn scatter(seed: u64) -> u64 {
    let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 31
}

impl<const WORD: usize, const PAGE: usize> ErrorType for Flash<WORD, PAGE> {
    type Error = Fault;
}

impl<const WORD: usize, const PAGE: usize> ReadNorFlash for Flash<WORD, PAGE> {
    const READ_SIZE: usize = WORD;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Fault> {
        let start = offset as usize;
        if !start.is_multiple_of(WORD) || !bytes.len().is_multiple_of(WORD) {
            return Err(Fault::NotAligned);
        }
        let source = self.bytes.get(start..start + bytes.len()).ok_or(Fault::OutOfBounds)?;
        bytes.copy_from_slice(source);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl<const WORD: usize, const PAGE: usize> NorFlash for Flash<WORD, PAGE> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Fault> {
        let (from, to) = (from as usize, to as usize);
        if !from.is_multiple_of(PAGE) || !to.is_multiple_of(PAGE) {
            return Err(Fault::NotAligned);
        }
        if from > to || to > self.bytes.len() {
            return Err(Fault::OutOfBounds);
        }
        // In some order that depends on the cut: no cell is promised to be erased before another.
        let mut order: Vec<usize> = (from..to).collect();
        match self.cut.map_or(0, |cut| cut.seed % 3) {
            0 => {}
            1 => order.reverse(),
            _ => order.sort_by_key(|place| scatter(*place as u64 ^ self.cut.map_or(0, |cut| cut.seed))),
        }
        self.used[from / WORD..to / WORD].fill(false);
        self.change(Operation::Erase, order.into_iter().map(|place| (place, ERASED)))?;
        for page in from / PAGE..to / PAGE {
            self.erasures[page] += 1;
        }
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Fault> {
        let start = offset as usize;
        let places = start..start + bytes.len();
        if !start.is_multiple_of(WORD) || !bytes.len().is_multiple_of(WORD) {
            return Err(Fault::NotAligned);
        }
        if places.end > self.bytes.len() {
            return Err(Fault::OutOfBounds);
        }
        self.written += bytes.len();
        if self.is_worn {
            return Ok(());
        }
        let words = start / WORD..places.end / WORD;
        let is_used = self.used[words.clone()].contains(&true);
        if is_used {
            return Err(Fault::NotErased);
        }
        let cleared: Vec<(usize, u8)> =
            places.map(|place| (place, self.bytes[place] & bytes[place - start])).collect();
        self.change(Operation::Write, cleared.into_iter())?;
        self.used[words].fill(true);
        Ok(())
    }
}
