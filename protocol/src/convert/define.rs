//! Master data: items, locations and keys as the engine keeps them.

use super::{Names, goods};
use crate::limits;
use crate::message::{self, CreateKey, DefineItems, DefineLocation, ErrorBody, ItemInput, Rate, Role};
use crate::when::When;
use onhand_engine::catalogue::{Item, Key, KeyId, Location};
use onhand_engine::command::Action;
use onhand_engine::ids::{LocationId, SkuId};
use onhand_engine::money::Minor;
use onhand_engine::tax::{DatedRate, RatePpm, TaxRate, TaxRules, on_price_alone};
use onhand_engine::time::{Period, Timestamp};
use onhand_engine::zone::Zone;
use std::sync::Arc;

type Refused = Box<ErrorBody>;

/// A key as the engine keeps it. The gateway mints its id and secret.
///
/// # Errors
/// 1001 for the role `shopper`, which has tokens and no keys.
pub fn key(body: CreateKey, id: KeyId, secret_hash: [u8; 32], now: Timestamp) -> Result<Key, Refused> {
    let role = Role::of_key(body.role)
        .ok_or_else(|| wrong(1001, "role", "a shopper has a token (POST /v1/token), not a key"))?;
    Ok(Key { id, role, holder: body.holder.0, secret_hash, created: now, revoked: None })
}

pub(super) fn items(body: DefineItems, names: &impl Names) -> Result<Action, Refused> {
    if body.items.is_empty() {
        return Err(wrong(1001, "items", "there are no items in it"));
    }
    let together = goods::Together::of(&body.items);
    let items = body.items.into_iter().enumerate().map(|(at, input)| item(input, at, (&together, names)));
    Ok(Action::DefineItems { items: items.collect::<Result<_, _>>()? })
}

fn item(input: ItemInput, at: usize, known: (&goods::Together, &impl Names)) -> Result<Item, Refused> {
    check_name(&input.name, &format!("items[{at}].name"))?;
    if input.category.chars().count() > limits::NAME_CHARS_MAX {
        return Err(wrong(1013, format!("items[{at}].category"), "the category is longer than 200 characters"));
    }
    if input.gtins.len() > limits::GTINS_MAX {
        return Err(wrong(1001, format!("items[{at}].gtins"), "an item may have 50 bar codes"));
    }
    if input.price.is_some_and(|price| !(Minor::ZERO..=Minor::MAX).contains(&price.0)) {
        return Err(wrong(3003, format!("items[{at}].price"), "the price is below zero or beyond the largest amount"));
    }
    if input.unit_cost.is_some_and(|cost| !(Minor::ZERO..=Minor::MAX).contains(&cost.0)) {
        return Err(wrong(
            3003,
            format!("items[{at}].unit_cost"),
            "the cost is below zero or beyond the largest amount",
        ));
    }
    let unit = input.unit.into();
    let terms = input.terms.map(|terms| goods::terms(*terms, unit, at, known)).transpose()?;
    Ok(Item {
        sku: SkuId(0),
        code: input.sku.0,
        name: Arc::from(input.name),
        gtins: input.gtins.into_iter().map(|gtin| gtin.0).collect(),
        unit,
        tax_class: input.tax_class.0,
        price: input.price.map(|price| price.0),
        category: Arc::from(input.category),
        terms,
        unit_cost: input.unit_cost.map(|cost| cost.0),
    })
}

