//! `defmt::Format` for the types that show on a device what `Debug` shows elsewhere.
//!
//! Small types, such as errors and actions, derive it, and take a byte on the wire. The types here contain
//! fields of a profile, which need not implement it, or the state of a parser. As with `Debug`, the API key
//! is not shown.

use crate::{api, follow, http, json, session, sse, text};

/// The adapters use it, too, where they have the feature `defmt`.
#[doc(hidden)]
#[macro_export]
macro_rules! __format_as_debug {
    ($([$($generics:tt)*] $type:ty;)+) => { $(
        impl<$($generics)*> defmt::Format for $type {
            fn format(&self, f: defmt::Formatter<'_>) {
                defmt::write!(f, "{}", defmt::Debug2Format(self));
            }
        }
    )+ };
}

__format_as_debug! {
    [] api::AddRuns<'_>;
    [] api::AwaitResult<'_>;
    [] api::Brief;
    [] api::Events<'_>;
    [] api::Plain<'_>;
    [P: api::Profile] api::ProgressEvent<'_, P>;
    [P: api::Profile] api::RunEvent<'_, P>;
    [] api::Runs<'_>;
    [] api::Standard;
    [P: api::Profile] api::View<'_, P>;
    [] api::body::AdvancedSettings<'_>;
    [] api::body::Input<'_>;
    [] api::body::McpServer<'_>;
    [] api::body::NewGroup<'_>;
    [] api::body::NewRuns<'_>;
    [] api::body::Number;
    [] api::body::RunInput<'_>;
    [] api::body::Schema<'_>;
    [] api::body::SourcePolicy<'_>;
    [] api::body::TaskSpec<'_>;
    [] api::body::Value<'_>;
    [] api::body::Webhook<'_>;
    [R: core::fmt::Debug] follow::Answer<'_, R>;
    [R: core::fmt::Debug] follow::Event<'_, R>;
    [R, const N: usize] follow::Follow<'_, R, N>;
    [] http::Response;
    [] http::Writer<'_>;
    [] json::Filler;
    [] json::Json<'_, '_>;
    [] json::Node;
    [] json::Stop;
    [] json::Tokenizer;
    [] json::Writer<'_>;
    [] session::BodyRef<'_>;
    [] session::Draft<'_>;
    [] session::Endpoint<'_>;
    [R: core::fmt::Debug] session::Event<'_, R>;
    [] session::Request<'_>;
    [R] session::Session<'_, R>;
    [const N: usize] sse::Parser<N>;
    [] sse::Tokenizer;
    [] text::Decoder;
}

#[cfg(feature = "serde")]
__format_as_debug! { [T: core::fmt::Debug] json::Serialized<T>; }
