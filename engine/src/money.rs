//! Money: integer minor units of one currency. `price x quantity = money`; nothing here is a float.

use crate::qty::Qty;
use std::cmp::Reverse;
use std::fmt;

/// An ISO 4217 currency code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// An amount in minor units (cents); its currency is that of the location or document it stands in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minor(pub i64);

/// An amount with its currency, as it crosses a border.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// Minor units.
    pub amount: Minor,
    /// The currency they are of.
    pub currency: Currency,
}

impl Currency {
    /// The euro.
    pub const EUR: Currency = Currency(*b"EUR");

    /// Three capital letters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 3] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_uppercase).then_some(Self(bytes))
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Decimals of the minor unit (ISO 4217); two for a code that it does not list, or lists without decimals.
    #[must_use]
    pub fn exponent(&self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Minor {
    /// Nothing.
    pub const ZERO: Minor = Minor(0);
    /// The largest amount one line may have: ten million million minor units.
    pub const MAX: Minor = Minor(10_000_000_000_000);

    /// The sum.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// This price for a quantity, rounded half away from zero at the last step.
    #[must_use]
    pub fn times(self, qty: Qty) -> Self {
        let exact = i128::from(self.0).saturating_mul(i128::from(qty.milli()));
        Self(divide_half_up(exact, i128::from(Qty::SCALE)))
    }
}

impl std::iter::Sum for Minor {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, Self::plus)
    }
}

/// `numerator / denominator`, halves away from zero; zero when the denominator is not positive.
#[must_use]
pub fn divide_half_up(numerator: i128, denominator: i128) -> i64 {
    if denominator <= 0 {
        return 0;
    }
    if let (Ok(numerator), Ok(denominator)) = (i64::try_from(numerator), i64::try_from(denominator)) {
        // As below; a division of 64 bits takes a fraction of the time.
        let half = denominator / 2;
        let shifted = if numerator < 0 { numerator.checked_sub(half) } else { numerator.checked_add(half) };
        if let Some(quotient) = shifted.and_then(|shifted| shifted.checked_div(denominator)) {
            return quotient;
        }
    }
    let half = denominator / 2;
    let shifted = if numerator < 0 { numerator.saturating_sub(half) } else { numerator.saturating_add(half) };
    let quotient = shifted.checked_div(denominator).unwrap_or(0);
    i64::try_from(quotient).unwrap_or(if quotient < 0 { i64::MIN } else { i64::MAX })
}

/// Splits an amount over weights so that the parts add up to it exactly (largest remainder; ties go
/// to the earlier part). All zero weights: everything goes to the first part.
#[must_use]
pub fn split(amount: Minor, weights: &[u64]) -> Vec<Minor> {
    let total: u128 = weights.iter().map(|w| u128::from(*w)).sum();
    if total == 0 {
        return weights.iter().enumerate().map(|(i, _)| if i == 0 { amount } else { Minor::ZERO }).collect();
    }
    let whole = amount.0.unsigned_abs();
    // Sums of money fit 64 bits, in which dividing takes a fraction of the time.
    let parts = match u64::try_from(total).ok().filter(|total| whole.checked_mul(*total).is_some()) {
        Some(total) => apportion(whole, weights, |weight| {
            let exact = whole.saturating_mul(weight);
            Some((exact.checked_div(total)?, exact.checked_rem(total)?))
        }),
        None => apportion(whole, weights, |weight| {
            let exact = u128::from(whole).saturating_mul(u128::from(weight));
            Some((u64::try_from(exact.checked_div(total)?).ok()?, exact.checked_rem(total)?))
        }),
    };
    let (zero, is_negative) = (0_i64, amount.0 < 0);
    let signed =
        |part| if is_negative { zero.saturating_sub_unsigned(part) } else { zero.saturating_add_unsigned(part) };
    parts.into_iter().map(|part| Minor(signed(part))).collect()
}

/// Gives each weight its part, and what that leaves of the whole, one by one, to those with the most left over.
fn apportion<R: Ord + Copy>(whole: u64, weights: &[u64], part: impl Fn(u64) -> Option<(u64, R)>) -> Vec<u64> {
    let (mut left, mut parts, mut order) =
        (whole, Vec::with_capacity(weights.len()), Vec::with_capacity(weights.len()));
    for (i, (part, rest)) in weights.iter().filter_map(|weight| part(*weight)).enumerate() {
        left = left.saturating_sub(part);
        parts.push(part);
        order.push((Reverse(rest), i));
    }
    if let Some(last) = usize::try_from(left).ok().and_then(|left| left.checked_sub(1)).filter(|at| *at < order.len()) {
        let (before, last, _) = order.select_nth_unstable(last);
        for (_, i) in before.iter().chain([&*last]) {
            parts.get_mut(*i).into_iter().for_each(|part| *part = part.saturating_add(1));
        }
    }
    parts
}
