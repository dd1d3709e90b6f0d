//! Bytes of an answer in, the fields of its head out: to show a person what the server sent.
//!
//! # Limits
//!
//! The first 16 KiB of an answer, and 100 fields.

const KEPT: usize = 16 * 1024;
const FIELDS: usize = 100;

/// The beginning of an answer.
#[derive(Debug, Default)]
pub(crate) struct Head(Vec<u8>);

impl Head {
    /// Prepares for another answer.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes bytes of the answer.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        let room = KEPT - self.0.len();
        self.0.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    /// The value of the field, the first if there are several, in UTF-8. Interim (1xx) answers are skipped.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let mut bytes = &*self.0;
        loop {
            let mut fields = [httparse::EMPTY_HEADER; FIELDS];
            let mut answer = httparse::Response::new(&mut fields);
            let parsed = answer.parse(bytes).ok()?;
            match (parsed, answer.code) {
                (httparse::Status::Complete(length), Some(100 | 102..200)) => bytes = bytes.get(length..)?,
                _ => {
                    let field = answer.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
                    return Some(String::from_utf8_lossy(field.value).into_owned());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_that_of_the_final_answer_whatever_pieces_it_comes_in() {
        let answer =
            b"HTTP/1.1 103 Early\r\nlocation: x\r\n\r\nHTTP/1.1 307 No\r\nLocation: \xffa\r\n\r\nbody";
        for size in 1..answer.len() {
            let mut head = Head::default();
            answer.chunks(size).for_each(|piece| head.take(piece));
            assert_eq!(head.field("location").as_deref(), Some("\u{fffd}a"));
            assert_eq!(head.field("content-type"), None);
        }
    }

    #[test]
    fn a_long_answer_is_kept_in_part() {
        let mut head = Head::default();
        head.take(b"HTTP/1.1 200 OK\r\ncontent-type: a/b\r\n\r\n");
        for _ in 0..5 {
            head.take(&[b'x'; 5_000]);
        }
        assert_eq!((head.field("Content-Type").as_deref(), head.0.len()), (Some("a/b"), KEPT));
        head.clear();
        assert_eq!(head.field("Content-Type"), None);
    }
}
