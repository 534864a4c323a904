//! What may be asked. Commands are orders; form and rights were checked before they get here.

mod sell;

pub use sell::{Said, SaleLine, Sell, Standing, Tender, TenderKind};

use crate::account::{AccountAsk, RedemptionAsk, Take};
use crate::basket;
use crate::catalogue::{Item, Key, KeyId, Location};
use crate::drawer::{Ask, rules::DrawerRules};
use crate::goods::Goods;
use crate::ids::{
    AccountId, CommandId, Label, LocationId, OrderId, Owner, PaymentId, ReservationId, SkuId, TillNo, UserCode,
};
use crate::layaway;
use crate::money::Currency;
use crate::payment::PaymentAsk;
use crate::people::{Capabilities, Limits, PinHash};
use crate::pricing::PriceBook;
use crate::promotion::Promotion;
use crate::qty::Qty;
use crate::returns::unreceipted::{self, Asked as Unreceipted};
use crate::returns::{GrantAsk, TakeBack};
use crate::scan::Layout;
use crate::time::Millis;
use std::sync::Arc;

/// Where the demand comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// A till in a shop.
    Till,
    /// The chain's own website.
    Web,
    /// Somebody else's marketplace.
    Marketplace,
}

impl Channel {
    /// Every channel, in the order of its [`Channel::index`].
    pub const ALL: [Channel; 3] = [Channel::Till, Channel::Web, Channel::Marketplace];

    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Channel::Till => "till",
            Channel::Web => "web",
            Channel::Marketplace => "marketplace",
        }
    }

    /// Its place in arrays kept per channel.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Channel::Till => 0,
            Channel::Web => 1,
            Channel::Marketplace => 2,
        }
    }
}

/// One command at one location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Minted at the user's intent. The same id and content gets the first answer.
    pub id: CommandId,
    /// Where it is decided.
    pub location: LocationId,
    /// Where the demand comes from.
    pub channel: Channel,
    /// What is asked.
    pub action: Action,
}

/// A quantity of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SkuQty {
    /// The item.
    pub sku: SkuId,
    /// How much of it.
    pub qty: Qty,
}

/// What becomes of goods that come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disposition {
    /// Back on the shelf.
    Resell,
    /// On hand, not for sale.
    Damaged,
    /// Goes to the supplier; does not come on hand.
    ToSupplier,
}

impl Disposition {
    /// Every disposition.
    pub const ALL: [Disposition; 3] = [Disposition::Resell, Disposition::Damaged, Disposition::ToSupplier];

    /// Its place in arrays kept per disposition.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Disposition::Resell => 0,
            Disposition::Damaged => 1,
            Disposition::ToSupplier => 2,
        }
    }

    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Disposition::Resell => "resell",
            Disposition::Damaged => "damaged",
            Disposition::ToSupplier => "to_supplier",
        }
    }
}

/// Which count of an item an adjustment changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// Units physically here.
    OnHand,
    /// On hand but not for sale, for this reason. Does not change on hand.
    Unavailable(Label),
    /// Ordered or in transit to here.
    Incoming,
}

