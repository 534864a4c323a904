//! Prices in files: decimal text to minor units, exactly.

use onhand_engine::money::{Currency, Minor};

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// It is not a decimal number with a point.
    #[error("is not a decimal number such as 12.50")]
    NotANumber,
    /// It has a decimal comma or separators of thousands.
    #[error("has a comma")]
    Comma,
    /// It has more decimals than its currency.
    #[error("has more decimals than {0} has")]
    TooFine(Currency),
    /// It is below zero.
    #[error("is below zero")]
    Negative,
    /// Nothing in a shop costs that much.
    #[error("is beyond {0}")]
    TooLarge(&'static str),
}

/// The largest price per unit taken from a file, in whole units of the currency.
const WHOLE_MAX: i64 = 1_000_000;

/// Reads a price: `12.50`, `.5`, `500`.
///
/// # Errors
/// [`AmountError`] says what is wrong with it.
pub fn parse(text: &str, currency: Currency) -> Result<Minor, AmountError> {
    if text.contains(',') {
        return Err(AmountError::Comma);
    }
    if text.starts_with('-') {
        return Err(AmountError::Negative);
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + part.len() == 0 || !digits(whole) || !digits(part) {
        return Err(AmountError::NotANumber);
    }
    let decimals = currency.exponent() as usize;
    let part = part.trim_end_matches('0');
    if part.len() > decimals {
        return Err(AmountError::TooFine(currency));
    }
    let too_large = AmountError::TooLarge("1,000,000");
    let whole: i64 = format!("0{whole}").parse().map_err(|_| too_large)?;
    if whole > WHOLE_MAX {
        return Err(too_large);
    }
    let part: i64 = format!("0{part:0<decimals$}").parse().map_err(|_| AmountError::NotANumber)?;
    Ok(Minor(whole * 10_i64.pow(currency.exponent()) + part))
}
