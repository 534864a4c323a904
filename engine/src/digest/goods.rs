//! The bytes of terms, of serial numbers that were sold, and of what came back apart.

use super::{Bytes, Feed};
use crate::date::Date;
use crate::goods::{Only, Piece, Serials, Terms, Traced};
use crate::ids::LocationId;
use crate::qty::Qty;
use crate::returns::Apart;

/// Feeds the sold serial numbers of a location; nothing where there are none.
pub(super) fn feed_serials(location: LocationId, serials: &Serials, feed: Feed<'_>) {
    for (sku, serial) in serials.list() {
        let mut bytes = Bytes::of(b'N', location);
        bytes.small(sku.0);
        bytes.text(serial.as_str());
        feed(&bytes.0);
    }
}

impl Bytes {
    pub(super) fn terms_of_item(&mut self, terms: &Terms) {
        self.count(terms.parts.len());
        for part in terms.parts.iter() {
            self.small(part.sku.0);
            self.qty(part.qty);
            self.minor(part.worth);
        }
        self.small(terms.edition);
        self.small(terms.min_age.map_or(0, u32::from));
        self.text(terms.only.map_or("", Only::name));
        self.text(terms.blocked.as_ref().map_or("", |reason| reason.as_str()));
        self.qty(terms.max_per_order.unwrap_or(Qty::ZERO));
        self.0.extend([u8::from(terms.serials), u8::from(terms.lots)]);
    }

    /// Nothing where there are none: states that never had any keep their hash.
    pub(super) fn held_pieces(&mut self, pieces: &[Piece]) {
        if pieces.is_empty() {
            return;
        }
        self.0.push(b'P');
        self.count(pieces.len());
        for piece in pieces {
            self.small(piece.line.into());
            self.small(piece.sku.0);
            self.text(piece.serial.as_str());
        }
    }

    /// Nothing where nothing was said.
    pub(super) fn traced(&mut self, traced: &[Traced]) {
        if traced.is_empty() {
            return;
        }
        self.0.push(b'T');
        self.count(traced.len());
        for Traced { line, serials, lot, expiry } in traced {
            self.small((*line).into());
            self.count(serials.len());
            serials.iter().for_each(|serial| self.text(serial.as_str()));
            self.text(lot.as_ref().map_or("", |lot| lot.as_str()));
            self.small(expiry.map_or(0, Date::number));
        }
    }

    pub(super) fn apart(&mut self, apart: Option<&Apart>) {
        let Some(apart) = apart else { return };
        self.count(apart.parts.len());
        for (sku, qty) in &apart.parts {
            self.small(sku.0);
            self.qty(*qty);
        }
        self.count(apart.serials.len());
        for (sku, serial) in &apart.serials {
            self.small(sku.0);
            self.text(serial.as_str());
        }
    }
}
