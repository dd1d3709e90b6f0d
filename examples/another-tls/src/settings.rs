//! The output of `taskgroup sandbox --tls` in, the settings out. Two more lines in it, `PLAIN_BASE_URL` and
//! `TASKGROUP_CA_DER`, ask for the comparison with other ways to the same runs.
//!
//! # Limits
//!
//! 4 KiB of each of the files: the output, and the authorities.

use core::{ffi::CStr, str};

use heapless::CString;
use semihosting::{experimental::env, fs::File, io::Read as _};
use static_cell::StaticCell;

const LENGTH: usize = 4096;

pub(crate) struct Settings {
    pub(crate) base_url: &'static str,
    pub(crate) key: &'static str,
    pub(crate) taskgroup_id: &'static str,
    /// In PEM.
    pub(crate) authorities: &'static CStr,
    /// What to compare Mbed TLS with.
    pub(crate) others: Option<Others>,
}

/// The same runs in the clear, and over TLS for a client that reads no PEM.
pub(crate) struct Others {
    pub(crate) plain_url: &'static str,
    /// In DER.
    pub(crate) authority: &'static [u8],
}

impl Settings {
    /// The settings in the file that the image was started with. Call it once.
    pub(crate) fn read() -> Self {
        static LINES: StaticCell<[u8; LENGTH]> = StaticCell::new();
        static AUTHORITIES: StaticCell<[u8; LENGTH]> = StaticCell::new();
        static AUTHORITY: StaticCell<[u8; LENGTH]> = StaticCell::new();

        let arguments = env::args::<256>().expect("the path is short");
        let path = (&arguments).next().expect("a path is given").expect("it is UTF-8");
        let lines = str::from_utf8(read(path, LINES.init([0; LENGTH]))).expect("it is UTF-8");
        let find = |name| {
            let mut lines = lines.lines().filter_map(|line| line.split_once('='));
            lines.find(|line| line.0 == name).map(|line| line.1)
        };
        let value = |name| find(name).expect("the sandbox prints it");
        let authorities = AUTHORITIES.init([0; LENGTH]);
        // A NUL follows it: the file is shorter than the buffer.
        read(value("TASKGROUP_CA_FILE"), authorities);
        let others = find("PLAIN_BASE_URL").map(|plain_url| {
            let authority = read(value("TASKGROUP_CA_DER"), AUTHORITY.init([0; LENGTH]));
            Others { plain_url, authority }
        });
        Self {
            base_url: value("PARALLEL_BASE_URL"),
            key: value("PARALLEL_API_KEY"),
            taskgroup_id: value("TASKGROUP_ID"),
            authorities: CStr::from_bytes_until_nul(authorities).expect("the file is short"),
            others,
        }
    }
}

/// The bytes of a file.
fn read<'b>(path: &str, buffer: &'b mut [u8]) -> &'b [u8] {
    let mut name = CString::<256>::new();
    name.extend_from_bytes(path.as_bytes()).expect("the path is short");
    let mut file = File::open(&*name).expect("the file can be opened");
    let mut length = 0;
    loop {
        match file.read(&mut buffer[length..]).expect("the file can be read") {
            0 => break,
            read => length += read,
        }
    }
    &buffer[..length]
}