/// The stock rules of one item at one location.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Units held back from promises, per [`Channel::index`].
    pub safety_stock: [Qty; 3],
    /// At or below this much available for the web it counts as low.
    pub low_at: Qty,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A basket, all or nothing.
    Sell(Sell),
    /// Hold units for an owner for a while, all or nothing. It adds to what the owner holds while
    /// there is enough for both; when there is not, it takes the place of their reservations of
    /// what is short, and keeps what those held of other items.
    Reserve {
        /// Who it is for.
        owner: Owner,
        /// How long.
        ttl: Millis,
        /// What.
        lines: Vec<SkuQty>,
        /// What there is to say of the goods; none for plain items.
        goods: Option<Box<Goods>>,
    },
    /// Give a reservation more time, from now.
    Extend {
        /// Which.
        reservation: ReservationId,
        /// How long.
        ttl: Millis,
    },
    /// Let a reservation go.
    Release {
        /// Which.
        reservation: ReservationId,
    },
    /// A reservation's deadline has come. Sent by the timer only; refused as unknown when the
    /// reservation is gone or was extended beyond now.
    Expire {
        /// Which.
        reservation: ReservationId,
    },
    /// Bind units to a confirmed order, all or nothing.
    Allocate {
        /// The order, or one of its lines, as its platform names it.
        order: OrderId,
        /// What.
        lines: Vec<SkuQty>,
        /// The reservation it confirms. What is left of it goes free.
        reservation: Option<ReservationId>,
        /// Whose order it is: all reservations of this owner count as theirs.
        owner: Option<Owner>,
        /// What there is to say of the goods; none for plain items.
        goods: Option<Box<Goods>>,
    },
    /// Cancel what is still allocated to an order.
    Deallocate {
        /// The order.
        order: OrderId,
    },
    /// Goods came in.
    Receive {
        /// What; incoming falls by as much, not below zero.
        lines: Vec<SkuQty>,
        /// What there is to say of the goods; none for plain items.
        goods: Option<Box<Goods>>,
    },
    /// Goods came back, money went out.
    Return {
        /// The till that took them.
        till: Option<TillNo>,
        /// The location's currency as the seller understood it.
        currency: Currency,
        /// What, with the amounts of the original sale; empty when the sale is known.
        lines: Vec<SaleLine>,
        /// The amounts in them that the asker named.
        said: Said,
        /// What becomes of them.
        disposition: Disposition,
        /// How the money went back; amounts above zero.
        tenders: Vec<Tender>,
        /// The accounts among these that were named: the money goes there.
        accounts: Box<[Take]>,
        /// The sale that they are of, where it is known.
        of: Option<Box<TakeBack>>,
        /// What there is to say of the goods in the lines; none for plain items.
        goods: Option<Box<Goods>>,
        /// What there is to say of it without a receipt; none where the sale is known.
        unreceipted: Option<Box<Unreceipted>>,
    },
    /// A correction with a reason.
    Adjust {
        /// Which item.
        sku: SkuId,
        /// Which of its counts.
        bucket: Bucket,
        /// By how much.
        delta: Qty,
        /// Why.
        reason: Label,
    },
    /// A person counted.
    Count {
        /// Which item.
        sku: SkuId,
        /// How much there was.
        counted: Qty,
        /// On hand by the books at the moment of counting, where the counter's device showed it;
        /// otherwise on hand now.
        on_hand_then: Option<Qty>,
    },
    /// Set the stock rules of an item here.
    SetPolicy {
        /// Which item.
        sku: SkuId,
        /// The rules.
        policy: Policy,
    },
    /// Define or change items. Chain only. `SkuId`s are given by `decide`, those here are ignored.
    DefineItems {
        /// The items, by code.
        items: Vec<Item>,
    },
    /// Define or change a location. Chain only. Its id is given by `decide`.
    DefineLocation {
        /// The location, by code.
        location: Location,
    },
    /// Accept a new key. Chain only.
    CreateKey {
        /// The key.
        key: Key,
    },
    /// Stop accepting a key. Chain only.
    RevokeKey {
        /// Which.
        key: KeyId,
    },
    /// Grant what is to come back of a sale made here, for a time. The server's own step.
    GrantReturn(Box<GrantAsk>),
    /// Goods of a known sale come back and others go out, in one step.
    Exchange {
        /// What comes back.
        back: Box<TakeBack>,
        /// What becomes of it.
        disposition: Disposition,
        /// What goes out. Its tenders pay the difference; below zero they are money that goes back.
        sell: Box<Sell>,
    },
    /// The drawer of a till.
    Drawer {
        /// The till.
        till: TillNo,
        /// What is asked of it.
        ask: Ask,
    },
    /// Baskets that are not paid yet.
    Basket {
        /// The till.
        till: TillNo,
        /// What is asked.
        ask: basket::Ask,
    },
    /// Goods set aside against deposits.
    Layaway {
        /// The till.
        till: TillNo,
        /// Its name, which is that of its order.
        layaway: OrderId,
        /// What is asked.
        ask: layaway::Ask,
    },
    /// Set what the drawers of this location go by.
    SetDrawerRules {
        /// The rules, in the place of those before.
        rules: Box<DrawerRules>,
    },
    /// Something is asked of an account, at its virtual location.
    Account {
        /// Which.
        account: AccountId,
        /// What.
        ask: AccountAsk,
    },
    /// A step of a redemption, at the location of its sale.
    Redemption(RedemptionAsk),
    /// Set how the labels that a location prints are laid out. Chain only.
    SetLabels {
        /// Where.
        location: LocationId,
        /// The layouts, which replace those of before.
        layouts: Vec<Layout>,
    },
    /// Define or change a price book, whole. Chain only.
    DefinePriceBook {
        /// The book.
        book: Arc<PriceBook>,
    },
    /// Do without a price book from now on. Chain only.
    EndPriceBook {
        /// Its code.
        book: Label,
    },
    /// Define or change promotions, all or nothing. Chain only.
    DefinePromotions {
        /// The promotions; no two of one code.
        promotions: Vec<Arc<Promotion>>,
    },
    /// Do without a promotion from now on. Chain only.
    EndPromotion {
        /// Its code.
        promotion: Label,
    },
    /// Define or change a role. Chain only.
    DefineRole {
        /// Its name.
        role: Label,
        /// What whoever has it may do.
        capabilities: Capabilities,
        /// How far they may go.
        limits: Limits,
    },
    /// Define or change a user. Chain only. PIN and being disabled stay as they were.
    DefineUser {
        /// What they sign in with.
        code: UserCode,
        /// What people call them.
        name: Arc<str>,
        /// Their roles, which exist.
        roles: Vec<Label>,
    },
    /// Set a user's PIN. Chain only.
    SetPin {
        /// Whose.
        user: UserCode,
        /// The hash of it.
        pin: PinHash,
    },
    /// Let a user do nothing any more, or again. Chain only.
    DisableUser {
        /// Whom.
        user: UserCode,
        /// Whether nothing.
        disabled: bool,
    },
    /// Say whether a device alone may act somewhere. Chain only.
    RequirePeople {
        /// Where; [`LocationId::CHAIN`]: everywhere, and for the chain's own commands.
        at: LocationId,
        /// Whether a person must be signed in there.
        required: bool,
    },
    /// Set what limits returns without a receipt. Chain only.
    SetReturnLimits {
        /// Where; [`LocationId::CHAIN`]: wherever nothing else is set.
        at: LocationId,
        /// What; none: nothing of its own any more.
        limits: Option<unreceipted::Limits>,
    },
    /// Something is asked of a card payment.
    Payment {
        /// Which: one that begins is named by its command.
        payment: PaymentId,
        /// What.
        ask: PaymentAsk,
    },
    /// What cannot be as things are now. Where it was done before, it gets its first answer; it is refused otherwise.
    IfKnown {
        /// What, as far as it tells two tries apart.
        asked: Box<Action>,
        /// The number that it is refused with; zero: somebody else goes on with it.
        number: u16,
    },
}

