//! Puts the memory layout where the linker looks for it, and says clearly what is missing before the compiler
//! does.

use std::{env, fs, path::PathBuf};

/// The firmware for the radio of a Pico W, which only Infineon may license.
const FIRMWARE: [&str; 3] = ["43439A0.bin", "43439A0_clm.bin", "nvram_rp2040.bin"];

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let layout = if has("RP2350") { "rp2350.x" } else { "rp2040.x" };
    fs::copy(layout, out.join("memory.x")).expect("it lies beside this file");
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rerun-if-changed={layout}");
    if has("RADIO") {
        require("WIFI_SSID", "the name of your Wi-Fi");
        require("WIFI_PASSWORD", "its password; empty for an open one");
        find_firmware();
    }
}

fn has(feature: &str) -> bool {
    env::var_os(format!("CARGO_FEATURE_{feature}")).is_some()
}

fn require(name: &str, what: &str) {
    println!("cargo::rerun-if-env-changed={name}");
    if env::var_os(name).is_none() {
        println!("cargo::error={name} is not set: {what}");
    }
}

fn find_firmware() {
    println!("cargo::rerun-if-env-changed=CYW43_FIRMWARE");
    let given = env::var_os("CYW43_FIRMWARE").unwrap_or_else(|| "firmware".into());
    let folder = std::path::absolute(&given).expect("there is a current folder");
    for file in FIRMWARE.map(|name| folder.join(name)) {
        println!("cargo::rerun-if-changed={}", file.display());
        if !file.is_file() {
            println!(
                "cargo::error={} is missing: README.md says where to get it, and CYW43_FIRMWARE may name another folder",
                file.display()
            );
        }
    }
    println!("cargo::rustc-env=CYW43_FIRMWARE={}", folder.display());
}
