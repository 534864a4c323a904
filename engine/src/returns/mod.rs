//! Returns of a known sale, at any till of any location: never more comes back than was sold, never
//! more money than was paid, and whoever returns the last part gets the exact rest.
//!
//! The sale itself is in the log and nowhere else. Whoever asks brings it along, read from there; what
//! was given back of it so far is kept by the store of the location that sold it. Where that is another
//! location, or where accounts get something back, it grants the return first; the grant is kept or undone
//! with what becomes of the return. Of a return without a receipt nobody knows the sale: `unreceipted.rs`.

mod apart;
mod coupons;
mod given;
mod grant;
pub mod unreceipted;

pub use apart::Apart;
pub use coupons::CouponsUsed;
pub use given::{AccountBack, GivenBack, LineBack};
pub use grant::{GrantAsk, Payout, PendingGrant, grant_first, grant_to, may_need_others, payout, takes};

use crate::account::{Take, Way};
use crate::command::{SaleLine, SkuQty, Tender};
use crate::event::{Record, Sale};
use crate::goods::{Kit, Piece, SoldGoods, each_moved};
use crate::ids::{Label, LocationId, PaymentId, Seq, SessionNo, SkuId, TillNo};
use crate::money::Minor;
use crate::qty::Qty;
use crate::scan::Mark;
use crate::time::Timestamp;

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
    /// What accounts paid of that.
    pub takes: Vec<Take>,
    /// The card payments that have paid of it, in the order in which it names them.
    pub payments: Vec<PaymentId>,
    /// The uses of coupons that it took, and on which lines; none: it took none.
    pub coupons: Option<Box<CouponsUsed>>,
    /// What there is to say of its goods.
    pub goods: Option<Box<SoldGoods>>,
    /// When it was decided.
    pub time: Timestamp,
    /// The closed session that it came late for.
    pub late: Option<SessionNo>,
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
    /// Whether the location that sold has granted it: then that is where it was booked as given back.
    pub granted: bool,
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
    /// What the location that sold has granted, where it was asked.
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
    /// What of that goes to which account.
    pub credits: Vec<Take>,
    /// The pieces that are known by their serial numbers, by portion.
    pub pieces: Vec<Piece>,
    /// What of that goes back to which card payment.
    pub refunds: Vec<(PaymentId, Minor)>,
}

impl KnownSale {
    /// The sale in a record; none when it holds none.
    #[must_use]
    pub fn of(seq: Seq, record: &Record) -> Option<Self> {
        let of = SaleRef { location: record.location, seq };
        record.event.sale().map(|sale| Self::new(of, record.time, sale))
    }

    /// A sale of that name, decided at a time.
    #[must_use]
    pub fn new(of: SaleRef, time: Timestamp, sale: &Sale) -> Self {
        let paid = sale.redemption.iter().flat_map(|paid| &paid.takes).filter(|take| take.way == Way::Out);
        let payments = sale.payments.iter().flat_map(|paid| &paid.uses).filter(|one| one.covered);
        let (uses, takes): (Vec<Take>, Vec<Take>) = paid.partition(|take| take.kind.is_of_uses());
        Self {
            of,
            till: sale.receipt.map(|(till, _)| till),
            lines: sale.lines.clone(),
            tenders: sale.tenders.clone(),
            takes,
            payments: payments.map(|one| one.payment).collect(),
            coupons: CouponsUsed::of(sale, uses),
            goods: sale.goods.clone(),
            time,
            late: sale.late,
        }
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
