//! Puts the memory layout where the linker looks for it, and says clearly what is missing before the compiler
//! does.

use std::{env, fs, path::PathBuf};

/// The firmware for the radio of a Pico W, which only Infineon may license.
const FIRMWARE: [&str; 3] = ["43439A0.bin", "43439A0_clm.bin", "nvram_rp2040.bin"];

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::copy("memory.x", out.join("memory.x")).expect("memory.x is beside this file");
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rerun-if-changed=memory.x");
    if env::var_os("CARGO_FEATURE_PICO_W").is_some() {
        require("WIFI_SSID", "the name of your Wi-Fi");
        require("WIFI_PASSWORD", "its password; empty for an open one");
        find_firmware();
    }
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
                "cargo::error={} is missing: take it from https://github.com/embassy-rs/embassy/tree/main/cyw43-firmware, \
                 or name another folder by CYW43_FIRMWARE",
                file.display()
            );
        }
    }
    println!("cargo::rustc-env=CYW43_FIRMWARE={}", folder.display());
}