impl Action {
    /// What is asked, whether it can be as things are now or not.
    #[must_use]
    pub fn asked(&self) -> &Self {
        match self {
            Action::IfKnown { asked, .. } => asked,
            action => action,
        }
    }

    /// Whether it only reads: a full disk does not matter to it.
    #[must_use]
    pub const fn is_reading(&self) -> bool {
        matches!(self, Action::Account { ask: AccountAsk::Read, .. } | Action::Payment { ask: PaymentAsk::Read, .. })
    }

    /// Whether its account was found by a customer: the first time it may have been another one, elsewhere.
    #[must_use]
    pub fn is_found_by_customer(&self) -> bool {
        matches!(self.asked(), Action::Account { ask: AccountAsk::Load { customer: Some(_), .. }, .. })
    }

    /// Whether an account is asked for something by somebody, and not by the server for a sale.
    #[must_use]
    pub const fn is_of_account(&self) -> bool {
        matches!(self, Action::Account { .. }) && !self.is_reading() && !self.is_redemption_step()
    }

    /// Whether it is a step that the server takes itself for a sale or return. Such a step is not
    /// looked up among the answers: what it finds says whether it was taken before.
    #[must_use]
    pub const fn is_redemption_step(&self) -> bool {
        use AccountAsk::{Confirm, Hold, LetGo};
        matches!(
            self,
            Action::Redemption(_)
                | Action::GrantReturn(_)
                | Action::Account { ask: Hold { .. } | Confirm { .. } | LetGo { .. }, .. }
        )
    }
}
