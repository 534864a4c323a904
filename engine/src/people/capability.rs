//! What a person may be allowed to do, and which action needs what.

use crate::account::{AccountAsk, Cause};
use crate::basket;
use crate::command::{Action, Sell, Standing, Tender, TenderKind};
use crate::drawer;
use crate::layaway;
use crate::money::Minor;
use crate::payment::PaymentAsk;
use crate::quote::Why;
use crate::returns::KnownSale;

macro_rules! capabilities {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $bit:literal;)+) => {
        /// One thing that a person may be allowed to do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Capability {
            $($(#[$doc])* $name,)+
        }

        impl Capability {
            /// Every capability.
            pub const ALL: &[Capability] = &[$(Capability::$name),+];

            /// The word for it on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Capability::$name => $word),+ }
            }

            /// Its bit in a set. Kept in the log: a bit, once given, is never given again.
            const fn bit(self) -> u64 {
                match self { $(Capability::$name => 1 << $bit),+ }
            }
        }
    };
}

capabilities! {
    /// Sells, and holds goods for a customer.
    Sell = "sell", 0;
    /// Takes goods back and gives money for them.
    Return = "return", 1;
    /// Cancels a whole finished sale; disables an account, or says whose it is.
    Void = "void", 2;
    /// Sells at another price than the price list's.
    OverridePrice = "override_price", 3;
    /// Gives a discount that no promotion gives.
    Discount = "discount", 4;
    /// Opens a till session, and the drawer without a sale; puts cash in and takes cash out, also from an account.
    Drawer = "drawer", 5;
    /// Closes a till session.
    CloseSession = "close_session", 6;
    /// Binds goods to orders and lets them go.
    Orders = "orders", 7;
    /// Books goods in.
    Receive = "receive", 8;
    /// Corrects stock.
    AdjustStock = "adjust_stock", 9;
    /// Counts stock.
    Count = "count", 10;
    /// Defines items, locations, and their rules.
    ManageCatalogue = "manage_catalogue", 11;
    /// Makes and revokes keys.
    ManageKeys = "manage_keys", 12;
    /// Defines users and roles.
    ManagePeople = "manage_people", 13;
    /// Approves what another person may not do alone.
    Approve = "approve", 14;
    /// Takes a line out of a basket before it is paid.
    VoidLine = "void_line", 15;
    /// Gives money back by other means than it was paid by.
    RefundOtherwise = "refund_otherwise", 16;
    /// Lifts what limits returns without a receipt.
    LiftReturnLimits = "lift_return_limits", 17;
}

impl Capability {
    /// The capability of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|capability| capability.name() == name)
    }
}

/// A set of capabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(u64);

impl Capabilities {
    /// None at all.
    pub const NONE: Self = Self(0);

    /// These.
    #[must_use]
    pub fn of(these: &[Capability]) -> Self {
        Self(these.iter().fold(0, |bits, capability| bits | capability.bit()))
    }

