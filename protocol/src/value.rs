//! The values all messages share: quantities, amounts, ids, codes, times. Each refuses what it
//! cannot be when it is read, with the number people look up.

use crate::card_code::CardCode;
use crate::time;
use onhand_engine::date::Date;
use onhand_engine::ids::{Code, CommandId, PaymentId, ReservationId, Seq};
use onhand_engine::qty::{Qty, QtyError};
use onhand_engine::time::Timestamp;
use onhand_engine::{gtin, money};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Marks an error with its number on its way through serde, which knows only texts.
pub(crate) fn numbered<E: de::Error>(number: u16, text: impl fmt::Display) -> E {
    E::custom(format_args!("\u{1}{number}\u{1}{text}"))
}

/// An id minted by the client: a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u128);

/// A quantity: a decimal string such as `"2"` or `"0.250"`; an integer is accepted too, a float is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(pub Qty);

/// An amount: an integer number of minor units (cents) of the document's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(pub money::Minor);

/// An ISO 4217 currency code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(pub money::Currency);

/// A time: RFC 3339, printed in UTC with milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub Timestamp);

/// A date such as `2026-01-31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub Date);

/// A place in the log, as a decimal string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub Seq);

/// A measured figure in thousandths, on the wire a number with at most three decimals. Not for money
/// and not for quantities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(pub u32);

/// A bar code of 8, 12, 13 or 14 digits with its check digit; printed as 14.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin(pub gtin::Gtin);

/// A code people use: 1 to `MAX` printable characters without blanks at its ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(pub Code<MAX>);

/// An item's code.
pub type Sku = Text<64>;
/// A location's code.
pub type LocationCode = Text<32>;
/// An order, as the platform that took it names it.
pub type OrderName = Text<64>;
/// Who a reservation is for: a cart, a session, a till's basket.
pub type Owner = Text<64>;
/// A lot or a serial number.
pub type Mark = Text<20>;
/// What a person signs in with.
pub type UserCode = Text<32>;
/// What a person writes down for another: one line.
pub type Note = Text<200>;
/// A short label: a reason, a tax class, a key's holder.
pub type Label = Text<32>;

impl Id {
    /// A new id, ordered by time: for the moment of the user's intent, not for every attempt.
    #[must_use]
    pub fn mint() -> Self {
        Self(uuid::Uuid::now_v7().as_u128())
    }

    /// As the engine names commands.
    #[must_use]
    pub const fn command(self) -> CommandId {
        CommandId(self.0)
    }

    /// As the engine names reservations.
    #[must_use]
    pub const fn reservation(self) -> ReservationId {
        ReservationId(self.0)
    }
}

impl From<CommandId> for Id {
    fn from(id: CommandId) -> Self {
        Self(id.0)
    }
}

impl From<PaymentId> for Id {
    fn from(id: PaymentId) -> Self {
        Self(id.0)
    }
}

impl From<ReservationId> for Id {
    fn from(id: ReservationId) -> Self {
        Self(id.0)
    }
}

impl FromStr for Id {
    type Err = &'static str;

    /// Only the hyphenated form of 36 characters: what is printed is what is read.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = if text.len() == 36 { uuid::Uuid::try_parse(text).ok() } else { None };
        parsed.map(|id| Self(id.as_u128())).ok_or("an id is a UUID such as 0190a0b0-7000-7000-8000-000000000001")
    }
}

impl FromStr for Quantity {
    type Err = QtyError;

    /// Also reads sums, which may be beyond what one line may name.
    fn from_str(text: &str) -> Result<Self, QtyError> {
        match Qty::parse(text) {
            Err(QtyError::TooLarge) => {
                let (whole, part) = text.split_once('.').unwrap_or((text, ""));
                let milli = format!("{whole}{:0<3.3}", part).parse();
                milli.map(|milli| Self(Qty::from_milli(milli))).map_err(|_| QtyError::TooLarge)
            }
            read => read.map(Self),
        }
    }
}

impl FromStr for Gtin {
    type Err = gtin::GtinError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        gtin::Gtin::parse(text).map(Self)
    }
}

impl FromStr for Currency {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        money::Currency::parse(text).map(Self).ok_or("a currency is three capital letters such as EUR")
    }
}

impl FromStr for Time {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        time::parse(text).map(Self).ok_or("a time is RFC 3339 such as 2026-01-31T09:05:07.042Z")
    }
}

impl FromStr for Day {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Date::parse(text).map(Self).ok_or("a day is a date such as 2026-01-31")
    }
}

impl FromStr for Position {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(|n| Self(Seq(n))).map_err(|_| "a position is a decimal string such as \"123\"")
    }
}

impl<const MAX: usize> FromStr for Text<MAX> {
    type Err = onhand_engine::ids::CodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Code::new(text).map(Self)
    }
}

impl<const MAX: usize> Text<MAX> {
    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl<const MAX: usize> From<&Code<MAX>> for Text<MAX> {
    fn from(code: &Code<MAX>) -> Self {
        Self(code.clone())
    }
}

impl Quantity {
    /// Whole units.
    #[must_use]
    pub const fn units(units: i64) -> Self {
        Self(Qty::units(units))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; 36];
        f.write_str(uuid::Uuid::from_u128(self.0).hyphenated().encode_lower(&mut buffer))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&time::print(self.0)).unwrap_or_default())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.0)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A value that travels as a JSON string: printed with `Display`, read with `FromStr`, refused with
