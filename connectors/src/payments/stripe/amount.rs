//! Amounts as Stripe takes them. Its units are mostly ISO 4217's, with exceptions:
//! <https://docs.stripe.com/currencies#special-cases>.

use onhand_engine::money::{Currency, Minor};

/// Decimals of the unit, and what its amounts are a multiple of.
fn unit(currency: Currency) -> (u32, i64) {
    match currency.as_str() {
        "BIF" | "CLP" | "DJF" | "GNF" | "JPY" | "KMF" | "KRW" | "MGA" | "PYG" | "RWF" | "VND" | "VUV" | "XAF"
        | "XOF" | "XPF" => (0, 1),
        // They have no decimals any more, and are still written with two.
        "ISK" | "UGX" => (2, 100),
        "BHD" | "JOD" | "KWD" | "OMR" | "TND" => (3, 10),
        _ => (2, 1),
    }
}

/// An amount in Stripe's unit of its currency; none where it cannot be written exactly.
pub(super) fn units(amount: Minor, currency: Currency) -> Option<i64> {
    let (decimals, step) = unit(currency);
    let ours = currency.exponent();
    let factor = 10_i64.checked_pow(decimals.abs_diff(ours))?;
    let units = match decimals >= ours {
        true => amount.0.checked_mul(factor)?,
        false if amount.0.checked_rem(factor)? == 0 => amount.0.checked_div(factor)?,
        false => return None,
    };
    (units.checked_rem(step)? == 0).then_some(units)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(amount: i64, code: &str) -> Option<i64> {
        units(Minor(amount), Currency::parse(code).unwrap())
    }

    #[test]
    fn amounts_are_in_the_units_of_their_currency() {
        assert_eq!(of(1_210, "EUR"), Some(1_210));
        // No decimals here, two there.
        assert_eq!(of(1_210, "ISK"), Some(121_000));
        assert_eq!(of(1_210, "UGX"), Some(121_000));
        // None on either side.
        for code in "BIF CLP DJF GNF JPY KMF KRW PYG RWF VND VUV XAF XOF XPF".split(' ') {
            assert_eq!(of(1_210, code), Some(1_210), "{code}");
        }
        // Two decimals here, none there.
        assert_eq!(of(121_000, "MGA"), Some(1_210));
        assert_eq!(of(121_050, "MGA"), None);
        // The last of three decimals is nought.
        assert_eq!(of(12_340, "KWD"), Some(12_340));
        assert_eq!(of(12_345, "KWD"), None);
        assert_eq!(of(i64::MAX, "ISK"), None);
    }
}
