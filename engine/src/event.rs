//! What happened. The log holds events, not commands: rules change, facts do not.

mod effect;

use crate::account::{Entry, Redemption, Take};
use crate::basket;
use crate::catalogue::{Item, Key, KeyId, Location};
use crate::command::{Bucket, Channel, Disposition, Policy, SaleLine, SkuQty, Standing, Tender};
use crate::drawer::{Happening, rules::DrawerRules};
use crate::fingerprint::Fingerprint;
use crate::goods::SoldGoods;
use crate::ids::{
    AccountId, CommandId, Label, LocationId, OrderId, Owner, PaymentId, ReceiptNo, ReservationId, Seq, SessionNo,
    SkuId, TillNo, UserCode,
};
use crate::layaway;
use crate::money::Minor;
use crate::payment::{self, Paid, Refunds};
use crate::people::{By, Capabilities, Limits, PinHash, UserNo};
use crate::pricing::PriceBook;
use crate::promotion::Promotion;
use crate::qty::Qty;
use crate::quote::Pricing;
use crate::returns::unreceipted::{self, Unreceipted};
use crate::returns::{Of, PendingGrant};
use crate::scan::Layout;
use crate::time::Timestamp;
use std::sync::Arc;

/// One decision as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Engine time of the decision.
    pub time: Timestamp,
    /// The command that asked for it.
    pub command: CommandId,
    /// What that command contained.
    pub fingerprint: Fingerprint,
    /// Where it was decided.
    pub location: LocationId,
    /// Who asked for it, as far as it is kept ([`By::kept_for`]).
    pub by: By,
    /// What happened.
    pub event: Event,
}

/// A reservation that ended in another event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freed {
    /// Which.
    pub reservation: ReservationId,
    /// What it had held.
    pub lines: Vec<SkuQty>,
}

/// A finished basket with its tenders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// Asked for, or already happened.
    pub standing: Standing,
    /// Where the demand came from.
    pub channel: Channel,
    /// The till and its receipt number; none for the website.
    pub receipt: Option<(TillNo, ReceiptNo)>,
    /// The lines.
    pub lines: Vec<SaleLine>,
    /// How it was paid.
    pub tenders: Vec<Tender>,
    /// Units of a fact that stock did not cover: a conflict for a person to decide.
    pub oversold: Vec<SkuQty>,
    /// Reservations it completed.
    pub freed: Vec<Freed>,
    /// The order it fulfilled.
    pub order: Option<OrderId>,
    /// The closed session it belongs to, where it came late; otherwise the one open at its till.
    pub late: Option<SessionNo>,
    /// What accounts pay of it.
    pub redemption: Option<Box<Redemption>>,
    /// How the prices came about, where there is more to say than the lines do.
    pub pricing: Option<Arc<Pricing>>,
    /// What there is to say of its goods.
    pub goods: Option<Box<SoldGoods>>,
    /// What card payments pay of it, where it names them.
    pub payments: Option<Box<Paid>>,
    /// Whose sale it is, where it was said.
    pub owner: Option<Box<Owner>>,
}

