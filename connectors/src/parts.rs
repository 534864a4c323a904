//! The column `parts` of our own layout, which makes a kit of an item: `2 TEA-EARL-GREY | 1 MUG`, how much of
//! each and its SKU. An empty cell says nothing. The parts are in the file, before or after the kit, or in the
//! server's catalogue already.

use crate::catalogue::{Catalogue, Finding, Kit, KitPart, Severity};
use onhand_engine::catalogue::Item;
use onhand_engine::goods::PARTS_MAX;
use onhand_engine::ids::SkuCode;
use onhand_engine::qty::{Qty, Unit};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The parts that a cell names; what is wrong with it otherwise.
pub(crate) fn read(cell: &str) -> Result<Vec<KitPart>, String> {
    let mut parts: Vec<KitPart> = Vec::new();
    for text in cell.split('|').map(str::trim).filter(|text| !text.is_empty()) {
        let wrong = || format!("{text:.80?} is no quantity and SKU");
        let sku = sku(text).and_then(|sku| SkuCode::new(sku).ok()).ok_or_else(wrong)?;
        let qty = text.split_whitespace().next().and_then(|qty| Qty::parse(qty).ok());
        let qty = qty.filter(|qty| qty.is_positive() && *qty <= Qty::MAX).ok_or_else(wrong)?;
        if parts.iter().any(|part| part.sku == sku) {
            return Err(format!("{sku} stands there twice"));
        }
        parts.push(KitPart { sku, qty });
    }
    if parts.len() > PARTS_MAX {
        return Err(format!("it has {} parts, and a kit has at most {PARTS_MAX}", parts.len()));
    }
    Ok(parts)
}

/// The SKU in one of the texts between the bars.
pub(crate) fn sku(text: &str) -> Option<&str> {
    Some(text.trim().split_once(char::is_whitespace)?.1.trim_start())
}

/// What only shows once all items of the file are known.
pub(crate) fn check(kits: &[Kit], items: &[Item]) -> Vec<Finding> {
    if kits.is_empty() {
        return Vec::new();
    }
    let units: HashMap<&SkuCode, Unit> = items.iter().map(|item| (&item.code, item.unit)).collect();
    let codes: HashSet<&SkuCode> = kits.iter().filter_map(|kit| Some(&items.get(kit.item)?.code)).collect();
    let mut wrong = Vec::new();
    for kit in kits {
        for part in &kit.parts {
            let Some(unit) = units.get(&part.sku) else { continue };
            wrong.extend(check_known(kit.line, part, Some((*unit, codes.contains(&part.sku)))));
        }
    }
    wrong
}

/// The parts that are not in the file, with the lines of the kits that they are in.
pub(crate) fn elsewhere(catalogue: &Catalogue) -> BTreeMap<&SkuCode, Vec<(u64, &KitPart)>> {
    let mut missing: BTreeMap<&SkuCode, Vec<(u64, &KitPart)>> = BTreeMap::new();
    if catalogue.kits.is_empty() {
        return missing;
    }
    let here: HashSet<&SkuCode> = catalogue.items.iter().map(|item| &item.code).collect();
    for kit in &catalogue.kits {
        for part in kit.parts.iter().filter(|part| !here.contains(&part.sku)) {
            missing.entry(&part.sku).or_default().push((kit.line, part));
        }
    }
    missing
}

/// What is wrong with a part that is counted so and a kit itself or not, or that nobody knows.
pub(crate) fn check_known(line: u64, part: &KitPart, known: Option<(Unit, bool)>) -> Option<Finding> {
    let (problem, mend) = match known {
        None => {
            let problem = format!("there is no item {}, in the file nor on the server", part.sku);
            (problem, "add it to the file, or correct the SKU")
        }
        Some((_, true)) => {
            let problem = format!("{} is a kit itself", part.sku);
            (problem, "name what that one is made of: there are no kits of kits")
        }
        Some((unit, false)) if !unit.allows(part.qty) => {
            let problem = format!("{} of {}, which is counted by the piece", part.qty, part.sku);
            (problem, "use whole numbers")
        }
        Some(_) => return None,
    };
    Some(Finding { line, severity: Severity::Error, field: "parts", problem, mend: mend.to_owned() })
}
