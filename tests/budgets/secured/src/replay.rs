//! What a server has sent in, the same out again, whatever it is asked.

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};

pub(crate) struct Replay<'b>(pub(crate) &'b [u8]);

impl ErrorType for Replay<'_> {
    type Error = ErrorKind;
}

impl Read for Replay<'_> {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, ErrorKind> {
        // What a TCP segment brings.
        let length = self.0.len().min(out.len()).min(1460);
        let (now, later) = self.0.split_at(length);
        out[..length].copy_from_slice(now);
        self.0 = later;
        Ok(length)
    }
}

impl Write for Replay<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}
