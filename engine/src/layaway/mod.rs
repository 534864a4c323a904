//! Layaway: goods set aside for a customer against deposits, until they are paid or given up.
//!
//! A layaway is an order of its location: its goods are allocated, which no deadline ends. It is completed by
//! a sale that fulfils the order and is paid with its deposits. What is past its day is late, and stays.
//!
//! Responsible for: what was deposited, given back and used, and that it adds up.
//!
//! Not responsible for: the goods (the order has them), the drawer the money lies in (its session).

pub(crate) mod decide;

use crate::command::{Said, SaleLine, SkuQty, Tender, TenderKind};
use crate::event::{Freed, Sale};
use crate::goods::Goods;
use crate::ids::{Label, OrderId, Owner, ReservationId};
use crate::money::Minor;
use crate::time::{Millis, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most layaways that may be open at a location at once.
pub const OPEN_MAX: usize = 10_000;
/// The longest time until a layaway is late: 366 days.
pub const TTL_MAX: Millis = Millis(366 * 24 * 3_600_000);

/// Deposits by the kind of tender they were paid with, in the order of [`TenderKind::MONEY`].
pub type ByKind = [Minor; TenderKind::MONEY.len()];

/// An open layaway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layaway {
    /// Whom it is for.
    pub customer: Owner,
    /// What, at the prices that were agreed.
    pub lines: Vec<SaleLine>,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it is late.
    pub due: Timestamp,
    /// What is kept of the deposits when it is cancelled.
    pub fee: Minor,
    /// What is deposited, by how it was paid.
    pub deposits: ByKind,
}

/// The deposits of a location, ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Taken.
    pub taken: Minor,
    /// Given back.
    pub given_back: Minor,
    /// Used to pay a sale.
    pub used: Minor,
    /// Kept as fees.
    pub kept: Minor,
}

/// The layaways of a location.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layaways {
    /// Those that are open: something of them is still set aside, or still deposited.
    pub open: BTreeMap<OrderId, Arc<Layaway>>,
    /// What became of their deposits, and of those that are closed.
    pub ledger: Ledger,
}

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Set goods aside for a customer.
    Open {
        /// Whom for.
        customer: Owner,
        /// What, at the prices agreed.
        lines: Vec<SaleLine>,
        /// How long until it is late.
        ttl: Millis,
        /// What is kept when it is cancelled.
        fee: Minor,
        /// The first deposit; empty: none yet.
        tenders: Vec<Tender>,
        /// The amounts in the lines that the asker named.
        said: Said,
        /// The reservation whose goods they are.
        reservation: Option<ReservationId>,
        /// What there is to say of the goods; none for plain items.
        goods: Option<Box<Goods>>,
    },
    /// Take a deposit.
    Deposit {
        /// How it is paid, each above zero.
        tenders: Vec<Tender>,
    },
    /// Give it up: goods go free, deposits go back but for the fee.
    Cancel {
        /// How they go back; empty: as they were paid.
        tenders: Vec<Tender>,
        /// Why.
        reason: Label,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Goods were set aside.
    Opened {
        /// The layaway, with its first deposit.
        layaway: Arc<Layaway>,
        /// Its goods, one line per item.
        goods: Vec<SkuQty>,
        /// The first deposit.
        tenders: Vec<Tender>,
        /// The reservation whose goods they were.
        freed: Vec<Freed>,
    },
    /// A deposit was taken.
    Deposited {
        /// How it was paid.
        tenders: Vec<Tender>,
        /// What is deposited now.
        deposits: Minor,
        /// What is still to be paid.
        left: Minor,
    },
    /// It was given up.
    Cancelled {
        /// Its goods that went free.
        goods: Vec<SkuQty>,
        /// How deposits went back.
        tenders: Vec<Tender>,
        /// What was kept of them.
        kept: Minor,
        /// Why.
        reason: Label,
    },
}

/// What an asker is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Goods are set aside.
    Opened {
        /// When it is late.
        due: Timestamp,
        /// What is deposited.
        deposits: Minor,
        /// What is still to be paid.
        left: Minor,
    },
    /// The deposit is taken.
    Deposited {
        /// What is deposited.
        deposits: Minor,
        /// What is still to be paid.
        left: Minor,
    },
    /// It is given up.
    Cancelled {
        /// How deposits go back.
        tenders: Box<[Tender]>,
        /// What is kept of them.
        kept: Minor,
    },
}

impl Layaway {
    /// What it costs.
    #[must_use]
    pub fn gross(&self) -> Minor {
        self.lines.iter().map(|line| line.taxed.gross()).sum()
    }

    /// What is deposited.
    #[must_use]
    pub fn deposited(&self) -> Minor {
        self.deposits.iter().copied().sum()
    }

    /// What is still to be paid.
    #[must_use]
    pub fn left(&self) -> Minor {
        self.gross().minus(self.deposited()).max(Minor::ZERO)
    }

