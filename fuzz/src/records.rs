//! Records with fields of every kind, some of them far too small, and what they must hold.

use taskgroup::{
    enumeration,
    json::{Content, List, Raw, Skip},
    record,
    text::Text,
};

use crate::{
    expected::{Expected, Whole, misfit_of_record, word},
    json::Value,
};

/// A record, its pointers once more as paths, and what it must hold by them.
macro_rules! expected {
    ($(#[$attribute:meta])* $name:ident { $($field:ident: $type:ty = $pointer:literal [$($step:literal)+],)* }) => {
        record! {
            $(#[$attribute])*
            #[derive(Clone, Debug, PartialEq)]
            #[allow(missing_docs)]
            pub struct $name { $(pub $field: $type = $pointer,)* }
        }

        impl Expected for $name {
            fn fits(value: &Value) -> bool {
                matches!(value, Value::Object(_) | Value::Null)
            }

            fn misfit(value: &Value, name: &str) -> Option<String> {
                misfit_of_record(value, name, &[$((&[$($step),+], <$type>::misfit)),*])
            }

            fn holds(&self, value: Option<&Value>, exact: bool) -> bool {
                true $(&& {
                    let value = value.and_then(|value| value.at(&[$($step),+])).filter(|value| <$type>::fits(value));
                    let holds = self.$field.holds(value, exact);
                    assert!(holds, "{} holds {:?} after {value:?}", $pointer, self.$field);
                    holds
                })*
            }
        }
    };
}

enumeration! {
    /// Of a run.
    #[allow(missing_docs)]
    pub enum Status { Queued = "queued", Running = "running", Done = "completed" }
}

impl Expected for Status {
    fn fits(value: &Value) -> bool {
        matches!(value, Value::String(_) | Value::Null)
    }

    fn holds(&self, value: Option<&Value>, _: bool) -> bool {
        self.as_str() == word(value, &["queued", "running", "completed"])
    }
}

expected! {
    /// One in another, and in lists.
    Run {
        id: Text<8> = "/id" ["id"],
        active: bool = "/active" ["active"],
        basis: List<Text<4>, 1> = "/basis" ["basis"],
    }
}

expected! {
    /// A field of each kind, with names of one letter so that they are soon found.
    Mixed {
        text: Text<8> = "/t" ["t"],
        none: Text<0> = "/n" ["n"],
        raw: Raw<24> = "/r" ["r"],
        nothing: Raw<0> = "/o" ["o"],
        whole: Whole = "/w" ["w"],
        content: Content<16> = "/c" ["c"],
        list: List<Text<4>, 2> = "/l" ["l"],
        full: List<u8, 1> = "/f" ["f"],
        skips: List<Skip, 3> = "/s" ["s"],
        raws: List<Raw<9>, 4> = "/R" ["R"],
        maybes: List<Option<u8>, 2> = "/m" ["m"],
        lists: List<List<i8, 1>, 2> = "/L" ["L"],
        statuses: List<Status, 1> = "/e" ["e"],
        runs: List<Run, 2> = "/u" ["u"],
        run: Run = "/v" ["v"],
        maybe: Option<Text<4>> = "/y" ["y"],
        maybe_run: Option<Run> = "/z" ["z"],
        maybe_list: Option<List<f64, 2>> = "/x" ["x"],
        byte: u8 = "/g" ["g"],
        long: u64 = "/h" ["h"],
        short: i8 = "/i" ["i"],
        signed: i64 = "/j" ["j"],
        single: f32 = "/k" ["k"],
        double: f64 = "/d" ["d"],
        flag: bool = "/b" ["b"],
        status: Status = "/q" ["q"],
        skip: Skip = "/p" ["p"],
        deep: u16 = "/a/b/c" ["a" "b" "c"],
        other: Text<4> = "/a/d" ["a" "d"],
    }
}
