//! The forms of roles and users, and of who asked for a record.
//!
//! Who asked stands between a record's head and its body: eight bytes for the device and four for
//! each person, of which only those are there that the kind's flags name. A record of which nobody
//! is known has none of it, and is what it was before people were known.

use super::DecodeError;
use super::event::code;
use onhand_engine::catalogue::KeyId;
use onhand_engine::chain::Chain;
use onhand_engine::event::Event;
use onhand_engine::ids::{Label, LocationId};
use onhand_engine::money::Minor;
use onhand_engine::people;
use onhand_engine::people::{By, Capabilities, Limits, People, PinHash, UserNo};
use onhand_engine::time::Timestamp;
use rkyv::{Archive, Deserialize, Serialize};
use std::num::NonZeroU32;

/// Flags of a record's kind: what is known of who asked.
const DEVICE: u8 = 0x80;
const USER: u8 = 0x40;
const APPROVER: u8 = 0x20;
const FLAGS: u8 = DEVICE | USER | APPROVER;

/// The flags that say what is known.
pub(super) const fn flags(by: By) -> u8 {
    let device = if by.device.is_some() { DEVICE } else { 0 };
    let user = if by.user.is_some() { USER } else { 0 };
    let approver = if by.approver.is_some() { APPROVER } else { 0 };
    device | user | approver
}

/// A kind without its flags.
pub(super) const fn without_flags(kind: u8) -> u8 {
    kind & !FLAGS
}

/// Appends what is known.
pub(super) fn write(by: By, into: &mut Vec<u8>) {
    if let Some(KeyId(device)) = by.device {
        into.extend_from_slice(&device.to_le_bytes());
    }
    for UserNo(no) in [by.user, by.approver].into_iter().flatten() {
        into.extend_from_slice(&no.get().to_le_bytes());
    }
}

/// Reads what the flags of a kind name, and where the body begins.
pub(super) fn read(kind: u8, bytes: &[u8]) -> Result<(By, &[u8]), DecodeError> {
    let mut by = By::default();
    let mut rest = bytes;
    if kind & DEVICE != 0 {
        let (device, after) = rest.split_first_chunk().ok_or_else(too_short)?;
        by.device = Some(KeyId(u64::from_le_bytes(*device)));
        rest = after;
    }
    for (flag, person) in [(USER, &mut by.user), (APPROVER, &mut by.approver)] {
        if kind & flag != 0 {
            let (no, after) = rest.split_first_chunk().ok_or_else(too_short)?;
            *person = Some(user_no(u32::from_le_bytes(*no))?);
            rest = after;
        }
    }
    Ok((by, rest))
}

fn too_short() -> DecodeError {
    DecodeError("the record ends before it says who asked".into())
}

/// A role that says how far it goes.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct RoleWithLimits {
    role: String,
    capabilities: u64,
    discount_ppm_max: Option<u32>,
    refund_max: Option<i64>,
}

impl RoleWithLimits {
    pub(super) fn new(role: &Label, capabilities: Capabilities, limits: Limits) -> Self {
        Self {
            role: role.to_string(),
            capabilities: capabilities.bits(),
            discount_ppm_max: limits.discount_ppm_max,
            refund_max: limits.refund_max.map(|max| max.0),
        }
    }

    pub(super) fn read(self) -> Result<Event, DecodeError> {
        let refund_max = self.refund_max.map(Minor);
        Ok(Event::RoleDefined {
            role: code(&self.role)?,
            capabilities: capabilities(self.capabilities)?,
            limits: Limits { discount_ppm_max: self.discount_ppm_max, refund_max },
        })
    }
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct User {
    no: u32,
    code: String,
    name: String,
    roles: Vec<String>,
    pin: Option<String>,
    pins_set: u32,
    disabled: bool,
}

/// The whole of it, as a snapshot keeps it.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Everybody {
    roles: Vec<RoleWithLimits>,
    users: Vec<User>,
    required: Vec<u32>,
}

pub(super) fn user_no(no: u32) -> Result<UserNo, DecodeError> {
    NonZeroU32::new(no).map(UserNo).ok_or_else(|| DecodeError("a user of number zero".into()))
}

pub(super) fn capabilities(bits: u64) -> Result<Capabilities, DecodeError> {
    Capabilities::from_bits(bits).ok_or_else(|| DecodeError(format!("unknown capabilities: {bits:#x}")))
}

pub(super) fn labels_out(labels: &[Label]) -> Vec<String> {
    labels.iter().map(ToString::to_string).collect()
}

pub(super) fn labels_in(labels: &[String]) -> Result<Vec<Label>, DecodeError> {
    labels.iter().map(|label| code(label)).collect()
}

impl From<&people::User> for User {
    fn from(user: &people::User) -> Self {
        Self {
            no: user.no.0.get(),
            code: user.code.to_string(),
            name: user.name.to_string(),
            roles: labels_out(&user.roles),
            pin: user.pin.as_ref().map(|pin| pin.as_str().to_owned()),
            pins_set: user.pins_set,
            disabled: user.disabled,
        }
    }
}

impl TryFrom<User> for people::User {
    type Error = DecodeError;

    fn try_from(user: User) -> Result<Self, DecodeError> {
        Ok(Self {
            no: user_no(user.no)?,
            code: code(&user.code)?,
            name: user.name.into(),
            roles: labels_in(&user.roles)?,
            pin: user.pin.as_deref().map(PinHash::new),
            pins_set: user.pins_set,
            disabled: user.disabled,
        })
    }
}

impl Everybody {
    /// Nothing where nobody was ever defined.
    pub(super) fn of(people: &People) -> Option<Self> {
        let role = |(role, capabilities): (&Label, &Capabilities)| {
            RoleWithLimits::new(role, *capabilities, people.limits_of(role))
        };
        (*people != People::default()).then(|| Self {
            roles: people.roles().iter().map(role).collect(),
            users: people.users().iter().map(Into::into).collect(),
            required: people.required().iter().map(|at| at.0).collect(),
        })
    }

    pub(super) fn read_into(self, chain: &mut Chain) -> Result<(), DecodeError> {
        for role in self.roles {
            chain.apply(&role.read()?, Timestamp(0));
        }
        for user in self.users {
            chain.people.put(user.try_into()?);
        }
        for at in self.required {
            chain.apply(&Event::PeopleRequired { at: LocationId(at), required: true }, Timestamp(0));
        }
        Ok(())
    }
}
