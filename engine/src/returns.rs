//! Returns of a known sale, at any till of any location: never more comes back than was sold, never
//! more money than was paid, and whoever returns the last part gets the exact rest.
//!
//! The sale itself is in the log and nowhere else. Whoever asks brings it along, read from there; what
//! was given back of it so far is kept by the store of the location that sold it.

mod apart;

pub use apart::Apart;

use crate::command::{Action, Command, SaleLine, SkuQty, Tender, TenderKind};
use crate::event::Record;
use crate::goods::{Kit, Piece, SoldGoods, each_moved};
use crate::ids::{CommandId, Label, LocationId, Seq, SkuId, TillNo};
use crate::money::{Minor, divide_half_up};
use crate::qty::Qty;
use crate::refusal::Refusal;
use crate::scan::Mark;
use crate::tax::Taxed;
use std::collections::BTreeMap;

/// The name of a sale: where it was decided, and its place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SaleRef {
    /// The location that sold.
    pub location: LocationId,
    /// The place of its record.
    pub seq: Seq,
}

/// A sale as its record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSale {
    /// Its name.
    pub of: SaleRef,
    /// The till that rang it up.
    pub till: Option<TillNo>,
    /// Its lines, with the prices and taxes of then.
    pub lines: Vec<SaleLine>,
    /// How it was paid; empty when nobody said.
    pub tenders: Vec<Tender>,
    /// What there is to say of its goods.
    pub goods: Option<Box<SoldGoods>>,
}

/// A part of a sale that comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portion {
    /// The line of the sale, from zero.
    pub line: u16,
    /// What of it.
    pub what: What,
}

/// What of a line comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Goods, with the money for them.
    Goods(Qty),
    /// Money alone, with tax: the goods stay with the customer.
    Money(Minor),
    /// So much of one part of the kits that the line is, with its share of the money.
    Part {
        /// The part.
        sku: SkuId,
        /// How much of it.
        qty: Qty,
    },
}

/// Why and of what something is given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Of {
    /// The sale.
    pub sale: SaleRef,
    /// The parts of it, one for each line of the return.
    pub portions: Vec<Portion>,
    /// Why the whole sale was cancelled; none for a return.
    pub void: Option<Label>,
    /// Whether another location sold it: then that one keeps the books of what was given back.
    pub elsewhere: bool,
}

/// What is asked to be given back of a known sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeBack {
    /// The sale.
    pub sale: KnownSale,
    /// The parts of it. Empty: all that was not given back yet.
    pub portions: Vec<Portion>,
    /// Why the whole sale is cancelled; none for a return.
    pub void: Option<Label>,
    /// The serial numbers of the pieces that come back; none: the portions bring all there are of their lines.
    pub serials: Vec<Mark>,
    /// What the location that sold has granted to this one, where that is another.
    pub granted: Option<Grant>,
}

/// What may be given back, worked out where the sale was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The parts of the sale.
    pub portions: Vec<Portion>,
    /// What each of them is worth.
    pub lines: Vec<SaleLine>,
    /// How the money goes back; empty when the sale does not say how it was paid.
    pub tenders: Vec<Tender>,
    /// The pieces that are known by their serial numbers, by portion.
    pub pieces: Vec<Piece>,
}

/// What was given back of one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineBack {
    /// Goods.
    pub qty: Qty,
    /// Money for them, with tax.
    pub for_goods: Minor,
    /// Money without goods, with tax.
    pub alone: Minor,
    /// The tax in both.
    pub tax: Minor,
    /// Parts of its kits that came back alone, and pieces with serial numbers.
    pub apart: Option<Box<Apart>>,
}

/// What was given back of one sale.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenBack {
    /// By line.
    pub lines: BTreeMap<u16, LineBack>,
    /// By means of payment.
    pub tenders: BTreeMap<TenderKind, Minor>,
}

impl KnownSale {
    /// The sale in a record; none when it holds none.
    #[must_use]
    pub fn of(seq: Seq, record: &Record) -> Option<Self> {
        let sale = record.event.sale()?;
        Some(Self {
            of: SaleRef { location: record.location, seq },
            till: sale.receipt.map(|(till, _)| till),
            lines: sale.lines.clone(),
            tenders: sale.tenders.clone(),
            goods: sale.goods.clone(),
        })
    }

    /// Tells what left with it: of a kit, its parts.
    pub fn each_moved(&self, tell: impl FnMut(SkuQty)) {
        let kits = self.goods.as_ref().map_or(&[][..], |goods| &goods.kits);
        each_moved(self.lines.iter().map(SaleLine::sku_qty), kits, tell);
    }

    /// The kit that a line is.
    #[must_use]
    pub fn kit(&self, line: u16) -> Option<&Kit> {
        self.goods.as_ref()?.kit(line)
    }
}

