//! The forms of what is given back of known sales.

use super::DecodeError;
use super::account::{RedemptionPart, TakePart, takes_in, takes_out};
use super::catalogue::label;
use super::codes::Coded;
use super::costs;
use super::event::{Return, Tender, WideLine, tenders_in, tenders_out, wide_in, wide_out};
use super::goods::{Apart, Piece, SoldGoods, pieces_in, pieces_out};
use super::whole_sale::WholeSale;
use onhand_engine::command::TenderKind;
use onhand_engine::event::{self, Event};
use onhand_engine::ids::{AccountId, CommandId, LocationId, PaymentId, Seq, SkuId};
use onhand_engine::money::Minor;
use onhand_engine::payment::Refunds;
use onhand_engine::qty::Qty;
use onhand_engine::returns::{self, AccountBack, LineBack, PendingGrant, SaleRef, What};
use onhand_engine::store::Store;
use onhand_engine::time::Timestamp;
use rkyv::{Archive, Deserialize, Serialize};

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct SaleReturn {
    back: Return,
    of: Option<Of>,
    redemption: Option<RedemptionPart>,
    goods: Option<SoldGoods>,
    costs: Vec<i64>,
}

#[derive(Archive, Serialize, Deserialize)]
struct Of {
    location: u32,
    seq: u64,
    portions: Vec<Portion>,
    void: Option<String>,
    granted: bool,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Exchange {
    back: SaleReturn,
    sale: WholeSale,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct ReturnGrant {
    command: u128,
    to: u32,
    seq: u64,
    deadline: u64,
    grant: Grant,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Grant {
    portions: Vec<Portion>,
    lines: Vec<WideLine>,
    tenders: Vec<Tender>,
    credits: Vec<TakePart>,
    pieces: Vec<Piece>,
    costs: Vec<i64>,
}

/// A line of a sale with goods, with money alone, or with a part of its kits.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Portion {
    line: u16,
    goods: bool,
    part: Option<u32>,
    amount: i64,
}

/// What was given back of one sale, in a snapshot.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct GivenBack {
    seq: u64,
    /// The line, then its goods, the money for them, money alone, tax.
    lines: Vec<(u16, [i64; 4])>,
    tenders: Vec<Tender>,
    /// The account, then what it got back as a tender, and in what it counts.
    accounts: Vec<(u128, [i64; 2])>,
    apart: Vec<Apart>,
}

fn portions_out(portions: &[returns::Portion]) -> Vec<Portion> {
    let out = |portion: &returns::Portion| match portion.what {
        What::Goods(qty) => Portion { line: portion.line, goods: true, part: None, amount: qty.milli() },
        What::Money(amount) => Portion { line: portion.line, goods: false, part: None, amount: amount.0 },
        What::Part { sku, qty } => Portion { line: portion.line, goods: true, part: Some(sku.0), amount: qty.milli() },
    };
    portions.iter().map(out).collect()
}

fn portions_in(portions: Vec<Portion>) -> Vec<returns::Portion> {
    let what = |goods, part, amount| match (goods, part) {
        (true, None) => What::Goods(Qty::from_milli(amount)),
        (true, Some(sku)) => What::Part { sku: SkuId(sku), qty: Qty::from_milli(amount) },
        (false, _) => What::Money(Minor(amount)),
    };
    let read = |Portion { line, goods, part, amount }| returns::Portion { line, what: what(goods, part, amount) };
    portions.into_iter().map(read).collect()
}

impl SaleReturn {
    pub(super) fn new(back: &event::Return) -> Self {
        let of = |of: &returns::Of| Of {
            location: of.sale.location.0,
            seq: of.sale.seq.0,
            portions: portions_out(&of.portions),
            void: of.void.as_ref().map(ToString::to_string),
            granted: of.granted,
        };
        let redemption = back.redemption.as_deref().map(Into::into);
        let (goods, costs) = (back.goods.as_deref().map(Into::into), costs::of_lines(&back.lines));
        Self { back: back.into(), of: back.of.as_deref().map(of), redemption, goods, costs }
    }

