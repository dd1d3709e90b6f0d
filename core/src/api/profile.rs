//! How much of each large member a record keeps: a type for each member, and the macro that chooses them.

use core::fmt::Debug;

use crate::json::Field;

/// What the field types of a [`Profile`] have in common. Every type with these traits implements it.
pub trait Kept: Field + Default + Clone + PartialEq + Debug {}

impl<T: Field + Default + Clone + PartialEq + Debug> Kept for T {}

/// Makes the traits from one list of members, and the list for [`profile!`](crate::profile!).
macro_rules! members {
    ($dollar:tt $($(#[$doc:meta])* $member:ident,)+) => {
        /// How much of each member of the API's records is kept.
        ///
        /// One type for each member whose size is not known beforehand: [`Skip`](crate::json::Skip) to skip
        /// it, [`Text<N>`](crate::text::Text) for `N` bytes of text, [`Raw<N>`](crate::json::Raw) for `N`
        /// bytes of JSON, [`List<T, N>`](crate::json::List) for `N` elements, and `Option` around any of them
        /// to recognise `null`.
        ///
        /// There are [`Brief`](super::Brief) and [`Standard`](super::Standard), and
        /// [`profile!`](crate::profile!) makes yours from one of them. A later version may add members, which
        /// breaks a profile that is written without the macro.
        pub trait Profile: Copy + Debug + Default + PartialEq + 'static {
            $($(#[$doc])* type $member: Kept;)+
        }

        /// A profile that [`profile!`](crate::profile!) can start from. It supplies the members that you do
        /// not name.
        ///
        /// `P` is the new profile, so that each record inside a record has that profile, too.
        #[diagnostic::on_unimplemented(
            message = "a profile cannot be made from `{Self}`",
            label = "not a profile with all members",
            note = "start from `Brief`, `Standard`, `taskgroup_std::Whole`, or one that `profile!` has made \
                with all members: `pub struct Name<P> {{ … }}`"
        )]
        pub trait Base {
            $($(#[$doc])* type $member<P: Profile>: Kept;)+
        }

        #[doc(hidden)]
        #[macro_export]
        macro_rules! __profile_members {
            ($dollar($dollar profile:tt)+) => {
                $crate::__profile! { [$($member)+] $dollar($dollar profile)+ }
            };
        }
    };
}

members! { $
    /// `event_id`, and the ids of interactions.
    EventId,
    /// `processor`, the fields of a basis, and other short names.
    Name,
    /// RFC 3339 times.
    Time,
    /// `taskgroup_id` of a run.
    GroupId,
    /// `ref_id` of errors.
    RefId,
    /// `message` of errors and warnings.
    Message,
    /// `status_message` of a group.
    StatusMessage,
    /// `message` of progress.
    ProgressMessage,
    /// `metadata`, an object.
    Metadata,
    /// `detail` of errors and warnings, anything.
    Detail,
    /// `warnings`: a list of [`Warning`](super::Warning).
    Warnings,
    /// `error` of a run: an optional [`ErrorObject`](super::ErrorObject).
    Error,
    /// `input` of an event: an optional [`RunInput`](super::RunInput).
    Input,
    /// `input` of an input: text or an object.
    Prompt,
    /// `source_policy`: an optional [`SourcePolicy`](super::SourcePolicy).
    SourcePolicy,
    /// `include_domains`, `exclude_domains`: lists of text.
    Domains,
    /// `task_spec`: an optional [`TaskSpec`](super::TaskSpec).
    TaskSpec,
    /// `output_schema`, `input_schema`: text or an object.
    Schema,
    /// `mcp_servers`: a list of [`McpServer`](super::McpServer)s, or raw.
    McpServers,
    /// `webhook`: an optional [`Webhook`](super::Webhook), or raw.
    Webhook,
    /// `advanced_settings`: raw.
    AdvancedSettings,
    /// `output` of an event: an optional [`Output`](super::Output).
    Output,
    /// `content` of an output: text or an object.
    Content,
    /// `basis`: a list of [`FieldBasis`](super::FieldBasis).
    Basis,
    /// `reasoning` of a basis.
    Reasoning,
    /// `citations`: a list of [`Citation`](super::Citation).
    Citations,
    /// `url` of a citation, a server or a webhook.
    Url,
    /// `title` of a citation.
    Title,
    /// `excerpts` of a citation: a list of text.
    Excerpts,
    /// `mcp_tool_calls`: a list of [`McpToolCall`](super::McpToolCall)s, or raw.
    McpToolCalls,
    /// `beta_fields`: raw.
    BetaFields,
    /// `progress_meter`: an optional `f32` or `f64`.
    ProgressMeter,
    /// `source_stats` of progress: an optional [`SourceStats`](super::SourceStats).
    SourceStats,
    /// `sources_read_sample`: a list of text.
    Sources,
}

/// Makes a [`Profile`](crate::api::Profile) from the one after the colon, with other types for the members
/// that you name. A misspelt name does not compile.
///
/// `Self` in a type is the new profile. A member counts only if the record that it belongs to is kept: to
/// change the content of an output, start from a profile that keeps outputs, or name both.
///
/// ```
/// use taskgroup::{api::{Brief, Output, StreamEvent, View}, json::{self, Content}, profile};
///
/// profile! {
///     /// What fits the display: the beginning of the answer, and nothing of its basis.
///     pub struct Display: Brief {
///         type Output = Option<Output<Self>>;
///         type Content = Content<8>;
///     }
/// }
/// let mut event = StreamEvent::<Display>::default();
/// json::fill(&mut event, br#"{"type": "task_run.state", "run": {}, "output": {"content": "Forty-two"}}"#)?;
/// let View::Run(run) = event.view() else { panic!("another type") };
/// assert_eq!(run.output.as_ref().unwrap().content.as_str(), "Forty-tw");
/// # Ok::<(), json::Error>(())
/// ```
///
/// Without a colon, and with a parameter that stands for the profile, you name all members, and can then make
/// others from it: `pub struct Large<P> { type Error = Option<ErrorObject<P>>; … }`. It then lacks a member
/// that a later version adds.
///
/// It derives `Clone`, `Copy`, `Debug`, `Default`, `PartialEq` and `Eq`, so do not derive these yourself.
///
/// ```compile_fail,E0576
/// taskgroup::profile! { struct Wrong: taskgroup::api::Brief { type Contnet = taskgroup::json::Content<8>; } }
/// ```
#[macro_export]
macro_rules! profile {
    ($(#[$attribute:meta])* $visibility:vis struct $name:ident: $base:ty { $(type $member:ident = $type:ty;)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        $visibility struct $name;

        // What is not a member, or is there twice, is an error here that names it.
        const _: () = {
            $(
                #[allow(dead_code)]
                type $member = <$name as $crate::api::Profile>::$member;
            )*
        };
        $crate::__profile_members! { $name: $base { $(type $member = $type;)* } ($) }
    };
    ($(#[$attribute:meta])* $visibility:vis struct $name:ident<$profile:ident> { $(type $member:ident = $type:ty;)+ }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        $visibility struct $name;

        const _: () = {
            #[allow(dead_code)]
            type $profile = $name;
            impl $crate::api::Profile for $name {
                $(type $member = $type;)+
            }
        };
        impl $crate::api::Base for $name {
            $(type $member<$profile: $crate::api::Profile> = $type;)+
        }
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "a profile is `pub struct Name: Brief { type Content = Content<512>; }`, with a type for each member that \
            is other than in `Brief`"
        );
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __profile {
    ([$($all:ident)+] $name:ident: $base:ty { $(type $member:ident = $type:ty;)* } ($dollar:tt)) => {
        const _: () = {
            macro_rules! chosen {
                $(($member) => { $type };)*
                ($dollar member:ident) => { <$base as $crate::api::Base>::$dollar member<$name> };
            }
            impl $crate::api::Profile for $name {
                $(type $all = chosen!($all);)+
            }
        };
    };
}
