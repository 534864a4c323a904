//! The forms of items with terms, and of what records keep of such goods.

use super::DecodeError;
use super::catalogue::{Item, label};
use super::codes::Coded;
use super::costs;
use super::event::{Freed, Line, code, lines_in, lines_out};
use onhand_engine::date::Date;
use onhand_engine::event::{self, Event};
use onhand_engine::goods::{self, Only};
use onhand_engine::ids::{OrderId, SkuId};
use onhand_engine::money::Minor;
use onhand_engine::qty::Qty;
use onhand_engine::scan::Mark;
use onhand_engine::{catalogue, command, returns};
use rkyv::{Archive, Deserialize, Serialize};
use std::sync::Arc;

/// The terms of one item.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Terms {
    parts: Vec<Part>,
    edition: u32,
    min_age: Option<u8>,
    only: Option<u8>,
    blocked: Option<String>,
    max_per_order: Option<i64>,
    serials: bool,
    lots: bool,
}

#[derive(Archive, Serialize, Deserialize)]
struct Part {
    sku: u32,
    qty: i64,
    worth: i64,
}

/// Items of which some have terms, or a cost that is known.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct ItemsWithTerms {
    items: Vec<Item>,
    /// By the item's place among them.
    terms: Vec<(u32, Terms)>,
    added: u32,
    /// By the item's number.
    costs: Vec<(u32, i64)>,
}

/// What is allocated to an order that has kits in it.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct KitsAllocated {
    order: String,
    lines: Vec<Line>,
    freed: Vec<Freed>,
    asked: Vec<Line>,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct SoldGoods {
    kits: Vec<(u16, Vec<Part>)>,
    pieces: Vec<Piece>,
    lots: Vec<Lot>,
    /// Who looked at the buyer's age, and the date of birth or zero.
    age: Option<(String, u32)>,
    exceptions: Vec<Exception>,
}

/// What a person has to look at.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Exception {
    line: u16,
    sku: u32,
    number: u16,
    /// What was said, and what it is here.
    amounts: Option<(i64, i64)>,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Piece {
    line: u16,
    sku: u32,
    serial: String,
}

#[derive(Archive, Serialize, Deserialize)]
struct Lot {
    line: u16,
    lot: Option<String>,
    /// Zero: not said.
    expiry: u32,
}

/// What is said of the pieces of a line before it is sold.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Traced {
    line: u16,
    serials: Vec<String>,
    lot: Option<String>,
    /// Zero: not said.
    expiry: u32,
}

/// What came back of a line apart from whole units of it.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Apart {
    line: u16,
    parts: Vec<Line>,
    serials: Vec<(u32, String)>,
}

fn parts_out(parts: &[goods::Part]) -> Vec<Part> {
    parts.iter().map(|part| Part { sku: part.sku.0, qty: part.qty.milli(), worth: part.worth.0 }).collect()
}

fn parts_in(parts: Vec<Part>) -> Arc<[goods::Part]> {
    let part =
        |Part { sku, qty, worth }| goods::Part { sku: SkuId(sku), qty: Qty::from_milli(qty), worth: Minor(worth) };
    parts.into_iter().map(part).collect()
}

fn date_out(date: Option<Date>) -> u32 {
    date.map_or(0, Date::number)
}

fn date_in(number: u32) -> Result<Option<Date>, DecodeError> {
    if number == 0 {
        return Ok(None);
    }
    Date::numbered(number).map(Some).ok_or_else(|| DecodeError(format!("{number} is no date")))
}

/// A serial number that was sold, and the item it is of.
pub(super) fn serial_in((sku, serial): (u32, String)) -> Result<(SkuId, Mark), DecodeError> {
    Ok((SkuId(sku), code(&serial)?))
}

impl From<&goods::Terms> for Terms {
    fn from(terms: &goods::Terms) -> Self {
        Self {
            parts: parts_out(&terms.parts),
            edition: terms.edition,
            min_age: terms.min_age,
            only: terms.only.map(Only::code),
            blocked: terms.blocked.as_ref().map(ToString::to_string),
            max_per_order: terms.max_per_order.map(Qty::milli),
            serials: terms.serials,
            lots: terms.lots,
        }
    }
}

impl Terms {
    pub(super) fn read(self) -> Result<goods::Terms, DecodeError> {
        Ok(goods::Terms {
            parts: parts_in(self.parts),
            edition: self.edition,
            min_age: self.min_age,
            only: self.only.map(Only::from_code).transpose()?,
            blocked: self.blocked.as_deref().map(label).transpose()?,
            max_per_order: self.max_per_order.map(Qty::from_milli),
            serials: self.serials,
            lots: self.lots,
        })
    }
}

impl ItemsWithTerms {
    /// None: no item has any of both.
    pub(super) fn of(items: &[catalogue::Item], added: u32) -> Option<Self> {
        let with_terms = |(at, item): (u32, &catalogue::Item)| Some((at, (&**item.terms.as_ref()?).into()));
        let terms: Vec<_> = (0..).zip(items).filter_map(with_terms).collect();
        let costs = costs::of_items(items.iter());
        let is_needed = !terms.is_empty() || !costs.is_empty();
        is_needed.then(|| Self { items: items.iter().map(Into::into).collect(), terms, added, costs })
    }

    pub(super) fn read(self) -> Result<Event, DecodeError> {
        let items = self.items.into_iter().map(TryInto::try_into);
        let mut items = items.collect::<Result<Vec<catalogue::Item>, DecodeError>>()?;
        for (at, terms) in self.terms {
            let item = usize::try_from(at).ok().and_then(|at| items.get_mut(at));
            item.ok_or_else(|| DecodeError("terms of no item".into()))?.terms = Some(Arc::new(terms.read()?));
        }
        costs::to_items(&self.costs, &mut items);
        Ok(Event::ItemsDefined { items, added: self.added })
    }
}

