//! What a client wrote, as the sandbox records it.

mod client;

use client::{get, send};
use serde_json::{Value, json};
use taskgroup_sandbox::{Options, Record, Sandbox};

#[test]
fn a_request_is_recorded_decoded_and_without_its_key() {
    let sandbox = Sandbox::start(Options { record: Record::Memory, ..Options::default() }).unwrap();
    let body = r#"{"metadata": {"größe": 1.5}}"#;
    let head = format!(
        "POST /v1/tasks/groups?a=x%2By&b=&a=%C3%A9 HTTP/1.1\r\nhost: localhost\r\nX-Api-Key: {}\r\nX-Two: 1\r\n\
         Authorization: Bearer {}\r\n\
         X-Two: 2\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        sandbox.key(),
        sandbox.key(),
        body.len()
    );
    // Recorded, and answered as ever.
    assert_eq!(send(&sandbox, &(head + body)).json()["metadata"], json!({"größe": 1.5}));
    let lines = sandbox.recorded();
    assert!(lines.len() == 1 && !lines[0].contains(sandbox.key()), "{lines:?}");
    let mut line: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(line["headers"]["x-two"], "1, 2");
    line.as_object_mut().unwrap().remove("headers");
    let query = json!([["a", "x+y"], ["b", ""], ["a", "é"]]);
    let body = json!({"metadata": {"größe": 1.5}});
    assert_eq!(line, json!({"method": "POST", "path": "/v1/tasks/groups", "query": query, "body": body}));
}

#[test]
fn a_file_has_one_line_for_each_request_whatever_became_of_it() {
    let path = std::env::temp_dir().join(format!("taskgroup-recording-{}.jsonl", std::process::id()));
    let record = Record::File(path.clone());
    let sandbox = Sandbox::start(Options { record, ..Options::default() }).unwrap();
    let not_json = "POST /v1/tasks/runs HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\nconnection: close\r\n\r\n{\"x";
    assert_eq!(send(&sandbox, not_json).status(), 401);
    assert_eq!(get(&sandbox, "/v1/tasks/runs/trun_0").status(), 404);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (lines.len(), &lines[0]["text"], &lines[1]["path"]),
        (2, &json!("{\"x"), &json!("/v1/tasks/runs/trun_0"))
    );
    assert_eq!((&lines[0]["body"], &lines[1]["body"]), (&Value::Null, &Value::Null));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_that_names_it() {
    let record = Record::File("/no/such/folder/requests.jsonl".into());
    let error = Sandbox::start(Options { record, ..Options::default() }).unwrap_err();
    assert!(error.to_string().contains("/no/such/folder/requests.jsonl"), "{error}");
}
