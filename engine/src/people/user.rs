//! A user, and who asked for something.

use super::{Capabilities, Capability, needs};
use crate::catalogue::KeyId;
use crate::command::Action;
use crate::ids::{Label, UserCode};
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

/// A user's number, from 1, given in order of definition and never reused; people know them by their
/// [`UserCode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserNo(pub NonZeroU32);

impl UserNo {
    /// Their place in the list of users.
    #[must_use]
    pub fn index(self) -> usize {
        usize::try_from(self.0.get().saturating_sub(1)).unwrap_or(usize::MAX)
    }
}

/// The slow, salted hash of a PIN, as text with its own parameters. The PIN itself is nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct PinHash(Arc<str>);

impl PinHash {
    /// As whoever hashed the PIN wrote it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Four digits are soon guessed from their hash: it is shown to nobody.
impl fmt::Debug for PinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinHash(..)")
    }
}

/// One who works here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Our number for them.
    pub no: UserNo,
    /// What they sign in with.
    pub code: UserCode,
    /// What people call them.
    pub name: Arc<str>,
    /// The roles that say what they may.
    pub roles: Vec<Label>,
    /// The hash of their PIN; without one they cannot sign in.
    pub pin: Option<PinHash>,
    /// How often their PIN was set: who signed in with an earlier one is signed in no more.
    pub pins_set: u32,
    /// Whether they may do nothing for now.
    pub disabled: bool,
}

/// Who asked for a command. Nobody at all: the server itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct By {
    /// The key of the device that it came from.
    pub device: Option<KeyId>,
    /// Who was signed in there.
    pub user: Option<UserNo>,
    /// Who approved it, where somebody had to.
    pub approver: Option<UserNo>,
}

impl By {
    /// What the record of an action keeps of it. What devices do all day without a person, sales and
    /// what belongs to them, is kept as small as it is; of everything else it is known who.
    #[must_use]
    pub fn kept_for(self, action: &Action) -> Self {
        let all_day = Capabilities::of(&[Capability::Sell, Capability::Orders]);
        let is_alone = self.user.is_none() && self.approver.is_none();
        // Who makes money out of nothing, who says what a provider did, and who put a basket aside is always known.
        let is_told = action.is_of_account()
            || matches!(action, Action::Payment { .. } | Action::Basket { .. } | Action::Layaway { .. });
        let is_all_day = needs(action).without(all_day) == Capabilities::NONE && !is_told;
        if is_alone && is_all_day { Self::default() } else { self }
    }
}
