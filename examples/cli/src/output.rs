//! Lines in, lines on stdout out, and how far they got: up to which event, and whether the last one is whole.
//!
//! ```text
//! print -> [ line | line | line ] -> reached: the lines so far go up to this event -> flush -> stdout
//! ```
//!
//! How much of a line stdout has taken is known only when the write returns, and a write that waits may never
//! return. So no write waits: each to a pipe is small, and is made when stdout takes it at once. The wait
//! before it also ends when the program is to end; then another thread finishes the line.
//!
//! # Limits
//!
//! 64 KiB are held back while more is coming in. A line is held whole, whatever its length.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, ErrorKind, IsTerminal, PipeReader, PipeWriter, Write},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{FileType, SeekFrom, fstat, ftruncate, seek},
    pipe::PIPE_BUF,
    stdio::{dup2_stdout, stdout},
};

use crate::{Error, Exit, console::Console};

/// What is held back at most while there is more to read.
const HELD: usize = 64 * 1024;

/// How long the rest of a line may take when the program is to end: in all, and without any progress.
const PATIENCE: Duration = Duration::from_secs(5);
const STANDSTILL: Duration = Duration::from_secs(1);

static CLOSED: AtomicBool = AtomicBool::new(false);

/// If stdout is closed, the standard library opens /dev/null in its place before `main`. Whether it was can
/// only be seen before that.
#[ctor::ctor(unsafe)]
fn look_for_stdout() {
    CLOSED.store(rustix::io::fcntl_getfd(stdout()).is_err(), Ordering::Relaxed);
}

/// Whether there was no stdout when the program began.
pub(crate) fn is_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

/// Prints all of it, of a command that prints nothing else.
pub(crate) fn print_all(text: &[u8]) -> Result<Exit, Error> {
    if is_closed() {
        return Err(Error::Unread);
    }
    let mut stdout = io::stdout().lock();
    stdout.write_all(text).and_then(|()| stdout.flush()).map_err(failed)?;
    Ok(Exit::Done)
}

/// Lets stdout be this file. What stdout was before is closed.
pub(crate) fn redirect(file: &File) -> io::Result<()> {
    dup2_stdout(file)?;
    CLOSED.store(false, Ordering::Relaxed);
    Ok(())
}

/// Why stdout could not be written.
pub(crate) fn failed(error: io::Error) -> Error {
    match error.kind() {
        ErrorKind::BrokenPipe => Error::Unread,
        _ => Error::failed(format!("stdout: {error}")),
    }
}

/// Writes to stdout. A clone writes to the same.
#[derive(Clone)]
pub(crate) struct Output(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    /// The last event of which all is out.
    cursor: Mutex<Option<String>>,
    /// How to continue after an end that comes too early.
    resume: Mutex<Resume>,
    /// Each thread that waits for stdout waits for a byte of this pipe, too. It is never read, so it stops
    /// them for good.
    stop: (PipeReader, Mutex<PipeWriter>),
    is_terminal: bool,
    /// How many bytes a write may have, as of the first.
    most: OnceLock<usize>,
}

/// Whole lines, and what has become of them.
#[derive(Default)]
struct Queue {
    bytes: Vec<u8>,
    /// How many of the bytes are out.
    written: usize,
    /// Up to which event the bytes go, in order.
    marks: VecDeque<Mark>,
}

struct Mark {
    end: usize,
    cursor: Option<String>,
}

/// How a command continues after an end that came too early.
#[derive(Clone, Debug, Default)]
pub(crate) enum Resume {
    /// It cannot, or need not.
    #[default]
    Nowhere,
    /// With these options, if there are any, after the last event of which all is out.
    After { options: String },
    /// With these arguments, which need no cursor.
    With(String),
}

/// How far stdout got.
pub(crate) struct Reached {
    /// The last event of which all is out.
    pub(crate) cursor: Option<String>,
    pub(crate) resume: Resume,
    /// Whether it ends with a whole line.
    pub(crate) whole: bool,
}

impl Output {
    /// Nothing is printed yet.
    pub(crate) fn new() -> Result<Self, Error> {
        let (read, write) = io::pipe().map_err(|error| Error::failed(format!("pipe: {error}")))?;
        Ok(Self(Arc::new(Shared {
            queue: Mutex::default(),
            cursor: Mutex::default(),
            resume: Mutex::default(),
            stop: (read, Mutex::new(write)),
            is_terminal: io::stdout().is_terminal(),
            most: OnceLock::new(),
        })))
    }

    /// From here on this is how to continue. What was to be printed before is out.
    pub(crate) fn resumes(&self, resume: Resume) {
        *lock(&self.0.resume) = resume;
        *lock(&self.0.cursor) = None;
    }

