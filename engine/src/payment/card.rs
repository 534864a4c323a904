//! What is known of the card that pays, and of the provider's side: never its number.

use crate::card_number;
use crate::ids::Code;
use std::fmt;

/// A text about a payment, 1 to `MAX` characters: none holds what looks like a card's number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Safe<const MAX: usize>(Code<MAX>);

/// What stands for the card at the provider: good for nothing anywhere else.
pub type Token = Safe<64>;
/// The card's brand, as the provider names it.
pub type Brand = Safe<32>;
/// The code of the authorisation, as it stands on the receipt.
pub type Authorisation = Safe<16>;
/// The provider's own name for the transaction.
pub type Transaction = Safe<64>;
/// Why something did not work, in the provider's words.
pub type Reason = Safe<64>;

/// Why a text cannot be kept about a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SafeError {
    /// It is no name or code at all.
    #[error(transparent)]
    Code(#[from] crate::ids::CodeError),
    /// It would keep a card's number.
    #[error("holds what looks like a payment card number")]
    CardNumber,
}

impl<const MAX: usize> Safe<MAX> {
    /// Checks a text from outside.
    ///
    /// # Errors
    /// [`SafeError`] says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, SafeError> {
        let code = Code::new(text)?;
        if card_number::find(text.as_bytes()).is_some() { Err(SafeError::CardNumber) } else { Ok(Self(code)) }
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl<const MAX: usize> fmt::Display for Safe<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The last four digits of a card's number: what a receipt may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Last4([u8; 4]);

impl Last4 {
    /// Four digits.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let digits: [u8; 4] = text.as_bytes().try_into().ok()?;
        digits.iter().all(u8::is_ascii_digit).then_some(Self(digits))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// What is kept of the card, as far as the provider says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// Its brand.
    pub brand: Option<Brand>,
    /// The end of its number.
    pub last4: Option<Last4>,
    /// What stands for it at the provider.
    pub token: Option<Token>,
    /// The code of the authorisation.
    pub authorisation: Option<Authorisation>,
}
