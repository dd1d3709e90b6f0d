//! The machines in, an object file out with a symbol for each: its size is the machine's.
#![no_std]

use taskgroup::{
    api::{Brief, RunResult, Standard, StreamEvent, body::RunInput},
    follow::{Follow, State},
    http, json,
    session::{Request, Session},
    sse,
};

macro_rules! sizes {
    ($($name:literal: $type:ty),* $(,)?) => {
        $(const _: () = {
            #[unsafe(export_name = $name)]
            static SIZE: [u8; size_of::<$type>()] = [0; size_of::<$type>()];
        };)*
    };
}

sizes! {
    "sse::Tokenizer": sse::Tokenizer,
    "sse::Parser<0>": sse::Parser<0>,
    "json::Tokenizer": json::Tokenizer,
    "json::Filler": json::Filler,
    "http::Response": http::Response,
    "StreamEvent<Brief>": StreamEvent<Brief>,
    "StreamEvent<Standard>": StreamEvent<Standard>,
    "Session<StreamEvent<Brief>>": Session<'static, StreamEvent<Brief>>,
    "Session<StreamEvent<Standard>>": Session<'static, StreamEvent<Standard>>,
    "session::Request": Request<'static>,
    "body::RunInput": RunInput<'static>,
    "follow::State": State,
    "Follow<RunResult<Brief>, 512>": Follow<'static, RunResult<Brief>, 512>,
}
