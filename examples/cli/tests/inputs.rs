//! Where inputs come from, and what is wrong with some: each is named with its file and line, and nothing is
//! sent.

mod common;

use common::*;
use serde_json::{Value, json};
use taskgroup_sandbox::{Faults, Sandbox};

/// The RunInputs that these arguments add to a new group.
#[track_caller]
fn added(sandbox: &Sandbox, arguments: &[&str], stdin: &str) -> Vec<Value> {
    let group = group(sandbox);
    let mut command = at(sandbox, ["add", "--group", &group].iter().chain(arguments));
    end_with_stdin(&mut command, stdin.as_bytes()).expect(0, &[]);
    let ended = end(&mut at(sandbox, ["runs", &group, "--include-input", "--format=jsonl"]));
    ended.lines().iter().map(|line| value(line)["input"].clone()).collect()
}

/// The inputs alone.
#[track_caller]
fn asked(sandbox: &Sandbox, arguments: &[&str], stdin: &str) -> Vec<Value> {
    added(sandbox, arguments, stdin).into_iter().map(|input| input["input"].clone()).collect()
}

#[test]
fn inputs_come_from_arguments_lines_json_and_tables() {
    let sandbox = sandbox(0, Faults::default());
    assert_eq!(asked(&sandbox, &["one", "two {x}"], ""), ["one", "two {x}"]);
    assert_eq!(
        asked(&sandbox, &["--lines", "-"], "one\r\n\n two \n\u{feff}é"),
        ["one", " two ", "\u{feff}é"]
    );
    assert_eq!(asked(&sandbox, &["zero", "--lines=-"], "\u{feff}one"), ["zero", "one"]);
    let jsonl = "\"one\"\n\n{\"q\": 1.50, \"z\": [null]}\n";
    assert_eq!(asked(&sandbox, &["--jsonl", "-"], jsonl), [json!("one"), json!({"q": 1.5, "z": [null]})]);
    let csv = "\u{feff}name,a b\nZürich,\"1,\"\"2\"\n{name},\n";
    assert_eq!(
        asked(&sandbox, &["--csv", "-", "--template", "{{{name}: {a b}}"], csv),
        ["{Zürich: 1,\"2}", "{{name}: }"]
    );
    let rows = [json!({"name": "Zürich", "a b": "1,\"2"}), json!({"name": "{name}", "a b": ""})];
    assert_eq!(asked(&sandbox, &["--csv", "-"], csv), rows);
}

#[test]
fn processor_schema_and_metadata_are_those_of_the_options() {
    let sandbox = sandbox(0, Faults::default());
    let schema = json!({"type": "object", "properties": {"gdp": {"type": "string"}}});
    let plain = temporary("schema.json", schema.to_string().as_bytes());
    let wrapped = json!({"type": "json", "json_schema": schema});
    let own = temporary("own-schema.json", wrapped.to_string().as_bytes());
    for file in [&plain, &own] {
        let schema = ["--schema", file.to_str().unwrap(), "--input-schema", file.to_str().unwrap()];
        let inputs = added(&sandbox, &[&["one", "--processor=lite"][..], &schema].concat(), "");
        assert_eq!(inputs[0]["processor"], "lite");
        assert_eq!(inputs[0]["task_spec"], json!({"output_schema": wrapped, "input_schema": wrapped}));
    }
    let inputs = added(&sandbox, &["one", "--output-text=In one word"], "");
    let text = json!({"output_schema": {"type": "text", "description": "In one word"}});
    assert_eq!((&inputs[0]["task_spec"], &inputs[0]["processor"]), (&text, &json!("base")));
    let inputs = added(&sandbox, &["one", "--output-auto", "--metadata=a=b=c", "--metadata=d="], "");
    assert_eq!(inputs[0]["task_spec"]["output_schema"]["type"], "auto");
    assert_eq!(inputs[0]["metadata"], json!({"a": "b=c", "d": ""}));
    let inputs = added(&sandbox, &["--csv=-", "--metadata", "row={id}{{"], "id\n7\n8\n");
    assert_eq!(
        (&inputs[0]["metadata"], &inputs[1]["metadata"]),
        (&json!({"row": "7{"}), &json!({"row": "8{"}))
    );
}

