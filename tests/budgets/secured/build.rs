//! Lays out the memory.

#[path = "../memory.rs"]
mod memory;

fn main() {
    memory::lay_out();
    println!("cargo::rerun-if-env-changed=FLIGHTS");
}
