//! (c) and (c') A buffer for a line, and serde-json-core.
//!
//! An event is a line that begins with `data: `: there is no id, name or retry, and no CR.

use heapless::VecView;

/// `parse` gets the data of each event. `None`: the line was too long.
pub fn run<'r>(
    line: &mut VecView<u8>,
    reads: impl Iterator<Item = &'r [u8]>,
    mut parse: impl FnMut(Option<&[u8]>),
) {
    let mut is_too_long = false;
    for mut read in reads {
        while !read.is_empty() {
            let end = read.iter().position(|byte| *byte == b'\n');
            let (piece, rest) = read.split_at(end.unwrap_or(read.len()));
            is_too_long |= line.extend_from_slice(piece).is_err();
            let Some((_, rest)) = rest.split_first() else { break };
            if is_too_long {
                parse(None);
            } else if let Some(data) = line.strip_prefix(b"data: ") {
                parse(Some(data));
            }
            line.clear();
            is_too_long = false;
            read = rest;
        }
    }
}
