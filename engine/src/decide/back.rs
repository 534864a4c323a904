//! What comes back of a known sale: granted where it was sold, given back where the customer stands.

use super::Place;
use super::settling::{Settling, gross, settled};
use super::{goods, next_receipt, sold};
use crate::command::{Command, Disposition, Sell, Tender};
use crate::event::{Event, Return};
use crate::ids::{LocationId, TillNo};
use crate::money::Minor;
use crate::refusal::Refusal;
use crate::returns::{GivenBack, Grant, Of, TakeBack};
use crate::time::Timestamp;

/// What was given back of a known sale so far.
pub(super) fn given_of<'a>(place: &'a impl Place, of: &TakeBack) -> &'a GivenBack {
    place.store().given_back(of.sale.of.seq)
}

pub(super) fn grant(place: &impl Place, of: &TakeBack, tenders: &[Tender]) -> Result<Grant, Refusal> {
    given_of(place, of).grant(of, |amount| settled(place, amount, tenders, Settling::Return))
}

/// What this location may give back: by its own books where it sold, otherwise as it was granted.
pub(super) fn granted(
    place: &impl Place,
    here: LocationId,
    till: Option<TillNo>,
    of: &TakeBack,
    tenders: &[Tender],
) -> Result<Grant, Refusal> {
    if of.void.is_some() && (of.sale.of.location != here || of.sale.till != till) {
        return Err(Refusal::AnotherTill);
    }
    match &of.granted {
        Some(grant) => Ok(grant.clone()),
        None => grant(place, of, tenders),
    }
}

pub(super) fn given_back(
    place: &impl Place,
    command: &Command,
    till: Option<TillNo>,
    disposition: Disposition,
    of: &TakeBack,
    grant: Grant,
) -> Return {
    let Grant { portions, lines, tenders, pieces } = grant;
    let goods = goods::given_back(&of.sale, &portions, pieces);
    let elsewhere = of.sale.of.location != command.location;
    let of = Some(Box::new(Of { sale: of.sale.of, portions, void: of.void.clone(), elsewhere }));
    Return { receipt: next_receipt(place, till), channel: command.channel, lines, disposition, tenders, of, goods }
}

/// One receipt: the sale has it. What is due is the difference, and the tenders of the sale settle it;
/// where money goes back, each means of payment gets at most what was paid with it.
pub(super) fn exchange(
    place: &impl Place,
    (command, now): (&Command, Timestamp),
    back: &TakeBack,
    disposition: Disposition,
    sell: &Sell,
) -> Result<Event, Refusal> {
    if back.sale.of.location != command.location {
        return Err(Refusal::SoldElsewhere);
    }
    // How the money of the sale that comes back was paid matters only for what goes back of it.
    let worth = grant(place, back, &[])?;
    let due = gross(&sell.lines).minus(gross(&worth.lines));
    let sale = sold(place, sell, due, (command, now))?;
    if due < Minor::ZERO {
        let refunds: Vec<Tender> = sale.refunds().collect();
        let amount = refunds.iter().map(|tender| tender.amount).sum();
        given_of(place, back).refunds(&back.sale, &refunds, amount)?;
    }
    let grant = Grant { tenders: Vec::new(), ..worth };
    let back = given_back(place, command, None, disposition, back, grant);
    Ok(Event::Exchanged { back: Box::new(back), sale: Box::new(sale) })
}
