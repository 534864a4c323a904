//! The small hash behind fingerprints. Kept in the log: its values never change.

use crate::ids::{ReservationId, TillNo};
use crate::money::Minor;
use crate::qty::Qty;

/// Word by word, rotate, mix, multiply: small, stable for ever, and good enough to tell two contents
/// of one id apart. Not for keeping strangers out.
pub(crate) struct Hash(pub(crate) u64);

impl Default for Hash {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    pub(crate) fn number(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    pub(crate) fn count(&mut self, count: usize) {
        self.number(u64::try_from(count).unwrap_or(u64::MAX));
    }

    pub(crate) fn qty(&mut self, qty: Qty) {
        self.number(qty.milli().cast_unsigned());
    }

    pub(crate) fn minor(&mut self, amount: Minor) {
        self.number(amount.0.cast_unsigned());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.number(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            self.number(rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(crate) fn maybe(&mut self, text: Option<&str>) {
        self.text(text.unwrap_or_default());
    }

    pub(crate) fn reservation(&mut self, id: Option<ReservationId>) {
        self.uuid(id.map_or(0, |ReservationId(id)| id));
    }

    pub(crate) fn uuid(&mut self, id: u128) {
        let [high, low] = [id >> 64, id & u128::from(u64::MAX)];
        self.number(u64::try_from(high).unwrap_or_default());
        self.number(u64::try_from(low).unwrap_or_default());
    }

    pub(crate) fn till(&mut self, till: Option<TillNo>) {
        self.number(till.map_or(0, |no| u64::from(no.0)));
    }

    pub(crate) fn end(&self) -> u32 {
        let folded = (self.0 ^ (self.0 >> 32)) & u64::from(u32::MAX);
        u32::try_from(folded).unwrap_or_default()
    }
}
