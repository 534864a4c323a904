//! Percent-encoding, as in addresses (RFC 3986, 2.1).

use std::borrow::Cow;

/// The bytes that are meant: `%34` is `4`. What is no escape stays as it is.
#[must_use]
pub fn decoded(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('%') {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut meant = Vec::with_capacity(text.len());
    let mut left = text.as_bytes();
    while let [first, rest @ ..] = left {
        let escaped = match (first, rest) {
            (b'%', [high, low, after @ ..]) => escape(*high, *low).map(|byte| (byte, after)),
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((*first, rest));
        meant.push(byte);
        left = after;
    }
    Cow::Owned(meant)
}

fn escape(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)?.wrapping_shl(4) | digit(low)?)
}
