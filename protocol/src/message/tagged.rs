//! Objects whose shape is named by one of their own fields, read in one pass and without a tree.
//!
//! serde's internally tagged enums buffer everything and cannot refuse unknown fields. Here the
//! name is read first (everyone writes it first), and the rest of the object goes straight into
//! the struct of that name; `op`, `ok`, `id` and a request's `approval` are taken out on the way.

use super::people::Approval;
use crate::value::Id;
use serde::de::value::{CowStrDeserializer, MapAccessDeserializer};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Who builds the value once the name is known.
pub(super) trait Shape<'de>: Sized {
    /// The field that holds the name.
    const TAG: &'static str;

    fn build<M: MapAccess<'de>>(name: &str, rest: Rest<'_, 'de, M>) -> Result<Self, M::Error>;
}

/// What was taken out of the object on the way.
#[derive(Default)]
pub(super) struct Head<'de> {
    known: Option<Cow<'de, str>>,
    pub(super) id: Option<Id>,
    /// The name stands after other fields: read again with it known.
    pub(super) late: bool,
    /// Who approves the request.
    pub(super) approval: Option<Box<Approval>>,
    tag_seen: bool,
    id_seen: bool,
}

pub(super) struct Read<'h, 'de, T> {
    head: &'h mut Head<'de>,
    shape: std::marker::PhantomData<T>,
}

impl<'h, 'de, T> Read<'h, 'de, T> {
    pub(super) fn new(head: &'h mut Head<'de>) -> Self {
        Self { head, shape: std::marker::PhantomData }
    }
}

impl<'de, T: Shape<'de>> DeserializeSeed<'de> for Read<'_, 'de, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Shape<'de>> Visitor<'de> for Read<'_, 'de, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<T, M::Error> {
        let head = self.head;
        let name = match head.known.take() {
            Some(name) => name,
            None => head.read_until_name(&mut map, T::TAG)?,
        };
        T::build(&name, Rest { map, head, tag: T::TAG })
    }
}

impl<'de> Head<'de> {
    /// The name is known before reading.
    pub(super) fn knowing(known: Option<Cow<'de, str>>) -> Self {
        Self { known, ..Self::default() }
    }

    /// The body of a request whose name and id stand elsewhere, so that they are too much in it.
    pub(super) fn posted(op: &'de str) -> Self {
        Self { tag_seen: true, id_seen: true, ..Self::knowing(Some(Cow::Borrowed(op))) }
    }

    fn read_until_name<M: MapAccess<'de>>(
        &mut self,
        map: &mut M,
        tag: &'static str,
    ) -> Result<Cow<'de, str>, M::Error> {
        while let Some(key) = map.next_key_seed(Str)? {
            if key == tag {
                self.tag_seen = true;
                return map.next_value_seed(Str);
            }
            if key != "id" {
                self.late = true;
                return Err(de::Error::custom(format_args!("`{tag}` must come first")));
            }
            self.take_id(map)?;
        }
        Err(de::Error::missing_field(tag))
    }

    fn take_id<M: MapAccess<'de>>(&mut self, map: &mut M) -> Result<(), M::Error> {
        if std::mem::replace(&mut self.id_seen, true) {
            return Err(de::Error::duplicate_field("id"));
        }
        self.id = map.next_value()?;
        Ok(())
    }

    fn take_approval<M: MapAccess<'de>>(&mut self, map: &mut M) -> Result<(), M::Error> {
        if self.approval.replace(map.next_value()?).is_some() {
            return Err(de::Error::duplicate_field("approval"));
        }
        Ok(())
    }
}

/// The fields that belong to the named shape.
pub(super) struct Rest<'h, 'de, M> {
    map: M,
    head: &'h mut Head<'de>,
    tag: &'static str,
}

impl<'de, M: MapAccess<'de>> Rest<'_, 'de, M> {
    /// Reads them into the struct of that name.
    pub(super) fn into<T: Deserialize<'de>>(self) -> Result<T, M::Error> {
        T::deserialize(MapAccessDeserializer::new(self))
    }
}

impl<'de, M: MapAccess<'de>> MapAccess<'de> for Rest<'_, 'de, M> {
    type Error = M::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, M::Error> {
        while let Some(key) = self.map.next_key_seed(Str)? {
            if key == "id" {
                self.head.take_id(&mut self.map)?;
            } else if key == "approval" && self.tag == "op" {
                self.head.take_approval(&mut self.map)?;
            } else if key == self.tag {
                if std::mem::replace(&mut self.head.tag_seen, true) {
                    return Err(de::Error::duplicate_field(self.tag));
                }
                self.map.next_value_seed(Str)?;
            } else {
                let key: CowStrDeserializer<'_, M::Error> = key.into_deserializer();
                return seed.deserialize(key).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, M::Error> {
        self.map.next_value_seed(seed)
    }
}

/// A string, borrowed where it can be.
struct Str;

impl<'de> DeserializeSeed<'de> for Str {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Str {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
