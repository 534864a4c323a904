//! The bytes of what the whole chain shares: catalogue, locations, keys, prices, people.

use super::returns::feed_limits;
use super::{Bytes, Feed};
use crate::chain::Chain;
use crate::command::Channel;
use crate::ids::LocationId;
use crate::people::People;

impl Chain {
    /// Feeds items, locations, keys, layouts of labels and limits of returns in the order of their numbers, then price
    /// books, promotions and people.
    pub fn digest(&self, feed: Feed<'_>) {
        for item in self.items() {
            let mut bytes = Bytes::of(b'I', LocationId::CHAIN);
            bytes.small(item.sku.0);
            [item.code.as_str(), &item.name, item.unit.name(), item.tax_class.as_str(), &item.category]
                .iter()
                .for_each(|text| bytes.text(text));
            bytes.count(item.gtins.len());
            item.gtins.iter().for_each(|gtin| bytes.number(gtin.number()));
            bytes.0.push(u8::from(item.price.is_some()));
            bytes.minor(item.price.unwrap_or_default());
            bytes.0.push(u8::from(item.unit_cost.is_some()));
            bytes.minor(item.unit_cost.unwrap_or_default());
            if let Some(terms) = &item.terms {
                bytes.terms_of_item(terms);
            }
            feed(&bytes.0);
        }
        for location in self.locations() {
            let mut bytes = Bytes::of(b'L', location.id);
            bytes.text(location.code.as_str());
            bytes.text(&location.name);
            bytes.text(location.kind.name());
            bytes.text(location.currency.as_str());
            bytes.text(location.tax.basis.name());
            bytes.text(location.tax.rounding.name());
            bytes.count(location.tax.rates.len());
            for rate in &location.tax.rates {
                bytes.text(rate.class.as_str());
                bytes.count(rate.parts.len());
                rate.parts.iter().for_each(|part| bytes.small(part.0));
            }
            bytes.count(location.tax.dated.len());
            for rate in &location.tax.dated {
                bytes.text(rate.class.as_str());
                bytes.text(rate.channel.map_or("", Channel::name));
                bytes.period(&rate.period);
                bytes.count(rate.parts.len());
                rate.parts.iter().for_each(|part| bytes.small(part.0));
            }
            if let Some(zone) = &location.zone {
                bytes.zone(zone);
            }
            feed(&bytes.0);
        }
        for key in self.keys.values() {
            let mut bytes = Bytes::of(b'K', LocationId::CHAIN);
            bytes.number(key.id.0);
            bytes.text(key.role.name());
            bytes.text(key.holder.as_str());
            bytes.0.extend_from_slice(&key.secret_hash);
            bytes.0.push(u8::from(key.revoked.is_some()));
            feed(&bytes.0);
        }
        for (location, layouts) in self.labels() {
            let mut bytes = Bytes::of(b'B', *location);
            bytes.count(layouts.len());
            layouts.iter().for_each(|layout| bytes.text(layout.as_str()));
            feed(&bytes.0);
        }
        self.return_limits().iter().for_each(|(at, limits)| feed_limits(*at, limits, feed));
        for book in self.rules().books.list() {
            let mut bytes = Bytes::of(b'B', LocationId::CHAIN);
            bytes.text(book.code.as_str());
            bytes.text(book.currency.as_str());
            bytes.text(book.basis.name());
            bytes.terms(&book.terms);
            for row in book.rows() {
                bytes.small(row.sku.0);
                bytes.qty(row.min_qty);
                bytes.minor(row.price);
            }
            feed(&bytes.0);
        }
        for promotion in self.rules().promotions.list() {
            let mut bytes = Bytes::of(b'P', LocationId::CHAIN);
            bytes.promotion(promotion);
            feed(&bytes.0);
        }
        self.people.digest(feed);
    }
}

impl People {
    /// Feeds roles, users, and where people are required; nothing where there are none.
    pub fn digest(&self, feed: Feed<'_>) {
        for (role, capabilities) in self.roles() {
            let mut bytes = Bytes::of(b'C', LocationId::CHAIN);
            bytes.text(role.as_str());
            bytes.number(capabilities.bits());
            let limits = self.limits_of(role);
            bytes.flag(limits.discount_ppm_max.is_some());
            bytes.small(limits.discount_ppm_max.unwrap_or(0));
            bytes.flag(limits.refund_max.is_some());
            bytes.minor(limits.refund_max.unwrap_or_default());
            feed(&bytes.0);
        }
        for user in self.users() {
            let mut bytes = Bytes::of(b'U', LocationId::CHAIN);
            bytes.small(user.no.0.get());
            bytes.text(user.code.as_str());
            bytes.text(&user.name);
            bytes.count(user.roles.len());
            user.roles.iter().for_each(|role| bytes.text(role.as_str()));
            bytes.0.push(u8::from(user.pin.is_some()));
            bytes.text(user.pin.as_ref().map_or("", |pin| pin.as_str()));
            bytes.small(user.pins_set);
            bytes.0.push(u8::from(user.disabled));
            feed(&bytes.0);
        }
        for at in self.required() {
            feed(&Bytes::of(b'W', *at).0);
        }
    }
}