/// The command by which the location that sold lets another one take back: to be decided first. None
/// for commands that need no such thing. Its id follows from the command's, so that a repeat finds
/// what was granted.
#[must_use]
pub fn grant_first(command: &Command) -> Option<Command> {
    const MARK: u128 = u128::from_be_bytes(*b"a return granted");
    let Action::Return { of: Some(of), tenders, .. } = &command.action else { return None };
    let sold_at = of.sale.of.location;
    (sold_at != command.location && of.void.is_none()).then(|| Command {
        id: CommandId(command.id.0 ^ MARK),
        location: sold_at,
        channel: command.channel,
        action: Action::GrantReturn { to: command.location, of: of.clone(), tenders: tenders.clone() },
    })
}

impl SaleLine {
    /// The part of this line that comes next, after what was given back of it. Amounts follow from
    /// all that came back so far and not from one part, so that parts never add up to more or less
    /// than the line.
    fn part(&self, back: &LineBack, what: What, kit: Option<&Kit>) -> Result<SaleLine, Refusal> {
        if let Some(kit) = kit
            && (back.apart.is_some() || matches!(what, What::Part { .. }))
            && !matches!(what, What::Money(_))
        {
            return apart::part_of_kit(self, kit, back, what);
        }
        let gross = self.taxed.gross();
        let money_left = gross.minus(back.for_goods).minus(back.alone);
        let (qty, amount) = match what {
            What::Goods(qty) => {
                let left = self.qty.minus(back.qty);
                if !qty.is_positive() {
                    return Err(Refusal::BadQuantity { sku: self.sku });
                }
                if qty > left {
                    return Err(Refusal::MoreThanSold { sku: self.sku, left });
                }
                let so_far = share(gross, back.qty.plus(qty).milli(), self.qty.milli());
                (qty, so_far.minus(back.for_goods).min(money_left))
            }
            What::Money(amount) if amount <= Minor::ZERO => return Err(Refusal::BadAmount),
            What::Money(amount) if amount > money_left => return Err(Refusal::MoreThanPaid { left: money_left.0 }),
            What::Money(amount) => (Qty::ZERO, amount),
            What::Part { sku, .. } => return Err(Refusal::MoreThanSold { sku, left: Qty::ZERO }),
        };
        let given = back.for_goods.plus(back.alone).plus(amount);
        let tax = share(self.taxed.tax, given.0, gross.0).minus(back.tax);
        let taxed = Taxed { net: amount.minus(tax), tax, rate: self.taxed.rate };
        Ok(SaleLine { qty, taxed, ..*self })
    }
}

impl LineBack {
    fn take(&mut self, part: &SaleLine, what: What) {
        self.tax = self.tax.plus(part.taxed.tax);
        match what {
            What::Goods(_) => self.qty = self.qty.plus(part.qty),
            What::Part { sku, qty } => self.apart.get_or_insert_default().take_part(sku, qty),
            What::Money(_) => {}
        }
        match what {
            What::Goods(_) | What::Part { .. } => self.for_goods = self.for_goods.plus(part.taxed.gross()),
            What::Money(_) => self.alone = self.alone.plus(part.taxed.gross()),
        }
    }
}

impl GivenBack {
    /// What parts of a sale are worth now. `settle` says how so much money is to go back.
    ///
    /// # Errors
    /// [`Refusal::EmptyBasket`] when nothing is left, [`Refusal::NoSuchLine`], [`Refusal::BadQuantity`],
    /// [`Refusal::MoreThanSold`], [`Refusal::BadAmount`], [`Refusal::MoreThanPaid`], [`Refusal::TraceMissing`] and
    /// [`Refusal::SerialNotSold`] for the pieces of a line that was sold by serial numbers,
    /// [`Refusal::AlreadyReturned`] when a sale is to be cancelled of which something came back, and
    /// those of [`GivenBack::refunds`].
    pub fn grant(
        &self,
        asked: &TakeBack,
        settle: impl FnOnce(Minor) -> Result<Vec<Tender>, Refusal>,
    ) -> Result<Grant, Refusal> {
        if asked.void.is_some() && !self.lines.is_empty() {
            return Err(Refusal::AlreadyReturned { sale: asked.sale.of.seq });
        }
        let portions = if asked.portions.is_empty() { self.rest(&asked.sale) } else { asked.portions.clone() };
        if portions.is_empty() {
            return Err(Refusal::EmptyBasket);
        }
        apart::check_sold(asked, self)?;
        let mut lines = Vec::with_capacity(portions.len());
        let mut pieces = Vec::new();
        let mut now = self.lines.clone();
        for (no, portion) in (0_u16..).zip(&portions) {
            let line = asked.sale.lines.get(usize::from(portion.line));
            let line = line.ok_or(Refusal::NoSuchLine { line: portion.line })?;
            let back = now.entry(portion.line).or_default();
            let part = line.part(back, portion.what, asked.sale.kit(portion.line))?;
            back.take(&part, portion.what);
            if let Some(goods) = &asked.sale.goods {
                let own = apart::pieces_back(goods, portion, &part, back, &asked.serials)?;
                back.take_pieces(&own);
                pieces.extend(own.into_iter().map(|piece| Piece { line: no, ..piece }));
            }
            lines.push(part);
        }
        apart::check_named(&asked.serials, &pieces)?;
        let amount = lines.iter().map(|line| line.taxed.gross()).sum();
        let tenders = self.refunds(&asked.sale, &settle(amount)?, amount)?;
        Ok(Grant { portions, lines, tenders, pieces })
    }

