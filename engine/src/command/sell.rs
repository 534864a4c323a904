//! A basket: its lines and how it was paid.

use super::SkuQty;
use crate::account::Take;
use crate::goods::Goods;
use crate::hash::Hash;
use crate::ids::{OrderId, Owner, PaymentId, ReservationId, SessionNo, SkuId, TillNo};
use crate::money::{Currency, Minor};
use crate::qty::Qty;
use crate::quote::Pricing;
use crate::tax::Taxed;
use std::sync::Arc;

/// One line of a sale or return, price and tax as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaleLine {
    /// The item.
    pub sku: SkuId,
    /// How much of it, above zero.
    pub qty: Qty,
    /// The shelf price per unit.
    pub unit_price: Minor,
    /// What the line cost.
    pub taxed: Taxed,
    /// What a unit had cost the shop, where that is known.
    pub unit_cost: Option<Minor>,
}

impl SaleLine {
    /// The item and how much of it.
    #[must_use]
    pub const fn sku_qty(&self) -> SkuQty {
        SkuQty { sku: self.sku, qty: self.qty }
    }

    /// What it had cost the shop, where that is known: rounded half up, once for the line.
    #[must_use]
    pub fn cost(&self) -> Option<Minor> {
        self.unit_cost.map(|cost| cost.times(self.qty))
    }
}

/// A means of payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TenderKind {
    /// Notes and coins.
    Cash,
    /// A card at the terminal.
    Card,
    /// A gift card.
    GiftCard,
    /// Store credit.
    StoreCredit,
    /// A voucher.
    Voucher,
    /// On account.
    OnAccount,
    /// Anything else, or not said.
    Other,
    /// No money: what cash rounding makes up, above zero when less was paid than was due.
    CashRounding,
    /// What was deposited for a layaway before: the money came then.
    Deposit,
}

impl TenderKind {
    /// Every kind that is money, in the order of its [`TenderKind::index`].
    pub const MONEY: [TenderKind; 7] = [
        TenderKind::Cash,
        TenderKind::Card,
        TenderKind::GiftCard,
        TenderKind::StoreCredit,
        TenderKind::Voucher,
        TenderKind::OnAccount,
        TenderKind::Other,
    ];

    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            TenderKind::Cash => "cash",
            TenderKind::Card => "card",
            TenderKind::GiftCard => "gift_card",
            TenderKind::StoreCredit => "store_credit",
            TenderKind::Voucher => "voucher",
            TenderKind::OnAccount => "on_account",
            TenderKind::Other => "other",
            TenderKind::CashRounding => "cash_rounding",
            TenderKind::Deposit => "deposit",
        }
    }

    /// Its place in arrays kept per kind; rounding and deposits, which are no money, are beyond their end.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            TenderKind::Cash => 0,
            TenderKind::Card => 1,
            TenderKind::GiftCard => 2,
            TenderKind::StoreCredit => 3,
            TenderKind::Voucher => 4,
            TenderKind::OnAccount => 5,
            TenderKind::Other => 6,
            TenderKind::CashRounding => 7,
            TenderKind::Deposit => 8,
        }
    }
}

/// A means of payment and its amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tender {
    /// The means.
    pub kind: TenderKind,
    /// Minor units of the location's currency; change given back is a negative cash tender.
    pub amount: Minor,
}

/// Whether something is asked for or has already happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Refused with a number when stock is short.
    Request,
    /// It happened: always accepted; what stock does not cover is recorded as oversold.
    Fact,
}

/// The amounts of a basket that its asker named, as one number. What the shop filled in from its own
/// prices and rates does not count: it may have changed when the same command comes again, and that
/// must get the first answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said(u64);

impl Default for Said {
    fn default() -> Self {
        Self(Hash::default().0)
    }
}

impl Said {
    /// Adds the next amount, or that none was named.
    #[must_use]
    pub fn and(self, amount: Option<Minor>) -> Self {
        let mut hash = Hash(self.0);
        hash.number(u64::from(amount.is_some()));
        hash.minor(amount.unwrap_or_default());
        Self(hash.0)
    }

    /// Adds a text that the asker named: a reason, a coupon.
    #[must_use]
    pub fn and_text(self, text: &str) -> Self {
        let mut hash = Hash(self.0);
        hash.text(text);
        Self(hash.0)
    }

    pub(crate) const fn number(self) -> u64 {
        self.0
    }
}

/// What is sold from where in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sell {
    /// Asked for, or already happened.
    pub standing: Standing,
    /// The till that rings it up; none for the website.
    pub till: Option<TillNo>,
    /// The location's currency as the seller understood it.
    pub currency: Currency,
    /// The lines: all or nothing.
    pub lines: Vec<SaleLine>,
    /// The amounts in them that the seller named.
    pub said: Said,
    /// How it was paid; empty when the seller does not say.
    pub tenders: Vec<Tender>,
    /// The reservation it completes. What is left of it goes free.
    pub reservation: Option<ReservationId>,
    /// Whose sale it is: all reservations of this owner count as theirs.
    pub owner: Option<Owner>,
    /// The order it fulfils: its allocation is used first, and what it has nothing left of is
    /// closed. A request for a closed order is refused, so an order delivered twice sells once.
    pub order: Option<OrderId>,
    /// The till session it was rung up in. A fact may name one that is closed by now.
    pub session: Option<SessionNo>,
    /// The tenders among these that are taken from accounts. Empty: nothing is.
    pub takes: Box<[Take]>,
    /// What is taken of card payments, among the tenders. Empty: nothing is.
    pub payments: Box<[(PaymentId, Minor)]>,
    /// How the prices came about, where there is more to say than the lines do.
    pub pricing: Option<Arc<Pricing>>,
    /// What there is to say of its goods; none for plain items.
    pub goods: Option<Box<Goods>>,
}
