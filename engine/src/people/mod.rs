//! Who works here and what they may do: users, the roles that name what they may, and where a
//! command needs a person beside the device that it came from.
//!
//! Responsible for: the state of users and roles, and whether a command may be decided for whom.
//!
//! Not responsible for: who is signed in where, and whether a PIN is right.

mod capability;
mod decide;
mod lacking;
mod user;

use capability::prices_need;
pub use capability::{Capabilities, Capability, needs};
pub use lacking::{DISCOUNT_NOT_ALLOWED, PRICE_NOT_ALLOWED};
pub use user::{By, PinHash, User, UserNo};

use crate::catalogue::{Key, Role};
use crate::command::Action;
use crate::event::Event;
use crate::ids::{Label, LocationId, UserCode};
use crate::refusal::Refusal;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

/// Users, roles, and where people are required. Part of the chain's state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    roles: BTreeMap<Label, Capabilities>,
    users: Vec<User>,
    codes: BTreeMap<UserCode, UserNo>,
    /// Locations where a device alone may not act; [`LocationId::CHAIN`] stands for everywhere.
    required: BTreeSet<LocationId>,
}

impl People {
    /// Every role and what it names, in the order of their names.
    #[must_use]
    pub const fn roles(&self) -> &BTreeMap<Label, Capabilities> {
        &self.roles
    }

    /// Every user, in the order of their numbers, those who are disabled included.
    #[must_use]
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// Where people are required; [`LocationId::CHAIN`] stands for everywhere.
    #[must_use]
    pub const fn required(&self) -> &BTreeSet<LocationId> {
        &self.required
    }

    /// The user of a number.
    #[must_use]
    pub fn user(&self, no: UserNo) -> Option<&User> {
        self.users.get(no.index())
    }

    /// The user of a code.
    #[must_use]
    pub fn user_by_code(&self, code: &UserCode) -> Option<&User> {
        self.user(*self.codes.get(code)?)
    }

    /// What a user may: what all their roles name together. Nothing for one who is disabled.
    #[must_use]
    pub fn may(&self, user: &User) -> Capabilities {
        if user.disabled {
            return Capabilities::NONE;
        }
        let named = user.roles.iter().filter_map(|role| self.roles.get(role));
        named.fold(Capabilities::NONE, |all, of_role| all.and(*of_role))
    }

    /// Whether a device alone may not act at a location, or in the chain itself.
    #[must_use]
    pub fn are_required_at(&self, location: LocationId) -> bool {
        !self.required.is_empty() && (self.required.contains(&location) || self.required.contains(&LocationId::CHAIN))
    }

    /// Whether a command may be decided for whoever asks for it, at this moment. Where people are
    /// not required everybody may, as far as their device may, but nobody who is disabled under their
    /// own name. `key` is the device as it stands now.
    ///
    /// Checks come in a fixed order: the device, the person, what the person may, the approval.
    ///
    /// # Errors
    /// 4002, 4003, 4010 to 4014, as [`Refusal`].
    pub fn check(&self, location: LocationId, by: By, key: Option<&Key>, action: &Action) -> Result<(), Refusal> {
        // Whoever trains is asked for what the shop asks for.
        if !self.are_required_at(location.real()) {
            return by.user.and_then(|no| self.user(no)).map_or(Ok(()), check_enabled);
        }
        match (by.device, key) {
            // The server's own timers, its command line, and shoppers, whose rights end before this.
            (None, _) => return Ok(()),
            (Some(_), None) => return Err(Refusal::UnknownDevice),
            (Some(_), Some(key)) if key.revoked.is_some() => return Err(Refusal::RevokedDevice),
            (Some(_), Some(key)) if !stands_before_a_person(key.role) => return Ok(()),
            (Some(_), Some(_)) => {}
        }
        self.check_person(by, needs(action))
    }

    fn check_person(&self, by: By, needed: Capabilities) -> Result<(), Refusal> {
        let user = by.user.and_then(|no| self.user(no)).ok_or(Refusal::PersonNeeded)?;
        check_enabled(user)?;
        let missing = needed.without(self.may(user));
        let Some(approver) = by.approver else {
            return missing.first().map_or(Ok(()), |capability| Err(Refusal::LacksCapability { capability }));
        };
        self.check_approval(user, approver, missing)
    }

    /// An approval that was given is recorded, so it must be good also where none was needed.
    fn check_approval(&self, user: &User, approver: UserNo, missing: Capabilities) -> Result<(), Refusal> {
        let approver = self.user(approver).ok_or(Refusal::UnknownUser)?;
        if approver.no == user.no {
            return Err(Refusal::OwnApproval);
        }
        check_enabled(approver)?;
        let wanted = missing.and(Capabilities::of(&[Capability::Approve]));
        match wanted.without(self.may(approver)).first() {
            None => Ok(()),
            Some(capability) => Err(Refusal::MayNotApprove { capability }),
        }
    }

    /// Folds in an event of users and roles.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::RoleDefined { role, capabilities } => {
                self.roles.insert(role.clone(), *capabilities);
            }
            Event::UserDefined { user, code, name, roles } => {
                let (code, name, roles) = (code.clone(), name.clone(), roles.clone());
                match self.users.get_mut(user.index()) {
                    Some(known) => *known = User { code, name, roles, ..known.clone() },
                    None => {
                        self.put(User { no: *user, code, name, roles, pin: None, pins_set: 0, disabled: false });
                    }
                }
            }
            Event::PinSet { user, pin } => {
                if let Some(user) = self.users.get_mut(user.index()) {
                    user.pin = Some(pin.clone());
                    user.pins_set = user.pins_set.saturating_add(1);
                }
            }
            Event::UserDisabled { user, disabled } => {
                if let Some(user) = self.users.get_mut(user.index()) {
                    user.disabled = *disabled;
                }
            }
            Event::PeopleRequired { at, required: true } => {
                self.required.insert(*at);
            }
            Event::PeopleRequired { at, required: false } => {
                self.required.remove(at);
            }
            _ => {}
        }
    }

    /// Puts a user in place, as an event or a snapshot says. Users come in the order of their numbers.
    pub fn put(&mut self, user: User) {
        self.codes.insert(user.code.clone(), user.no);
        match self.users.get_mut(user.no.index()) {
            Some(place) => *place = user,
            None => self.users.push(user),
        }
    }

    fn next_no(&self) -> UserNo {
        let next = u32::try_from(self.users.len()).unwrap_or(u32::MAX).saturating_add(1);
        UserNo(NonZeroU32::new(next).unwrap_or(NonZeroU32::MAX))
    }
}

fn check_enabled(user: &User) -> Result<(), Refusal> {
    if user.disabled { Err(Refusal::UserDisabled { user: user.code.clone() }) } else { Ok(()) }
}

/// Whether somebody stands at the device: at a till or a desk. A website's key acts for shoppers, and
/// the others change nothing.
const fn stands_before_a_person(role: Role) -> bool {
    match role {
        Role::Admin | Role::Till => true,
        Role::Web | Role::Analyst | Role::Operations | Role::Driver => false,
    }
}
