//! Baskets that are not paid yet: suspended at one till and recalled at another, and lines taken out
//! of them.
//!
//! A suspended basket is a reservation with a basket on it: the same name, the same deadline, in the
//! same store. Whatever ends the reservation ends the basket, so neither is ever without the other.
//!
//! Responsible for: what is kept of a basket while nobody has it in hand, and who gets it.
//!
//! Not responsible for: what it costs. Lines are kept as their seller named them; the prices are made
//! when they are sold.

pub(crate) mod decide;

use crate::command::SkuQty;
use crate::event::Freed;
use crate::goods::{Goods, Traced};
use crate::ids::{Label, Note, Owner, ReservationId, SkuId, TillNo};
use crate::money::Minor;
use crate::qty::Qty;
use crate::quote::ByHand;
use crate::store::Reservation;
use crate::tax::RatePpm;
use crate::time::{Millis, Timestamp};
use std::sync::Arc;

/// The most baskets that may be suspended at a location at once.
pub const SUSPENDED_MAX: usize = 1_000;
/// The most coupons one may have.
pub const COUPONS_MAX: usize = 20;
/// How long a basket stays suspended when nobody says: twelve hours, which is a day of trading.
pub const TTL_DEFAULT: Millis = Millis(12 * 3_600_000);

/// A line as its seller named it: what they did not name is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedLine {
    /// The item.
    pub sku: SkuId,
    /// How much of it, above zero.
    pub qty: Qty,
    /// The price of one unit.
    pub unit_price: Option<Minor>,
    /// What the line costs.
    pub amount: Option<Minor>,
    /// The tax as it was charged, and its rate.
    pub tax: Option<(Minor, RatePpm)>,
    /// Why a person asked another price than the shop's.
    pub price_reason: Option<Label>,
    /// What a person takes off the line, and why.
    pub discount: Option<ByHand>,
}

impl NamedLine {
    /// The item and how much of it.
    #[must_use]
    pub const fn sku_qty(&self) -> SkuQty {
        SkuQty { sku: self.sku, qty: self.qty }
    }
}

/// A basket as it was put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basket {
    /// Its lines, in order.
    pub lines: Vec<NamedLine>,
    /// The customer's group.
    pub group: Option<Label>,
    /// Codes that the customer shows.
    pub coupons: Vec<Label>,
    /// Why the customer pays no tax.
    pub tax_exempt: Option<Label>,
    /// Who the customer is.
    pub customer: Option<Owner>,
    /// What whoever recalls it should know.
    pub note: Option<Note>,
    /// Who put it aside.
    pub person: Option<Owner>,
}

/// A basket that is suspended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspended {
    /// At which till.
    pub till: TillNo,
    /// When.
    pub at: Timestamp,
    /// The basket.
    pub basket: Basket,
    /// What was said of its pieces, in the order of its lines.
    pub traced: Box<[Traced]>,
}

impl Suspended {
    /// Whether some of its pieces are known by their serial numbers.
    #[must_use]
    pub fn has_pieces(&self) -> bool {
        self.traced.iter().any(|traced| !traced.serials.is_empty())
    }
}

/// A line that was taken out of a basket before it was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoidedLine {
    /// The item.
    pub sku: SkuId,
    /// How much of it, above zero.
    pub qty: Qty,
    /// What the line cost, in the location's price basis.
    pub amount: Minor,
    /// Why.
    pub reason: Label,
    /// Who did it, where no user is signed in.
    pub person: Option<Owner>,
}

/// What a till may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Put a basket aside, with what there is of its goods.
    Suspend {
        /// Whose it is: all reservations of this owner become part of it.
        owner: Owner,
        /// How long it stays aside.
        ttl: Millis,
        /// The basket.
        basket: Arc<Basket>,
        /// What there is to say of its goods; none for plain items.
        goods: Option<Box<Goods>>,
    },
    /// Take a suspended basket over, with the stock that is held for it.
    Recall {
        /// Which.
        basket: ReservationId,
        /// Whose it is from now on.
        owner: Owner,
        /// How long its stock stays held.
        ttl: Millis,
    },
    /// A line was taken out of a basket.
    VoidLine {
        /// The line.
        line: VoidedLine,
        /// The reservation that held its goods, to be let go.
        reservation: Option<ReservationId>,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A basket was suspended.
    Suspended {
        /// Its name.
        reservation: ReservationId,
        /// What is held for it, and the basket itself.
        held: Reservation,
        /// Its owner's reservations, which became part of it.
        freed: Vec<Freed>,
        /// What was not there to be held.
        short: Vec<SkuQty>,
    },
    /// A suspended basket was recalled.
    Recalled {
        /// What is held from now on; nothing is where nothing was.
        reservation: ReservationId,
        /// The same for its new owner.
        held: Reservation,
        /// The reservation that it was suspended under.
        freed: Freed,
        /// The basket.
        basket: Arc<Suspended>,
    },
    /// A line was taken out of a basket.
    LineVoided {
        /// The line.
        line: VoidedLine,
        /// The reservation that held its goods.
        freed: Option<Freed>,
    },
}

/// What an asker is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The basket is suspended under the command's id.
    Suspended {
        /// When it ends by itself.
        deadline: Timestamp,
        /// What is not held for it: it was not there.
        short: Box<[SkuQty]>,
    },
    /// Here it is.
    Recalled {
        /// Until when its stock is held.
        deadline: Timestamp,
        /// What of it is held.
        held: Box<[SkuQty]>,
        /// The basket.
        basket: Arc<Suspended>,
    },
    /// It is noted that the line was taken out.
    LineVoided,
}

impl Happening {
    /// What the asker is told.
    #[must_use]
    pub fn told(&self) -> Told {
        match self {
            Happening::Suspended { held, short, .. } => {
                Told::Suspended { deadline: held.deadline, short: short.clone().into_boxed_slice() }
            }
            Happening::Recalled { held, basket, .. } => Told::Recalled {
                deadline: held.deadline,
                held: held.lines.clone().into_boxed_slice(),
                basket: Arc::clone(basket),
            },
            Happening::LineVoided { .. } => Told::LineVoided,
        }
    }

    /// The reservation that lives from now on, where there is one.
    #[must_use]
    pub fn held(&self) -> Option<(ReservationId, &Reservation)> {
        match self {
            Happening::Suspended { reservation, held, .. } => Some((*reservation, held)),
            Happening::Recalled { reservation, held, .. } if held.holds() => Some((*reservation, held)),
            Happening::Recalled { .. } | Happening::LineVoided { .. } => None,
        }
    }

    /// The reservations that ended.
    #[must_use]
    pub fn freed(&self) -> &[Freed] {
        match self {
            Happening::Suspended { freed, .. } => freed,
            Happening::Recalled { freed, .. } => std::slice::from_ref(freed),
            Happening::LineVoided { freed, .. } => freed.as_slice(),
        }
    }
}
