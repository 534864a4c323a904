//! Terms are enforced where a command is decided. What a request would be refused for becomes an exception of
//! the record where the sale has happened.

use super::{AgeChecked, Exception, Goods, Lot, Piece, Serials, SoldGoods, Under, each_asked};
use crate::command::{Channel, SkuQty, Standing};
use crate::date::Date;
use crate::event::Freed;
use crate::ids::SkuId;
use crate::qty::Qty;
use crate::refusal::Refusal;
use crate::scan::Mark;

/// What terms look at beside the goods themselves.
pub struct Asking<'a> {
    /// Where the demand comes from.
    pub channel: Channel,
    /// Asked for, or already happened.
    pub standing: Standing,
    /// The lines, a kit being one of them.
    pub lines: &'a [SkuQty],
    /// Whether an order has these goods already: where it came from was looked at then.
    pub is_ordered: bool,
    /// The day.
    pub today: Date,
    /// What was sold here by serial number, and what is held.
    pub serials: &'a Serials,
    /// The asker's own reservations, which end with the command.
    pub freed: &'a [Freed],
}

/// Something that terms do not allow.
struct Breach {
    line: u16,
    sku: SkuId,
    refusal: Refusal,
}

/// What a reservation or an order may have.
///
/// # Errors
/// [`Refusal::ItemBlocked`], [`Refusal::NotForChannel`], [`Refusal::TooManyPerOrder`].
pub fn check_request(goods: &Goods, lines: &[SkuQty], channel: Channel) -> Result<(), Refusal> {
    goods.under.iter().try_for_each(|under| match restricted(goods, under, lines, channel, false) {
        Some(refusal) => Err(refusal),
        None => Ok(()),
    })
}

/// What the record of a sale keeps of its goods.
///
/// # Errors
/// For a request, the first of: [`Refusal::ItemBlocked`], [`Refusal::NotForChannel`],
/// [`Refusal::TooManyPerOrder`], [`Refusal::AgeNotChecked`]; then [`Refusal::TraceMissing`],
/// [`Refusal::SerialSold`], [`Refusal::SerialHeld`], [`Refusal::ItemExpired`].
pub fn sold(goods: &Goods, asking: &Asking<'_>) -> Result<SoldGoods, Refusal> {
    let mut breaches = Vec::new();
    for under in &goods.under {
        let restricted = restricted(goods, under, asking.lines, asking.channel, asking.is_ordered);
        let refusal = restricted.or_else(|| too_young(under, goods.age.as_ref(), asking.today));
        breaches.extend(refusal.map(|refusal| Breach { line: under.line, sku: under.sku, refusal }));
    }
    let pieces = pieces(goods, asking.lines, &mut breaches);
    breaches.extend(not_free(&pieces, asking.serials, asking.freed));
    let lots = lots(goods, asking, &mut breaches);
    let mut exceptions = exceptions(asking.standing, &breaches)?;
    // What was taxed too low is sold all the same, and looked at afterwards.
    exceptions.extend(goods.undertaxed.iter().copied());
    Ok(SoldGoods { kits: goods.kits(), pieces, lots, age: goods.age.clone(), exceptions })
}

/// What the record keeps of goods that come back of a sale that nobody knows. A piece of them was sold here.
///
/// # Errors
/// For a request, the first of: [`Refusal::TraceMissing`] when there are not as many serial numbers as pieces,
/// [`Refusal::SerialNotSold`].
pub fn came_back(goods: &Goods, lines: &[SkuQty], standing: Standing, serials: &Serials) -> Result<SoldGoods, Refusal> {
    let mut breaches = Vec::new();
    let pieces = pieces(goods, lines, &mut breaches);
    for piece in pieces.iter().filter(|piece| !serials.has(piece.sku, &piece.serial)) {
        let refusal = Refusal::SerialNotSold { serial: piece.serial.clone() };
        breaches.push(Breach { line: piece.line, sku: piece.sku, refusal });
    }
    let exceptions = exceptions(standing, &breaches)?;
    Ok(SoldGoods { kits: goods.kits(), pieces, exceptions, ..SoldGoods::default() })
}

/// What a request is refused for, and what is kept of it where it has happened.
fn exceptions(standing: Standing, breaches: &[Breach]) -> Result<Vec<Exception>, Refusal> {
    if let (Standing::Request, Some(breach)) = (standing, breaches.first()) {
        return Err(breach.refusal.clone());
    }
    let exception = |breach: &Breach| {
        let number = breach.refusal.number();
        Exception { line: breach.line, sku: breach.sku, number, amounts: None }
    };
    Ok(breaches.iter().map(exception).collect())
}

/// The pieces that a suspended basket holds: those of the lines that name any, which name all of theirs then.
///
/// # Errors
/// [`Refusal::TraceMissing`]; then [`Refusal::SerialSold`], [`Refusal::SerialHeld`].
pub fn held(goods: &Goods, lines: &[SkuQty], serials: &Serials, freed: &[Freed]) -> Result<Vec<Piece>, Refusal> {
    let mut breaches = Vec::new();
    let pieces = pieces(goods, lines, &mut breaches);
    let is_said = |line: u16| goods.traced.iter().any(|traced| traced.line == line && !traced.serials.is_empty());
    breaches.retain(|breach| is_said(breach.line));
    breaches.extend(not_free(&pieces, serials, freed));
    match breaches.into_iter().next() {
        Some(breach) => Err(breach.refusal),
        None => Ok(pieces),
    }
}

