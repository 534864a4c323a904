//! People at the door: who is signed in at which device, and whether their PIN is right. What they may
//! do is looked at where a command is decided, not here.

mod attempts;
pub(crate) mod pins;
pub(crate) mod socket;

use crate::fault::Fault;
use onhand_engine::people::{By, People, User, UserNo};
use onhand_protocol::message::{Approval, Body};
use onhand_protocol::routes;

/// Somebody who has shown their PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Signed {
    pub(crate) user: UserNo,
    /// How often their PIN had been set: with a new one they sign in anew.
    pub(crate) pins_set: u32,
}

impl Signed {
    pub(crate) const fn of(user: &User) -> Self {
        Self { user: user.no, pins_set: user.pins_set }
    }

    /// Whether the PIN that was shown is still theirs.
    pub(crate) fn is_current(self, people: &People) -> bool {
        people.user(self.user).is_some_and(|user| user.pins_set == self.pins_set)
    }
}

/// Only commands are approved, and only what a person asks for.
pub(crate) fn check_approval(body: &Body, approval: Option<&Approval>, by: impl Fn() -> By) -> Result<(), Fault> {
    if approval.is_none() {
        return Ok(());
    }
    if !routes::is_command(body.op()) {
        return Err(Fault::new(1001, format!("{} needs no approval", body.op())).at("approval"));
    }
    if by().user.is_none() {
        return Err(Fault::new(4010, "nobody is signed in whose command could be approved").at("approval"));
    }
    Ok(())
}

/// The same error, told of the approval.
pub(crate) fn in_approval(fault: &Fault) -> Fault {
    let field = fault.field.as_ref().map_or("approval".to_owned(), |field| format!("approval.{field}"));
    fault.clone().at(&field)
}
