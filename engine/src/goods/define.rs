//! Which terms an item may have. What is not said of an item stays as it was.

use super::{PARTS_MAX, Part, Terms};
use crate::catalogue::Item;
use crate::ids::SkuId;
use crate::money::Minor;
use crate::qty::Unit;
use crate::refusal::Refusal;
use hashbrown::{HashMap, HashSet};
use std::sync::Arc;

/// The items with the terms that they have from now on: those given, or those of before. Terms with nothing in
/// them are none.
///
/// # Errors
/// [`Refusal::BadKit`] when a part is a kit, is not there, stands there twice or has a quantity that it cannot
/// have; when a kit is not counted in pieces, or is a part of another; when a kit would cease to be one.
pub fn with_terms(known: &[Arc<Item>], items: Vec<Item>) -> Result<Vec<Item>, Refusal> {
    let before = |sku: SkuId| known.get(sku.index());
    if items.iter().all(|item| item.terms.is_none() && before(item.sku).is_none_or(|item| item.terms.is_none())) {
        return Ok(items);
    }
    let settled = items.into_iter().map(|item| {
        let before = before(item.sku).and_then(|item| item.terms.as_ref());
        Item { terms: settle(item.terms.as_ref(), before), ..item }
    });
    let settled: Vec<Item> = settled.collect();
    let changed: HashMap<SkuId, &Item> = settled.iter().map(|item| (item.sku, item)).collect();
    let now = |sku: SkuId| changed.get(&sku).copied().or_else(|| before(sku).map(|item| &**item));
    let mut kits = Vec::new();
    for item in &settled {
        let was_kit = before(item.sku).and_then(|item| item.terms.as_ref()).is_some_and(|terms| terms.is_kit());
        let is_kit = item.terms.as_ref().is_some_and(|terms| terms.is_kit());
        if was_kit && !is_kit {
            return Err(bad(item, item.sku, "a kit stays one; block it to sell no more of it"));
        }
        if is_kit {
            check(item, &now)?;
            kits.push(item);
        }
    }
    if !kits.is_empty() {
        let others = known.iter().filter(|item| !changed.contains_key(&item.sku)).map(|item| &**item);
        let parts: HashSet<SkuId> = others.chain(&settled).flat_map(parts_of).map(|part| part.sku).collect();
        if let Some(kit) = kits.iter().find(|kit| parts.contains(&kit.sku)) {
            return Err(bad(kit, kit.sku, "it is a part of another kit, and there are no kits of kits"));
        }
    }
    let worths: HashMap<SkuId, Option<Minor>> = kits
        .iter()
        .flat_map(|kit| parts_of(kit))
        .map(|part| (part.sku, now(part.sku).and_then(|item| item.price)))
        .collect();
    drop((changed, kits));
    Ok(settled.into_iter().map(|item| with_worths(item, &worths)).collect())
}

/// Gives parts that are defined by the same request their numbers, which stand there by their places in it.
///
/// # Errors
/// [`Refusal::UnknownSku`] when nothing is at such a place.
pub fn number_parts(items: &mut [Item], numbers: &[SkuId]) -> Result<(), Refusal> {
    let number = |part: &Part| {
        let Some(at) = part.sku.place_in_request() else { return Ok(*part) };
        let sku = numbers.get(at).copied().ok_or(Refusal::UnknownSku { sku: part.sku })?;
        Ok(Part { sku, ..*part })
    };
    for item in items {
        let Some(terms) = item.terms.as_ref().filter(|terms| terms.is_kit()) else { continue };
        let parts = terms.parts.iter().map(number).collect::<Result<_, Refusal>>()?;
        item.terms = Some(Arc::new(Terms { parts, ..(**terms).clone() }));
    }
    Ok(())
}

fn parts_of(item: &Item) -> impl Iterator<Item = &Part> {
    item.terms.iter().flat_map(|terms| terms.parts.iter())
}

fn settle(given: Option<&Arc<Terms>>, before: Option<&Arc<Terms>>) -> Option<Arc<Terms>> {
    let Some(given) = given else { return before.cloned() };
    let edition = before.map_or(0, |terms| terms.edition);
    let same = |terms: &&Arc<Terms>| {
        terms.parts.len() == given.parts.len()
            && terms.parts.iter().zip(given.parts.iter()).all(|(old, new)| (old.sku, old.qty) == (new.sku, new.qty))
    };
    let is_new = given.is_kit() && before.filter(same).is_none();
    let terms = Terms { edition: edition.saturating_add(u32::from(is_new)), ..(**given).clone() };
    (terms != Terms::default()).then(|| Arc::new(terms))
}

fn check<'a>(kit: &Item, now: &impl Fn(SkuId) -> Option<&'a Item>) -> Result<(), Refusal> {
    let parts: Vec<&Part> = parts_of(kit).collect();
    if kit.unit != Unit::Each {
        return Err(bad(kit, kit.sku, "a kit is counted in pieces"));
    }
    if parts.len() > PARTS_MAX {
        return Err(bad(kit, kit.sku, "a kit has at most 20 parts"));
    }
    for (at, part) in parts.iter().enumerate() {
        let Some(item) = now(part.sku) else { return Err(Refusal::UnknownSku { sku: part.sku }) };
        if item.terms.as_ref().is_some_and(|terms| terms.is_kit()) {
            return Err(bad(kit, part.sku, "the part is a kit itself, and there are no kits of kits"));
        }
        if parts.iter().take(at).any(|other| other.sku == part.sku) {
            return Err(bad(kit, part.sku, "the part stands there twice; say how much of it is in a kit"));
        }
        item.check_qty(part.qty)?;
        if part.worth < Minor::ZERO || part.worth > Minor::MAX {
            return Err(Refusal::BadAmount);
        }
    }
    Ok(())
}

fn bad(kit: &Item, part: SkuId, why: &'static str) -> Refusal {
    Refusal::BadKit { kit: kit.code.clone(), part, why }
}

/// Parts of which nobody said what they are worth are worth what they cost now.
fn with_worths(item: Item, prices: &HashMap<SkuId, Option<Minor>>) -> Item {
    let Some(terms) = item.terms.as_ref().filter(|terms| terms.is_kit()) else { return item };
    if terms.parts.iter().any(|part| part.worth != Minor::ZERO) {
        return item;
    }
    let price = |part: &Part| prices.get(&part.sku).copied().flatten().unwrap_or_default();
    let valued = |part: &Part| Part { worth: price(part).times(part.qty).min(Minor::MAX), ..*part };
    let parts: Arc<[Part]> = terms.parts.iter().map(valued).collect();
    let terms = Some(Arc::new(Terms { parts, ..(**terms).clone() }));
    Item { terms, ..item }
}
