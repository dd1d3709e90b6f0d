//! The output of `taskgroup sandbox --tls` in, the settings out.
//!
//! # Limits
//!
//! 4 KiB of each of the two files: the output, and the authorities.

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
}

impl Settings {
    /// The settings in the file that the image was started with. Call it once.
    pub(crate) fn read() -> Self {
        static LINES: StaticCell<[u8; LENGTH]> = StaticCell::new();
        static AUTHORITIES: StaticCell<[u8; LENGTH]> = StaticCell::new();

        let arguments = env::args::<256>().expect("the path is short");
        let path = (&arguments).next().expect("a path is given").expect("it is UTF-8");
        let lines = read(path, LINES.init([0; LENGTH])).to_str().expect("it is UTF-8");
        let value = |name| {
            let mut lines = lines.lines().filter_map(|line| line.split_once('='));
            lines.find(|line| line.0 == name).expect("the sandbox prints it").1
        };
        Self {
            base_url: value("PARALLEL_BASE_URL"),
            key: value("PARALLEL_API_KEY"),
            taskgroup_id: value("TASKGROUP_ID"),
            authorities: read(value("TASKGROUP_CA_FILE"), AUTHORITIES.init([0; LENGTH])),
        }
    }
}

/// The text of a file.
fn read<'b>(path: &str, buffer: &'b mut [u8]) -> &'b CStr {
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
    CStr::from_bytes_until_nul(buffer).expect("the file is short")
}
