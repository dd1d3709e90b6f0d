//! Any value that serde can serialize in, its JSON text out, with the [`Writer`].
//!
//! # Limits
//!
//! It writes what `serde_json` writes, with these differences: integers of 128 bits have no JSON form here,
//! and the key of a map must be a string, a character, an integer or a unit variant.

use core::fmt::{self, Write as _};

use serde::{
    Serialize,
    ser::{
        Error, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};

use super::writer::{NoJson, ToJson, Writer};

/// A value of your type, to write as JSON.
///
/// ```
/// use taskgroup::{api::body::RunInput, json::Serialized};
///
/// #[derive(serde::Serialize)]
/// struct Question { company: &'static str }
///
/// let question = Serialized(Question { company: "Acme" });
/// let input = RunInput::new("base", &question);
/// # let _ = input;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Serialized<T>(pub T);

impl<T: Serialize> ToJson for Serialized<T> {
    fn to_json(&self, json: &mut Writer<'_>) -> Result<(), NoJson> {
        self.0.serialize(Serializer { json, is_name: false })
    }
}

impl Error for NoJson {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct Serializer<'s, 'o> {
    json: &'s mut Writer<'o>,
    /// It is the name of a member that is being written.
    is_name: bool,
}

impl<'s, 'o> Serializer<'s, 'o> {
    /// Where a value goes that cannot be a name.
    const fn value(self) -> Result<&'s mut Writer<'o>, NoJson> {
        if self.is_name { Err(NoJson) } else { Ok(self.json) }
    }
}

/// What is being written, and whether a variant's object is around it.
struct Within<'s, 'o> {
    json: &'s mut Writer<'o>,
    is_variant: bool,
}

/// A string that comes in pieces.
struct Characters<'s, 'o>(&'s mut Writer<'o>);

impl fmt::Write for Characters<'_, '_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.0.characters(piece);
        Ok(())
    }
}

macro_rules! write {
    ($($name:ident($type:ty) = $method:ident),* $(,)?) => {
        $(fn $name(self, value: $type) -> Result<(), NoJson> {
            self.value()?.$method(value.into());
            Ok(())
        })*
    };
}

macro_rules! integers {
    ($($name:ident($type:ty) = $method:ident),* $(,)?) => {
        $(fn $name(self, value: $type) -> Result<(), NoJson> {
            if self.is_name {
                return self.collect_str(&value);
            }
            self.json.$method(value.into());
            Ok(())
        })*
    };
}

impl<'s, 'o> serde::Serializer for Serializer<'s, 'o> {
    type Ok = ();
    type Error = NoJson;
    type SerializeSeq = Within<'s, 'o>;
    type SerializeTuple = Within<'s, 'o>;
    type SerializeTupleStruct = Within<'s, 'o>;
    type SerializeTupleVariant = Within<'s, 'o>;
    type SerializeMap = Within<'s, 'o>;
    type SerializeStruct = Within<'s, 'o>;
    type SerializeStructVariant = Within<'s, 'o>;

    write! {
        serialize_bool(bool) = bool,
        serialize_f32(f32) = single,
        serialize_f64(f64) = double,
    }

    integers! {
        serialize_i8(i8) = integer,
        serialize_i16(i16) = integer,
        serialize_i32(i32) = integer,
        serialize_i64(i64) = integer,
        serialize_u8(u8) = unsigned,
        serialize_u16(u16) = unsigned,
        serialize_u32(u32) = unsigned,
        serialize_u64(u64) = unsigned,
    }

    fn serialize_char(self, value: char) -> Result<(), NoJson> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), NoJson> {
        if self.is_name {
            self.json.name(value);
        } else {
            self.json.string(value);
        }
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), NoJson> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), NoJson> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NoJson> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), NoJson> {
        self.value()?.null();
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), NoJson> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), NoJson> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), NoJson> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), NoJson> {
        let mut object = self.serialize_map(None)?;
        object.member(variant, value)?;
        object.end_object()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Within<'s, 'o>, NoJson> {
        let json = self.value()?;
        json.begin_array();
        Ok(Within { json, is_variant: false })
    }

    fn serialize_tuple(self, length: usize) -> Result<Within<'s, 'o>, NoJson> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Within<'s, 'o>, NoJson> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Within<'s, 'o>, NoJson> {
        let json = self.value()?;
        json.begin_object().name(variant).begin_array();
        Ok(Within { json, is_variant: true })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Within<'s, 'o>, NoJson> {
        let json = self.value()?;
        json.begin_object();
        Ok(Within { json, is_variant: false })
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Within<'s, 'o>, NoJson> {
        self.serialize_map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Within<'s, 'o>, NoJson> {
        let json = self.value()?;
        json.begin_object().name(variant).begin_object();
        Ok(Within { json, is_variant: true })
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), NoJson> {
        let mut result = Ok(());
        let write = |json: &mut Writer<'_>| result = core::write!(Characters(json), "{value}");
        if self.is_name {
            self.json.name_of(write);
        } else {
            self.json.string_of(write);
        }
        result.map_err(|_| NoJson)
    }
}

impl Within<'_, '_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoJson> {
        value.serialize(Serializer { json: self.json, is_name: false })
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), NoJson> {
        self.json.name(name);
        self.element(value)
    }

    fn end_array(self) -> Result<(), NoJson> {
        self.json.end_array();
        self.end_variant()
    }

    fn end_object(self) -> Result<(), NoJson> {
        self.json.end_object();
        self.end_variant()
    }

    fn end_variant(self) -> Result<(), NoJson> {
        if self.is_variant {
            self.json.end_object();
        }
        Ok(())
    }
}

macro_rules! elements {
    ($($trait:ident::$method:ident),*) => {
        $(impl $trait for Within<'_, '_> {
            type Ok = ();
            type Error = NoJson;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoJson> {
                self.element(value)
            }

            fn end(self) -> Result<(), NoJson> {
                self.end_array()
            }
        })*
    };
}

elements! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
}

macro_rules! members {
    ($($trait:ident),*) => {
        $(impl $trait for Within<'_, '_> {
            type Ok = ();
            type Error = NoJson;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), NoJson> {
                self.member(name, value)
            }

            fn end(self) -> Result<(), NoJson> {
                self.end_object()
            }
        })*
    };
}

members!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Within<'_, '_> {
    type Ok = ();
    type Error = NoJson;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), NoJson> {
        name.serialize(Serializer { json: self.json, is_name: true })
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoJson> {
        self.element(value)
    }

    fn end(self) -> Result<(), NoJson> {
        self.end_object()
    }
}
