use std::{string::String, vec, vec::Vec};

use super::*;

fn written(write: impl Fn(&mut Writer<'_>)) -> String {
    let mut out = [0; 512];
    let mut writer = Writer::new(&mut out, 0);
    write(&mut writer);
    assert!(writer.is_complete());
    let length = writer.finish();
    String::from_utf8(out[..length].to_vec()).unwrap()
}

fn example(writer: &mut Writer<'_>) {
    writer.method(Method::Post).segment("tasks").segment("tgrp_1/runs").query("limit").decimal(20);
    writer.query("after").encoded("a&b").version().host("::1", 8080, false);
    writer.header("x-api-key", "secret").header("accept", "application/json").body(b"{\"inputs\":[]}");
}

const EXAMPLE: &str = "POST /tasks/tgrp_1%2Fruns?limit=20&after=a%26b HTTP/1.1\r\nhost: [::1]:8080\r\n\
                       x-api-key: secret\r\naccept: application/json\r\ncontent-length: 13\r\n\r\n{\"inputs\":[]}";

#[test]
fn a_request_goes_out_in_its_parts() {
    assert_eq!(written(example), EXAMPLE);
}

#[test]
fn a_buffer_of_any_size_gives_the_same_bytes() {
    for size in 1..=EXAMPLE.len() + 1 {
        let (mut request, mut out) = (Vec::new(), vec![0; size]);
        loop {
            let mut writer = Writer::new(&mut out, request.len());
            example(&mut writer);
            let (complete, length) = (writer.is_complete(), writer.finish());
            request.extend_from_slice(&out[..length]);
            assert_eq!(complete, request.len() == EXAMPLE.len(), "with {size} bytes");
            if complete {
                break;
            }
            assert_eq!(length, size, "a buffer is filled before the next one");
        }
        assert_eq!(request, EXAMPLE.as_bytes());
    }
}

#[test]
fn nothing_is_written_without_room_or_after_the_end() {
    for (sent, complete) in
        [(0, false), (EXAMPLE.len() - 1, false), (EXAMPLE.len(), true), (usize::MAX, true)]
    {
        let mut writer = Writer::new(&mut [], sent);
        example(&mut writer);
        assert_eq!(writer.is_complete(), complete, "{sent} bytes sent");
        assert_eq!(writer.finish(), 0);
    }
}

#[test]
fn everything_but_unreserved_characters_is_percent_encoded() {
    let all: String = (0..=0x7F).map(char::from).collect();
    let encoded = written(|writer| _ = writer.encoded(&all).encoded("é"));
    let kept: String =
        encoded.split('%').enumerate().map(|(at, part)| if at == 0 { part } else { &part[2..] }).collect();
    assert_eq!(kept, "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~");
    assert!(encoded.starts_with("%00%01") && encoded.ends_with("~%7F%C3%A9"), "{encoded}");
}

#[test]
fn numbers_are_written_to_their_last_digit() {
    for number in [0, 9, 10, 65_535, u64::MAX] {
        assert_eq!(written(|writer| _ = writer.decimal(number)), std::format!("{number}"));
    }
}

#[test]
fn the_host_header_names_the_port_only_where_the_scheme_does_not() {
    let cases = [
        ("example.org", 443, true, "host: example.org\r\n"),
        ("example.org", 80, false, "host: example.org\r\n"),
        ("example.org", 80, true, "host: example.org:80\r\n"),
        ("127.0.0.1", 8080, false, "host: 127.0.0.1:8080\r\n"),
        ("fe80::1", 443, true, "host: [fe80::1]\r\n"),
        ("[fe80::1]", 8443, true, "host: [fe80::1]:8443\r\n"),
    ];
    for (host, port, tls, expected) in cases {
        assert_eq!(written(|writer| _ = writer.host(host, port, tls)), expected);
    }
}

#[test]
fn no_value_brings_a_header_of_its_own() {
    let header = written(|writer| _ = writer.header("x-api-key", "a\r\nx-evil: b\0c\n"));
    assert_eq!(header, "x-api-key: a  x-evil: b c \r\n");
    let host = written(|writer| _ = writer.host("a\r\nx-evil", 80, false));
    assert_eq!(host, "host: a  x-evil\r\n");
}

#[test]
fn a_field_value_has_no_controls_and_no_blanks_around_it() {
    for good in ["", "a", "a b\tc", "é", "\"quoted, list\""] {
        assert!(is_field_value(good), "{good:?}");
    }
    for bad in ["a\r", "a\nb", "\0", "a\u{7F}", "\u{1B}", " a", "a\t"] {
        assert!(!is_field_value(bad), "{bad:?}");
    }
}

#[test]
fn a_host_is_a_name_or_an_address() {
    for good in
        ["example.org", "localhost", "127.0.0.1", "a-b_c~d", "[::1]", "::ffff:1.2.3.4", "xn--bcher-kva.ch"]
    {
        assert!(is_host(good), "{good:?}");
    }
    for bad in [
        "",
        "[]",
        "[a]",
        "[::1",
        "::1]",
        "a b",
        "a/b",
        "a@b",
        "a?b",
        "a#b",
        "a:80",
        "a\r\nb",
        "bücher.ch",
        "[::1]:80",
        "fe80::1%eth0",
    ] {
        assert!(!is_host(bad), "{bad:?}");
    }
}
