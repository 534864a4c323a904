//! What is paid against what is due.

use super::Place;
use crate::cash_rounding::{CashRounding, Paid};
use crate::command::{SaleLine, Tender, TenderKind};
use crate::money::Minor;
use crate::refusal::Refusal;

/// Which way money moves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Settling {
    Sale,
    Return,
}

/// What is paid, where the asker says how, is what is due: to the minor unit, or but for the cash
/// rounding of the location, which becomes a line of its own.
pub(super) fn settled(
    rounding: Option<CashRounding>,
    due: Minor,
    tenders: &[Tender],
    settling: Settling,
) -> Result<Vec<Tender>, Refusal> {
    if tenders.is_empty() {
        return Ok(Vec::new());
    }
    if settling == Settling::Return && tenders.iter().any(|tender| tender.kind == TenderKind::Deposit) {
        return Err(Refusal::BadAmount);
    }
    let paid = Paid::of(tenders);
    let open = due.minus(paid.money());
    let mut settled = tenders.to_vec();
    if open == paid.rounding && open == Minor::ZERO {
        return Ok(settled);
    }
    let fits = rounding.is_some_and(|rounding| match settling {
        Settling::Sale => rounding.fits_sale(due, &paid),
        Settling::Return => rounding.fits_refund(due, &paid),
    });
    let said = tenders.iter().any(|tender| tender.kind == TenderKind::CashRounding);
    if !fits || (said && paid.rounding != open) {
        return Err(Refusal::TenderMismatch { due: due.0, tendered: paid.total().0 });
    }
    if !said {
        settled.push(Tender { kind: TenderKind::CashRounding, amount: open });
    }
    Ok(settled)
}

/// How cash is rounded here.
pub(super) fn rounding(place: &impl Place) -> Option<CashRounding> {
    place.store().drawer_rules.as_ref()?.rounding
}

/// The same for what goes back: tenders that come to it, but for the rounding of cash.
///
/// # Errors
/// [`Refusal::TenderMismatch`].
pub(crate) fn settled_refund(
    rounding: Option<CashRounding>,
    due: Minor,
    tenders: &[Tender],
) -> Result<Vec<Tender>, Refusal> {
    settled(rounding, due, tenders, Settling::Return)
}

pub(super) fn gross(lines: &[SaleLine]) -> Minor {
    lines.iter().map(|line| line.taxed.gross()).sum()
}