/// The pieces that are named twice, sold already, or held by somebody else.
fn not_free<'a>(pieces: &'a [Piece], serials: &'a Serials, freed: &'a [Freed]) -> impl Iterator<Item = Breach> + 'a {
    pieces.iter().enumerate().filter_map(move |(at, piece)| {
        let (sku, serial) = (piece.sku, &piece.serial);
        let is_twice = pieces.iter().take(at).any(|other| (other.sku, &other.serial) == (sku, serial));
        let refusal = if is_twice || serials.has(sku, serial) {
            Refusal::SerialSold { sku, serial: serial.clone() }
        } else {
            let of_others = |reservation: &_| freed.iter().all(|one| one.reservation != *reservation);
            let reservation = serials.holder(piece).filter(of_others)?;
            Refusal::SerialHeld { sku, serial: serial.clone(), reservation }
        };
        Some(Breach { line: piece.line, sku, refusal })
    })
}

fn restricted(goods: &Goods, under: &Under, lines: &[SkuQty], channel: Channel, is_ordered: bool) -> Option<Refusal> {
    let (sku, terms) = (under.sku, &under.terms);
    if let Some(reason) = &terms.blocked {
        return Some(Refusal::ItemBlocked { sku, reason: reason.clone() });
    }
    if let Some(only) = terms.only.filter(|only| !is_ordered && !only.allows(channel)) {
        return Some(Refusal::NotForChannel { sku, only });
    }
    let max = terms.max_per_order?;
    let mut asked = Qty::ZERO;
    // A kit is none of its parts; of anything else there is what lines name, and what is in kits.
    let kits = Some(goods).filter(|_| !terms.is_kit());
    each_asked(lines.iter().copied(), kits, |line| {
        if line.sku == sku {
            asked = asked.plus(line.qty);
        }
    });
    (asked > max).then_some(Refusal::TooManyPerOrder { sku, max })
}

fn too_young(under: &Under, age: Option<&AgeChecked>, today: Date) -> Option<Refusal> {
    let min_age = under.terms.min_age?;
    // Years apart as dates are written: one who was born on a 29th of February is older on a 1st of March.
    let is_old_enough =
        |birth: Date| today.number() >= birth.number().saturating_add(u32::from(min_age).saturating_mul(10_000));
    let checked = age.is_some_and(|age| age.birth.is_none_or(is_old_enough));
    (!checked).then_some(Refusal::AgeNotChecked { sku: under.sku, min_age })
}

/// The serial numbers dealt to the items that they are of. Each item that is sold by them has as many as pieces.
fn pieces(goods: &Goods, lines: &[SkuQty], breaches: &mut Vec<Breach>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (no, line) in (0_u16..).zip(lines) {
        let said: &[Mark] = goods.traced.iter().find(|traced| traced.line == no).map_or(&[], |traced| &traced.serials);
        let mut wanted = wanted(goods, no, *line);
        let is_wanted = !wanted.is_empty();
        if !is_wanted && said.is_empty() {
            continue;
        }
        if !is_wanted {
            wanted.push(*line);
        }
        let mut left = said.iter();
        for one in &wanted {
            let count = usize::try_from(one.qty.milli().checked_div(Qty::SCALE).unwrap_or(0)).unwrap_or(0);
            let own: Vec<&Mark> = left.by_ref().take(count).collect();
            if own.len() != count {
                let refusal = Refusal::TraceMissing { sku: one.sku, field: "serials" };
                breaches.push(Breach { line: no, sku: one.sku, refusal });
            }
            let piece = |serial: &Mark| Piece { line: no, sku: one.sku, serial: serial.clone() };
            pieces.extend(own.into_iter().map(piece));
        }
        if left.next().is_some() {
            let refusal = Refusal::TraceMissing { sku: line.sku, field: "serials" };
            breaches.push(Breach { line: no, sku: line.sku, refusal });
        }
    }
    pieces
}

/// The items of a line that are sold by their serial numbers, and how many pieces of each it moves.
fn wanted(goods: &Goods, no: u16, line: SkuQty) -> Vec<SkuQty> {
    let of_line = || goods.under.iter().filter(|under| under.line == no);
    let kit = of_line().find(|under| under.terms.is_kit());
    let moved = |under: &Under| {
        let part = kit.and_then(|kit| kit.terms.parts.iter().find(|part| part.sku == under.sku));
        SkuQty { sku: under.sku, qty: part.map_or(line.qty, |part| part.in_kits(line.qty)) }
    };
    of_line().filter(|under| under.terms.serials).map(moved).collect()
}

fn lots(goods: &Goods, asking: &Asking<'_>, breaches: &mut Vec<Breach>) -> Vec<Lot> {
    let mut lots = Vec::new();
    for traced in goods.traced.iter().filter(|traced| traced.lot.is_some() || traced.expiry.is_some()) {
        if let (Some(expiry), Some(line)) = (traced.expiry, asking.lines.get(usize::from(traced.line)))
            && expiry < asking.today
        {
            let refusal = Refusal::ItemExpired { sku: line.sku, expiry };
            breaches.push(Breach { line: traced.line, sku: line.sku, refusal });
        }
        lots.push(Lot { line: traced.line, lot: traced.lot.clone(), expiry: traced.expiry });
    }
    for under in goods.under.iter().filter(|under| under.terms.lots) {
        if !lots.iter().any(|lot| lot.line == under.line && lot.lot.is_some()) {
            let refusal = Refusal::TraceMissing { sku: under.sku, field: "lot" };
            breaches.push(Breach { line: under.line, sku: under.sku, refusal });
        }
    }
    lots
}
