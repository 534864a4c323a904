//! Users and roles, in and out, and who asked for something.

use super::define::{check_name, wrong};
use super::enter::Refused;
use super::{Asked, Entered, Names, key_id};
use crate::limits;
use crate::message::{
    Approval, ByMessage, Channel, DefineRole, DefineUser, DisableUser, PeopleList, RoleLimits, SetPin, SignIn,
    SignedIn, UserMessage,
};
use crate::value::{Amount, LocationCode, Text, UserCode};
use onhand_engine::command::{Action, Command};
use onhand_engine::ids::{CommandId, LocationId};
use onhand_engine::money::Minor;
use onhand_engine::people::{By, Capabilities, Limits, People, PinHash, User};

pub(super) fn role(body: DefineRole) -> Result<Action, Refused> {
    let capabilities: Vec<_> = body.capabilities.into_iter().map(Into::into).collect();
    let said = body.limits.unwrap_or_default();
    if said.discount_ppm_max.is_some_and(|max| max > 1_000_000) {
        return Err(wrong(1001, "limits.discount_ppm_max", "a part is in parts per million, at most 1000000"));
    }
    if said.refund_max.is_some_and(|max| !(Minor::ZERO..=Minor::MAX).contains(&max.0)) {
        let text = "the amount is not from 0 to 10,000,000,000,000 minor units";
        return Err(wrong(3003, "limits.refund_max", text));
    }
    let limits = Limits { discount_ppm_max: said.discount_ppm_max, refund_max: said.refund_max.map(|max| max.0) };
    Ok(Action::DefineRole { role: body.role.0, capabilities: Capabilities::of(&capabilities), limits })
}

/// How far a role goes, where it says so.
pub(super) fn limits(limits: Limits) -> Option<RoleLimits> {
    let Limits { discount_ppm_max, refund_max } = limits;
    (limits != Limits::default()).then(|| RoleLimits { discount_ppm_max, refund_max: refund_max.map(Amount) })
}

pub(super) fn user(body: DefineUser) -> Result<Action, Refused> {
    check_name(&body.name, "name")?;
    if body.roles.len() > limits::ROLES_OF_USER_MAX {
        return Err(wrong(1001, "roles", "a user may have 16 roles"));
    }
    let roles = body.roles.into_iter().map(|role| role.0).collect();
    Ok(Action::DefineUser { code: body.user.0, name: body.name.into(), roles })
}

pub(super) fn disable(body: DisableUser) -> Action {
    Action::DisableUser { user: body.user.0, disabled: body.disabled }
}

/// The command that sets a PIN; whoever calls has hashed it, which takes a while.
#[must_use]
pub fn set_pin(id: CommandId, body: SetPin, pin: PinHash, channel: Channel) -> Entered {
    let action = Action::SetPin { user: body.user.0, pin };
    let command = Command { id, location: LocationId::CHAIN, channel: channel.into(), action };
    let asked = Asked::of(&command, None);
    Entered { command, asked }
}

/// An approval names a person and their PIN, just as signing in does.
impl From<Approval> for SignIn {
    fn from(approval: Approval) -> Self {
        Self { user: approval.user, pin: approval.pin }
    }
}

/// Who signed in, and what they may do as of now.
#[must_use]
pub fn signed_in(people: &People, user: &User) -> SignedIn {
    SignedIn {
        user: Text(user.code.clone()),
        name: user.name.to_string(),
        capabilities: people.may(user).each().map(Into::into).collect(),
        token: None,
        expires: None,
    }
}

/// Everybody, without anything of a PIN.
#[must_use]
pub fn people(people: &People, names: &impl Names) -> PeopleList {
    let code = |at: &LocationId| names.location_numbered(*at).map(|location| LocationCode::from(&location.code));
    let user = |user: &User| UserMessage {
        user: Text(user.code.clone()),
        name: user.name.to_string(),
        roles: user.roles.iter().map(Into::into).collect(),
        has_pin: user.pin.is_some(),
        disabled: user.disabled,
    };
    let roles = people.roles().iter().map(|(role, capabilities)| DefineRole {
        role: role.into(),
        capabilities: capabilities.each().map(Into::into).collect(),
        limits: limits(people.limits_of(role)),
    });
    PeopleList {
        required_everywhere: people.required().contains(&LocationId::CHAIN),
        required_at: people.required().iter().filter_map(code).collect(),
        roles: roles.collect(),
        users: people.users().iter().map(user).collect(),
    }
}

/// Who asked for something; none when nobody is known.
#[must_use]
pub fn by(by: By, names: &impl Names) -> Option<ByMessage> {
    let code = |no| names.user_numbered(no).map(|code| UserCode::from(&code));
    (by != By::default()).then(|| ByMessage {
        user: by.user.and_then(code),
        approver: by.approver.and_then(code),
        device: by.device.map(key_id),
        holder: by.device.and_then(|key| names.holder(key)).map(Text),
    })
}