    pub(super) fn read(self) -> Result<event::Return, DecodeError> {
        let of = self.of.map(Of::read).transpose()?.map(Box::new);
        let redemption = self.redemption.map(RedemptionPart::read).transpose()?.map(Box::new);
        let goods = self.goods.map(SoldGoods::read).transpose()?.map(Box::new);
        let back: event::Return = self.back.try_into()?;
        let lines = costs::to_lines(self.costs, back.lines);
        Ok(event::Return { of, redemption, goods, lines, ..back })
    }
}

impl Of {
    fn read(self) -> Result<returns::Of, DecodeError> {
        Ok(returns::Of {
            sale: SaleRef { location: LocationId(self.location), seq: Seq(self.seq) },
            portions: portions_in(self.portions),
            void: self.void.as_deref().map(label).transpose()?,
            granted: self.granted,
        })
    }
}

impl Exchange {
    pub(super) fn new(back: &event::Return, sale: &event::Sale) -> Self {
        Self { back: SaleReturn::new(back), sale: sale.into() }
    }

    pub(super) fn read(self) -> Result<Event, DecodeError> {
        let (back, sale) = (Box::new(self.back.read()?), Box::new(self.sale.read()?));
        Ok(Event::Exchanged { back, sale })
    }
}

/// What goes back of which card payment.
pub(super) type RefundParts = Vec<(u128, i64)>;

/// Events by which something goes back to card payments. New members go to the end, in a box as these are.
#[derive(Archive, Serialize, Deserialize)]
pub(super) enum Refunding {
    /// A return, and the command that names the refunds.
    Return(Box<(SaleReturn, u128, RefundParts)>),
    /// An exchange, likewise.
    Exchange(Box<(Exchange, u128, RefundParts)>),
    Grant(Box<(ReturnGrant, RefundParts)>),
    /// A grant that was kept: the return, and the place of its sale.
    Kept(Box<(u128, u64, RefundParts)>),
}

pub(super) fn parts_out(parts: &[(PaymentId, Minor)]) -> RefundParts {
    parts.iter().map(|(payment, amount)| (payment.0, amount.0)).collect()
}

pub(super) fn parts_in(parts: RefundParts) -> Vec<(PaymentId, Minor)> {
    parts.into_iter().map(|(payment, amount)| (PaymentId(payment), Minor(amount))).collect()
}

fn refunds_in(id: u128, parts: RefundParts) -> Option<Box<Refunds>> {
    Some(Box::new(Refunds { id: CommandId(id), parts: parts_in(parts) }))
}

impl Refunding {
    /// The event in this form, where it needs it.
    pub(super) fn of(event: &Event) -> Option<Self> {
        let refunds = |back: &event::Return| back.refunds.as_ref().map(|one| (one.id.0, parts_out(&one.parts)));
        Some(match event {
            Event::GoodsReturned(back) => {
                let (id, parts) = refunds(back)?;
                Self::Return(Box::new((SaleReturn::new(back), id, parts)))
            }
            Event::Exchanged { back, sale } => {
                let (id, parts) = refunds(back)?;
                Self::Exchange(Box::new((Exchange::new(back, sale), id, parts)))
            }
            Event::ReturnGranted { command, pending } if !pending.grant.refunds.is_empty() => {
                let parts = parts_out(&pending.grant.refunds);
                Self::Grant(Box::new((ReturnGrant::new(*command, pending), parts)))
            }
            Event::GrantEnded { command, sale, kept: true, refunds } if !refunds.is_empty() => {
                Self::Kept(Box::new((command.0, sale.0, parts_out(refunds))))
            }
            _ => return None,
        })
    }

    pub(super) fn read(self) -> Result<Event, DecodeError> {
        Ok(match self {
            Self::Return(all) => {
                let (back, id, parts) = *all;
                Event::GoodsReturned(event::Return { refunds: refunds_in(id, parts), ..back.read()? })
            }
            Self::Exchange(all) => {
                let (exchange, id, parts) = *all;
                let back = event::Return { refunds: refunds_in(id, parts), ..exchange.back.read()? };
                Event::Exchanged { back: Box::new(back), sale: Box::new(exchange.sale.read()?) }
            }
            Self::Grant(both) => {
                let (granted, parts) = *both;
                let (command, mut pending) = granted.read()?;
                pending.grant.refunds = parts_in(parts);
                Event::ReturnGranted { command, pending: Box::new(pending) }
            }
            Self::Kept(all) => {
                let (command, sale, parts) = *all;
                let (command, sale) = (CommandId(command), Seq(sale));
                Event::GrantEnded { command, sale, kept: true, refunds: parts_in(parts) }
            }
        })
    }
}

impl ArchivedRefunding {
    /// Whether it is of a till: a return or an exchange.
    pub(super) const fn is_of_tills(&self) -> bool {
        match self {
            Self::Return(_) | Self::Exchange(_) => true,
            Self::Grant(_) | Self::Kept(_) => false,
        }
    }
}

impl ReturnGrant {
    pub(super) fn new(command: CommandId, pending: &PendingGrant) -> Self {
        let PendingGrant { to, sale, deadline, grant } = pending;
        Self { command: command.0, to: to.0, seq: sale.0, deadline: deadline.0, grant: grant.into() }
    }