    /// What was deposited with a kind of tender.
    #[must_use]
    pub fn paid_with(&self, kind: TenderKind) -> Minor {
        self.deposits.get(kind.index()).copied().unwrap_or_default()
    }

    /// What is kept of the deposits when it is cancelled: no more than there is.
    #[must_use]
    pub fn kept(&self) -> Minor {
        self.fee.min(self.deposited())
    }

    fn take(&mut self, tenders: &[Tender]) {
        for tender in tenders {
            if let Some(sum) = self.deposits.get_mut(tender.kind.index()) {
                *sum = sum.plus(tender.amount);
            }
        }
    }

    /// Uses so much of the deposits, the kinds in their order.
    fn spend(&mut self, amount: Minor) {
        let mut rest = amount;
        for sum in &mut self.deposits {
            let now = rest.min(*sum);
            *sum = sum.minus(now);
            rest = rest.minus(now);
        }
    }
}

impl Happening {
    /// What the asker is told.
    #[must_use]
    pub fn told(&self) -> Told {
        match self {
            Happening::Opened { layaway, .. } => {
                Told::Opened { due: layaway.due, deposits: layaway.deposited(), left: layaway.left() }
            }
            Happening::Deposited { deposits, left, .. } => Told::Deposited { deposits: *deposits, left: *left },
            Happening::Cancelled { tenders, kept, .. } => {
                Told::Cancelled { tenders: tenders.clone().into_boxed_slice(), kept: *kept }
            }
        }
    }

    /// The deposit that it took.
    #[must_use]
    pub fn taken(&self) -> &[Tender] {
        match self {
            Happening::Opened { tenders, .. } | Happening::Deposited { tenders, .. } => tenders,
            Happening::Cancelled { .. } => &[],
        }
    }

    /// The deposits that it gave back.
    #[must_use]
    pub fn given_back(&self) -> &[Tender] {
        match self {
            Happening::Opened { .. } | Happening::Deposited { .. } => &[],
            Happening::Cancelled { tenders, .. } => tenders,
        }
    }

    /// The fee that it kept.
    #[must_use]
    pub const fn kept(&self) -> Minor {
        match self {
            Happening::Opened { .. } | Happening::Deposited { .. } => Minor::ZERO,
            Happening::Cancelled { kept, .. } => *kept,
        }
    }
}

/// What tenders come to.
#[must_use]
pub fn total(tenders: &[Tender]) -> Minor {
    tenders.iter().map(|tender| tender.amount).sum()
}

/// What of a sale was paid with deposits.
#[must_use]
pub fn used_in(tenders: &[Tender]) -> Minor {
    tenders.iter().filter(|tender| tender.kind == TenderKind::Deposit).map(|tender| tender.amount).sum()
}

impl Layaways {
    /// None, ever.
    pub const NONE: Self = Self {
        open: BTreeMap::new(),
        ledger: Ledger { taken: Minor(0), given_back: Minor(0), used: Minor(0), kept: Minor(0) },
    };

    /// Folds in what happened to one.
    pub fn apply(&mut self, name: &OrderId, happening: &Happening) {
        let ledger = &mut self.ledger;
        ledger.taken = ledger.taken.plus(total(happening.taken()));
        ledger.given_back = ledger.given_back.plus(total(happening.given_back()));
        ledger.kept = ledger.kept.plus(happening.kept());
        match happening {
            Happening::Opened { layaway, .. } => {
                self.open.insert(name.clone(), Arc::clone(layaway));
            }
            Happening::Deposited { tenders, .. } => {
                if let Some(open) = self.open.get_mut(name) {
                    Arc::make_mut(open).take(tenders);
                }
            }
            Happening::Cancelled { .. } => {
                self.open.remove(name);
            }
        }
    }

    /// Folds in a sale that fulfilled the order; `is_closed` says whether all of its goods are gone.
    pub fn sold(&mut self, name: &OrderId, sale: &Sale, is_closed: bool) {
        let Some(open) = self.open.get_mut(name) else { return };
        let used = used_in(&sale.tenders);
        self.ledger.used = self.ledger.used.plus(used);
        if used != Minor::ZERO {
            Arc::make_mut(open).spend(used);
        }
        if is_closed && open.deposited() == Minor::ZERO {
            self.open.remove(name);
        }
    }

    /// What must hold: deposits taken are given back, used, kept, or there.
    ///
    /// # Errors
    /// The sentence says what does not.
    pub fn check(&self) -> Result<(), &'static str> {
        let Ledger { taken, given_back, used, kept } = self.ledger;
        let there: Minor = self.open.values().map(|open| open.deposited()).sum();
        if taken.minus(given_back).minus(used).minus(kept) != there {
            return Err("its layaways' deposits are not what was taken without what was given back, used and kept");
        }
        if self.open.values().any(|open| open.deposits.iter().any(|sum| *sum < Minor::ZERO)) {
            return Err("more of a layaway's deposits went than was there");
        }
        Ok(())
    }
}