    /// Adds whole lines to what is to be printed. Gives how many bytes they have.
    pub(crate) fn print(&self, add: impl FnOnce(&mut Vec<u8>)) -> u64 {
        let bytes = &mut lock(&self.0.queue).bytes;
        let before = bytes.len();
        add(bytes);
        (bytes.len() - before) as u64
    }

    /// The lines so far have everything up to the event `cursor`. They are sent out when there are enough of
    /// them.
    pub(crate) fn reached(&self, cursor: Option<&str>, console: &Console) -> Result<(), Error> {
        let mut queue = lock(&self.0.queue);
        queue.mark(cursor, &mut lock(&self.0.cursor));
        let enough = queue.bytes.len() >= HELD;
        drop(queue);
        if enough { self.flush(console) } else { Ok(()) }
    }

    /// Sends out what was held back.
    pub(crate) fn flush(&self, console: &Console) -> Result<(), Error> {
        let queue = lock(&self.0.queue);
        if queue.bytes.is_empty() {
            return Ok(());
        }
        if self.0.is_terminal { console.aside(|| self.write(queue)) } else { self.write(queue) }
    }

    /// How far it got. After a write that failed, a file is cut back to its last whole line, if nothing
    /// follows.
    pub(crate) fn ended(&self) -> Reached {
        let whole = lock(&self.0.queue).cut_back();
        Reached { cursor: lock(&self.0.cursor).clone(), resume: lock(&self.0.resume).clone(), whole }
    }

    /// Stops all printing, for good, and finishes the line that is on its way, if stdout takes it. `hurry`
    /// says that there is no time for that.
    pub(crate) fn halt(&self, mut hurry: impl FnMut() -> bool) -> Reached {
        let _ = lock(&self.0.stop.1).write_all(b".");
        let whole = self.lock_in_time().is_some_and(|mut queue| {
            let (began, mut moved) = (Instant::now(), Instant::now());
            while let Some(piece) = queue.rest_of_line() {
                if began.elapsed() >= PATIENCE || moved.elapsed() >= STANDSTILL || hurry() {
                    break;
                }
                match write(piece, Some(Duration::from_millis(20)), None) {
                    Ok(Some(count)) => {
                        queue.advance(count, &mut lock(&self.0.cursor));
                        moved = Instant::now();
                    }
                    Ok(None) => {}
                    Err(_) => break,
                }
            }
            queue.rest_of_line().is_none()
        });
        Reached { cursor: lock(&self.0.cursor).clone(), resume: lock(&self.0.resume).clone(), whole }
    }

    fn write(&self, mut queue: MutexGuard<'_, Queue>) -> Result<(), Error> {
        let most = *self.0.most.get_or_init(most_at_once);
        while let Some(piece) = queue.piece(most) {
            match write(piece, None, Some(&self.0.stop.0)) {
                Ok(Some(count)) => queue.advance(count, &mut lock(&self.0.cursor)),
                Ok(None) => {
                    drop(queue);
                    loop {
                        thread::park(); // The thread that stopped this one ends the program.
                    }
                }
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }

    /// The queue, unless a write does not return though stdout was ready for it, as a terminal may do.
    fn lock_in_time(&self) -> Option<MutexGuard<'_, Queue>> {
        let began = Instant::now();
        loop {
            match self.0.queue.try_lock() {
                Ok(queue) => return Some(queue),
                Err(TryLockError::Poisoned(error)) => return Some(error.into_inner()),
                Err(TryLockError::WouldBlock) if began.elapsed() >= STANDSTILL => return None,
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(5)),
            }
        }
    }
}

impl Queue {
    fn mark(&mut self, cursor: Option<&str>, out: &mut Option<String>) {
        let end = self.bytes.len();
        let last = match self.marks.back_mut() {
            _ if self.written == end => out,
            Some(mark) if mark.end == end => &mut mark.cursor,
            _ => {
                self.marks.push_back(Mark { end, cursor: None });
                &mut self.marks.back_mut().expect("it was just added").cursor
            }
        };
        if last.as_deref() != cursor {
            *last = cursor.map(str::to_owned);
        }
    }

    /// What to write next, of `most` bytes: whole lines if any fits, since a write of this size is made whole
    /// or not at all.
    fn piece(&self, most: usize) -> Option<&[u8]> {
        let left = self.bytes.get(self.written..).filter(|left| !left.is_empty())?;
        let most = left.get(..most).unwrap_or(left);
        let lines = memchr::memrchr(b'\n', most).and_then(|end| most.get(..=end));
        Some(lines.unwrap_or(most))
    }

    /// What is missing of the line that is out in part, or the beginning of that.
    fn rest_of_line(&self) -> Option<&[u8]> {
        let (out, left) = self.bytes.split_at_checked(self.written)?;
        if matches!(out.last(), None | Some(b'\n')) {
            return None;
        }
        let end = memchr::memchr(b'\n', left)?;
        left.get(..(end + 1).min(PIPE_BUF))
    }

