//! What the fuzz targets share: how an input is cut, and the models that the machines are compared with.
//!
//! A model is slow and plain: `String`, `Vec`, the whole input at once. It takes nothing from the core.

mod bytes;
pub mod cuts;
pub mod expected;
pub mod follow;
pub mod http;
pub mod json;
pub mod records;
pub mod session;
