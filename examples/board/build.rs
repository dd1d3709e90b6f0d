//! Says which setting is missing, before the compiler says it less clearly; chooses the program; and makes
//! Rust of the authorities to trust, and of the minutes after which the board asks by itself.

use std::{env, fs, path::PathBuf};

use rustls_pki_types::{CertificateDer, pem::PemObject};

fn main() {
    if setting("PARALLEL_API_KEY").is_none() {
        println!("cargo::error=PARALLEL_API_KEY is not set: your key for the service");
    }
    for name in ["NTP_SERVER", "PROCESSOR"] {
        setting(name);
    }
    println!("cargo::rustc-check-cfg=cfg(program, values(\"questions\", \"runs\"))");
    let given = |name| setting(name).filter(|value| !value.is_empty());
    let minutes = match (given("QUESTION"), given("TASKGROUP_ID")) {
        (Some(_), None) => choose("questions", "0"),
        (None, Some(_)) => choose("runs", "1"),
        (None, None) => {
            println!(
                "cargo::error=set QUESTION, what the board asks when its button is pressed, or TASKGROUP_ID, the group whose runs it shows"
            );
            return;
        }
        (Some(_), Some(_)) => {
            println!(
                "cargo::error=QUESTION and TASKGROUP_ID are both set, and a board does one of the two: unset the other"
            );
            return;
        }
    };
    match setting("PARALLEL_BASE_URL") {
        Some(url) if url.starts_with("http://") => {
            println!(
                "cargo::warning=PARALLEL_BASE_URL begins with http://: the key goes over the network in the clear"
            );
        }
        Some(url) if !url.starts_with("https://") => {
            println!("cargo::error=PARALLEL_BASE_URL must begin with https://, or with http://");
        }
        _ => {}
    }
    let roots = match setting("TASKGROUP_CA_FILE") {
        None => "Roots::mozilla()".into(),
        Some(file) => certificates(PathBuf::from(file)),
    };
    if minutes.parse::<u32>().is_err() {
        println!("cargo::error=ASK_EVERY_MINUTES is not a whole number of minutes: {minutes}");
    }
    fs::write(out().join("minutes.rs"), minutes).expect("cargo's own folder can be written to");
    fs::write(out().join("roots.rs"), roots).expect("cargo's own folder can be written to");
}

/// The value of an environment variable, if it has one. When it is another, all is built again.
fn setting(name: &str) -> Option<String> {
    println!("cargo::rerun-if-env-changed={name}");
    env::var(name).ok()
}

/// Builds this program. Gives the minutes after which it asks by itself, these if nothing else is set.
fn choose(program: &str, minutes: &str) -> String {
    println!("cargo::rustc-cfg=program=\"{program}\"");
    setting("ASK_EVERY_MINUTES").unwrap_or_else(|| minutes.into())
}

fn out() -> PathBuf {
    PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"))
}

/// `Roots` of the certificates in this PEM file, as Rust.
fn certificates(file: PathBuf) -> String {
    if file.is_relative() {
        println!("cargo::error=TASKGROUP_CA_FILE, {}: give the whole path, from / on", file.display());
    }
    println!("cargo::rerun-if-changed={}", file.display());
    let found = CertificateDer::pem_file_iter(&file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = match found {
        Ok(certificates) => certificates,
        Err(why) => {
            println!("cargo::error=TASKGROUP_CA_FILE, {}: {why}", file.display());
            return "Roots::Certificates(&[])".into();
        }
    };
    if certificates.is_empty() {
        println!("cargo::error=TASKGROUP_CA_FILE, {}: there is no certificate in it, as PEM", file.display());
    }
    let mut included = String::new();
    for (number, certificate) in certificates.iter().enumerate() {
        let der = out().join(format!("root{number}.der"));
        fs::write(&der, certificate).expect("cargo's own folder can be written to");
        included += &format!("include_bytes!({der:?}), ");
    }
    format!("Roots::Certificates(&[{included}])")
}
