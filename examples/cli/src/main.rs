//! The desktop client of the Task Group API.
fn main() {}
