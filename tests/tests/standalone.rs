//! Each parser of the core compiles with nothing else of the crate but `text` and `time`: you can copy the
//! files of a single one.
//!
//! The parsers are the public modules in the core's `lib.rs`, except the two below them and those that join
//! them.
//!
//! The session compiles with all of them and without the service's module, and no word of the service's
//! stands in what is below that.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Output},
};

const BELOW: [&str; 2] = ["text", "time"];
const ABOVE: [&str; 3] = ["session", "api", "follow"];

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are a member of the workspace")
}

fn sources() -> PathBuf {
    workspace().join("core/src")
}

fn machines() -> Vec<String> {
    let map = fs::read_to_string(sources().join("lib.rs")).unwrap();
    let modules = map.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    modules.filter(|module| !BELOW.contains(module) && !ABOVE.contains(module)).map(String::from).collect()
}

/// Makes a package of these modules and those below them, with the versions of this workspace, and checks it
/// without the network.
fn check(package: &str, modules: &[&str], alter: impl FnOnce(&Path)) -> Output {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("standalone").join(package);
    _ = fs::remove_dir_all(&folder);
    let source = folder.join("src");
    fs::create_dir_all(&source).unwrap();

    let mut map =
        String::from("#![no_std]\n#![forbid(unsafe_code)]\n#![allow(dead_code, unexpected_cfgs)]\n");
    for module in BELOW.iter().chain(modules) {
        map += &format!("pub mod {module};\n");
        copy(&sources(), &source, module).unwrap();
    }
    fs::write(source.join("lib.rs"), map).unwrap();
    fs::write(folder.join("Cargo.toml"), manifest(package)).unwrap();
    fs::copy(workspace().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    alter(&source);

    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["check", "--offline", "--quiet", "--target-dir"]).arg(folder.with_file_name("target"));
    cargo.current_dir(&folder).output().unwrap()
}

/// A module is a file, a folder or both.
fn copy(from: &Path, to: &Path, module: &str) -> io::Result<()> {
    let file = format!("{module}.rs");
    if from.join(&file).exists() {
        fs::copy(from.join(&file), to.join(&file))?;
    }
    let folder = from.join(module);
    if !folder.exists() {
        return Ok(());
    }
    copy_folder(&folder, &to.join(module))
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().expect("an entry of a folder has a name"));
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

fn manifest(package: &str) -> String {
    let versions = fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    let dependency = |name| {
        let named = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(" = "));
        versions.lines().find(named).expect("the workspace has a version of it")
    };
    let dependencies = ["heapless", "memchr"].map(dependency).join("\n");
    format!(
        "[package]\nname = \"{package}\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}\n\n[workspace]\n"
    )
}

#[test]
fn each_machine_compiles_with_only_text_and_time_beside_it() {
    let machines = machines();
    assert!(machines.iter().any(|machine| machine == "sse"), "{machines:?}");
    for machine in machines {
        let output = check(&format!("only-{machine}"), &[&machine], |_| {});
        assert!(output.status.success(), "{machine}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_machine_that_reaches_for_another_is_found_out() {
    let output = check("not-only-sse", &["sse"], |source| {
        let file = source.join("sse.rs");
        let text = fs::read_to_string(&file).unwrap() + "\nuse crate::session::Session;\n";
        fs::write(file, text).unwrap();
    });
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && errors.contains("crate::session"), "{errors}");
}

/// All that the session stands on, and the session. The log lines are macros, whose module comes first.
const WITHOUT_THE_SERVICE: [&str; 5] = ["log", "sse", "json", "http", "session"];

#[test]
fn the_session_compiles_without_the_service() {
    let output = check("without-api", &WITHOUT_THE_SERVICE, |_| {});
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let output = check("not-without-api", &WITHOUT_THE_SERVICE, |source| {
        let file = source.join("session/config.rs");
        let text = fs::read_to_string(&file).unwrap() + "\nuse crate::api::Version;\n";
        fs::write(file, text).unwrap();
    });
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && errors.contains("crate::api"), "{errors}");
}

/// What stands between quotes in a file's code, word by word: those words that are names, by a dash, a dot or
/// an underscore in them.
fn names(code: &str) -> BTreeSet<String> {
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    // Not that of an escape or of a letter.
    let escapes = [r"\\", "\\\"", "'\"'"];
    let code = lines.collect::<Vec<_>>().join("\n");
    let code = escapes.iter().fold(code, |code, escape| code.replace(escape, ""));
    assert!(code.matches('"').count().is_multiple_of(2), "quotes that are not understood: {code}");
    let is_inside = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
    let words =
        code.split('"').skip(1).step_by(2).flat_map(|text| text.split(move |letter| !is_inside(letter)));
    let words = words.map(|word| word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric()));
    words.filter(|word| word.contains(['-', '.', '_'])).map(String::from).collect()
}

/// The names in all of a module, but for its tests.
fn names_in(path: &Path) -> BTreeSet<String> {
    if path.file_stem().is_some_and(|name| name == "tests") || !path.exists() {
        return BTreeSet::new();
    }
    if path.is_file() {
        return names(&fs::read_to_string(path).unwrap());
    }
    fs::read_dir(path).unwrap().flat_map(|entry| names_in(&entry.unwrap().path())).collect()
}

#[test]
fn no_word_of_the_service_stands_below_its_own_module() {
    let service = names_in(&sources().join("api/service.rs"));
    for word in
        ["api.parallel.ai", "x-api-key", "task_run.state", "event_id", "last_event_id", "ref_id", "is_active"]
    {
        assert!(service.contains(word), "{word} is looked for: {service:?}");
    }
    let modules = BELOW.iter().chain(&WITHOUT_THE_SERVICE);
    let files = modules.flat_map(|name| [sources().join(format!("{name}.rs")), sources().join(name)]);
    let below: BTreeSet<_> = files.flat_map(|path| names_in(&path)).collect();
    for word in ["event-stream", "user-agent", "transfer-encoding", "x-should-retry"] {
        assert!(below.contains(word), "{word} is looked for: {below:?}");
    }
    let both: Vec<_> = service.intersection(&below).collect();
    assert!(both.is_empty(), "{both:?}");
}
