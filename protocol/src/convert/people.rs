//! Users and roles, in and out, and who asked for something.

use super::define::{check_name, wrong};
use super::enter::Refused;
use super::{Asked, Entered, Names, key_id};
use crate::limits;
use crate::message::{
    Approval, ByMessage, Channel, DefineRole, DefineUser, DisableUser, PeopleList, SetPin, SignIn, SignedIn,
    UserMessage,
};
use crate::value::{LocationCode, Text, UserCode};
use onhand_engine::command::{Action, Command};
use onhand_engine::ids::{CommandId, LocationId};
use onhand_engine::people::{By, Capabilities, People, PinHash, User};

pub(super) fn role(body: DefineRole) -> Action {
    let capabilities: Vec<_> = body.capabilities.into_iter().map(Into::into).collect();
    Action::DefineRole { role: body.role.0, capabilities: Capabilities::of(&capabilities) }
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
