//! Says clearly which setting is missing, before the compiler does.

fn main() {
    for (name, what) in
        [("WIFI_SSID", "the name of your Wi-Fi"), ("WIFI_PASSWORD", "its password; empty for an open one")]
    {
        println!("cargo::rerun-if-env-changed={name}");
        if std::env::var_os(name).is_none() {
            println!("cargo::error={name} is not set: {what}");
        }
    }
}
