//! A cursor in, the same cursor out after a reboot: kept in NOR flash, whenever the power goes.
//!
//! ```
//! use core::ops::Range;
//! use embedded_storage_async::nor_flash::NorFlash;
//! use taskgroup_flash::{Cursor, Error};
//!
//! async fn begin<F: NorFlash>(flash: F, sectors: Range<u32>) -> Result<(), Error<F::Error>> {
//!     let mut cursor = Cursor::load(flash, sectors, "tgrp_5c1f0a").await?;
//!     let _go_on_after = cursor.id();     // None: from the start
//!     cursor.store("evt_17").await
//! }
//! ```
//!
//! Entries are appended until a page is full; then the page after it is erased and goes on, so all pages
//! wear alike, and the newest entry is never on the page that is being erased. One entry takes 13 bytes, the two
//! ids, and what the flash rounds up to: in two pages of 4 KiB that last 100,000 erasures each, and with ids of 40
//! bytes in all, some 15 million.
//!
//! # Limits
//!
//! Ids to [`MAX_ID`] bytes. At least two pages, of 384 bytes or more; words of the flash to 32 bytes. One group at a
//! time: the cursor of another group is not used, and gone when this one's is stored. A future that is
//! dropped counts as a loss of power.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod cursor;
mod entry;

pub use self::{
    cursor::{Cursor, Error},
    entry::MAX_ID,
};
