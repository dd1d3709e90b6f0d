//! Runs one text in several chunkings, and compares the results. The first two bytes of an input say how.

use std::fmt::Debug;

/// How a text is cut into chunks.
#[derive(Clone, Copy, Debug)]
pub struct Cuts {
    at: u8,
    lengths: u8,
}

impl Cuts {
    /// What an input says of its cuts, and the text that is to be cut.
    #[must_use]
    pub fn split(input: &[u8]) -> Option<(Self, &[u8])> {
        let (&[at, lengths], text) = input.split_first_chunk()?;
        Some((Self { at, lengths }, text))
    }

    /// Runs `run` with the text whole, and gives its result; then in two chunks, byte by byte, and in chunks
    /// of two alternating lengths.
    ///
    /// # Panics
    ///
    /// If a chunking gives another result than the whole text.
    pub fn same<T: Debug + PartialEq>(self, text: &[u8], mut run: impl FnMut(&[&[u8]]) -> T) -> T {
        let whole = run(&[text]);
        let (before, after) = text.split_at(text.len() * usize::from(self.at) / 255);
        for chunks in [vec![before, after], text.chunks(1).collect(), self.by_turns(text)] {
            let cut = run(&chunks);
            let lengths: Vec<usize> = chunks.iter().take(8).map(|chunk| chunk.len()).collect();
            assert!(cut == whole, "in chunks of {lengths:?}… bytes\n got {cut:?}\nwant {whole:?}");
        }
        whole
    }

    fn by_turns(self, text: &[u8]) -> Vec<&[u8]> {
        let lengths = [self.lengths & 0xF, self.lengths >> 4].map(|length| usize::from(length) + 1);
        let mut rest = text;
        let cut = |length: &usize| {
            let (chunk, after) = rest.split_at(rest.len().min(*length));
            rest = after;
            (!chunk.is_empty()).then_some(chunk)
        };
        lengths.iter().cycle().map_while(cut).collect()
    }
}
