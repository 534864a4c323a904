//! What was given back of one sale, and what may still come back of it.

use super::{Apart, Grant, KnownSale, Payout, Portion, TakeBack, What, apart};
use crate::account::{AccountKind, TAKES_MAX, Take, Way};
use crate::command::{SaleLine, Tender, TenderKind};
use crate::goods::{Kit, Piece};
use crate::ids::AccountId;
use crate::money::{Minor, divide_half_up};
use crate::qty::Qty;
use crate::refusal::Refusal;
use crate::tax::Taxed;
use std::collections::BTreeMap;

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
    /// By account that paid.
    pub accounts: BTreeMap<AccountId, AccountBack>,
}

/// What was given back to one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountBack {
    /// As a tender, in minor units of the sale's currency.
    pub worth: Minor,
    /// In what the account counts.
    pub amount: Minor,
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
                // Parts that were undone leave a rounding behind.
                (qty, so_far.minus(back.for_goods).min(money_left).max(Minor::ZERO))
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
    fn fold(&mut self, part: &SaleLine, what: What, sign: Sign) {
        self.tax = sign.fold(self.tax, part.taxed.tax);
        match (what, sign) {
            (What::Goods(_), Sign::Plus) => self.qty = self.qty.plus(part.qty),
            (What::Goods(_), Sign::Minus) => self.qty = self.qty.minus(part.qty),
            (What::Part { sku, qty }, Sign::Plus) => self.apart.get_or_insert_default().take_part(sku, qty),
            (What::Part { sku, qty }, Sign::Minus) => self.undo_part(sku, qty),
            (What::Money(_), _) => {}
        }
        match what {
            What::Goods(_) | What::Part { .. } => self.for_goods = sign.fold(self.for_goods, part.taxed.gross()),
            What::Money(_) => self.alone = sign.fold(self.alone, part.taxed.gross()),
        }
    }
}

/// Whether something is given back, or is not after all.
#[derive(Clone, Copy)]
enum Sign {
    Plus,
    Minus,
}

impl Sign {
    const fn fold(self, sum: Minor, amount: Minor) -> Minor {
        match self {
            Sign::Plus => sum.plus(amount),
            Sign::Minus => sum.minus(amount),
        }
    }
}

impl GivenBack {
    /// What parts of a sale are worth now, and how the money for them goes back.
    ///
    /// # Errors
    /// [`Refusal::EmptyBasket`] when nothing is left, [`Refusal::NoSuchLine`], [`Refusal::BadQuantity`],
    /// [`Refusal::MoreThanSold`], [`Refusal::BadAmount`], [`Refusal::MoreThanPaid`], [`Refusal::TraceMissing`] and
    /// [`Refusal::SerialNotSold`] for the pieces of a line that was sold by serial numbers,
    /// [`Refusal::AlreadyReturned`] when a sale is to be cancelled of which something came back, and
    /// those of [`Payout::settled`], [`GivenBack::refunds`] and of accounts that have paid nothing.
    pub fn grant(&self, asked: &TakeBack, payout: &Payout) -> Result<Grant, Refusal> {
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
            back.fold(&part, portion.what, Sign::Plus);
            if let Some(goods) = &asked.sale.goods {
                let own = apart::pieces_back(goods, portion, &part, back, &asked.serials)?;
                back.take_pieces(&own);
                pieces.extend(own.into_iter().map(|piece| Piece { line: no, ..piece }));
            }
            lines.push(part);
        }
        apart::check_named(&asked.serials, &pieces)?;
        let (amount, tenders) = payout.settled(lines.iter().map(|line| line.taxed.gross()).sum())?;
        let tenders = self.refunds(&asked.sale, &tenders, amount)?;
        let mut credits = self.credits(&asked.sale, &tenders, &payout.accounts)?;
        credits.extend(self.uses_back(&asked.sale, &now));
        Ok(Grant { portions, lines, tenders, credits, pieces, refunds: Vec::new() })
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

