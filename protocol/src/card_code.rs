//! The code of a gift card: what whoever has the card can tell, and nobody else knows.

use onhand_engine::ids::AccountId;
use std::fmt;
use std::str::FromStr;

/// Letters and digits in a code: 100 bits that nobody can guess.
const SIGNS: usize = 20;
/// How a code is printed: in groups of so many.
const GROUP: usize = 4;
/// Digits and capital letters but I, L, O and U, which are mistaken for others.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Sets the hash of a code apart from any other.
const CONTEXT: &str = "onhand 2026 gift card code to account id";

/// The code of a gift card. Read in any case, with dashes or blanks; shown by nothing but [`fmt::Display`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CardCode([u8; SIGNS]);

impl CardCode {
    /// A code of random bytes; five bits of each are used.
    #[must_use]
    pub fn of_random(bytes: [u8; SIGNS]) -> Self {
        Self(bytes.map(|byte| ALPHABET[usize::from(byte % 32)]))
    }

    /// The account it stands for: a hash, from which the code cannot be told.
    #[must_use]
    pub fn account(&self) -> AccountId {
        let hash = blake3::derive_key(CONTEXT, &self.0);
        let (first, _) = hash.split_at(hash.len() / 2);
        AccountId(first.iter().fold(0, |id, byte| id << 8 | u128::from(*byte)))
    }
}

impl FromStr for CardCode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "a gift card's code has 20 letters and digits, without I, L, O and U";
        let mut signs = [0; SIGNS];
        let mut places = signs.iter_mut();
        for sign in text.bytes().filter(|sign| !matches!(sign, b'-' | b' ')) {
            let sign = match sign.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            if !ALPHABET.contains(&sign) {
                return Err(wrong);
            }
            *places.next().ok_or(wrong)? = sign;
        }
        if places.next().is_some() { Err(wrong) } else { Ok(Self(signs)) }
    }
}

impl fmt::Display for CardCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, group) in self.0.chunks(GROUP).enumerate() {
            f.write_str(if at > 0 { "-" } else { "" })?;
            f.write_str(std::str::from_utf8(group).unwrap_or_default())?;
        }
        Ok(())
    }
}

/// A code must not get into a log by way of a message that holds it.
impl fmt::Debug for CardCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardCode(hidden)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_code_is_read_as_it_is_printed_and_as_people_write_it() {
        let code = CardCode::of_random(std::array::from_fn(|n| u8::try_from(n * 13).unwrap()));
        let text = code.to_string();
        assert_eq!((text.len(), text.parse()), (24, Ok(code)));
        assert_eq!(text.to_lowercase().replace('-', " ").parse(), Ok(code));
        let (ones, letters): (CardCode, CardCode) =
            ("1111-0000-1111-0000-1111".parse().unwrap(), "ilIL-oOOo-1ilI-0000-1111".parse().unwrap());
        assert_eq!(ones, letters);
        for wrong in
            ["", "1111", "1111-0000-1111-0000-111", "1111-0000-1111-0000-11111", "U111-0000-1111-0000-1111", "é"]
        {
            assert!(wrong.parse::<CardCode>().is_err(), "{wrong}");
        }
    }

    /// Accounts are found by it for ever.
    #[test]
    fn the_account_of_a_code_never_changes() {
        let code: CardCode = "0123-4567-89AB-CDEF-GHJK".parse().unwrap();
        let known = code.account();
        assert_eq!(known, AccountId(72_648_241_899_313_051_933_398_896_113_406_341_501));
        assert!(!format!("{code:?}").contains("0123"));
    }
}
