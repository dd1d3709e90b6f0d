//! What the compiler says of a record or a profile that is wrong: it names the field and the pointer, or the
//! member, and what would be right.
//!
//! Each case is a program of its own in a package that depends on `taskgroup` alone.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

const HEAD: &str = "use taskgroup::{json::{self, Content, List, Raw, Skip}, record, text::Text};\n";
const TAIL: &str = "\nfn main() {}\n";

/// Checks a program without the network; `name` is its own among those of all tests.
fn check(name: &str, program: &str) -> Output {
    static PACKAGE: LazyLock<PathBuf> = LazyLock::new(package);
    let folder = &*PACKAGE;
    let file = folder.join(format!("src/bin/{name}.rs"));
    fs::write(file, format!("#![allow(unused)]\n{HEAD}{program}")).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["check", "--offline", "--quiet", "--bin", name, "--target-dir"]).arg(folder.join("target"));
    cargo.current_dir(folder).output().unwrap()
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn package() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("record-errors");
    fs::create_dir_all(folder.join("src/bin")).unwrap();
    let core = workspace().join("core");
    let manifest = format!(
        "[package]\nname = \"record-errors\"\nedition = \"2024\"\n\n[dependencies]\ntaskgroup = {{ path = {core:?} }}\n\n[workspace]\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::copy(workspace().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    folder
}

/// The program does not compile, and the compiler says all of this.
#[track_caller]
fn refused(name: &str, program: &str, words: &[&str]) -> String {
    let output = check(name, program);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{program} compiles");
    for words in words {
        assert!(said.contains(words), "{program}: {words} is not said in\n{said}");
    }
    said
}

/// A record of two fields, the second as given.
fn with_field(field: &str) -> String {
    format!(
        "record! {{\n    pub struct Badge {{\n        pub run: Text<40> = \"/run/run_id\",\n        {field},\n    }}\n}}{TAIL}"
    )
}