pub(super) fn location(body: DefineLocation, names: &impl Names) -> Result<Action, Refused> {
    check_name(&body.name, "name")?;
    let zone = body.time_zone.as_deref().map(|name| zone(name, names)).transpose()?;
    // What begins on a day begins by the clock that the location will have.
    let clock = zone.clone().or_else(|| names.location(&body.code.0)?.zone.clone());
    if body.tax.rates.len() > limits::TAX_RATES_MAX {
        return Err(wrong(1001, "tax.rates", "a location may have 100 tax classes"));
    }
    let rates = body.tax.rates.into_iter().enumerate().map(|(at, input)| rate(input, at)).collect::<Result<_, _>>()?;
    if body.tax.dated.len() > limits::DATED_RATES_MAX {
        return Err(wrong(1001, "tax.dated", "a location may have 1,000 rates by date or channel"));
    }
    let dated = body.tax.dated.into_iter().enumerate();
    let dated = dated.map(|(at, input)| dated_rate(input, at, clock.as_deref())).collect::<Result<_, _>>()?;
    let tax = TaxRules { basis: body.tax.basis.into(), rounding: body.tax.rounding.into(), rates, dated };
    let location = Location {
        id: LocationId::CHAIN,
        code: body.code.0,
        name: Arc::from(body.name),
        kind: body.kind.into(),
        currency: body.currency.0,
        tax,
        zone,
    };
    Ok(Action::DefineLocation { location })
}

fn zone(name: &str, names: &impl Names) -> Result<Arc<Zone>, Refused> {
    names.zone(name).ok_or_else(|| {
        let text = format!("there is no time zone {name:.80?}; one is called as in Europe/Lisbon");
        wrong(2040, "time_zone", &text)
    })
}

fn rate(input: Rate, at: usize) -> Result<TaxRate, Refused> {
    let parts = rate_parts(input.rate_ppm, input.parts_ppm, input.compound, &format!("tax.rates[{at}]"))?;
    Ok(TaxRate { class: input.class.0, parts })
}

fn dated_rate(input: message::DatedRate, at: usize, clock: Option<&Zone>) -> Result<DatedRate, Refused> {
    let field = format!("tax.dated[{at}]");
    let moment = |when: When| match when {
        When::Moment(moment) => moment,
        When::Wall(wall) => clock.map_or(Timestamp(wall.0), |zone| zone.first(wall)),
    };
    let period = Period { from: input.from.map(moment), until: input.until.map(moment) };
    if !period.is_in_order() {
        return Err(wrong(1001, format!("{field}.until"), "a rate is over after it began"));
    }
    let parts = rate_parts(input.rate_ppm, input.parts_ppm, input.compound, &field)?;
    Ok(DatedRate { class: input.class.0, channel: input.channel.map(Into::into), period, parts })
}

fn rate_parts(
    whole: Option<u32>,
    parts: Option<Vec<u32>>,
    compound: bool,
    field: &str,
) -> Result<Vec<RatePpm>, Refused> {
    if compound && parts.is_none() {
        return Err(wrong(1001, format!("{field}.compound"), "tax on tax is of several taxes: parts_ppm"));
    }
    let parts = match (whole, parts) {
        (Some(rate), None) => vec![rate],
        (None, Some(parts)) if (1..=limits::TAX_PARTS_MAX).contains(&parts.len()) => parts,
        (None, Some(_)) => return Err(wrong(1001, field, "a rate has 1 to 8 parts")),
        _ => return Err(wrong(1001, field, "a rate has either rate_ppm or parts_ppm")),
    };
    let check = |parts: &[RatePpm]| match parts.iter().any(|part| part.0 > 10_000_000) {
        true => Err(wrong(1001, field, "a rate is in parts per million, at most 10000000 (1000 %)")),
        false => Ok(()),
    };
    let parts: Vec<RatePpm> = parts.into_iter().map(RatePpm).collect();
    check(&parts)?;
    if !compound {
        return Ok(parts);
    }
    let alone = on_price_alone(&parts);
    check(&alone)?;
    Ok(alone)
}

pub(super) fn check_name(name: &str, field: &str) -> Result<(), Refused> {
    let count = name.chars().count();
    if count == 0 || count > limits::NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(wrong(1013, field, "a name has 1 to 200 characters and no control characters"));
    }
    Ok(())
}

pub(super) fn wrong(number: u16, field: impl Into<String>, text: &str) -> Refused {
    Box::new(ErrorBody::new(number, text).at(field))
}
