//! What the Rust API guidelines ask of every public type of the core: errors are errors, what can be sent to
//! another thread can, and whatever is shown on a desktop is shown on a device.
//!
//! The lists are held to the sources, so that a new type is not forgotten.

use std::{error::Error, fmt::Debug, fs, path::Path};

use taskgroup::{api, follow, http, json, session, sse, text, time};

/// The text of each file of the core, without its tests.
fn sources() -> Vec<String> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("core/src")];
    let mut sources = vec![];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                sources.push(text.split("#[cfg(test)]\nmod ").next().unwrap().to_owned());
            }
        }
    }
    sources
}

/// The name of a type, without its parameters.
fn name(declared: &str) -> &str {
    declared.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap()
}

/// The names after such words at the beginning of a line.
fn names<'s>(source: &'s str, before: &'s str) -> impl Iterator<Item = &'s str> {
    source.lines().filter_map(move |line| line.strip_prefix(before)).map(name)
}

macro_rules! errors {
    ($($error:ty,)+) => {{
        const fn is_error<E: Error + Clone + PartialEq + Send + Sync + 'static>() {}
        $(is_error::<$error>();)+
        [$(name(stringify!($error).rsplit("::").next().unwrap())),+]
    }};
}

#[test]
fn what_can_be_shown_is_an_error_or_is_none_for_a_reason() {
    let errors = errors! {
        api::body::Limit, http::Error, json::Error, json::NoJson, json::ParseError, json::Stop, session::ApiError, session::Capacity,
        session::Cause, session::Failure, session::Fault, session::InvalidUrl, session::Misuse, session::Outcome,
        session::Skipped,
    };
    // A text, words of others, and parts of the sentence that an error is.
    let others = ["Text", "Name", "Misfit", "Hint", "Quoted"];
    let sources = sources();
    let mut shown: Vec<_> = sources
        .iter()
        .flat_map(|source| {
            names(source, "impl fmt::Display for ").chain(names(source, "impl core::fmt::Display for "))
        })
        .collect();
    shown.push("Text");
    assert!(shown.contains(&"Outcome") && shown.contains(&"Failure"), "{shown:?}");
    for shown in shown {
        assert!(errors.contains(&shown) || others.contains(&shown), "is `{shown}` an error? list it here");
    }
}

#[test]
fn an_error_says_all_by_itself_so_that_no_reporter_says_it_twice() {
    let json = json::fill(&mut api::TaskRun::<api::Brief>::default(), b"[01]").unwrap_err();
    let fault = session::Fault::Json(json);
    for error in [&json as &dyn Error, &fault, &session::Outcome::Peer(fault), &session::Cause::Peer(fault)] {
        assert!(error.to_string().contains(&json.to_string()), "{error}");
        assert!(error.source().is_none(), "{error}");
    }
}

#[test]
fn whatever_is_kept_can_be_sent_to_another_thread_shared_and_shown() {
    const fn is_free<T: Debug + Send + Sync + Unpin + 'static>() {}
    is_free::<session::Session<'static, api::StreamEvent>>();
    is_free::<session::Config<'static>>();
    is_free::<session::Request<'static>>();
    is_free::<session::Event<'static, api::StreamEvent>>();
    is_free::<session::Action>();
    is_free::<session::Hint>();
    is_free::<api::StreamEvent<api::Brief>>();
    is_free::<api::View<'static, api::Standard>>();
    is_free::<api::AddedRuns>();
    is_free::<api::RunResult>();
    is_free::<api::body::NewRuns<'static>>();
    is_free::<api::body::RunInput<'static>>();
    is_free::<follow::Event<'static, api::RunResult>>();
    is_free::<follow::Follow<'static, api::RunResult>>();
    is_free::<follow::State>();
    is_free::<http::Response>();
    is_free::<http::Head>();
    is_free::<http::Part<'static>>();
    is_free::<http::Writer<'static>>();
    is_free::<json::Tokenizer>();
    is_free::<json::Token<'static>>();
    is_free::<json::Filler>();
    is_free::<json::Content<8>>();
    is_free::<json::List<json::Raw<8>, 2>>();
    is_free::<json::Pieces<fn(json::Piece<'_>)>>();
    is_free::<sse::Tokenizer>();
    is_free::<sse::Parser<8>>();
    is_free::<sse::Event<'static>>();
    is_free::<text::Decoder>();
    is_free::<time::Instant>();
}

#[test]
fn a_value_of_json_is_shown_without_the_text() {
    struct Shown(String);
    impl json::Field for Shown {
        fn clear(&mut self) {}

        fn fill(&mut self, json: &mut json::Json<'_, '_>) -> Result<(), json::Stop> {
            self.0 = format!("{json:?}");
            json.skip()
        }
    }
    taskgroup::record! { struct Of { shown: Shown = "/a/b" } }
    let mut of = Of { shown: Shown(String::new()) };
    json::fill(&mut of, br#"{"a": {"b": "secret"}}"#).unwrap();
    assert_eq!(of.shown.0, r#"Json { level: 2, member: "b", input: 11, .. }"#);
}

#[test]
fn what_has_debug_has_format() {
    let sources = sources();
    let format = sources.iter().find(|source| source.contains("macro_rules! __format_as_debug")).unwrap();
    let has_format = |name: &str| {
        format.lines().any(|line| {
            line.split("::").any(|part| part == format!("{name};") || part.starts_with(&format!("{name}<")))
        }) || sources.iter().any(|source| {
            source.lines().any(|line| {
                line.split_once("defmt::Format for ").is_some_and(|(_, named)| self::name(named) == name)
            })
        })
    };
    let mut count = 0;
    for source in &sources {
        let lines: Vec<_> = source.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let Some(declared) = line.strip_prefix("pub struct ").or(line.strip_prefix("pub enum ")) else {
                continue;
            };
            let attributes = lines[..index].iter().rev().take_while(|line| !line.is_empty());
            let derives = attributes.into_iter().any(|line| line.contains("derive(defmt::Format)"));
            assert!(derives || has_format(name(declared)), "`{}` has no `defmt::Format`", name(declared));
            count += 1;
        }
    }
    assert!(count > 40, "only {count} types are found");
}