    fn advance(&mut self, count: usize, cursor: &mut Option<String>) {
        self.written += count;
        while let Some(mark) = self.marks.pop_front_if(|mark| mark.end <= self.written) {
            *cursor = mark.cursor;
        }
        if self.written == self.bytes.len() {
            self.bytes.clear();
            self.written = 0;
        }
    }

    /// Takes the beginning of a line back out of a file that ends with it. Does stdout end with a whole line?
    fn cut_back(&mut self) -> bool {
        let out = self.bytes.get(..self.written).unwrap_or_default();
        let begun = out.iter().rev().take_while(|byte| **byte != b'\n').count() as u64;
        let cut = || {
            let stat = fstat(stdout())?;
            let end = seek(stdout(), SeekFrom::Current(0))?;
            let is_end =
                FileType::from_raw_mode(stat.st_mode).is_file() && stat.st_size.cast_unsigned() == end;
            let start = end.checked_sub(begun).filter(|_| is_end).ok_or(rustix::io::Errno::INVAL)?;
            ftruncate(stdout(), start)?;
            seek(stdout(), SeekFrom::Start(start))
        };
        begun == 0 || cut().is_ok()
    }
}

/// How many bytes a write may have that does not wait once stdout is ready. A pipe promises that only for
/// a few; a file and /dev/null always take all.
fn most_at_once() -> usize {
    let takes_all = fstat(stdout()).is_ok_and(|stat| match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => true,
        FileType::CharacterDevice => {
            rustix::fs::stat("/dev/null").is_ok_and(|null| null.st_rdev == stat.st_rdev)
        }
        _ => false,
    });
    if takes_all { HELD } else { PIPE_BUF }
}

/// Writes what stdout takes at once of the piece, which is at most what it takes whole. `None`:
/// `patience` is at an end, or `stop` says so.
fn write(piece: &[u8], patience: Option<Duration>, stop: Option<&PipeReader>) -> io::Result<Option<usize>> {
    if is_closed() {
        return Err(ErrorKind::BrokenPipe.into());
    }
    let out = stdout();
    let timeout = patience.and_then(|patience| Timespec::try_from(patience).ok());
    loop {
        let mut waited = vec![PollFd::new(&out, PollFlags::OUT)];
        waited.extend(stop.map(|stop| PollFd::new(stop, PollFlags::IN)));
        match poll(&mut waited, timeout.as_ref()) {
            Ok(0) => return Ok(None),
            Ok(_) if waited.get(1).is_some_and(|stop| !stop.revents().is_empty()) => return Ok(None),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        match rustix::io::write(out, piece) {
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            result => return Ok(Some(result?)),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(lines: &[&str]) -> (Queue, Option<String>) {
        let (mut queue, mut cursor) = (Queue::default(), None);
        for (place, line) in lines.iter().enumerate() {
            queue.bytes.extend_from_slice(line.as_bytes());
            queue.mark(Some(&place.to_string()), &mut cursor);
        }
        (queue, cursor)
    }

    #[test]
    fn an_event_counts_when_its_last_byte_is_out() {
        let (mut queue, mut cursor) = queue(&["one\n", "two\n", "three\n"]);
        assert_eq!(cursor, None);
        for (count, reached) in [(3, None), (1, Some("0")), (3, Some("0")), (6, Some("1")), (1, Some("2"))] {
            queue.advance(count, &mut cursor);
            assert_eq!(cursor.as_deref(), reached);
        }
        queue.mark(Some("skipped"), &mut cursor);
        assert_eq!(cursor.as_deref(), Some("skipped"), "nothing was left to print of it");
    }

    #[test]
    fn a_piece_is_whole_lines_where_a_line_fits() {
        let long = "x".repeat(PIPE_BUF) + "\n";
        let (mut queue, mut cursor) = queue(&["a\n", "b\n", &long, "c\n"]);
        let mut pieces = Vec::new();
        while let Some(length) = queue.piece(PIPE_BUF).map(<[u8]>::len) {
            pieces.push(length);
            queue.advance(length, &mut cursor);
        }
        assert_eq!(pieces, [4, PIPE_BUF, 3]);
    }

    #[test]
    fn the_rest_of_a_line_is_that_of_the_line_alone() {
        let (mut queue, mut cursor) = queue(&["one\n", "two\n"]);
        assert_eq!(queue.rest_of_line(), None);
        queue.advance(2, &mut cursor);
        assert_eq!(queue.rest_of_line(), Some(&b"e\n"[..]));
        queue.advance(2, &mut cursor);
        assert_eq!(queue.rest_of_line(), None);
    }
}
