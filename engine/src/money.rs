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

    /// Decimals of the minor unit (ISO 4217).
    #[must_use]
    pub fn exponent(&self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" | b"VND" | b"CLP" | b"ISK" | b"PYG" | b"UGX" | b"XAF" | b"XOF" | b"XPF" => 0,
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
    let mut parts: Vec<(u64, u128)> = weights.iter().map(|weight| portion(whole, *weight, total)).collect();
    let left = parts.iter().fold(whole, |left, (part, _)| left.saturating_sub(*part));
    if let Some(last) =
        usize::try_from(left).ok().and_then(|left| left.checked_sub(1)).filter(|last| *last < parts.len())
    {
        let mut order: Vec<(Reverse<u128>, usize)> = parts.iter().map(|(_, rest)| Reverse(*rest)).zip(0..).collect();
        let (before, last, _) = order.select_nth_unstable(last);
        for (_, i) in before.iter().chain([&*last]) {
            parts.get_mut(*i).into_iter().for_each(|(part, _)| *part = part.saturating_add(1));
        }
    }
    let signed = |part: u64| {
        if amount.0 < 0 { 0_i64.saturating_sub_unsigned(part) } else { 0_i64.saturating_add_unsigned(part) }
    };
    parts.into_iter().map(|(part, _)| Minor(signed(part))).collect()
}

/// `whole * weight / total` and what is left over. Sums of money fit 64 bits, in which dividing takes a
/// fraction of the time.
fn portion(whole: u64, weight: u64, total: u128) -> (u64, u128) {
    if let (Some(exact), Ok(total)) = (whole.checked_mul(weight), u64::try_from(total)) {
        let (part, rest) = (exact.checked_div(total), exact.checked_rem(total));
        return (part.unwrap_or(0), u128::from(rest.unwrap_or(0)));
    }
    let exact = u128::from(whole).saturating_mul(u128::from(weight));
    let part = exact.checked_div(total).and_then(|part| u64::try_from(part).ok());
    (part.unwrap_or(0), exact.checked_rem(total).unwrap_or(0))
}