    /// What of a refund goes to which account: what was named, and for the rest those that paid, in the order in
    /// which they did. Each gets at most what it paid; store credit may take any amount.
    fn credits(&self, sale: &KnownSale, tenders: &[Tender], named: &[Take]) -> Result<Vec<Take>, Refusal> {
        let mut credits: Vec<Take> = Vec::new();
        for take in named {
            let worth = take.worth;
            match sale.takes.iter().find(|paid| paid.account == take.account && take.way == Way::In) {
                Some(paid) if worth > self.room(paid) => {
                    let kind = paid.kind.tender().unwrap_or(TenderKind::Other);
                    return Err(Refusal::TenderSpent { kind, left: self.room(paid).0 });
                }
                Some(paid) => credits.push(self.credit(paid, worth)),
                None if take.kind == AccountKind::StoreCredit => credits.push(*take),
                None => return Err(Refusal::NotPaidBy { account: take.account }),
            }
        }
        for kind in AccountKind::ALL {
            let Some(means) = kind.tender() else { continue };
            let of_kind = tenders.iter().filter(|tender| tender.kind == means);
            let asked: Minor = of_kind.map(|tender| tender.amount).sum();
            let given: Minor = credits.iter().filter(|take| take.kind == kind).map(|take| take.worth).sum();
            let mut open = asked.minus(given);
            if open < Minor::ZERO {
                return Err(Refusal::BadAmount);
            }
            for paid in sale.takes.iter().filter(|paid| paid.kind == kind) {
                let known = credits.iter().position(|take| take.account == paid.account);
                let so_far = known.and_then(|at| credits.get(at)).map_or(Minor::ZERO, |take| take.worth);
                let more = self.room(paid).minus(so_far).min(open);
                if more <= Minor::ZERO {
                    continue;
                }
                open = open.minus(more);
                let credit = self.credit(paid, so_far.plus(more));
                match known.and_then(|at| credits.get_mut(at)) {
                    Some(take) => *take = credit,
                    None => credits.push(credit),
                }
            }
        }
        if credits.len() > TAKES_MAX { Err(Refusal::TooManyLines { max: TAKES_MAX }) } else { Ok(credits) }
    }

    /// What an account paid and did not get back.
    fn room(&self, paid: &Take) -> Minor {
        let back = self.accounts.get(&paid.account).copied().unwrap_or_default();
        paid.worth.minus(back.worth).max(Minor::ZERO)
    }

    /// So much goes back to an account that paid. What it counts follows from all that went back so far.
    fn credit(&self, paid: &Take, worth: Minor) -> Take {
        let back = self.accounts.get(&paid.account).copied().unwrap_or_default();
        let so_far = share(paid.amount, back.worth.plus(worth).0, paid.worth.0);
        let amount = so_far.minus(back.amount).max(Minor::ZERO);
        Take { amount, worth, way: Way::In, by_code: false, ..*paid }
    }

    /// Folds in what was given back.
    pub fn take(&mut self, grant: &Grant) {
        self.fold(grant, Sign::Plus);
    }

    /// What was granted does not come back after all.
    pub fn undo(&mut self, grant: &Grant) {
        self.fold(grant, Sign::Minus);
        self.lines.retain(|_, back| *back != LineBack::default());
        self.accounts.retain(|_, back| *back != AccountBack::default());
    }

    /// Whether nothing was given back.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.tenders.is_empty() && self.accounts.is_empty()
    }

    fn fold(&mut self, grant: &Grant, sign: Sign) {
        for (portion, part) in grant.portions.iter().zip(&grant.lines) {
            self.lines.entry(portion.line).or_default().fold(part, portion.what, sign);
        }
        for piece in &grant.pieces {
            let Some(portion) = grant.portions.get(usize::from(piece.line)) else { continue };
            let back = self.lines.entry(portion.line).or_default();
            match sign {
                Sign::Plus => back.take_pieces(std::slice::from_ref(piece)),
                Sign::Minus => back.undo_piece(piece),
            }
        }
        for tender in &grant.tenders {
            let sum = self.tenders.entry(tender.kind).or_default();
            *sum = sign.fold(*sum, tender.amount);
        }
        // What comes to nothing is not there, however it came to that: undone, all is as before.
        self.tenders.retain(|_, sum| *sum != Minor::ZERO);
        for take in &grant.credits {
            let back = self.accounts.entry(take.account).or_default();
            back.worth = sign.fold(back.worth, take.worth);
            back.amount = sign.fold(back.amount, take.amount);
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
pub(super) fn share(whole: Minor, part: i64, of: i64) -> Minor {
    if part == of {
        return whole;
    }
    Minor(divide_half_up(i128::from(whole.0).saturating_mul(i128::from(part)), i128::from(of)))
}
