//! Identifiers. Different things have different types; none is a bare integer outside this file.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);
    };
}

number!(
    /// One sellable variant. Given by the catalogue in order of definition and never reused;
    /// people know it by its [`SkuCode`].
    SkuId(u32)
);
number!(
    /// A place that holds stock: shop, warehouse, van. `LocationId(0)` is the chain itself, where
    /// the catalogue, the locations and the keys live.
    LocationId(u32)
);
number!(
    /// A till within its location, 1 to 9999, as written on the till itself.
    TillNo(u16)
);
number!(
    /// A till's gapless receipt number, from 1.
    ReceiptNo(u64)
);
number!(
    /// A record's place in the log, from 1. Zero is "before the first".
    Seq(u64)
);
number!(
    /// How many changes one SKU at one location has seen. Zero: never touched.
    Version(u64)
);

number!(
    /// A till session within its till, from 1 without gaps. Its Z has the same number.
    SessionNo(u32)
);

impl LocationId {
    /// The chain itself: home of the catalogue, the locations and the keys.
    pub const CHAIN: LocationId = LocationId(0);
    /// Virtual locations, at the top of the range, among which the accounts are spread. They are no
    /// shops: no list shows them and stock cannot be there.
    pub const ACCOUNT_PLACES: u32 = 64;

    /// The virtual location of an account.
    #[must_use]
    pub fn of_account(account: AccountId) -> Self {
        let part = account.0.checked_rem(u128::from(Self::ACCOUNT_PLACES)).and_then(|part| u32::try_from(part).ok());
        Self(u32::MAX.saturating_sub(part.unwrap_or(0)))
    }

    /// Marks the training twin of a location.
    const TRAINING: u32 = 1 << 30;

    /// The highest bit, which only the places of accounts have; their training twins have it not.
    const ACCOUNTS: u32 = 1 << 31;

    /// Where people train for a location: a virtual location with stock, tills and books of its own, which goes by
    /// the same rules and which nobody counts. So have the places of accounts; the chain has none.
    #[must_use]
    pub const fn training_twin(self) -> Option<Self> {
        if self.is_training() || self.0 == Self::CHAIN.0 {
            return None;
        }
        if self.is_of_accounts() {
            return Some(Self(self.0 & !Self::ACCOUNTS));
        }
        // The last of them would be those of accounts.
        let is_place = self.0 < Self::TRAINING.saturating_sub(Self::ACCOUNT_PLACES);
        if is_place { Some(Self(self.0 | Self::TRAINING)) } else { None }
    }

    /// This location in the ledger of another one: its training twin where people train at the other.
    #[must_use]
    pub fn in_ledger_of(self, other: LocationId) -> Self {
        self.training_twin().filter(|_| other.is_training()).unwrap_or(self)
    }

    /// Whose part it is where locations are shared out among so many: that of its training twin, too.
    #[must_use]
    pub const fn part_of(self, parts: u32) -> u32 {
        match self.real().0.checked_rem(parts) {
            Some(part) => part,
            None => 0,
        }
    }

    /// Whether it is where people train.
    #[must_use]
    pub const fn is_training(self) -> bool {
        self.0 >> 30 == 1
    }

    /// The location that this is the training twin of; any other itself.
    #[must_use]
    pub const fn real(self) -> Self {
        let account_place = Self(self.0 | Self::ACCOUNTS);
        match self.is_training() {
            false => self,
            true if account_place.is_real_of_accounts() => account_place,
            true => Self(self.0 & !Self::TRAINING),
        }
    }

    /// Whether it is a virtual location of accounts, real ones or training.
    #[must_use]
    pub const fn is_of_accounts(self) -> bool {
        self.real().is_real_of_accounts()
    }

    const fn is_real_of_accounts(self) -> bool {
        self.0 > u32::MAX.saturating_sub(Self::ACCOUNT_PLACES)
    }
}

/// From here on they name items by their place in a request.
const IN_REQUEST: u32 = 1 << 31;

impl SkuId {
    /// The item at a place of the request that defines it: it may have no number yet. Never in a record.
    #[must_use]
    pub fn in_request(at: usize) -> Self {
        Self(u32::try_from(at).unwrap_or(u32::MAX).saturating_add(IN_REQUEST))
    }

    /// Its place in the request, where it is named by that.
    #[must_use]
    pub fn place_in_request(self) -> Option<usize> {
        usize::try_from(self.0.checked_sub(IN_REQUEST)?).ok()
    }

    /// The item's place in the catalogue's list.
    #[must_use]
    pub fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

macro_rules! uuid {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u128);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let n = self.0;
                write!(
                    f,
                    "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                    n >> 96,
                    (n >> 80) & 0xffff,
                    (n >> 64) & 0xffff,
                    (n >> 48) & 0xffff,
                    n & 0xffff_ffff_ffff
                )
            }
        }
    };
}

uuid!(
    /// Minted by the client at the user's intent (the tap), never per attempt. A UUID.
    CommandId
);
uuid!(
    /// A reservation is named by the command that made it.
    ReservationId
);
uuid!(
    /// An account. A gift card's follows from the hash of its code, any other is named by the command
    /// that issued it.
    AccountId
);
uuid!(
    /// A card payment is named by the command that asked for it, here and at its provider.
    PaymentId
);

/// A text identifier: 1 to `MAX` characters, printable, no control characters, no blanks at its ends.
/// Shared: an owner's name stands in the event, the reservation and the index of owners.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code<const MAX: usize>(Arc<str>);

/// The shop's own name for an item, as printed on its shelf.
pub type SkuCode = Code<64>;
/// The shop's own name for a location.
pub type LocationCode = Code<32>;
/// The name of an order, or of one of its lines, on the platform that took it.
pub type OrderId = Code<64>;
/// Who a reservation is for: a cart, a session, a till's basket.
pub type Owner = Code<64>;
/// What a person signs in with: short, on a badge or in the head.
pub type UserCode = Code<32>;
/// What a person writes down for another: one line.
pub type Note = Code<200>;
/// A short label from a closed vocabulary of the shop's: a reason, a tax class.
pub type Label = Code<32>;

/// Why a text cannot be an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
    /// It has more characters than this kind of identifier may have.
    #[error("is longer than {0} characters")]
    TooLong(usize),
    /// It has a control character, or a blank at one of its ends.
    #[error("has a control character, or a blank at one of its ends")]
    Unprintable,
}

impl<const MAX: usize> Code<MAX> {
    /// Checks a text from outside.
    ///
    /// # Errors
    /// [`CodeError`] says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, CodeError> {
        if text.is_empty() {
            return Err(CodeError::Empty);
        }
        if text.chars().count() > MAX {
            return Err(CodeError::TooLong(MAX));
        }
        if text.trim() != text || text.chars().any(char::is_control) {
            return Err(CodeError::Unprintable);
        }
        Ok(Self(text.into()))
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Tables by code are searched by text: both hash and compare alike.
impl<const MAX: usize> Borrow<str> for Code<MAX> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Display for Code<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
