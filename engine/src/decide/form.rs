//! What a command may contain at all: counts, quantities, amounts, times.

use super::{LINES_MAX, TTL_MAX, TTL_MIN};
use crate::account::{self, TAKES_MAX};
use crate::command::{SaleLine, SkuQty, Tender};
use crate::money::Minor;
use crate::qty::Qty;
use crate::refusal::Refusal;
use crate::time::Millis;

pub(crate) fn check_count(lines: usize) -> Result<(), Refusal> {
    match lines {
        0 => Err(Refusal::EmptyBasket),
        n if n > LINES_MAX => Err(Refusal::TooManyLines { max: LINES_MAX }),
        _ => Ok(()),
    }
}

pub(super) fn check_lines(lines: &[SkuQty]) -> Result<(), Refusal> {
    check_count(lines.len())?;
    match lines.iter().find(|line| !line.qty.is_positive() || line.qty > Qty::MAX) {
        Some(line) => Err(Refusal::BadQuantity { sku: line.sku }),
        None => Ok(()),
    }
}

pub(crate) fn check_sale_lines(lines: &[SaleLine]) -> Result<(), Refusal> {
    check_count(lines.len())?;
    for line in lines {
        if !line.qty.is_positive() || line.qty > Qty::MAX {
            return Err(Refusal::BadQuantity { sku: line.sku });
        }
        let amounts = [line.unit_price, line.taxed.net, line.taxed.tax];
        if amounts.iter().any(|amount| *amount < Minor::ZERO || *amount > Minor::MAX) {
            return Err(Refusal::BadAmount);
        }
    }
    Ok(())
}

pub(super) fn check_tenders(tenders: &[Tender]) -> Result<(), Refusal> {
    let absurd = |tender: &Tender| tender.amount > Minor::MAX || tender.amount < Minor::ZERO.minus(Minor::MAX);
    if tenders.iter().any(absurd) { Err(Refusal::BadAmount) } else { Ok(()) }
}

/// An account is named once: its holds go by the sale.
pub(super) fn check_takes(takes: &[account::Take]) -> Result<(), Refusal> {
    if takes.len() > TAKES_MAX {
        return Err(Refusal::TooManyLines { max: TAKES_MAX });
    }
    if takes.iter().any(|take| take.amount <= Minor::ZERO || take.amount > Minor::MAX) {
        return Err(Refusal::BadAmount);
    }
    check_named_once(takes)
}

pub(super) fn check_named_once(takes: &[account::Take]) -> Result<(), Refusal> {
    let repeated =
        |(at, take): (usize, &account::Take)| takes.iter().skip(at).skip(1).any(|t| t.account == take.account);
    if takes.iter().enumerate().any(repeated) { Err(Refusal::WrongAccount { field: "name" }) } else { Ok(()) }
}

pub(crate) fn check_ttl(ttl: Millis) -> Result<(), Refusal> {
    if (TTL_MIN..=TTL_MAX).contains(&ttl) { Ok(()) } else { Err(Refusal::BadTtl) }
}