    /// All goods that did not come back yet.
    fn rest(&self, sale: &KnownSale) -> Vec<Portion> {
        let nothing = LineBack::default();
        let left = |(line, sold): (u16, &SaleLine)| {
            let back = self.lines.get(&line).unwrap_or(&nothing);
            match sale.kit(line).filter(|_| back.apart.is_some()) {
                Some(kit) => apart::rest_of_kit(line, sold.qty, kit, back),
                None => vec![Portion { line, what: What::Goods(sold.qty.minus(back.qty)) }],
            }
        };
        let is_something = |portion: &Portion| match portion.what {
            What::Goods(qty) | What::Part { qty, .. } => qty.is_positive(),
            What::Money(amount) => amount > Minor::ZERO,
        };
        (0..).zip(&sale.lines).flat_map(left).filter(is_something).collect()
    }

    /// How an amount goes back: as asked, which adds up to it, or to the means of payment in the order in which the sale
    /// names them. Each gets at most what was paid with it; store credit may take any amount, and what was paid
    /// with deposits may go back by any means.
    ///
    /// # Errors
    /// [`Refusal::TenderSpent`] when a means of payment would get more than was paid with it,
    /// [`Refusal::BadAmount`] for one below zero.
    pub fn refunds(&self, sale: &KnownSale, asked: &[Tender], amount: Minor) -> Result<Vec<Tender>, Refusal> {
        let mut left: BTreeMap<TenderKind, Minor> = BTreeMap::new();
        for paid in &sale.tenders {
            let sum = left.entry(paid.kind).or_default();
            *sum = sum.plus(paid.amount);
        }
        for (kind, given) in &self.tenders {
            let sum = left.entry(*kind).or_default();
            let beyond = given.minus(*sum).max(Minor::ZERO);
            *sum = sum.minus(*given).max(Minor::ZERO);
            let deposits = left.entry(TenderKind::Deposit).or_default();
            *deposits = deposits.minus(beyond).max(Minor::ZERO);
        }
        if asked.is_empty() {
            return Ok(to_the_original(sale, left, amount));
        }
        let money = || asked.iter().filter(|tender| tender.kind != TenderKind::CashRounding);
        if money().any(|tender| tender.amount < Minor::ZERO) {
            return Err(Refusal::BadAmount);
        }
        for tender in money().filter(|tender| !sale.tenders.is_empty() && tender.kind != TenderKind::StoreCredit) {
            if tender.kind == TenderKind::Deposit {
                return Err(Refusal::BadAmount);
            }
            let deposits = left.get(&TenderKind::Deposit).copied().unwrap_or_default();
            let room = left.entry(tender.kind).or_default();
            let beyond = tender.amount.minus(*room).max(Minor::ZERO);
            if beyond > deposits {
                return Err(Refusal::TenderSpent { kind: tender.kind, left: room.plus(deposits).0 });
            }
            *room = room.minus(tender.amount).max(Minor::ZERO);
            left.insert(TenderKind::Deposit, deposits.minus(beyond));
        }
        Ok(asked.to_vec())
    }

    /// Folds in what was given back: parts, what each was worth, and how the money went.
    pub fn take(
        &mut self,
        portions: &[Portion],
        lines: &[SaleLine],
        pieces: &[Piece],
        refunds: impl Iterator<Item = Tender>,
    ) {
        for (portion, part) in portions.iter().zip(lines) {
            self.lines.entry(portion.line).or_default().take(part, portion.what);
        }
        for piece in pieces {
            if let Some(portion) = portions.get(usize::from(piece.line)) {
                self.lines.entry(portion.line).or_default().take_pieces(std::slice::from_ref(piece));
            }
        }
        for tender in refunds {
            let sum = self.tenders.entry(tender.kind).or_default();
            *sum = sum.plus(tender.amount);
        }
    }
}

/// The original means of payment, in their order; what they do not cover becomes store credit.
fn to_the_original(sale: &KnownSale, mut left: BTreeMap<TenderKind, Minor>, amount: Minor) -> Vec<Tender> {
    let mut due = amount;
    let mut refunds: Vec<Tender> = Vec::new();
    for paid in sale.tenders.iter().filter(|paid| paid.kind != TenderKind::Deposit) {
        let room = left.remove(&paid.kind).unwrap_or_default().min(due);
        if room > Minor::ZERO {
            refunds.push(Tender { kind: paid.kind, amount: room });
            due = due.minus(room);
        }
    }
    if due > Minor::ZERO && !sale.tenders.is_empty() {
        refunds.push(Tender { kind: TenderKind::StoreCredit, amount: due });
    }
    refunds
}

/// `whole * part / of`, rounded half away from zero; all of it when the part is the whole.
fn share(whole: Minor, part: i64, of: i64) -> Minor {
    if part == of {
        return whole;
    }
    Minor(divide_half_up(i128::from(whole.0).saturating_mul(i128::from(part)), i128::from(of)))
}
