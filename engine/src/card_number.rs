//! Digits that look like a payment card's number, so that none is ever kept, logged or shown.
//!
//! A finding has 13 to 19 digits, bare or with single blanks or hyphens between them, an issuer's
//! prefix with a length that the issuer uses, and a check digit by Luhn (ISO/IEC 7812-1, annex B).
//! Letters beside it do not hide it. What is spared: UUIDs, whose digits do not join those beside them
//! either, and hexadecimal words of 32 digits and more (hashes, keys). Unbroken digits are taken whole: 20 in a row are no card number, although 16
//! of them may be one.

use std::borrow::Cow;
use std::ops::Range;

/// The shortest number, in digits.
const SHORTEST: usize = 13;
/// The longest number, in digits.
const LONGEST: usize = 19;
/// The digits that name an issuer.
const HEAD: usize = 6;
/// What stands where a number was.
const MASK: &[u8] = b"[card number]";

/// Numbers of one issuer: their first six digits, and how many digits they have.
struct Issuer {
    first: u32,
    last: u32,
    lengths: &'static [usize],
}

const fn issuer(first: u32, last: u32, lengths: &'static [usize]) -> Issuer {
    Issuer { first, last, lengths }
}

const LONG: &[usize] = &[16, 17, 18, 19];

/// The register of ISO/IEC 7812-2 is not public; these are the ranges that the schemes publish to merchants
/// and that public lists agree on ("Payment card number" in Wikipedia, the lists of preambles in the manuals
/// of Oracle's tills). A new range is one more line.
const ISSUERS: &[Issuer] = &[
    // Visa
    issuer(400_000, 499_999, &[13, 16, 18, 19]),
    // Mastercard
    issuer(510_000, 559_999, &[16]),
    issuer(222_100, 272_099, &[16]),
    // American Express
    issuer(340_000, 349_999, &[15]),
    issuer(370_000, 379_999, &[15]),
    // Diners Club
    issuer(300_000, 305_999, &[14, 16, 17, 18, 19]),
    issuer(309_500, 309_599, &[14, 16, 17, 18, 19]),
    issuer(360_000, 369_999, &[14, 15, 16, 17, 18, 19]),
    issuer(380_000, 399_999, &[14, 16, 17, 18, 19]),
    // JCB
    issuer(352_800, 358_999, LONG),
    // Discover
    issuer(601_100, 601_199, LONG),
    issuer(644_000, 659_999, LONG),
    // UnionPay
    issuer(620_000, 629_999, LONG),
    issuer(810_000, 817_199, LONG),
    // Maestro
    issuer(501_800, 501_899, &[13, 14, 15, 16, 17, 18, 19]),
    issuer(502_000, 502_099, &[13, 14, 15, 16, 17, 18, 19]),
    issuer(503_800, 503_899, &[13, 14, 15, 16, 17, 18, 19]),
    issuer(589_300, 589_399, &[13, 14, 15, 16, 17, 18, 19]),
    issuer(630_400, 630_499, &[13, 14, 15, 16, 17, 18, 19]),
    issuer(675_900, 676_399, &[13, 14, 15, 16, 17, 18, 19]),
    issuer(676_770, 676_774, &[13, 14, 15, 16, 17, 18, 19]),
];

/// Where the first of them stands, if there is one.
///
/// Thirteen digits cover one byte of any thirteen in a row, so only each thirteenth byte is looked at
/// where there are none.
#[must_use]
pub fn find(text: &[u8]) -> Option<Range<usize>> {
    let mut from = 0_usize;
    loop {
        let probe = from.saturating_add(SHORTEST.saturating_sub(1));
        if !is_of_number(*text.get(probe)?) {
            from = probe.saturating_add(1);
            continue;
        }
        let before = text.get(from..probe)?.iter().rev().take_while(|byte| is_of_number(**byte)).count();
        let after = text.get(probe..)?.iter().take_while(|byte| is_of_number(**byte)).count();
        let stretch = probe.saturating_sub(before)..probe.saturating_add(after);
        from = stretch.end.saturating_add(1);
        if stretch.len() >= SHORTEST
            && let Some(found) = in_stretch(text, stretch)
        {
            return Some(found);
        }
    }
}

/// The text with each of them replaced by `[card number]`: for logs and for what people are shown.
#[must_use]
pub fn mask(text: &str) -> Cow<'_, str> {
    match mask_bytes(text.as_bytes()) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        // Digits, blanks and hyphens were taken out of UTF-8, and ASCII was put in.
        Cow::Owned(masked) => Cow::Owned(String::from_utf8(masked).unwrap_or_default()),
    }
}

