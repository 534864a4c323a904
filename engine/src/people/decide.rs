//! Commands about users and roles.

use super::{Capability, People, User};
use crate::command::Action;
use crate::event::Event;
use crate::ids::{LocationId, UserCode};
use crate::refusal::Refusal;

impl People {
    /// Decides a command about users and roles. Users keep their numbers for ever.
    ///
    /// # Errors
    /// 4015 to 4017, as [`Refusal`]; nothing changes. 1004 for any other command.
    pub fn decide(&self, action: &Action) -> Result<Event, Refusal> {
        let event = match action {
            Action::DefineRole { role, capabilities, limits } => {
                Event::RoleDefined { role: role.clone(), capabilities: *capabilities, limits: *limits }
            }
            Action::DefineUser { code, name, roles } => {
                if let Some(role) = roles.iter().find(|role| !self.roles.contains_key(*role)) {
                    return Err(Refusal::UnknownRole { role: role.clone() });
                }
                let user = self.user_by_code(code).map_or_else(|| self.next_no(), |known| known.no);
                Event::UserDefined { user, code: code.clone(), name: name.clone(), roles: roles.clone() }
            }
            Action::SetPin { user, pin } => Event::PinSet { user: self.find(user)?.no, pin: pin.clone() },
            Action::DisableUser { user, disabled } => {
                Event::UserDisabled { user: self.find(user)?.no, disabled: *disabled }
            }
            Action::RequirePeople { at, required } => Event::PeopleRequired { at: *at, required: *required },
            _ => return Err(Refusal::UnknownLocation),
        };
        self.check_that_somebody_manages(&event)?;
        Ok(event)
    }

    fn find(&self, code: &UserCode) -> Result<&User, Refusal> {
        self.user_by_code(code).ok_or(Refusal::UnknownUser)
    }

    /// Where the chain itself needs people, somebody must be left who can let others in.
    fn check_that_somebody_manages(&self, event: &Event) -> Result<(), Refusal> {
        let mut after = self.clone();
        after.apply(event);
        let manages = |user: &User| user.pin.is_some() && after.may(user).has(Capability::ManagePeople);
        if after.are_required_at(LocationId::CHAIN) && !after.users.iter().any(manages) {
            return Err(Refusal::LastManager);
        }
        Ok(())
    }
}
