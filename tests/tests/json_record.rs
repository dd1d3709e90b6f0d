//! JSON texts into records, in every chunking: each type of field, what does not fit, what is cut, what
//! is watched; numbers and raw texts with the standard library and serde_json as oracles.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::Value;
use taskgroup::{
    enumeration,
    json::{
        Content, Error, Field, Filler, Json, List, Misfit, ParseError, Piece, Pieces, Raw, Record, Skip,
        Stop, Token, Watch, fill,
    },
    record,
    text::Text,
};
use taskgroup_tests::splits;

/// Fills a fresh record with the text in every chunking, each time over what another text has left.
#[track_caller]
fn filled<R: Record + Default + Clone + PartialEq + std::fmt::Debug>(text: &str) -> (R, Result<(), Error>) {
    let mut used = R::default();
    _ = fill(&mut used, text.as_bytes());
    splits(text.as_bytes(), &[b" ", b"\n"], |chunks| {
        let mut record = used.clone();
        let result = fill_chunks(&mut record, &mut (), chunks);
        (record, result)
    })
}

fn fill_chunks(record: &mut dyn Record, watch: &mut dyn Watch, chunks: &[&[u8]]) -> Result<(), Error> {
    let mut filler = Filler::new();
    filler.begin(record);
    for mut chunk in chunks.iter().copied() {
        filler.feed(record, watch, &mut chunk)?;
        assert!(chunk.is_empty());
    }
    filler.finish()
}

/// The name of the member that did not fit.
fn mismatch(result: Result<(), Error>) -> String {
    match result {
        Err(Error::Mismatch(name)) => name.to_string(),
        other => panic!("{other:?}"),
    }
}

enumeration! {
    /// Of a run.
    enum Status { Queued = "queued", Running = "running", Done = "completed" }
}

record! {
    /// One field of each type.
    #[derive(Clone, Debug, PartialEq)]
    struct All {
        text: Text<8> = "/text",
        raw: Raw<24> = "/raw",
        content: Content<16> = "/content",
        list: List<Text<4>, 2> = "/list",
        runs: List<Run, 2> = "/runs",
        run: Run = "/run",
        maybe: Option<Text<4>> = "/maybe",
        maybe_run: Option<Run> = "/maybe_run",
        byte: u8 = "/byte",
        long: u64 = "/long",
        short: i8 = "/short",
        signed: i64 = "/signed",
        single: f32 = "/single",
        double: f64 = "/double",
        flag: bool = "/flag",
        status: Status = "/status",
        skip: Skip = "/skip",
        deep: u16 = "/a/b/c",
        other: Text<4> = "/a/d",
    }
}

record! {
    #[derive(Clone, Debug, PartialEq)]
    struct Run { id: Text<8> = "/id", active: bool = "/active" }
}

fn run(id: &str, active: bool) -> Run {
    Run { id: id.into(), active }
}

#[test]
fn every_type_of_field_takes_its_value_wherever_the_text_is_cut() {
    let (all, result) = filled::<All>(
        r#" {"text":"Z\u00fcrich","raw":{"k":[1,"ü"]},"content":"so\n","list":["a","b","c"],
        "run":{"id":"r","x":0,"active":true},"runs":[{"id":"1"},{"active":true}],"maybe":"m","byte":255,"long":18446744073709551615,
        "short":-128,"single":0.1,"double":-2.5e-3,"flag":true,"status":"running","skip":[{}],"a":{"d":"e","b":{"c":7}}}"#,
    );
    assert_eq!(result, Ok(()));
    assert_eq!((&*all.text, all.text.lost()), ("Zürich", 0));
    assert_eq!(all.raw.as_str(), r#"{"k":[1,"ü"]}"#);
    assert_eq!((all.content.as_text(), all.content.as_json()), (Some("so\n"), None));
    assert_eq!((all.list.len(), &*all.list[1], all.list.lost()), (2, "b", 1));
    assert_eq!((all.run, all.runs.as_slice()), (run("r", true), &[run("1", false), run("", true)][..]));
    assert_eq!((all.maybe.as_deref(), all.maybe_run), (Some("m"), None));
    assert_eq!((all.byte, all.long, all.short), (255, u64::MAX, -128));
    assert_eq!((all.single, all.double), (0.1, -2.5e-3));
    assert_eq!((all.flag, all.status, all.deep, &*all.other), (true, Status::Running, 7, "e"));
}

