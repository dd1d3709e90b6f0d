use std::{string::String, vec::Vec};

use super::*;

fn tokens(mut input: &[u8]) -> Vec<Token<'_>> {
    let mut tokenizer = Tokenizer::new();
    core::iter::from_fn(|| tokenizer.feed(&mut input)).collect()
}

fn only_event<const N: usize>(parser: &mut Parser<N>, stream: &str) -> (String, String, String, usize) {
    let mut input = stream.as_bytes();
    assert!(parser.advance(&mut input), "an event in {stream:?}");
    let Event { name, data, id, lost } = parser.event();
    (name.into(), String::from_utf8_lossy(data).into(), id.into(), lost)
}

fn decoded(pieces: &[&[u8]]) -> String {
    let (mut decoder, mut text) = (Decoder::new(), String::new());
    for piece in pieces {
        decoder.feed(piece, |piece| text.push_str(piece));
    }
    text + decoder.finish()
}

#[test]
fn a_tokenizer_takes_no_more_than_five_bytes() {
    assert!(size_of::<Tokenizer>() <= 5, "{}", size_of::<Tokenizer>());
}

#[test]
fn a_value_is_handed_on_as_one_piece_of_the_input() {
    use Token::{Begin, Bytes, Dispatch};
    assert_eq!(
        tokens(b"event:a\r\ndata: b:c \n\n"),
        [Begin(Field::Event), Bytes(b"a"), Begin(Field::Data), Bytes(b"b:c "), Dispatch],
    );
}

#[test]
fn every_blank_line_dispatches_and_no_comment_or_unknown_field_shows() {
    use Token::{Begin, Dispatch};
    assert_eq!(tokens(b"\n\r\n\r"), [Dispatch, Dispatch, Dispatch]);
    assert_eq!(tokens(b": data:\nDATA: x\ndatas: x\ndat: x\n data: x\ndata\nid"), [Begin(Field::Data)]);
}

#[test]
fn what_has_no_room_is_counted_and_a_prefix_kept() {
    let event = only_event(&mut Parser::<8>::new(), "event: abc\ndata: 12345\ndata: 678\n\n");
    assert_eq!(event, ("abc".into(), "12345".into(), "".into(), 4), "the line feed between lines counts");
    let event = only_event(&mut Parser::<8>::new(), "data: 12345\nevent: abcd\ndata: 678\n\n");
    assert_eq!(event, ("abc".into(), "12345".into(), "".into(), 5), "in whatever order they came");
    let event = only_event(&mut Parser::<4>::new(), "event: ab€\ndata: 12\n\n");
    assert_eq!(event, ("ab".into(), "12".into(), "".into(), 3), "a name is cut before a character");
}

#[test]
fn an_event_name_without_room_is_not_called_message() {
    assert_eq!(only_event(&mut Parser::<0>::new(), "event: ab\ndata: 1\n\n").0, "");
    assert_eq!(only_event(&mut Parser::<0>::new(), "event: ab\nevent\ndata: 1\n\n").0, "message");
}

#[test]
fn a_name_that_another_replaces_gives_its_room_back() {
    let event = only_event(&mut Parser::<8>::new(), "event: 0123456789\nevent: abc\ndata: 12345\n\n");
    assert_eq!(event, ("abc".into(), "12345".into(), "".into(), 0));
}

#[test]
fn what_is_kept_is_a_prefix_even_when_room_comes_free_later() {
    let stream = "event: 012345\ndata: 123\nevent: a\ndata: 4\n\n";
    assert_eq!(only_event(&mut Parser::<8>::new(), stream), ("a".into(), "12".into(), "".into(), 3));
    let mut parser = Parser::<2>::new();
    assert!(!parser.advance(&mut &b"event: \xE2\x82\xAC"[..]));
    assert_eq!(only_event(&mut parser, "a\ndata\n\n"), ("".into(), "".into(), "".into(), 4));
}

#[test]
fn a_loss_is_forgotten_with_its_event() {
    let mut parser = Parser::<2>::new();
    assert_eq!(only_event(&mut parser, "data: 123\n\n").3, 1);
    assert_eq!(only_event(&mut parser, "data: 12\n\n").3, 0);
    assert!(!parser.advance(&mut &b"data: 123\nid: "[..]));
    parser.closed();
    assert_eq!(only_event(&mut parser, "data: 12\n\n").3, 0);
}

#[test]
fn an_id_beyond_its_limit_is_counted_and_leaves_the_last_one_as_it_was() {
    let (longest, too_long) = ("i".repeat(128), "i".repeat(129));
    let mut parser = Parser::<8>::new();
    let stream = std::format!("id: {longest}\ndata\n\n");
    assert_eq!(only_event(&mut parser, &stream), ("message".into(), "".into(), longest.clone(), 0));
    let stream = std::format!("id: {too_long}\ndata\n\n");
    assert_eq!(only_event(&mut parser, &stream), ("message".into(), "".into(), longest, 129));
    let stream = std::format!("id: {too_long}\nid: 7\ndata\n\n");
    assert_eq!(only_event(&mut parser, &stream), ("message".into(), "".into(), "7".into(), 0));
}