/// Goods that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// The till and its receipt number.
    pub receipt: Option<(TillNo, ReceiptNo)>,
    /// Where they came back.
    pub channel: Channel,
    /// The lines, amounts above zero.
    pub lines: Vec<SaleLine>,
    /// What becomes of them.
    pub disposition: Disposition,
    /// How the money went back, amounts above zero.
    pub tenders: Vec<Tender>,
    /// The sale that they are of, where it is known.
    pub of: Option<Box<Of>>,
    /// What other places hold for it.
    pub redemption: Option<Box<Redemption>>,
    /// What there is to say of its goods.
    pub goods: Option<Box<SoldGoods>>,
    /// What there is to say of it without a receipt.
    pub unreceipted: Option<Box<Unreceipted>>,
    /// What of it goes back to card payments.
    pub refunds: Option<Box<Refunds>>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A sale.
    SaleRecorded(Sale),
    /// Units are held for an owner.
    Reserved {
        /// The name of the reservation.
        reservation: ReservationId,
        /// Who it is for.
        owner: Owner,
        /// Where the demand came from.
        channel: Channel,
        /// When it ends by itself.
        deadline: Timestamp,
        /// What.
        lines: Vec<SkuQty>,
        /// Reservations of the same owner whose place it takes.
        freed: Vec<Freed>,
    },
    /// A reservation got more time.
    Extended {
        /// Which.
        reservation: ReservationId,
        /// When it now ends by itself.
        deadline: Timestamp,
    },
    /// A reservation was let go.
    Released(Freed),
    /// A reservation's deadline came.
    Expired(Freed),
    /// Units are bound to an order.
    Allocated {
        /// The order.
        order: OrderId,
        /// What: of a kit, its parts.
        lines: Vec<SkuQty>,
        /// Reservations it confirmed.
        freed: Vec<Freed>,
        /// What was asked, where there are kits in it.
        asked: Option<Box<[SkuQty]>>,
    },
    /// What was still allocated to an order is free again.
    Deallocated {
        /// The order.
        order: OrderId,
        /// What.
        lines: Vec<SkuQty>,
    },
    /// Goods came in.
    GoodsReceived {
        /// What.
        lines: Vec<SkuQty>,
    },
    /// Goods came back.
    GoodsReturned(Return),
    /// A correction.
    StockAdjusted {
        /// Which item.
        sku: SkuId,
        /// Which of its counts.
        bucket: Bucket,
        /// By how much.
        delta: Qty,
        /// Why.
        reason: Label,
    },
    /// A count.
    Counted {
        /// Which item.
        sku: SkuId,
        /// How much there was.
        counted: Qty,
        /// Counted minus on hand at the time of counting.
        variance: Qty,
    },
    /// The stock rules of an item here.
    PolicySet {
        /// Which item.
        sku: SkuId,
        /// The rules.
        policy: Policy,
    },
    /// Items were defined or changed.
    ItemsDefined {
        /// The items, with their numbers.
        items: Vec<Item>,
        /// How many of them are new.
        added: u32,
    },
    /// A location was defined or changed.
    LocationDefined {
        /// The location, with its number.
        location: Location,
    },
    /// A key is accepted.
    KeyCreated {
        /// The key.
        key: Key,
    },
    /// A key is no longer accepted.
    KeyRevoked {
        /// Which.
        key: KeyId,
    },
    /// What is to come back of a sale made here was granted, in the place of an earlier grant to the same return.
    ReturnGranted {
        /// The return, by its command.
        command: CommandId,
        /// What, to whom, and for how long.
        pending: Box<PendingGrant>,
    },
    /// Goods came back and others went out.
    Exchanged {
        /// What came back. The difference was paid with the sale; what of it went out is here, too.
        back: Box<Return>,
        /// What went out.
        sale: Box<Sale>,
    },
    /// A grant has ended with what became of the return.
    GrantEnded {
        /// The return, by its command.
        command: CommandId,
        /// The place of the sale in the log.
        sale: Seq,
        /// Whether the return stands; otherwise what was granted did not come back.
        kept: bool,
        /// What goes back of which card payment now that it stands.
        refunds: Vec<(PaymentId, Minor)>,
    },
    /// Something happened to the drawer of a till.
    Drawer {
        /// The till.
        till: TillNo,
        /// What.
        happening: Happening,
    },
    /// Something happened to a basket that is not paid yet.
    Basket {
        /// At which till.
        till: TillNo,
        /// What.
        happening: Box<basket::Happening>,
    },
    /// Something happened to goods set aside against deposits.
    Layaway {
        /// At which till.
        till: TillNo,
        /// Its name, which is that of its order.
        layaway: OrderId,
        /// What.
        happening: Box<layaway::Happening>,
    },
    /// What the drawers of this location go by from now on.
    DrawerRulesSet {
        /// The rules.
        rules: Box<DrawerRules>,
    },
    /// Something happened to an account.
    Account {
        /// Which.
        account: AccountId,
        /// What.
        entry: Entry,
    },
    /// Every account has done its part in a sale of this location.
    Settled {
        /// The sale, by its command.
        sale: CommandId,
        /// What a fact took from accounts that there are none of: a conflict for a person to decide.
        unpaid: Vec<Take>,
    },
    /// The layouts of a location's own labels were set.
    LabelsSet {
        /// Where.
        location: LocationId,
        /// All of them.
        layouts: Vec<Layout>,
    },
    /// A price book was defined or changed.
    PriceBookDefined {
        /// The book.
        book: Arc<PriceBook>,
    },
    /// A price book is no longer asked.
    PriceBookEnded {
        /// Its code.
        book: Label,
    },
    /// Promotions were defined or changed.
    PromotionsDefined {
        /// The promotions.
        promotions: Vec<Arc<Promotion>>,
        /// How many of them are new.
        added: u32,
    },
    /// A promotion is over.
    PromotionEnded {
        /// Its code.
        promotion: Label,
    },
    /// A role was defined or changed.
    RoleDefined {
        /// Its name.
        role: Label,
        /// What whoever has it may do.
        capabilities: Capabilities,
        /// How far they may go.
        limits: Limits,
    },
    /// A user was defined or changed.
    UserDefined {
        /// Their number.
        user: UserNo,
        /// What they sign in with.
        code: UserCode,
        /// What people call them.
        name: Arc<str>,
        /// Their roles.
        roles: Vec<Label>,
    },
    /// A user has a new PIN.
    PinSet {
        /// Who.
        user: UserNo,
        /// The hash of it.
        pin: PinHash,
    },
    /// A user may do nothing any more, or again.
    UserDisabled {
        /// Who.
        user: UserNo,
        /// Whether nothing.
        disabled: bool,
    },
    /// Whether a device alone may act somewhere.
    PeopleRequired {
        /// Where; [`LocationId::CHAIN`]: everywhere.
        at: LocationId,
        /// Whether a person must be signed in there.
        required: bool,
    },
    /// What limits returns without a receipt.
    ReturnLimitsSet {
        /// Where; [`LocationId::CHAIN`]: wherever nothing else is set.
        at: LocationId,
        /// What; none: nothing of its own any more.
        limits: Option<unreceipted::Limits>,
    },
    /// Something happened to a card payment.
    Payment {
        /// Which.
        payment: PaymentId,
        /// What.
        happening: payment::Happening,
    },
}