#[test]
fn null_and_absent_members_leave_the_default_but_raw_keeps_the_word() {
    let names = ["text", "raw", "content", "list", "run", "runs", "maybe", "maybe_run", "byte", "flag"];
    let more = ["long", "short", "signed", "single", "double", "status", "skip", "a"];
    let text = names
        .into_iter()
        .chain(more)
        .fold(String::from("{"), |text, name| text + &format!(r#""{name}":null,"#));
    let (mut all, result) = filled::<All>(&(text + r#""z":0}"#));
    assert_eq!((result, all.raw.as_str()), (Ok(()), "null"));
    all.raw.clear();
    assert_eq!(all, All::default());
    assert_eq!(filled::<All>("{}"), (All::default(), Ok(())));
    assert_eq!(all.content.as_text().or(all.content.as_json()), None);
}

#[test]
fn the_last_of_repeated_members_counts_at_every_level() {
    let (all, result) = filled::<All>(
        r#"{"text":"first","text":"2","list":["a","b","c"],"list":["d"],"run":{"id":"r","active":true},"run":{"id":"s"},
        "a":{"d":"e","b":{"c":7}},"a":{"b":{}},"maybe":"m","maybe":null,"byte":1,"byte":null,"flag":true,"flag":null}"#,
    );
    assert_eq!(result, Ok(()));
    let list = (all.list.len(), &*all.list[0], all.list.lost());
    assert_eq!((&*all.text, list, all.run), ("2", (1, "d", 0), run("s", false)));
    assert_eq!((all.deep, &*all.other, all.maybe, all.byte, all.flag), (0, "", None, 0, false));
}

#[test]
fn a_mismatch_is_skipped_and_named_and_all_else_is_filled() {
    for (member, value) in [
        ("text", "1"),
        ("text", r#"{"text":"x"}"#),
        ("text", r#"["x",["y"]]"#),
        ("list", r#"{"list":["x"]}"#),
        ("list", "\"abc\""),
        ("list", "true"),
        ("list", "[1]"),
        ("run", "[{\"id\":\"x\"}]"),
        ("run", "\"abc\""),
        ("id", r#"{"id":5}"#),
        ("runs", "[[]]"),
        ("runs", r#"[{"id":"a"},7]"#),
        ("maybe", "false"),
        ("byte", "256"),
        ("byte", "-1"),
        ("byte", "1.5"),
        ("byte", "1e3"),
        ("byte", "\"1\""),
        ("byte", r#"{"byte":1,"x":[2]}"#),
        ("long", "18446744073709551616"),
        ("short", "-129"),
        ("short", "128"),
        ("signed", "9223372036854775808"),
        ("single", "1e39"),
        ("double", "1e309"),
        ("double", "0.12345678901234567890123456789012345678901"),
        ("flag", "0"),
        ("flag", "\"true\""),
        ("flag", "[true]"),
        ("status", "1"),
        ("status", r#"{"status":"queued"}"#),
        ("a", "[0]"),
        ("b", r#"{"b":3}"#),
        ("c", r#"{"b":{"c":"7"}}"#),
    ] {
        let name = match member {
            "id" => "run",
            "b" | "c" => "a",
            root => root,
        };
        let text = format!(r#"{{"{name}":{value},"content":"seen","skip":{{}}}}"#);
        let (all, result) = filled::<All>(&text);
        assert_eq!(mismatch(result), member, "{text}");
        assert_eq!(all.content.as_text(), Some("seen"), "{text}");
        assert_eq!(
            (all.list.lost(), all.runs.lost() > 0),
            ((value == "[1]").into(), member == "runs"),
            "{text}"
        );
        let rest = All { content: Content::default(), list: List::default(), runs: List::default(), ..all };
        assert_eq!(rest, All::default(), "{text}");
    }
    assert_eq!(mismatch(filled::<All>(r#"{"byte":[],"flag":[]}"#).1), "byte", "the first is named");
}

#[test]
fn a_list_is_without_the_elements_that_do_not_fit_and_counts_them() {
    let (all, result) = filled::<All>(
        r#"{"list":["a",[1,["\u00e9"]],"c",{"b":2},"d"],"runs":[{"id":"r"},7,{"id":5,"active":true}],"byte":1}"#,
    );
    assert_eq!(mismatch(result), "list", "the first is named");
    assert_eq!((all.list.as_slice(), all.list.lost()), (&["a".into(), "c".into()][..], 3));
    assert_eq!((all.runs.as_slice(), all.runs.lost()), (&[run("r", false), run("", true)][..], 1));
    assert_eq!(all.byte, 1);
    let (all, _) = filled::<All>(r#"{"list":[1,2,3],"runs":[[{"id":"a"}],null,"x"]}"#);
    assert_eq!((all.list.len(), all.list.lost()), (0, 3));
    assert_eq!((all.runs.as_slice(), all.runs.lost()), (&[run("", false)][..], 2));
}

#[test]
fn an_option_is_none_after_a_mismatch_unless_only_something_in_it_did_not_fit() {
    for value in ["[{\"id\":\"a\"}]", "\"l\\u00f6ng\"", "1.5", "{\"id\":\"a\"}", "[[\"a\"]]"] {
        let (all, result) = filled::<All>(&format!(r#"{{"maybe":{}, "maybe_run":{value}}}"#, "[1]"));
        assert_eq!((all.maybe, mismatch(result)), (None, "maybe".into()), "{value}");
        assert_eq!(all.maybe_run.is_some(), value.starts_with('{'), "{value}");
    }
    let (all, result) = filled::<All>(r#"{"maybe_run":{"id":[5],"active":true}}"#);
    assert_eq!((all.maybe_run, mismatch(result)), (Some(run("", true)), "id".into()));
}

#[test]
fn a_member_that_comes_again_is_filled_and_the_mismatch_of_the_first_is_still_told() {
    let (all, result) = filled::<All>(
        r#"{"byte":{"c":"x"},"byte":7,"a":{"d":"e","b":{"c":7}},"a":[],"list":["a"],"list":{"a":1},"maybe":"a","maybe":1}"#,
    );
    assert_eq!((all, mismatch(result)), (All { byte: 7, ..All::default() }, "byte".into()));
}

#[test]
fn a_value_that_does_not_fit_is_still_checked_to_its_end() {
    for (text, error) in [
        (r#"{"byte":"\x"}"#, Error::Escape),
        (r#"{"byte":[1,{"a":01}]}"#, Error::Number),
        (r#"{"list":[{"a":1]}"#, Error::Unexpected),
        (r#"{"run":["a",]}"#, Error::Unexpected),
        ("{\"byte\":\"a\nb\"}", Error::Control),
        (r#"{"list":[1,{"a":"#, Error::Incomplete),
    ] {
        let result = splits(text.as_bytes(), &[], |chunks| fill_chunks(&mut All::default(), &mut (), chunks));
        assert_eq!(result, Err(error), "{text}");
    }
}

#[test]
fn an_error_tells_why_a_value_did_not_fit() {
    let long = "0.12345678901234567890123456789012345678901";
    for (member, value, why, words) in [
        ("byte", "2.5", Misfit::Integer, "`byte` is not an integer"),
        ("byte", "0.1234567890123456789012345", Misfit::Integer, "`byte` is not an integer"),
        ("byte", "25e-1", Misfit::Integer, "`byte` is not an integer"),
        ("byte", "300", Misfit::Range, "`byte` is out of range"),
        ("byte", "-1", Misfit::Range, "`byte` is out of range"),
        ("byte", "3e2", Misfit::Range, "`byte` is out of range"),
        ("byte", "\"1\"", Misfit::Type, "`byte` has a value of another type"),
        ("byte", long, Misfit::Long, "`byte` is a number of more than 40 characters"),
        ("short", "-129", Misfit::Range, "`short` is out of range"),
        ("signed", "1e19", Misfit::Range, "`signed` is out of range"),
        ("double", "1e309", Misfit::Range, "`double` is out of range"),
        ("double", long, Misfit::Long, "`double` is a number of more than 40 characters"),
        ("text", "1", Misfit::Type, "`text` has a value of another type"),
        ("run", "[]", Misfit::Type, "`run` has a value of another type"),
    ] {
        let (_, result) = filled::<All>(&format!(r#"{{"{member}":{value}}}"#));
        let Err(Error::Mismatch(name)) = result else { panic!("{result:?}") };
        assert_eq!((&*name, name.why()), (member, why), "{value}");
        assert_eq!(Error::Mismatch(name).to_string(), format!("JSON member {words}"), "{value}");
    }
}

#[test]
fn a_root_that_is_not_an_object_is_a_mismatch_without_a_name() {
    for text in ["[]", "null", "7", "-0.5e1", "\"text\"", "true", r#"[{"text":"x"}]"#] {
        let (all, result) = filled::<All>(text);
        assert_eq!(result.unwrap_err().to_string(), "JSON text is not an object", "{text}");
        assert_eq!((all, mismatch(result)), (All::default(), String::new()), "{text}");
    }
    record! { #[derive(Clone, Debug, PartialEq)] struct Nameless { empty: u8 = "/" } }
    let (_, result) = filled::<Nameless>(r#"{"":"x"}"#);
    assert_eq!(result.unwrap_err().to_string(), "JSON member `` has a value of another type");
}

#[test]
fn a_text_that_is_wrong_or_cut_is_not_a_mismatch() {
    let text = r#"{"byte":"x","run":{"id":"a"},"list":["a"],"raw":[{}]}"#;
    for end in 0..text.len() {
        let mut all = All::default();
        assert_eq!(fill(&mut all, &text.as_bytes()[..end]), Err(Error::Incomplete), "{end}");
    }
    for (text, error) in [
        (r#"{"run":{"id":"a",}}"#, Error::Unexpected),
        (r#"{"list":["a"}"#, Error::Unexpected),
        (r#"{"list":["a",]}"#, Error::Unexpected),
        (r#"{"maybe":x}"#, Error::Unexpected),
        (r#"{"content":x}"#, Error::Unexpected),
        (r#"{"byte":01}"#, Error::Number),
        (r#"{"text":"\x"}"#, Error::Escape),
        (r#"{"text":1}}"#, Error::Trailing),
        ("{} {}", Error::Trailing),
    ] {
        let result = splits(text.as_bytes(), &[], |chunks| fill_chunks(&mut All::default(), &mut (), chunks));
        assert_eq!(result, Err(error), "{text}");
    }
}

#[test]
fn what_is_too_long_is_cut_and_counted_after_it_was_read_whole() {
    let (all, result) = filled::<All>(
        r#"{"text":"1234567\u00e9x\ud83d\ude00","raw":["123456789","123456789","12"],"content":"0123456789abcde\u20ac","run":{"id":"123456789"}}"#,
    );
    assert_eq!((result, &*all.text, all.text.lost()), (Ok(()), "1234567", 7));
    assert_eq!((all.raw.as_str(), all.raw.lost()), (r#"["123456789","123456789""#, 6));
    assert_eq!((all.content.as_text(), all.content.lost()), (Some("0123456789abcde"), 3));
    assert_eq!(all.run.id.lost(), 1);
}

#[test]
fn a_megabyte_passes_through_eight_bytes() {
    let long = "0123456789 \u{20ac}\\n".repeat(70_000);
    let text = format!(r#"{{"x":"{long}","text":"{long}","y":["{long}"],"flag":true}}"#);
    for chunk in [1, 1460, 16_384, text.len()] {
        let mut all = All::default();
        let chunks: Vec<&[u8]> = text.as_bytes().chunks(chunk).collect();
        assert_eq!(fill_chunks(&mut all, &mut (), &chunks), Ok(()));
        assert_eq!((&*all.text, all.text.lost(), all.flag), ("01234567", 15 * 70_000 - 8, true));
    }
}

#[test]
fn members_that_no_record_names_are_skipped_to_128_levels() {
    let deep = |levels: usize| {
        format!(r#"{{"x":{}{}{},"byte":1}}"#, "[".repeat(levels), "{\"y\":0}", "]".repeat(levels))
    };
    let (all, result) = filled::<All>(&deep(126));
    assert_eq!((all.byte, result), (1, Ok(())));
    assert_eq!(fill(&mut All::default(), deep(127).as_bytes()), Err(Error::Depth));
    let raw = deep(126).replace('x', "raw");
    let mut all = All::default();
    assert_eq!(fill(&mut all, raw.as_bytes()), Ok(()));
    assert_eq!((all.raw.as_str(), all.byte), (&*"[".repeat(24), 1));
}

#[test]
fn what_is_skipped_must_end_as_it_began_at_any_depth() {
    // Deep, up and down by more levels than a register has bits, and to the end.
    let mut text = String::from(r#"{"x":"#);
    let mut open = vec![];
    for (begin, end) in [(120, 50), (45, 20), (30, 3), (3, 100), (80, 1)] {
        for _ in 0..begin {
            let is_array = open.len() % 3 == 1;
            text += if is_array { "[" } else { r#"{"y":"# };
            open.push(is_array);
        }
        text += "-1.5e3";
        for _ in 0..end {
            text.push(if open.pop().unwrap() { ']' } else { '}' });
        }
        text += if *open.last().unwrap() { "," } else { r#","z":"# };
    }
    text += "null";
    while let Some(is_array) = open.pop() {
        text.push(if is_array { ']' } else { '}' });
    }
    text += r#","byte":1}"#;
    let read = |text: &[u8], chunk| {
        let mut all = All::default();
        let result = fill_chunks(&mut all, &mut (), &text.chunks(chunk).collect::<Vec<_>>());
        result.map(|()| all.byte)
    };
    for chunk in [1, 2, 7, 33, 100, 1460] {
        assert_eq!(read(text.as_bytes(), chunk), Ok(1));
        for at in text.bytes().enumerate().filter(|(_, byte)| b"]}".contains(byte)).map(|(at, _)| at) {
            let mut wrong = text.clone().into_bytes();
            wrong[at] ^= b']' ^ b'}';
            assert_eq!(read(&wrong, chunk), Err(Error::Unexpected), "{at}");
        }
    }
}

#[test]
fn names_are_compared_as_the_text_means_them() {
    record! {
        #[derive(Clone, Debug, PartialEq)]
        struct Names {
            slash: u8 = "/a~1b",
            tilde: u8 = "/~0",
            quote: u8 = "/\"\\",
            empty: u8 = "/",
            inner: u8 = "/o//x",
            umlaut: u8 = "/Größe",
            long: u8 = "/0123456789012345678901234567890123456789",
        }
    }
    let (names, result) = filled::<Names>(
        r#"{"a/b":1,"\u007e":2,"\"\\":3,"":4,"o":{"":{"x":5}},"Gr\u00f6\u00DFe":6,"0123456789012345678901234567890123456789":7,
        "01234567890123456789012345678901234567890":8,"a~1b":9,"~0":10}"#,
    );
    assert_eq!(result, Ok(()));
    let expected = Names { slash: 1, tilde: 2, quote: 3, empty: 4, inner: 5, umlaut: 6, long: 7 };
    assert_eq!(names, expected);
    assert_eq!(filled::<Names>(r#"{"Größe":6}"#).0.umlaut, 6);
}

#[test]
fn whitespace_anywhere_changes_nothing() {
    let tight =
        r#"{"text":"a b","run":{"id":"r","active":true},"list":["a","b"],"byte":7,"raw":{"k":[1,null]}}"#;
    let loose = "\t{ \"text\" : \"a b\" ,\n\"run\" : {\r\n \"id\":\"r\" , \"active\" : true } , \"list\" : [ \"a\" , \"b\" ] , \"byte\" : 7 , \"raw\" : { \"k\" : [ 1 , null ] } } ";
    assert_eq!(filled::<All>(loose), filled::<All>(tight));
}

#[test]
fn a_word_that_is_not_known_or_too_long_is_unknown() {
    for word in ["", "Queued", "queue", "queued ", "0123456789012345678901234567890123456789012"] {
        let (all, result) = filled::<All>(&format!(r#"{{"status":"{word}"}}"#));
        assert_eq!((all.status, result), (Status::Unknown, Ok(())), "{word}");
    }
    assert_eq!(filled::<All>(r#"{"status":"\u0071ueued"}"#).0.status, Status::Queued);
    assert_eq!(
        (Status::Done.to_string(), Status::Unknown.to_string()),
        ("completed".into(), "unknown".into())
    );
}

#[test]
fn records_in_one_another_beyond_16_levels_are_a_mismatch() {
    record! {
        #[derive(Clone, Debug, PartialEq)]
        struct Deep { last: u8 = "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", too_deep: u8 = "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/0p/q" }
    }
    let open: String = ('a'..='o').map(|level| format!(r#"{{"{level}":"#)).collect();
    let text = |inner: &str| open.clone() + inner + &"}".repeat(15);
    assert_eq!(filled::<Deep>(&text(r#"{"p":1}"#)), (Deep { last: 1, too_deep: 0 }, Ok(())));
    let (deep, result) = filled::<Deep>(&text(r#"{"0p":{"q":1},"p":2}"#));
    let Err(Error::Mismatch(name)) = result else { panic!("{result:?}") };
    assert_eq!((deep.last, deep.too_deep, &*name, name.why()), (2, 0, "0p", Misfit::Depth));
}

/// Writes down what it sees.
struct Seen {
    wanted: &'static [&'static str],
    log: String,
}

impl Watch for Seen {
    fn wants(&mut self, name: &str) -> bool {
        let wants = self.wanted.contains(&name);
        if wants {
            write!(self.log, "/{name}=").unwrap();
        }
        wants
    }

    fn token(&mut self, token: &Token<'_>) {
        match *token {
            Token::Name { piece, last } => self.log += &(piece.to_owned() + if last { ":" } else { "" }),
            Token::String { piece, last } => self.log += &(piece.to_owned() + if last { ";" } else { "" }),
            Token::Number { piece, last } => self.log += &(piece.to_owned() + if last { ";" } else { "" }),
            Token::BeginObject => self.log += "{",
            Token::EndObject => self.log += "}",
            Token::BeginArray => self.log += "[",
            Token::EndArray => self.log += "]",
            Token::Bool(value) => self.log += if value { "true;" } else { "false;" },
            Token::Null => self.log += "null;",
        }
    }
}

#[test]
fn a_watch_sees_the_members_of_the_root_that_it_wants_whatever_the_record_makes_of_them() {
    let text = r#"{"type":"task_run.state","x":{"type":1,"event_id":2},"text":"t\u00e9xt","raw":{"type":[null,{"a\n":-1.5}]},"byte":"mismatch",
        "run":{"id":"r","type":true},"list":["a","b","c"],"content":{"c":1},"status":"queued","flag":true,"event_id":"17","a":{"b":{"c":7}}}"#;
    let wanted =
        &["type", "text", "raw", "byte", "run", "list", "content", "status", "flag", "event_id", "a"];
    let (log, byte) = splits(text.as_bytes(), &[], |chunks| {
        let mut seen = Seen { wanted, log: String::new() };
        let mut all = All::default();
        let result = fill_chunks(&mut all, &mut seen, chunks);
        assert_eq!(all.raw.as_str(), r#"{"type":[null,{"a\n":-1."#);
        assert_eq!((&*all.text, &*all.run.id, all.list.lost(), all.deep), ("téxt", "r", 1, 7));
        (seen.log, mismatch(result))
    });
    assert_eq!(
        log,
        "/type=task_run.state;/text=téxt;/raw={type:[null;{a\n:-1.5;}]}/byte=mismatch;/run={id:r;type:true;}/list=[a;b;c;]\
         /content={c:1;}/status=queued;/flag=true;/event_id=17;/a={b:{c:7;}}"
    );
    assert_eq!(byte, "byte");
}

#[test]
fn a_watch_is_not_asked_about_names_beyond_40_bytes_nor_below_the_root() {
    struct Asked(Vec<String>);
    impl Watch for Asked {
        fn wants(&mut self, name: &str) -> bool {
            self.0.push(name.into());
            false
        }
        fn token(&mut self, token: &Token<'_>) {
            panic!("{token:?} of a member that was not wanted");
        }
    }
    let text = format!(
        r#"{{"a":{{"in":1}},"{}":0,"{}":[{{"in":2}}],"\u00e9":3,"run":{{"id":""}}}}"#,
        "x".repeat(41),
        "y".repeat(40)
    );
    let names = splits(text.as_bytes(), &[], |chunks| {
        let mut asked = Asked(Vec::new());
        assert_eq!(fill_chunks(&mut All::default(), &mut asked, chunks), Ok(()));
        asked.0
    });
    assert_eq!(names, ["a", &"y".repeat(40), "é", "run"]);
}

#[test]
fn a_watch_is_asked_only_about_names_with_the_first_bytes_that_it_gives() {
    struct Few(Vec<String>, u32);
    impl Watch for Few {
        fn wants(&mut self, name: &str) -> bool {
            self.0.push(name.into());
            name == "run"
        }
        fn initials(&self) -> u32 {
            self.1
        }
        fn token(&mut self, token: &Token<'_>) {
            self.0.push(format!("{token:?}"));
        }
    }
    let text = r#"{"":0,"a":{"run":1},"run":null,"\u0072":1,"r2":2,"text":"r","other":[]}"#;
    let asked = |initials| {
        splits(text.as_bytes(), &[], |chunks| {
            let mut few = Few(Vec::new(), initials);
            assert_eq!(fill_chunks(&mut All::default(), &mut few, chunks), Ok(()));
            few.0
        })
    };
    assert_eq!(asked(u32::MAX), ["", "a", "run", "Null", "r", "r2", "text", "other"]);
    assert_eq!(asked(1 << (b'r' & 31)), ["run", "Null", "r", "r2"]);
    assert_eq!(asked(1), [""], "the empty name is among those that begin with 0");
    assert_eq!(asked(0), [""; 0]);
}

#[test]
fn pieces_are_told_of_the_beginning_the_text_and_its_end() {
    record! {
        struct Show<F> where F: FnMut(Piece<'_>) { answer: Pieces<F> = "/output/content", id: Text<4> = "/id" }
    }
    let heard = |text: &str| {
        splits(text.as_bytes(), &[], |chunks| {
            let mut heard = String::new();
            let each = |piece: Piece<'_>| match piece {
                Piece::Clear => heard += "<",
                Piece::Text(text) => heard += text,
                Piece::End => heard += ">",
            };
            let mut show = Show { answer: Pieces::new(each), id: Text::new() };
            let result = fill_chunks(&mut show, &mut (), chunks);
            (heard, result)
        })
    };
    assert_eq!(heard(r#"{"output":{"content":"a\n\u20acb"},"id":"1"}"#), ("<a\n€b>".into(), Ok(())));
    assert_eq!(
        heard(r#"{"output":{"content":{"k": ["\u00e9\u0001"]}}}"#),
        ("<{\"k\":[\"é\\u0001\"]}>".into(), Ok(()))
    );
    assert_eq!(heard(r#"{"output":{"content":null}}"#), ("<".into(), Ok(())));
    assert_eq!(heard(r#"{"output":{"content":"a"},"output":{"content":"b"}}"#), ("<a><b>".into(), Ok(())));
    assert_eq!(heard(r#"{"output":{"content":"abc"#), ("<abc".into(), Err(Error::Incomplete)));
}

/// A field of another crate, on the heap.
#[derive(Clone, Debug, Default, PartialEq)]
struct Heap<T>(Vec<T>);

impl<T: Field + Default> Field for Heap<T> {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        json.array(self)
    }
}

impl<T: Field + Default> taskgroup::json::Row for Heap<T> {
    fn push(&mut self) -> bool {
        self.0.push(T::default());
        true
    }

    fn last(&mut self) -> Option<&mut dyn Field> {
        self.0.last_mut().map(|last| last as &mut dyn Field)
    }
}

#[test]
fn a_row_that_cannot_take_a_place_back_leaves_a_default_there() {
    record! { #[derive(Clone, Debug, PartialEq)] struct Rows { rows: Heap<Option<u8>> = "/rows" } }
    let (rows, result) = filled::<Rows>(r#"{"rows":[1,"x",[2],3]}"#);
    assert_eq!((rows.rows.0, mismatch(result)), (vec![Some(1), None, None, Some(3)], "rows".into()));
}

/// Raw text of any length.
#[derive(Clone, Debug, Default, PartialEq)]
struct Whole(String);

impl Field for Whole {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn fill(&mut self, json: &mut Json<'_, '_>) -> Result<(), Stop> {
        json.raw(&mut |piece| self.0.push_str(piece))
    }
}

#[test]
fn fields_of_other_crates_and_generics_with_bounds_are_filled() {
    trait Profile {
        type Content: Field + Default + Clone + PartialEq + std::fmt::Debug;
    }
    #[derive(Clone, Debug, PartialEq)]
    struct Large;
    impl Profile for Large {
        type Content = Whole;
    }
    record! {
        #[derive(Clone, Debug, PartialEq)]
        pub(crate) struct Generic<P: Profile = Large, const N: usize = 4> for "error" | "task_run.state" where P: Clone, P::Content: Clone {
            /// Unbounded, or not.
            pub content: P::Content = "/content",
            pub rows: Heap<Heap<u8>> = "/rows",
            text: Text<N> = "/text",
        }
    }
    let (generic, result) =
        filled::<Generic>(r#"{"rows":[[],[1,2],[3]],"content":{"a":[0.10,"\""]},"text":"12345"}"#);
    assert_eq!((result, generic.content.0.as_str()), (Ok(()), r#"{"a":[0.10,"\""]}"#));
    assert_eq!(
        (generic.rows, generic.text.lost()),
        (Heap(vec![Heap(vec![]), Heap(vec![1, 2]), Heap(vec![3])]), 1)
    );
    let generic = Generic::<Large, 8>::default();
    assert_eq!(
        ["error", "task_run.state", "other"].map(|kind| generic.wants(kind)),
        [true, true, false].map(Some)
    );
}

#[test]
fn a_record_without_types_leaves_it_to_the_reader_of_the_stream() {
    record! { struct Every for * { a: u8 = "/a" } }
    assert_eq!(All::default().wants("task_run.state"), None);
    assert_eq!(Every::default().wants("anything"), Some(true));
}

#[test]
fn only_what_is_live_is_compared() {
    let mut first = All::default();
    fill(&mut first, br#"{"list":["xx","yy"],"content":"long text","runs":[{"id":"a"}]}"#).unwrap();
    fill(&mut first, br#"{"list":["xx"],"content":"l"}"#).unwrap();
    let mut second = All::default();
    fill(&mut second, br#"{"list":["xx"],"content":"l"}"#).unwrap();
    assert_eq!(first, second);
    fill(&mut second, br#"{"list":["xx"],"content":["l"]}"#).unwrap();
    assert_ne!(first, second);
}

#[test]
fn a_filler_that_begins_again_has_forgotten_the_text_before() {
    let (mut filler, mut all) = (Filler::new(), All::default());
    for left in
        [r#"{"run":{"id":"ab"#, r#"{"list":["a",[{"#, r#"{"byte":"x","na"#, r#"{"long":12"#, "{]", "[1"]
    {
        filler.begin(&mut all);
        _ = filler.feed(&mut all, &mut (), &mut left.as_bytes());
        filler.begin(&mut all);
        assert_eq!(all, All::default());
        assert_eq!(filler.feed(&mut all, &mut (), &mut &br#"{"byte":1}"#[..]), Ok(true));
        assert_eq!(
            (filler.feed(&mut all, &mut (), &mut &b" "[..]), filler.finish(), all.byte),
            (Ok(true), Ok(()), 1)
        );
        assert_eq!(filler.feed(&mut all, &mut (), &mut &b"{"[..]), Err(Error::Trailing));
    }
}

#[test]
fn raw_text_is_parsed_into_types_of_ones_own() {
    #[derive(serde::Deserialize, PartialEq, Debug)]
    struct Mine {
        name: String,
        count: u32,
    }
    record! { #[derive(Clone, Debug, PartialEq)] struct Holder { raw: Raw<48> = "/raw", content: Content<48> = "/content" } }
    let (holder, _) = filled::<Holder>(
        r#"{"raw":{"name":"\ud83d\ude00\n\"\u00e9\u001f","count":3},"content":{"name":"x","count":4}}"#,
    );
    let mut scratch = [0; 64];
    assert_eq!(holder.raw.parse::<Mine>(&mut scratch), Ok(Mine { name: "😀\n\"é\u{1f}".into(), count: 3 }));
    assert_eq!(holder.content.parse::<Mine>(&mut scratch), Ok(Mine { name: "x".into(), count: 4 }));
    let (holder, _) = filled::<Holder>(
        r#"{"raw":123456789012345678901234567890123456789012345678901234567890,"content":"x"}"#,
    );
    assert_eq!(holder.raw.parse::<f64>(&mut scratch), Err(ParseError::Cut), "what was cut is not the value");
    let string = holder.content.parse::<&str>(&mut scratch);
    assert_eq!(string, Err(ParseError::Mismatch), "a string is no JSON text here");
    assert_eq!(Holder::default().content.parse::<u8>(&mut scratch), Err(ParseError::Mismatch));
}

#[test]
fn fields_are_written_as_the_json_that_they_were() {
    let written = |text: &str| {
        record! { #[derive(Clone, Debug, PartialEq, serde::Serialize)] struct Holder {
            raw: Raw<64> = "/raw", content: Content<64> = "/content", list: List<u8, 2> = "/list", status: Status = "/status", skip: Skip = "/skip",
        } }
        let (holder, result) = filled::<Holder>(text);
        assert_eq!(result, Ok(()));
        serde_json::to_string(&holder).unwrap()
    };
    for text in [
        r#"{"raw":{"a":[1,-2,0.5,-0.0,{}],"b\n":null,"\"":true},"content":"t\u0007","list":[1,2],"status":"queued","skip":null}"#,
        r#"{"raw":[],"content":[[],false,18446744073709551615,-9223372036854775808],"list":[],"status":null,"skip":null}"#,
        r#"{"raw":"s\\","content":null,"list":[9],"status":"completed","skip":null}"#,
        r#"{"raw":null,"content":{"k":"😀"},"list":[],"status":null,"skip":null}"#,
    ] {
        assert_eq!(written(text), text);
    }
    let long = "x".repeat(80);
    let cut = written(&format!(r#"{{"raw":["{long}"],"content":["{long}"],"status":"other"}}"#));
    let kept = &long[..62];
    assert_eq!(
        cut,
        format!(r#"{{"raw":"[\"{kept}","content":"[\"{kept}","list":[],"status":null,"skip":null}}"#)
    );
    assert_eq!(
        written(r#"{"raw":1e999}"#),
        r#"{"raw":"1e999","content":null,"list":[],"status":null,"skip":null}"#
    );
}

record! { #[derive(Clone, Debug, PartialEq)] struct Numbers { double: Option<f64> = "/d", single: Option<f32> = "/s" } }

/// The nearest value, as the standard library finds it; none beyond the largest.
#[track_caller]
fn is_parsed_exactly(number: &str) {
    let mut numbers = Numbers::default();
    let result = fill(&mut numbers, format!(r#"{{"d":{number},"s":{number}}}"#).as_bytes());
    let (double, single): (f64, f32) = (number.parse().unwrap(), number.parse().unwrap());
    assert_eq!(result.is_ok(), single.is_finite(), "{number}");
    let is_some = (numbers.double.is_some(), numbers.single.is_some());
    assert_eq!(is_some, (double.is_finite(), single.is_finite()), "{number}");
    let (d, s) = (numbers.double.unwrap_or_default(), numbers.single.unwrap_or_default());
    assert_eq!(d.to_bits(), if double.is_finite() { double.to_bits() } else { 0 }, "{number}: {d} {double}");
    assert_eq!(s.to_bits(), if single.is_finite() { single.to_bits() } else { 0 }, "{number}: {s} {single}");
}

#[test]
fn numbers_at_the_edges_of_their_types_are_the_nearest_ones() {
    for number in [
        "0",
        "-0",
        "0.0e5",
        "1",
        "-1.5",
        "0.1",
        "3.4028234663852886e38",
        "3.4028235677973366e38",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "5e-324",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1e-400",
        "1.4e-45",
        "7e-46",
        "7.1e-46",
        "1.1754943508222875e-38",
        "9007199254740993",
        "9007199254740992.5",
        "9007199254740993.000000000000000000001",
        "16777217",
        "16777219",
        "123456789012345678901234567890123456789",
        "0.30000000000000004",
        "1e22",
        "1e23",
        "8.5e22",
        "0e999",
        "0.00000000000000000000000000000000000001",
        "1e400",
        "1e-999999999999",
        "1e99999999999",
    ] {
        is_parsed_exactly(number);
    }
}

#[test]
fn an_integer_may_have_a_point_and_an_exponent_wherever_it_is_cut() {
    for (number, byte, signed) in [
        ("223.0", Some(223), Some(223)),
        ("2.23e2", Some(223), Some(223)),
        ("2.230E+2", Some(223), Some(223)),
        ("22300e-2", Some(223), Some(223)),
        ("0.00223e5", Some(223), Some(223)),
        ("0e99999999999", Some(0), Some(0)),
        ("0.000e-5", Some(0), Some(0)),
        ("-0.0", Some(0), Some(0)),
        ("-2.0e0", None, Some(-2)),
        ("256.0", None, Some(256)),
        ("2.235e2", None, None),
        ("1e-1", None, None),
        ("1e-99999999999", None, None),
        ("9223372036854775807.000", None, Some(i64::MAX)),
        ("-922337203685477580.8e1", None, Some(i64::MIN)),
        ("922337203685477580.8e1", None, None),
        ("10000000000000000000000000000000000e-33", Some(10), Some(10)),
        ("1e18", None, Some(1_000_000_000_000_000_000)),
        ("1e400", None, None),
        ("1e99999999999", None, None),
    ] {
        let text = format!(r#"{{"byte":{number},"signed":{number}}}"#);
        let (all, result) = filled::<All>(&text);
        assert_eq!((all.byte, all.signed), (byte.unwrap_or(0), signed.unwrap_or(0)), "{number}");
        assert_eq!(result.is_ok(), byte.is_some() && signed.is_some(), "{number}");
    }
}

/// Knows one member of many.
#[derive(serde::Deserialize, PartialEq, Debug)]
struct Counted {
    count: u32,
}

record! { #[derive(Clone, Debug, PartialEq)] struct Kept { raw: Raw<64> = "/raw", content: Content<64> = "/content" } }

#[test]
fn a_scratch_as_large_as_the_text_is_enough_for_whatever_the_service_adds() {
    let x = "x".repeat(42);
    for added in [format!(r#""new":"\n{x}""#), format!(r#""\nxxxx{x}":1"#)] {
        let object = format!(r#"{{"count":3,{added}}}"#);
        assert_eq!(object.len(), 64);
        let (kept, _) = filled::<Kept>(&format!(r#"{{"raw":{object},"content":{object}}}"#));
        assert_eq!(kept.raw.lost(), 0);
        let mut scratch = [0; 64];
        assert_eq!(kept.raw.parse(&mut scratch), Ok(Counted { count: 3 }), "{object}");
        assert_eq!(kept.content.parse(&mut scratch), Ok(Counted { count: 3 }), "{object}");
        let small = kept.raw.parse::<Counted>(&mut scratch[..40]);
        assert_eq!(small, Err(ParseError::Scratch), "as the documentation says");
    }
}

#[test]
fn a_type_that_cannot_be_read_is_told_from_a_value_that_does_not_match() {
    #[derive(serde::Deserialize, PartialEq, Debug)]
    #[serde(untagged)]
    enum Either {
        Count(u32),
    }
    let (kept, _) = filled::<Kept>(r#"{"raw":{"count":"3"}}"#);
    assert_eq!(kept.raw.parse::<Either>(&mut [0; 64]), Err(ParseError::Unsupported));
    assert_eq!(kept.raw.parse::<Counted>(&mut [0; 64]), Err(ParseError::Mismatch));
    let (kept, _) = filled::<Kept>(r#"{"raw":{"other":3}}"#);
    assert_eq!(kept.raw.parse::<Counted>(&mut [0; 64]), Err(ParseError::Mismatch));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_needs_more_scratch_than_it_has_room(name in ".{0,20}", text in ".{0,30}", count: u32) {
        prop_assume!(name != "count");
        let object = serde_json::json!({ name.as_str(): [text.as_str()], "count": count }).to_string();
        let mut kept = Kept::default();
        prop_assert_eq!(fill(&mut kept, format!(r#"{{"raw":{object}}}"#).as_bytes()), Ok(()));
        if kept.raw.lost() == 0 {
            prop_assert_eq!(kept.raw.parse(&mut [0; 64]), Ok(Counted { count }));
        }
    }

    #[test]
    fn an_integer_is_the_same_however_it_is_written(value: i64, places in 0..19_usize, zeros in 0..4_usize) {
        let digits = format!("{:019}{}", value.unsigned_abs(), "0".repeat(zeros));
        let (before, after) = digits.split_at(places.max(1));
        let before = before.trim_start_matches('0');
        let before = if before.is_empty() { "0" } else { before };
        let sign = if value < 0 { "-" } else { "" };
        let exponent = 19 - i32::try_from(places.max(1)).unwrap();
        let text = format!(r#"{{"signed":{sign}{before}.{after}e{exponent}}}"#);
        let mut all = All::default();
        prop_assert_eq!((fill(&mut all, text.as_bytes()), all.signed), (Ok(()), value), "{}", text);
    }

    #[test]
    fn any_number_is_the_nearest_one(bits: u64, digits in "-?(0|[1-9][0-9]{0,18})\\.[0-9]{1,12}", power in -330..310_i32, single: u32) {
        let double = f64::from_bits(bits);
        if double.is_finite() {
            is_parsed_exactly(&format!("{double:e}"));
        }
        let single = f32::from_bits(single);
        if single.is_finite() {
            is_parsed_exactly(&format!("{single:e}"));
            // Halfway to the next.
            let next = f64::from(f32::from_bits(single.to_bits().wrapping_add(1)));
            let middle = (f64::from(single) + next) / 2.0;
            if middle.is_finite() {
                is_parsed_exactly(&format!("{middle:e}"));
            }
        }
        is_parsed_exactly(&digits);
        is_parsed_exactly(&format!("{digits}e{power}"));
    }

    #[test]
    fn integers_are_those_of_the_standard_library(long: u64, signed: i64, byte: u16, short: i16) {
        let text = format!(r#"{{"long":{long},"signed":{signed},"byte":{byte},"short":{short}}}"#);
        let mut all = All::default();
        let result = fill(&mut all, text.as_bytes());
        prop_assert_eq!((all.long, all.signed), (long, signed));
        prop_assert_eq!(all.byte, u8::try_from(byte).unwrap_or_default());
        prop_assert_eq!(all.short, i8::try_from(short).unwrap_or_default());
        prop_assert_eq!(result.is_ok(), u8::try_from(byte).is_ok() && i8::try_from(short).is_ok());
    }

    #[test]
    fn raw_text_means_what_the_text_meant(text in ".{0,40}", number: i64, cut in 1..40_usize) {
        let value = serde_json::json!({ "a": [text, { text.as_str(): number }, null], "b": { "c": true } });
        let document = format!(r#"{{"raw":{}}}"#, serde_json::to_string_pretty(&value).unwrap());
        record! { struct Holder { raw: Whole = "/raw" } }
        let mut holder = Holder::default();
        let chunks: Vec<&[u8]> = document.as_bytes().chunks(cut).collect();
        prop_assert_eq!(fill_chunks(&mut holder, &mut (), &chunks), Ok(()));
        prop_assert_eq!(serde_json::from_str::<Value>(&holder.raw.0).unwrap(), value.clone());
        prop_assert_eq!(holder.raw.0, serde_json::to_string(&value).unwrap());
    }
}