#[test]
fn a_run_input_is_passed_on_with_all_its_members_which_count_more_than_the_options() {
    let sandbox = sandbox(0, Faults::default());
    let input =
        r#"{"input": "one", "processor": "pro", "metadata": {"n": 7}, "enable_events": true, "x_new": [1]}"#;
    let options = ["--jsonl=-", "--run-inputs", "--processor=lite", "--metadata=n=8", "--metadata=m=9"];
    let inputs = added(&sandbox, &options, &format!("{input}\n{{\"input\":{{\"a\":1}}}}"));
    assert_eq!(inputs[0]["processor"], "pro");
    assert_eq!(inputs[0]["metadata"], json!({"n": 7, "m": "9"}));
    assert_eq!((&inputs[0]["enable_events"], &inputs[0]["x_new"]), (&json!(true), &json!([1])));
    assert_eq!((&inputs[1]["processor"], &inputs[1]["input"]), (&json!("lite"), &json!({"a": 1})));
}

#[test]
fn the_group_can_be_the_first_input_or_the_environments() {
    let sandbox = sandbox(0, Faults::default());
    let group = group(&sandbox);
    end(&mut at(&sandbox, ["add", &group, "one"])).expect(0, &[&format!("added 1 run to {group}")]);
    end(at(&sandbox, ["add", "one", "two"]).env("TASKGROUP_ID", &group)).expect(0, &["added 2 runs"]);
    end(&mut at(&sandbox, ["add", "one"])).expect(2, &["no group"]);
    end(&mut at(&sandbox, ["add", &group])).expect(2, &["no inputs", "--lines"]);
    end(&mut at(&sandbox, ["add", &group, "--lines=/dev/null"])).expect(2, &["no inputs"]);
}

#[test]
fn what_is_wrong_with_an_input_is_named_with_its_line_and_nothing_is_sent() {
    let sandbox = sandbox(0, Faults::default());
    let long = format!("ok\n{}", "é".repeat(25_001));
    let words = |count: usize| "x".repeat(count);
    let (key, text) = (format!("--metadata={}=1", words(17)), format!("--metadata=a={}", words(513)));
    let schema = temporary("long-schema.json", json!({"description": words(20_000)}).to_string().as_bytes());
    let schema = format!("--schema={}", schema.display());
    for (arguments, stdin, expected) in [
        (vec!["--lines=-"], long.as_str(), vec!["--lines - line 2", "at most 25000 characters", "25001"]),
        (vec!["--lines=-", &schema], &words(6_000), vec!["--lines - line 1", "at most 25000 characters"]),
        (vec!["--jsonl=-"], "\"a\"\n[1]", vec!["--jsonl - line 2", "a string or an object"]),
        (vec!["--jsonl=-"], "\"a\"\n{\"a\":", vec!["--jsonl - line 2", "EOF"]),
        (vec!["--jsonl=-", "--run-inputs"], "{\"a\":1}", vec!["--jsonl - line 1", "member input"]),
        (vec!["--jsonl=-", "--run-inputs"], "\"a\"", vec!["--jsonl - line 1", "RunInput is an object"]),
        (
            vec!["--jsonl=-", "--run-inputs"],
            "{\"input\":\"a\",\"metadata\":{\"k\":{}}}",
            vec!["--jsonl - line 1", "metadata \"k\"", "a string, a number, true or false"],
        ),
        (vec!["--csv=-", "--template={b}"], "a\n1\n", vec!["--template", "there is no column {b}", "{a}"]),
        (vec!["--csv=-", "--template={a"], "a\n1\n", vec!["--template", "no } ends {a"]),
        (vec!["--csv=-"], "a,b\n1\n", vec!["--csv -", "line: 2"]),
        (vec!["--csv=-"], "a,a\n1,2\n", vec!["--csv -", "two columns \"a\""]),
        (vec!["--csv=-", "--metadata=a={a}"], &format!("a\n{}\n", words(513)), vec!["--csv - line 2", "512"]),
        (vec!["one", &key], "", vec!["at most 16 characters, not 17"]),
        (vec!["one", &text], "", vec!["at most 512 characters, not 513"]),
        (vec!["one", "--metadata=a"], "", vec!["a key, an equals sign and a value"]),
        (vec!["--lines=/no/such/file"], "", vec!["--lines /no/such/file: No such file"]),
        (vec!["one", "--schema=/no/such/file"], "", vec!["--schema /no/such/file"]),
        (vec!["one", "--schema=/dev/null"], "", vec!["--schema /dev/null", "EOF"]),
        (vec!["one", "--processor="], "", vec!["processor"]),
        (vec!["--lines=-", "--csv=-"], "", vec!["cannot be used with"]),
        (vec!["--lines=-", "--template=x"], "", vec!["--csv"]),
        (vec!["--lines=-", "--run-inputs"], "", vec!["--jsonl"]),
    ] {
        let mut command = at(&sandbox, ["add", "--group=tgrp_1"].iter().chain(&arguments));
        end_with_stdin(&mut command, stdin.as_bytes()).expect(2, &expected);
    }
    assert_eq!(sandbox.stats().requests, 0);
}