impl KitsAllocated {
    pub(super) fn new(
        order: &OrderId,
        lines: &[command::SkuQty],
        freed: &[event::Freed],
        asked: &[command::SkuQty],
    ) -> Self {
        Self {
            order: order.to_string(),
            lines: lines_out(lines),
            freed: freed.iter().map(Into::into).collect(),
            asked: lines_out(asked),
        }
    }

    pub(super) fn read(self) -> Result<Event, DecodeError> {
        Ok(Event::Allocated {
            order: code(&self.order)?,
            lines: lines_in(self.lines),
            freed: self.freed.into_iter().map(Into::into).collect(),
            asked: Some(lines_in(self.asked).into()),
        })
    }
}

pub(super) fn pieces_out(pieces: &[goods::Piece]) -> Vec<Piece> {
    let piece = |piece: &goods::Piece| Piece { line: piece.line, sku: piece.sku.0, serial: piece.serial.to_string() };
    pieces.iter().map(piece).collect()
}

pub(super) fn pieces_in(pieces: Vec<Piece>) -> Result<Vec<goods::Piece>, DecodeError> {
    let piece =
        |piece: Piece| Ok(goods::Piece { line: piece.line, sku: SkuId(piece.sku), serial: code(&piece.serial)? });
    pieces.into_iter().map(piece).collect()
}

pub(super) fn traced_out(traced: &[goods::Traced]) -> Vec<Traced> {
    let traced = traced.iter().map(|one| Traced {
        line: one.line,
        serials: one.serials.iter().map(ToString::to_string).collect(),
        lot: one.lot.as_ref().map(ToString::to_string),
        expiry: date_out(one.expiry),
    });
    traced.collect()
}

pub(super) fn traced_in(traced: Vec<Traced>) -> Result<Box<[goods::Traced]>, DecodeError> {
    let read = |one: Traced| {
        Ok(goods::Traced {
            line: one.line,
            serials: one.serials.iter().map(|serial| code(serial)).collect::<Result<_, _>>()?,
            lot: one.lot.as_deref().map(code).transpose()?,
            expiry: date_in(one.expiry)?,
        })
    };
    traced.into_iter().map(read).collect()
}

impl From<&goods::Exception> for Exception {
    fn from(one: &goods::Exception) -> Self {
        let amounts = one.amounts.map(|amounts| (amounts.said.0, amounts.own.0));
        Self { line: one.line, sku: one.sku.0, number: one.number, amounts }
    }
}

impl From<Exception> for goods::Exception {
    fn from(one: Exception) -> Self {
        let amounts = one.amounts.map(|(said, own)| goods::Amounts { said: Minor(said), own: Minor(own) });
        Self { line: one.line, sku: SkuId(one.sku), number: one.number, amounts }
    }
}

impl From<&goods::SoldGoods> for SoldGoods {
    fn from(sold: &goods::SoldGoods) -> Self {
        let lot = |lot: &goods::Lot| Lot {
            line: lot.line,
            lot: lot.lot.as_ref().map(ToString::to_string),
            expiry: date_out(lot.expiry),
        };
        Self {
            kits: sold.kits.iter().map(|kit| (kit.line, parts_out(&kit.parts))).collect(),
            pieces: pieces_out(&sold.pieces),
            lots: sold.lots.iter().map(lot).collect(),
            age: sold.age.as_ref().map(|age| (age.by.to_string(), date_out(age.birth))),
            exceptions: sold.exceptions.iter().map(Into::into).collect(),
        }
    }
}

impl SoldGoods {
    pub(super) fn read(self) -> Result<goods::SoldGoods, DecodeError> {
        let kit = |(line, parts)| goods::Kit { line, parts: parts_in(parts) };
        let lot = |lot: Lot| {
            let name = lot.lot.as_deref().map(code).transpose()?;
            Ok(goods::Lot { line: lot.line, lot: name, expiry: date_in(lot.expiry)? })
        };
        let age = |(by, birth): (String, u32)| {
            Ok::<_, DecodeError>(goods::AgeChecked { by: label(&by)?, birth: date_in(birth)? })
        };
        Ok(goods::SoldGoods {
            kits: self.kits.into_iter().map(kit).collect(),
            pieces: pieces_in(self.pieces)?,
            lots: self.lots.into_iter().map(lot).collect::<Result<_, DecodeError>>()?,
            age: self.age.map(age).transpose()?,
            exceptions: self.exceptions.into_iter().map(Into::into).collect(),
        })
    }
}

impl Apart {
    pub(super) fn of(line: u16, back: &returns::LineBack) -> Option<Self> {
        let apart = back.apart.as_ref()?;
        let parts = apart.parts.iter().map(|(sku, qty)| Line { sku: sku.0, qty: qty.milli() });
        let serials = apart.serials.iter().map(|(sku, serial)| (sku.0, serial.to_string()));
        Some(Self { line, parts: parts.collect(), serials: serials.collect() })
    }

    pub(super) fn read_into(self, given: &mut returns::GivenBack) -> Result<(), DecodeError> {
        let parts = lines_in(self.parts).into_iter().map(|line| (line.sku, line.qty)).collect();
        let serials = self.serials.into_iter().map(serial_in).collect::<Result<_, _>>()?;
        given.lines.entry(self.line).or_default().apart = Some(Box::new(returns::Apart { parts, serials }));
        Ok(())
    }
}
