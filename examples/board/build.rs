//! Says which setting is missing, before the compiler says it less clearly.

const SETTINGS: [(&str, &str); 3] = [
    ("PARALLEL_BASE_URL", "the gateway on your network, such as http://192.168.1.10:8080"),
    ("PARALLEL_API_KEY", "the key that the gateway takes"),
    ("TASKGROUP_ID", "the group whose runs are shown, tgrp_…"),
];

fn main() {
    for (name, what) in SETTINGS {
        println!("cargo::rerun-if-env-changed={name}");
        match std::env::var(name) {
            Err(_) => println!("cargo::error={name} is not set: {what}"),
            Ok(url) if name == "PARALLEL_BASE_URL" && !url.starts_with("http://") => {
                println!("cargo::error={name} must begin with http://: these boards speak no TLS yet");
            }
            Ok(_) => {}
        }
    }
}
