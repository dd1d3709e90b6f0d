//! Says clearly which setting is missing, before the compiler does.

const SETTINGS: [(&str, &str); 2] = [
    ("PARALLEL_API_KEY", "your key for the service"),
    ("TASKGROUP_ID", "the group whose runs are shown, tgrp_…"),
];

fn main() {
    for (name, what) in SETTINGS {
        println!("cargo::rerun-if-env-changed={name}");
        if std::env::var_os(name).is_none() {
            println!("cargo::error={name} is not set: {what}");
        }
    }
    println!("cargo::rerun-if-env-changed=NTP_SERVER");
    println!("cargo::rerun-if-env-changed=PARALLEL_BASE_URL");
    match std::env::var("PARALLEL_BASE_URL") {
        Ok(url) if url.starts_with("http://") => {
            println!(
                "cargo::warning=PARALLEL_BASE_URL begins with http://: the key goes over the network in the clear"
            );
        }
        Ok(url) if !url.starts_with("https://") => {
            println!("cargo::error=PARALLEL_BASE_URL must begin with https://, or with http://");
        }
        _ => {}
    }
}
