//! The price that a symbol carries, which is not yet in anybody's minor units.

use crate::money::{Currency, Minor};

/// A price as a symbol says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Its digits as a number.
    pub digits: u64,
    /// How many of them are decimals; none: they are minor units.
    pub decimals: Option<u8>,
    /// Its currency by number (ISO 4217), where it is said.
    pub currency: Option<u16>,
}

/// Why a price is not one here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceError {
    /// It is in another currency, or one whose number is not known.
    OtherCurrency,
    /// It has decimals that the currency has not, or is too large.
    NotAnAmount,
}

impl Price {
    /// In minor units of a currency.
    ///
    /// # Errors
    /// [`PriceError`].
    pub fn in_minor_units(&self, currency: Currency) -> Result<Minor, PriceError> {
        if self.currency.is_some_and(|number| number_of(currency) != Some(number)) {
            return Err(PriceError::OtherCurrency);
        }
        let decimals = self.decimals.map_or(currency.exponent(), u32::from);
        let digits = i128::from(self.digits);
        let more = 10_i128.saturating_pow(currency.exponent().saturating_sub(decimals));
        let fewer = 10_i128.saturating_pow(decimals.saturating_sub(currency.exponent()));
        if digits.checked_rem(fewer) != Some(0) {
            return Err(PriceError::NotAnAmount);
        }
        let minor = digits.saturating_mul(more).checked_div(fewer).unwrap_or(i128::MAX);
        let minor = i64::try_from(minor).map(Minor).map_err(|_| PriceError::NotAnAmount)?;
        if minor <= Minor::MAX { Ok(minor) } else { Err(PriceError::NotAnAmount) }
    }
}

/// Numbers of currencies that shops trade in (ISO 4217).
const NUMBERS: &[(&str, u16)] = &[
    ("AED", 784),
    ("ARS", 32),
    ("AUD", 36),
    ("BGN", 975),
    ("BHD", 48),
    ("BRL", 986),
    ("CAD", 124),
    ("CHF", 756),
    ("CLP", 152),
    ("CNY", 156),
    ("COP", 170),
    ("CZK", 203),
    ("DKK", 208),
    ("EGP", 818),
    ("EUR", 978),
    ("GBP", 826),
    ("HKD", 344),
    ("HUF", 348),
    ("IDR", 360),
    ("ILS", 376),
    ("INR", 356),
    ("ISK", 352),
    ("JOD", 400),
    ("JPY", 392),
    ("KES", 404),
    ("KRW", 410),
    ("KWD", 414),
    ("MAD", 504),
    ("MXN", 484),
    ("MYR", 458),
    ("NGN", 566),
    ("NOK", 578),
    ("NZD", 554),
    ("OMR", 512),
    ("PEN", 604),
    ("PHP", 608),
    ("PLN", 985),
    ("QAR", 634),
    ("RON", 946),
    ("RSD", 941),
    ("SAR", 682),
    ("SEK", 752),
    ("SGD", 702),
    ("THB", 764),
    ("TND", 788),
    ("TRY", 949),
    ("TWD", 901),
    ("UAH", 980),
    ("USD", 840),
    ("VND", 704),
    ("ZAR", 710),
];

fn number_of(currency: Currency) -> Option<u16> {
    NUMBERS.iter().find(|(code, _)| *code == currency.as_str()).map(|(_, number)| *number)
}