/// The same for bytes on their way out.
#[must_use]
pub fn mask_bytes(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(mut found) = find(text) else { return Cow::Borrowed(text) };
    let (mut left, mut masked) = (text, Vec::with_capacity(text.len()));
    loop {
        masked.extend_from_slice(left.get(..found.start).unwrap_or_default());
        masked.extend_from_slice(MASK);
        left = left.get(found.end..).unwrap_or_default();
        match find(left) {
            Some(next) => found = next,
            None => break,
        }
    }
    masked.extend_from_slice(left);
    Cow::Owned(masked)
}

const fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b' ' | b'-')
}

/// Looks at a stretch of digits, blanks and hyphens, from the beginning of each group of digits.
fn in_stretch(text: &[u8], stretch: Range<usize>) -> Option<Range<usize>> {
    let mut was_digit = false;
    for (at, byte) in text.iter().enumerate().take(stretch.end).skip(stretch.start) {
        let begins = byte.is_ascii_digit() && !was_digit;
        was_digit = byte.is_ascii_digit();
        if begins && let Some(found) = from_group(text, at, stretch.end).filter(|found| !is_spared(text, found)) {
            return Some(found);
        }
    }
    None
}

/// The longest number that begins here and ends with a group, before a UUID that follows.
fn from_group(text: &[u8], start: usize, end: usize) -> Option<Range<usize>> {
    let mut number = Number::default();
    let mut found = None;
    let mut bytes = text.iter().copied().enumerate().take(end).skip(start).peekable();
    while let Some((at, byte)) = bytes.next() {
        let next_is_digit = bytes.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        if !byte.is_ascii_digit() {
            // Two separators in a row end it.
            if next_is_digit && !uuid_at(text, at.saturating_add(1)) { continue } else { break }
        }
        number.push(byte.saturating_sub(b'0'));
        if number.length > LONGEST || (number.length == HEAD && !number.is_issued()) {
            break;
        }
        if !next_is_digit && number.is_a_cards() {
            found = Some(start..at.saturating_add(1));
        }
    }
    found
}

/// A number while it is read.
#[derive(Default)]
struct Number {
    length: usize,
    /// The first six digits.
    head: u32,
    /// Sums of digits: with those at even places doubled, and with those at odd places. Which of them
    /// Luhn means is known when the last digit is.
    sums: (u32, u32),
}

impl Number {
    fn push(&mut self, digit: u8) {
        let digit = u32::from(digit);
        if self.length < HEAD {
            self.head = self.head.saturating_mul(10).saturating_add(digit);
        }
        let doubled = digit.saturating_mul(2);
        let doubled = if doubled > 9 { doubled.saturating_sub(9) } else { doubled };
        let (at_even, at_odd) = if self.length.is_multiple_of(2) { (doubled, digit) } else { (digit, doubled) };
        self.sums = (self.sums.0.saturating_add(at_even), self.sums.1.saturating_add(at_odd));
        self.length = self.length.saturating_add(1);
    }

    /// Whether anybody's numbers begin so.
    fn is_issued(&self) -> bool {
        ISSUERS.iter().any(|issuer| (issuer.first..=issuer.last).contains(&self.head))
    }

    fn is_a_cards(&self) -> bool {
        // The last digit is not doubled, the one before it is, and so on.
        let sum = if self.length.is_multiple_of(2) { self.sums.0 } else { self.sums.1 };
        let of = |issuer: &Issuer| {
            (issuer.first..=issuer.last).contains(&self.head) && issuer.lengths.contains(&self.length)
        };
        sum.is_multiple_of(10) && ISSUERS.iter().any(of)
    }
}

/// Whether it begins in a UUID, or is part of a long hexadecimal word.
fn is_spared(text: &[u8], found: &Range<usize>) -> bool {
    let is_hex = |byte: &&u8| byte.is_ascii_hexdigit();
    let before = text.get(..found.start).unwrap_or_default().iter().rev().take(64).take_while(is_hex).count();
    let word = text.get(found.start.saturating_sub(before)..).unwrap_or_default().iter().take(64).take_while(is_hex);
    if word.count() >= 32 {
        return true;
    }
    let first = found.start.saturating_sub(UUID.len().saturating_sub(1));
    (first..=found.start).any(|at| uuid_at(text, at))
}

const UUID: &[u8; 36] = b"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

fn uuid_at(text: &[u8], at: usize) -> bool {
    let Some(word) = text.get(at..at.saturating_add(UUID.len())) else { return false };
    word.iter().zip(UUID).all(|(byte, form)| if *form == b'-' { *byte == b'-' } else { byte.is_ascii_hexdigit() })
}