    pub(super) fn read(self) -> Result<(CommandId, PendingGrant), DecodeError> {
        let (to, sale, deadline) = (LocationId(self.to), Seq(self.seq), Timestamp(self.deadline));
        Ok((CommandId(self.command), PendingGrant { to, sale, deadline, grant: self.grant.read()? }))
    }
}

/// What a grant in a snapshot gives back of card payments, by its command.
pub(super) type GrantRefunds = (u128, RefundParts);

/// Those of a grant that has any.
pub(super) fn grant_refunds((command, pending): (&CommandId, &PendingGrant)) -> Option<GrantRefunds> {
    let parts = &pending.grant.refunds;
    (!parts.is_empty()).then(|| (command.0, parts_out(parts)))
}

/// Puts them to their grant, which was read before.
pub(super) fn read_grant_refunds((command, parts): GrantRefunds, store: &mut Store) -> Result<(), DecodeError> {
    let granted = store.grants.get_mut(&CommandId(command));
    granted.ok_or_else(|| DecodeError("refunds of no grant".into()))?.grant.refunds = parts_in(parts);
    Ok(())
}

impl From<&returns::Grant> for Grant {
    fn from(grant: &returns::Grant) -> Self {
        Self {
            portions: portions_out(&grant.portions),
            lines: wide_out(&grant.lines),
            tenders: tenders_out(&grant.tenders),
            credits: takes_out(&grant.credits),
            pieces: pieces_out(&grant.pieces),
            costs: costs::of_lines(&grant.lines),
        }
    }
}

impl Grant {
    pub(super) fn read(self) -> Result<returns::Grant, DecodeError> {
        Ok(returns::Grant {
            portions: portions_in(self.portions),
            lines: costs::to_lines(self.costs, wide_in(self.lines)),
            tenders: tenders_in(self.tenders)?,
            credits: takes_in(self.credits)?,
            pieces: pieces_in(self.pieces)?,
            refunds: Vec::new(),
        })
    }
}

impl GivenBack {
    pub(super) fn new(seq: Seq, given: &returns::GivenBack) -> Self {
        let line =
            |(line, back): (&u16, &LineBack)| (*line, [back.qty.milli(), back.for_goods.0, back.alone.0, back.tax.0]);
        let tender = |(kind, sum): (&TenderKind, &Minor)| Tender { kind: kind.code(), amount: sum.0 };
        Self {
            seq: seq.0,
            lines: given.lines.iter().map(line).collect(),
            tenders: given.tenders.iter().map(tender).collect(),
            accounts: given.accounts.iter().map(|(id, back)| (id.0, [back.worth.0, back.amount.0])).collect(),
            apart: given.lines.iter().filter_map(|(line, back)| Apart::of(*line, back)).collect(),
        }
    }

    pub(super) fn read(self) -> Result<(Seq, returns::GivenBack), DecodeError> {
        let line = |(line, [qty, for_goods, alone, tax]): (u16, [i64; 4])| {
            let (for_goods, alone, tax) = (Minor(for_goods), Minor(alone), Minor(tax));
            (line, LineBack { qty: Qty::from_milli(qty), for_goods, alone, tax, apart: None })
        };
        let tenders = tenders_in(self.tenders)?.into_iter().map(|tender| (tender.kind, tender.amount)).collect();
        let account = |(id, [worth, amount]): (u128, [i64; 2])| {
            (AccountId(id), AccountBack { worth: Minor(worth), amount: Minor(amount) })
        };
        let (lines, accounts) =
            (self.lines.into_iter().map(line).collect(), self.accounts.into_iter().map(account).collect());
        let mut given = returns::GivenBack { lines, tenders, accounts };
        for apart in self.apart {
            apart.read_into(&mut given)?;
        }
        Ok((Seq(self.seq), given))
    }
}
