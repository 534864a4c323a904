//! The forms of items, locations and keys.

use super::DecodeError;
use super::codes::Coded;
use super::event::code;
use onhand_engine::catalogue::{self, KeyId, LocationKind, Role};
use onhand_engine::gtin::Gtin;
use onhand_engine::ids::{Label, LocationId, SkuId};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::Unit;
use onhand_engine::tax::{PriceBasis, RatePpm, TaxRate, TaxRounding, TaxRules};
use onhand_engine::time::Timestamp;
use rkyv::{Archive, Deserialize, Serialize};

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Item {
    sku: u32,
    code: String,
    name: String,
    gtins: Vec<u64>,
    unit: u8,
    tax_class: String,
    price: Option<i64>,
    category: String,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Location {
    id: u32,
    code: String,
    name: String,
    kind: u8,
    currency: String,
    basis: u8,
    rounding: u8,
    rates: Vec<(String, Vec<u32>)>,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Key {
    id: u64,
    role: u8,
    holder: String,
    secret_hash: [u8; 32],
    created: u64,
    revoked: Option<u64>,
}

pub(super) fn label(text: &str) -> Result<Label, DecodeError> {
    code(text)
}

impl From<&catalogue::Item> for Item {
    fn from(item: &catalogue::Item) -> Self {
        Self {
            sku: item.sku.0,
            code: item.code.to_string(),
            name: item.name.to_string(),
            gtins: item.gtins.iter().map(|gtin| gtin.number()).collect(),
            unit: item.unit.code(),
            tax_class: item.tax_class.to_string(),
            price: item.price.map(|price| price.0),
            category: item.category.to_string(),
        }
    }
}

impl TryFrom<Item> for catalogue::Item {
    type Error = DecodeError;

    fn try_from(item: Item) -> Result<Self, DecodeError> {
        Ok(Self {
            sku: SkuId(item.sku),
            code: code(&item.code)?,
            name: item.name.into(),
            gtins: item.gtins.into_iter().map(Gtin::from_number).collect(),
            unit: Unit::from_code(item.unit)?,
            tax_class: label(&item.tax_class)?,
            price: item.price.map(Minor),
            category: item.category.into(),
            terms: None,
            unit_cost: None,
        })
    }
}

impl From<&catalogue::Location> for Location {
    fn from(location: &catalogue::Location) -> Self {
        let rate = |rate: &TaxRate| (rate.class.to_string(), rate.parts.iter().map(|part| part.0).collect());
        Self {
            id: location.id.0,
            code: location.code.to_string(),
            name: location.name.to_string(),
            kind: location.kind.code(),
            currency: location.currency.to_string(),
            basis: location.tax.basis.code(),
            rounding: location.tax.rounding.code(),
            rates: location.tax.rates.iter().map(rate).collect(),
        }
    }
}

impl TryFrom<Location> for catalogue::Location {
    type Error = DecodeError;

    fn try_from(location: Location) -> Result<Self, DecodeError> {
        let rate = |(class, parts): (String, Vec<u32>)| {
            Ok(TaxRate { class: label(&class)?, parts: parts.into_iter().map(RatePpm).collect() })
        };
        Ok(Self {
            id: LocationId(location.id),
            code: code(&location.code)?,
            name: location.name.into(),
            kind: LocationKind::from_code(location.kind)?,
            currency: Currency::parse(&location.currency).ok_or_else(|| DecodeError("no currency".into()))?,
            tax: TaxRules {
                basis: PriceBasis::from_code(location.basis)?,
                rounding: TaxRounding::from_code(location.rounding)?,
                rates: location.rates.into_iter().map(rate).collect::<Result<_, DecodeError>>()?,
                dated: Vec::new(),
            },
            zone: None,
        })
    }
}

impl From<&catalogue::Key> for Key {
    fn from(key: &catalogue::Key) -> Self {
        Self {
            id: key.id.0,
            role: key.role.code(),
            holder: key.holder.to_string(),
            secret_hash: key.secret_hash,
            created: key.created.0,
            revoked: key.revoked.map(|time| time.0),
        }
    }
}

impl TryFrom<Key> for catalogue::Key {
    type Error = DecodeError;

    fn try_from(key: Key) -> Result<Self, DecodeError> {
        Ok(Self {
            id: KeyId(key.id),
            role: Role::from_code(key.role)?,
            holder: label(&key.holder)?,
            secret_hash: key.secret_hash,
            created: Timestamp(key.created),
            revoked: key.revoked.map(Timestamp),
        })
    }
}