    /// The bits of the set, as the log keeps them.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The set of bits that the log kept; none when one of them has no meaning here.
    #[must_use]
    pub fn from_bits(bits: u64) -> Option<Self> {
        (bits & !Self::of(Capability::ALL).0 == 0).then_some(Self(bits))
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether it is in the set.
    #[must_use]
    pub const fn has(self, capability: Capability) -> bool {
        self.0 & capability.bit() != 0
    }

    /// Those in the set, in the order of [`Capability::ALL`].
    pub fn each(self) -> impl Iterator<Item = Capability> {
        Capability::ALL.iter().copied().filter(move |capability| self.has(*capability))
    }

    /// The first of them.
    #[must_use]
    pub fn first(self) -> Option<Capability> {
        self.each().next()
    }
}

/// What a person needs for an action: the one table that says so. What needs nothing is the server's own,
/// or may be done by whoever is signed in.
#[must_use]
pub fn needs(action: &Action) -> Capabilities {
    let needed = match action {
        Action::Sell(sell) => return needs_of_sale(sell),
        Action::IfKnown { asked, .. } => return needs(asked),
        Action::Reserve { .. } | Action::Extend { .. } | Action::Release { .. } => Capability::Sell,
        Action::Expire { .. } | Action::Redemption(_) | Action::GrantReturn(_) => return Capabilities::NONE,
        Action::Allocate { .. } | Action::Deallocate { .. } => Capability::Orders,
        Action::Receive { .. } => Capability::Receive,
        Action::Return { of: Some(of), .. } if of.void.is_some() => Capability::Void,
        Action::Return { of: Some(of), tenders, .. } => return needs_of_refund(&of.sale, tenders),
        Action::Return { .. } => Capability::Return,
        Action::Exchange { back, sell, .. } => {
            let out: Vec<Tender> = sell.tenders.iter().filter(|one| one.amount < Minor::ZERO).copied().collect();
            return needs_of_sale(sell).and(needs_of_refund(&back.sale, &out));
        }
        Action::Layaway { ask: layaway::Ask::Open { .. } | layaway::Ask::Deposit { .. }, .. } => Capability::Sell,
        Action::Layaway { ask: layaway::Ask::Cancel { .. }, .. } => Capability::Return,
        Action::Basket { ask: basket::Ask::Suspend { .. } | basket::Ask::Recall { .. }, .. } => Capability::Sell,
        Action::Basket { ask: basket::Ask::VoidLine { .. }, .. } => Capability::VoidLine,
        Action::Drawer { ask, .. } => return needs_of_drawer(ask),
        Action::Account { ask, .. } => return needs_of_account(ask),
        Action::Payment { ask, .. } => return needs_of_payment(ask),
        Action::Adjust { .. } => Capability::AdjustStock,
        Action::Count { .. } => Capability::Count,
        Action::SetPolicy { .. }
        | Action::DefineItems { .. }
        | Action::DefineLocation { .. }
        | Action::SetDrawerRules { .. }
        | Action::SetLabels { .. }
        | Action::SetReturnLimits { .. }
        | Action::DefinePriceBook { .. }
        | Action::EndPriceBook { .. }
        | Action::DefinePromotions { .. }
        | Action::EndPromotion { .. } => Capability::ManageCatalogue,
        Action::CreateKey { .. } | Action::RevokeKey { .. } => Capability::ManageKeys,
        Action::DefineRole { .. }
        | Action::DefineUser { .. }
        | Action::SetPin { .. }
        | Action::DisableUser { .. }
        | Action::RequirePeople { .. } => Capability::ManagePeople,
    };
    Capabilities::of(&[needed])
}

/// A sale at another price than the shop's, or with something off that no promotion gives, needs more
/// than a sale does. One that has already happened is recorded with the price it had, and with what its seller had
/// no right to ([`super::People::lacking`]).
fn needs_of_sale(sell: &Sell) -> Capabilities {
    let needed = Capabilities::of(&[Capability::Sell]);
    if sell.standing == Standing::Fact { needed } else { needed.and(prices_need(sell)) }
}

/// What the prices of a sale and the discounts on them need.
pub(super) fn prices_need(sell: &Sell) -> Capabilities {
    let mut needed = Capabilities::NONE;
    for line in sell.pricing.iter().flat_map(|pricing| &pricing.lines) {
        if line.overridden.is_some() {
            needed = needed.and(Capabilities::of(&[Capability::OverridePrice]));
        }
        if line.discounts.iter().any(|discount| matches!(discount.why, Why::Person(_))) {
            needed = needed.and(Capabilities::of(&[Capability::Discount]));
        }
    }
    needed
}

/// Money goes back as it was paid, or by other means with a right of its own. How deposits were paid the sale does not
/// say, and one of which nobody said how it was paid is like that, too.
fn needs_of_refund(sale: &KnownSale, tenders: &[Tender]) -> Capabilities {
    let needed = Capabilities::of(&[Capability::Return]);
    let paid_by = |kind: TenderKind| sale.tenders.iter().any(|paid| paid.kind == kind);
    let is_known = !sale.tenders.is_empty() && !paid_by(TenderKind::Deposit);
    let is_other = |tender: &Tender| tender.kind != TenderKind::CashRounding && !paid_by(tender.kind);
    if is_known && tenders.iter().any(is_other) {
        return needed.and(Capabilities::of(&[Capability::RefundOtherwise]));
    }
    needed
}

/// An X changes nothing: whoever is signed in may read it.
fn needs_of_drawer(ask: &drawer::Ask) -> Capabilities {
    let needed = match ask {
        drawer::Ask::Open { .. } | drawer::Ask::Move { .. } | drawer::Ask::NoSale { .. } => Capability::Drawer,
        drawer::Ask::Close { .. } => Capability::CloseSession,
        drawer::Ask::Read => return Capabilities::NONE,
    };
    Capabilities::of(&[needed])
}

/// A gift card is sold and loaded as goods are sold; what is refunded to one is a return. Money that is
/// paid out without a sale comes from the drawer; a card that is disabled is cancelled. What is on it
/// anybody may read who is signed in; the steps of a redemption are the server's own.
fn needs_of_account(ask: &AccountAsk) -> Capabilities {
    let needed = match ask {
        AccountAsk::Load { cause: Cause::Refund(_), .. } => Capability::Return,
        AccountAsk::Issue { .. } | AccountAsk::Load { .. } => Capability::Sell,
        AccountAsk::Redeem { .. } => Capability::Drawer,
        AccountAsk::Disable { .. } | AccountAsk::Assign { .. } => Capability::Void,
        AccountAsk::Read | AccountAsk::Hold { .. } | AccountAsk::Confirm { .. } | AccountAsk::LetGo { .. } => {
            return Capabilities::NONE;
        }
    };
    Capabilities::of(&[needed])
}

/// Whoever sells takes cards. What goes back is a return;
/// who balances drawers balances what providers settle. How a payment stands anybody may read who is
/// signed in; the rest is for drivers and timers, before whom nobody stands.
fn needs_of_payment(ask: &PaymentAsk) -> Capabilities {
    let needed = match ask {
        PaymentAsk::Start(_) | PaymentAsk::GiveUp => Capability::Sell,
        PaymentAsk::Refund(_) | PaymentAsk::RefundAgain(..) => Capability::Return,
        PaymentAsk::RefundOtherwise(..) => {
            return Capabilities::of(&[Capability::Return, Capability::RefundOtherwise]);
        }
        PaymentAsk::Settle(_) => Capability::CloseSession,
        PaymentAsk::Read | PaymentAsk::Take(_) | PaymentAsk::Report(_) | PaymentAsk::Due => return Capabilities::NONE,
    };
    Capabilities::of(&[needed])
}