#[test]
fn an_id_that_is_too_long_in_a_block_without_data_is_counted_in_the_next_event() {
    let too_long = "x".repeat(129);
    let mut parser = Parser::<8>::new();
    let stream = std::format!("id: 1\n\nid: {too_long}\n\n: a comment\n\ndata\n\n");
    assert_eq!(only_event(&mut parser, &stream), ("message".into(), "".into(), "1".into(), 129));
    assert_eq!(only_event(&mut parser, "data\n\n").3, 0, "once");
    let stream = std::format!("id: {too_long}\n\nid: 2\ndata\n\n");
    assert_eq!(only_event(&mut parser, &stream).3, 0, "another has taken its place");
}

#[test]
fn an_id_with_nul_leaves_the_one_before_it_in_the_same_event() {
    assert_eq!(only_event(&mut Parser::<8>::new(), "id: a\nid: b\0\ndata\n\n").2, "a");
}

#[test]
fn an_unfinished_event_does_not_move_the_last_event_id() {
    let mut parser = Parser::<8>::new();
    assert!(parser.advance(&mut &b"id: 1\ndata\n\n"[..]));
    assert!(!parser.advance(&mut &b"id: 2\ndata: lost\n"[..]));
    assert_eq!(parser.last_event_id(), "1");
    parser.closed();
    assert_eq!(only_event(&mut parser, "\u{FEFF}data: a\n\n"), ("message".into(), "a".into(), "1".into(), 0));
}

#[test]
fn between_events_there_is_an_empty_one_to_look_at() {
    let mut parser = Parser::<8>::new();
    assert!(!parser.advance(&mut &b"event: abc\ndata: abc\n"[..]));
    assert_eq!(parser.event(), Event { name: "message", data: b"", id: "", lost: 0 });
}

#[test]
fn retry_counts_as_soon_as_its_line_ends() {
    let mut parser = Parser::<0>::new();
    assert!(!parser.advance(&mut &b"retry: 12"[..]));
    assert_eq!(parser.retry(), None);
    assert!(!parser.advance(&mut &b"3\r"[..]));
    assert_eq!(parser.retry(), Some(Duration::from_millis(123)));
    for ignored in ["", "-1", "+1", "1 ", "1.5", "0x1", "１", &"1".repeat(129)] {
        assert!(!parser.advance(&mut std::format!("retry: {ignored}\n").as_bytes()));
        assert_eq!(parser.retry(), Some(Duration::from_millis(123)), "{ignored:?}");
    }
    assert!(!parser.advance(&mut &b"retry: 99999999999999999999\n"[..]));
    assert_eq!(parser.retry(), Some(Duration::from_millis(u32::MAX.into())));
}

#[test]
fn text_in_pieces_is_decoded_as_the_whole_would_be() {
    let texts: [&[u8]; 9] = [
        "aé€😀z".as_bytes(),
        b"\xF0\x9F\x98",
        b"\xF0\x9F\x98A",
        b"\xF0\x80\x80",
        b"\xE2\x82\xE2\x82\xAC",
        b"\xED\xA0\x80",
        b"\x80\xC3",
        b"\xC3\xC3\xA9",
        b"\xF4\x90\xFF",
    ];
    for text in texts {
        let whole = String::from_utf8_lossy(text);
        assert_eq!(decoded(&text.chunks(1).collect::<Vec<_>>()), whole);
        for at in 0..=text.len() {
            assert_eq!(decoded(&[&text[..at], &text[at..]]), whole, "{text:?} at {at}");
        }
    }
}

#[test]
fn a_stream_was_cut_when_it_ends_in_an_event_or_a_line_of_one() {
    for (stream, is_cut) in [
        ("", false),
        ("\u{FEFF}", false),
        ("\u{FEFF}:", false),
        (": a\n", false),
        ("retry: 1\n", false),
        ("x: 1\r", false),
        ("data: 1\n\n", false),
        ("id: 1\n\nretry: 1\n", false),
        ("d", true),
        ("x", true),
        ("retry: 1", true),
        ("data", true),
        ("data: 1\n", true),
        ("event\n", true),
        ("id:\n", true),
        ("id: 1\n: a\n", true),
        ("id: 1\nretry: 1\r\nx\n", true),
    ] {
        let mut parser = Parser::<8>::new();
        for byte in stream.as_bytes() {
            _ = parser.advance(&mut core::slice::from_ref(byte));
        }
        assert_eq!(parser.is_amid_event(), is_cut, "{stream:?}");
    }
    let mut parser = Parser::<8>::new();
    assert!(!parser.advance(&mut &b"\xEF\xBB"[..]) && parser.is_amid_event(), "half a mark");
}

#[test]
fn a_line_ends_at_cr_and_lf_alone_wherever_they_stand() {
    for byte in 0..=u8::MAX {
        for length in [1, 7, 8, 9, 16, 31] {
            for place in 0..length {
                let mut bytes = std::vec![b'\t'; length];
                bytes[place] = byte;
                let expected = if matches!(byte, b'\r' | b'\n') { place } else { length };
                assert_eq!(line_length(&bytes), expected, "{byte} at {place} of {length}");
            }
        }
    }
}