#[test]
fn what_is_right_compiles() {
    let mut program = with_field(
        r#"pub answer: Content<64> = "/output/content", pub r#type: Raw<8> = "/a/0x", other: List<Skip, 2> = "/007", index: bool = "/-""#,
    );
    program += "#[allow(dead_code)] fn id() {}\nrecord! { pub struct Other<const N: usize = 4> { id: Option<Text<N>> = \"/id\", inner: Badge = \"/in\" } }";
    let output = check("right", &program);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_type_that_is_not_a_field_gets_an_error_that_says_what_is_one() {
    let kinds = [
        "Text<N>",
        "Raw<N>",
        "`Content<N>` of up to `N` bytes",
        "`List<T, N>` of up to `N` elements",
        "a number",
        "`bool`",
        "`Option`",
        "`Skip`",
    ];
    let makers = ["`Pieces`", "`enumeration!`", "`record!`"];
    let words = [&["`std::string::String` cannot be a field of a record"][..], &kinds, &makers].concat();
    let said = refused("type", &with_field(r#"pub answer: String = "/output/content""#), &words);
    let mut lines = said.lines().skip_while(|line| !line.contains("pub answer: String"));
    let shown = lines.next().unwrap();
    let underlined = lines.next().unwrap();
    assert_eq!(underlined.find("^^^^^^ not a place for a JSON value"), shown.find("String"), "{said}");
    let generic =
        r#"record! { pub struct Wide<const N: usize> { id: Text<N> = "/id", answer: String = "/answer" } }"#;
    refused("generic", &(generic.to_owned() + TAIL), &words);
}

#[test]
fn a_type_that_is_not_a_record_gets_an_error_that_says_how_to_make_one() {
    let program = "struct Plain;\nfn main() { _ = json::fill(&mut Plain, b\"{}\"); }\n";
    let words = ["`Plain` is not a record", "taskgroup::record!", "\"/run/run_id\""];
    refused("plain", program, &words);
    let program = "use taskgroup::{api, session::{Config, Session}};
#[derive(Default)] struct Plain;
fn main() { _ = Session::<Plain>::new(Config::new(\"key\"), api::runs(\"g\")); }\n";
    refused("session", program, &words);
}

#[test]
fn a_pointer_that_is_wrong_is_named_with_its_field() {
    let long = "/a/".to_owned() + &"n".repeat(41);
    for (name, pointer, words) in [
        ("slash", "run/status", "does not begin with a slash"),
        ("root", "", "does not begin with a slash"),
        ("tilde", "/a~b", "has a lone `~`"),
        ("long", &long, "has a name of more than 40 bytes"),
        (
            "index",
            "/choices/0/delta",
            "has the array index `0`: point to the array, \"/choices\", and make the field a `List`",
        ),
        ("large-index", "/choices/10", "has the array index `10`: point to the array, \"/choices\""),
        ("twice", "/run/run_id", "is that of field `run`, too"),
        ("into", "/run/run_id/x", "leads into what the pointer of field `run` takes as a whole"),
    ] {
        let words = format!("field `answer`: the pointer \"{pointer}\" {words}");
        refused(name, &with_field(&format!("pub answer: Text<40> = {pointer:?}")), &[&words]);
    }
    let words =
        "field `run`: the pointer \"/run/run_id\" leads into what the pointer of field `answer` takes";
    refused("over", &with_field(r#"pub answer: Raw<40> = "/run""#), &[words]);
}

#[test]
fn a_field_without_a_pointer_is_named_and_told_how_one_is_written() {
    let words = "field `answer` has no JSON Pointer to its value: write `answer: … = \"/answer\"`";
    let said = refused("none", &with_field("pub answer: Text<40>"), &[words]);
    assert!(!said.contains("field `run`"), "{said}");
    let generic = r#"record! { struct Wide<const N: usize> { id: Text<N>, answer: Text<8> = "/answer" } }"#;
    refused("none-generic", &(generic.to_owned() + TAIL), &["field `id` has no JSON Pointer"]);
}

#[test]
fn what_is_not_a_struct_with_named_fields_is_told_what_a_record_is() {
    for (name, program) in [
        ("tuple", "record! { struct Pair(u8, u8); }"),
        ("enum", r#"record! { enum Kind { One = "/one" } }"#),
        ("no-colon", r#"record! { struct Badge { run = "/run" } }"#),
    ] {
        let words = "a record is a struct with a JSON Pointer for each field: `pub struct Name {";
        refused(name, &(program.to_owned() + TAIL), &[words]);
    }
}

const PROFILE: &str = "use taskgroup::{api::{Base, Brief, Output, Profile, StreamEvent}, profile};\n";

#[test]
fn a_profile_may_change_any_members_of_another_and_be_made_from_again_when_it_has_all() {
    let members = fs::read_to_string(workspace().join("core/src/api/profiles.rs")).unwrap();
    let all: String = members
        .lines()
        .skip_while(|line| !line.contains("struct Brief<P>"))
        .take_while(|line| *line != "    }")
        .filter(|line| line.contains("type "))
        .collect();
    let program = format!(
        "{PROFILE}use taskgroup::api::ErrorObject;
profile! {{ /// Of a display.
    #[derive(Hash)] pub struct Display: Brief {{ type Output = Option<Output<Self>>; type Content = Content<8>; }} }}
profile! {{ struct Same: taskgroup::api::Standard {{}} }}
profile! {{ struct Own<P> {{ {all} }} }}
profile! {{ struct Derived: Own {{ type Message = Text<200>; }} }}
fn message(event: &StreamEvent<Derived>) -> Option<&Text<200>> {{ event.error.as_ref().map(|error| &error.message) }}
{TAIL}"
    );
    let output = check("profiles", &program);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_profile_that_is_wrong_is_told_what_is() {
    for (name, program, words) in [
        (
            "member",
            "Wrong: Brief { type Outptu = Skip; }",
            &["`Outptu`", "cannot find associated type", "`Output`"][..],
        ),
        (
            "double",
            "Wrong: Brief { type Output = Skip; type Output = Skip; }",
            &["`Output` is defined multiple times"],
        ),
        ("field", "Wrong: Brief { type Output = String; }", &["`std::string::String` cannot be a field"]),
        ("base", "Wrong: Given {}", &["a profile cannot be made from `Given`", "`taskgroup_std::Whole`"]),
        ("missing", "Wrong<P> { type Name = Skip; }", &["missing: `EventId`"]),
        ("form", "Wrong { type Name = Skip; }", &["a profile is `pub struct Name: Brief {"]),
    ] {
        let given = "profile! { struct Given: Brief {} }";
        let program = format!("{PROFILE}{given}\nprofile! {{ struct {program} }}{TAIL}");
        refused(&format!("profile-{name}"), &program, words);
    }
}
