//! People: signing in, approving, users and roles. A PIN is read and written here and shown nowhere.

use super::word::Capability;
use crate::value::{Amount, Label, LocationCode, Text, Time, UserCode, numbered};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// A PIN: 4 to 12 digits, as a string.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(String);

/// Why a text is no PIN. It does not say what the text was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a PIN is a string of 4 to 12 digits")]
pub struct PinError;

impl Pin {
    /// Checks a text from outside.
    ///
    /// # Errors
    /// [`PinError`].
    pub fn new(text: &str) -> Result<Self, PinError> {
        let fits = (4..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { Ok(Self(text.to_owned())) } else { Err(PinError) }
    }

    /// The digits, for whoever hashes them.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

/// Never the digits: what is printed ends up in logs.
impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

impl Serialize for Pin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Says of everything that is no PIN the same: serde would print what it found.
        struct Read;

        impl Visitor<'_> for Read {
            type Value = Pin;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a PIN")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Pin, E> {
                Pin::new(text).map_err(|_| bad())
            }

            fn visit_u64<E: de::Error>(self, _: u64) -> Result<Pin, E> {
                Err(bad())
            }

            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Pin, E> {
                Err(bad())
            }

            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Pin, E> {
                Err(bad())
            }

            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Pin, E> {
                Err(bad())
            }

            fn visit_unit<E: de::Error>(self) -> Result<Pin, E> {
                Err(bad())
            }
        }

        fn bad<E: de::Error>() -> E {
            numbered(4020, PinError)
        }
        deserializer.deserialize_any(Read)
    }
}

impl JsonSchema for Pin {
    fn schema_name() -> Cow<'static, str> {
        "Pin".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "A PIN: 4 to 12 digits.", "type": "string", "pattern": "^[0-9]{4,12}$" })
    }
}

macro_rules! asked {
    ($(#[$doc:meta])* $name:ident { $($(#[$field:meta])* $field_name:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field])* pub $field_name: $kind,)*
        }
    };
}

asked!(
    /// A person stands at this device from now on; whoever stood there before no longer does, also
    /// when this is refused.
    SignIn {
        /// Their code.
        user: UserCode,
        /// Their PIN.
        pin: Pin,
    }
);
asked!(
    /// Nobody stands at this device any more.
    #[derive(Copy, Default)]
    SignOut {}
);
asked!(
    /// Who approves a command that the person signed in may not do alone. Stands in the command.
    Approval {
        /// The approver's code.
        user: UserCode,
        /// The approver's PIN.
        pin: Pin,
    }
);
asked!(
    /// Define or change a role.
    DefineRole {
        /// Its name, for ever.
        role: Label,
        /// What whoever has it may do.
        capabilities: Vec<Capability>,
        /// How far they may go without an approval; left out: as far as the capabilities do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limits: Option<RoleLimits>,
    }
);
asked!(
    /// How far a role goes; what is left out has no limit.
    #[derive(Copy, Default)]
    RoleLimits {
        /// The largest part of a line that may be taken off by hand, in parts per million: 10 % is 100000.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        discount_ppm_max: Option<u32>,
        /// The most money that may go out with one return, in minor units of the location's currency.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refund_max: Option<Amount>,
    }
);
asked!(
    /// Define or change a user. Their PIN stays, and so does being disabled.
    DefineUser {
        /// What they sign in with, for ever.
        user: UserCode,
        /// What people call them.
        name: String,
        /// Their roles: they may what these name together.
        roles: Vec<Label>,
    }
);
asked!(
    /// Give a user a PIN. Whoever is signed in with an earlier one is signed out.
    SetPin {
        /// Whose.
        user: UserCode,
        /// The PIN; only a slow hash of it is kept.
        pin: Pin,
    }
);
asked!(
    /// Let a user do nothing any more, from this moment on.
    DisableUser {
        /// Whom.
        user: UserCode,
        /// False lets them work again.
        #[serde(default = "yes", skip_serializing_if = "is_yes")]
        disabled: bool,
    }
);
asked!(
    /// Say whether a person must be signed in at tills and desks.
    RequirePeople {
        /// Where; none: everywhere, and for catalogue, keys and people too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<LocationCode>,
        /// Whether.
        required: bool,
    }
);

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
const fn is_yes(flag: &bool) -> bool {
    *flag
}

macro_rules! answer {
    ($(#[$doc:meta])* $name:ident { $($(#[$field:meta])* $field_name:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            $($(#[$field])* pub $field_name: $kind,)*
        }
    };
}

answer!(
    /// Who stands at this device now.
    SignedIn {
        /// Their code.
        user: UserCode,
        /// What people call them.
        name: String,
        /// What they may do, as of now: what counts is looked up with each command.
        capabilities: Vec<Capability>,
        /// Over HTTP: what to send as `Onhand-User` with each command.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        /// Until when that is good.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires: Option<Time>,
    }
);
answer!(
    /// `GET /v1/people`: who works here. Nothing of any PIN.
    PeopleList {
        /// Whether people are required everywhere.
        required_everywhere: bool,
        /// Where else they are.
        required_at: Vec<LocationCode>,
        /// The roles.
        roles: Vec<DefineRole>,
        /// The users.
        users: Vec<UserMessage>,
    }
);
answer!(
    /// One who works here.
    UserMessage {
        /// Their code.
        user: UserCode,
        /// What people call them.
        name: String,
        /// Their roles.
        roles: Vec<Label>,
        /// Whether they can sign in: they have a PIN.
        has_pin: bool,
        /// Whether they may do nothing for now.
        disabled: bool,
    }
);
answer!(
    /// Who asked for something.
    ByMessage {
        /// Who was signed in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<UserCode>,
        /// Who approved it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approver: Option<UserCode>,
        /// The id of the device's key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        device: Option<String>,
        /// Who holds that key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holder: Option<Text<32>>,
    }
);