impl Sale {
    /// What the customer pays: the lines with tax.
    #[must_use]
    pub fn gross(&self) -> Minor {
        self.lines.iter().map(|line| line.taxed.gross()).sum()
    }

    /// Money that went back with it: its tenders below zero, as amounts above.
    pub fn refunds(&self) -> impl Iterator<Item = Tender> {
        let out = self.tenders.iter().filter(|tender| tender.amount < Minor::ZERO);
        out.map(|tender| Tender { amount: Minor::ZERO.minus(tender.amount), ..*tender })
    }
}

impl Return {
    /// Whether it had happened before it was recorded.
    #[must_use]
    pub fn has_happened(&self) -> bool {
        self.unreceipted.as_ref().is_some_and(|one| one.standing == Standing::Fact)
    }

    /// The refunds of card payments that its record begins: those that were granted begin with the end of the grant.
    #[must_use]
    pub fn begun(&self) -> Option<&Refunds> {
        let is_granted = self.of.as_ref().is_some_and(|of| of.granted);
        self.refunds.as_deref().filter(|_| !is_granted)
    }

    /// What the customer gets back.
    #[must_use]
    pub fn gross(&self) -> Minor {
        self.lines.iter().map(|line| line.taxed.gross()).sum()
    }
}

impl Event {
    /// The sale that it records, where it does.
    #[must_use]
    pub fn sale(&self) -> Option<&Sale> {
        match self {
            Event::SaleRecorded(sale) => Some(sale),
            Event::Exchanged { sale, .. } => Some(sale),
            _ => None,
        }
    }

    /// The card payments of which it begins refunds, for a return.
    pub fn refunded(&self) -> impl Iterator<Item = PaymentId> {
        let parts = match self {
            Event::GoodsReturned(back) => back.begun().map(|begun| &*begun.parts),
            Event::Exchanged { back, .. } => back.begun().map(|begun| &*begun.parts),
            Event::GrantEnded { refunds, .. } => Some(&**refunds),
            _ => None,
        };
        parts.into_iter().flatten().map(|(payment, _)| *payment)
    }

    /// Whether a person has to decide what follows: a sale or return that had happened, and that stock did not cover or
    /// that a request would have been refused for.
    #[must_use]
    pub fn is_exceptional(&self) -> bool {
        let exceptions = |goods: &Option<Box<SoldGoods>>| goods.as_ref().is_some_and(|one| !one.exceptions.is_empty());
        match self {
            Event::GoodsReturned(back) => exceptions(&back.goods),
            event => event.sale().is_some_and(|sale| !sale.oversold.is_empty() || exceptions(&sale.goods)),
        }
    }

    /// The till it belongs to, where there is one.
    #[must_use]
    pub fn till(&self) -> Option<TillNo> {
        match self {
            Event::SaleRecorded(sale) => sale.receipt.map(|(till, _)| till),
            Event::GoodsReturned(back) => back.receipt.map(|(till, _)| till),
            Event::Exchanged { sale, .. } => sale.receipt.map(|(till, _)| till),
            Event::Drawer { till, .. } | Event::Basket { till, .. } | Event::Layaway { till, .. } => Some(*till),
            _ => None,
        }
    }

    /// Whether it closed this session of a till.
    #[must_use]
    pub fn closes(&self, no: TillNo, session: SessionNo) -> bool {
        match self {
            Event::Drawer { till, happening: Happening::SessionClosed { z, .. } } => {
                *till == no && z.session == session
            }
            _ => false,
        }
    }

    /// Whether it is a step of the server's own, for which no client waits and which has no repeats.
    #[must_use]
    pub const fn is_own_step(&self) -> bool {
        match self {
            Event::Expired(_) | Event::Settled { .. } | Event::ReturnGranted { .. } | Event::GrantEnded { .. } => true,
            Event::Account { entry, .. } => entry.is_own_step(),
            Event::Payment { happening, .. } => happening.is_own_step(),
            _ => false,
        }
    }

    /// Whether anything may cost something else after it.
    #[must_use]
    pub const fn changes_prices(&self) -> bool {
        matches!(
            self,
            Event::ItemsDefined { .. }
                | Event::LocationDefined { .. }
                | Event::PriceBookDefined { .. }
                | Event::PriceBookEnded { .. }
                | Event::PromotionsDefined { .. }
                | Event::PromotionEnded { .. }
        )
    }
}