/// the number given.
macro_rules! text_value {
    ([$($max:ident)?] $name:ty, $number:literal, $expecting:literal, $title:expr, $schema:tt) => {
        impl$(<const $max: usize>)? Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de, $(const $max: usize)?> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Read$(<const $max: usize>)?;
                impl$(<const $max: usize>)? Visitor<'_> for Read$(<$max>)? {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(|why| numbered($number, format_args!("{text:.80?}: {why}")))
                    }
                }
                deserializer.deserialize_str(Read$(::<$max>)?)
            }
        }

        impl$(<const $max: usize>)? JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                $title.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }

            fn inline_schema() -> bool {
                true
            }
        }
    };
}

pub(crate) use text_value;

text_value!([] Id, 1009, "a UUID as a string", "Id", { "type": "string", "format": "uuid" });
text_value!([] Currency, 1001, "a currency code such as \"EUR\"", "Currency", { "type": "string", "pattern": "^[A-Z]{3}$" });
text_value!([] Time, 1001, "a time such as \"2026-01-31T09:05:07.042Z\"", "Time", { "type": "string", "format": "date-time" });
text_value!([] Day, 1001, "a date such as \"2026-01-31\"", "Day", { "type": "string", "format": "date" });
text_value!([] Position, 1017, "a position as a decimal string", "Position", { "type": "string", "pattern": "^[0-9]{1,20}$" });
text_value!([] CardCode, 3038, "a gift card's code as a string", "CardCode", { "type": "string", "minLength": 20, "maxLength": 40 });
text_value!([] Gtin, 1014, "a bar code of 8, 12, 13 or 14 digits as a string", "Gtin",
    { "type": "string", "pattern": "^([0-9]{8}|[0-9]{12,14})$" });
text_value!([MAX] Text<MAX>, 1013, "a code as a string", format!("Text{MAX}"),
    { "type": "string", "minLength": 1, "maxLength": MAX });

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = Quantity;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quantity: a decimal string such as \"2\" or \"0.250\", or an integer")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Quantity, E> {
                text.parse().map_err(|why| numbered(1005, format_args!("{text:.80?} {why}")))
            }

            fn visit_i64<E: de::Error>(self, units: i64) -> Result<Quantity, E> {
                let milli = units.checked_mul(Qty::SCALE).map(|milli| Quantity(Qty::from_milli(milli)));
                milli.ok_or_else(|| numbered(1005, format_args!("{units} {}", QtyError::TooLarge)))
            }

            fn visit_u64<E: de::Error>(self, units: u64) -> Result<Quantity, E> {
                self.visit_i64(i64::try_from(units).unwrap_or(i64::MAX))
            }

            fn visit_f64<E: de::Error>(self, float: f64) -> Result<Quantity, E> {
                Err(numbered(
                    1005,
                    format_args!("{float} is a float; send a quantity as a decimal string such as \"0.250\""),
                ))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A quantity: a decimal string with at most three decimals. Integers are accepted, floats are not.",
            "anyOf": [
                { "type": "string", "pattern": "^-?[0-9]{1,10}(\\.[0-9]+)?$" },
                { "type": "integer", "minimum": -1_000_000_000_i64, "maximum": 1_000_000_000_i64 }
            ],
            "examples": ["2", "0.250"]
        })
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = Amount;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount: an integer number of minor units")
            }

            fn visit_i64<E: de::Error>(self, minor: i64) -> Result<Amount, E> {
                Ok(Amount(money::Minor(minor)))
            }

            fn visit_u64<E: de::Error>(self, minor: u64) -> Result<Amount, E> {
                let too_large = |_| numbered(3003, format_args!("{minor} is beyond 10,000,000,000,000 minor units"));
                i64::try_from(minor).map_err(too_large).and_then(|minor| self.visit_i64(minor))
            }

            fn visit_f64<E: de::Error>(self, float: f64) -> Result<Amount, E> {
                Err(numbered(3003, format_args!("{float} is not an integer; send an amount in minor units (cents)")))
            }
        }
        deserializer.deserialize_any(Read)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An amount: an integer number of minor units (cents) of the document's currency.",
            "type": "integer",
            "minimum": -money::Minor::MAX.0,
            "maximum": money::Minor::MAX.0
        })
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(1_000) {
            return serializer.serialize_u32(self.0 / 1_000);
        }
        serializer.serialize_f64(f64::from(self.0) / 1_000.0)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        if !(0.0..=f64::from(u32::MAX) / 1_000.0).contains(&number) {
            return Err(numbered(1001, format_args!("{number} is not a figure from 0 to {}", u32::MAX / 1_000)));
        }
        // Within the range, as was just looked at.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the range")]
        Ok(Decimal((number * 1_000.0).round() as u32))
    }
}

impl JsonSchema for Decimal {
    fn schema_name() -> Cow<'static, str> {
        "Decimal".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0 })
    }

    fn inline_schema() -> bool {
        true
    }
}
