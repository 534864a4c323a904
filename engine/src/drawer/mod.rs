//! The drawer of a till: its sessions, from opening with a float to the closing count.
//!
//! A till has one drawer, and the drawer at most one open session. What the till sells meanwhile is
//! in the session's books, by nothing but the order of the till's events. Closing is one event that
//! carries the Z and its journal: a session is open or closed, never half.

pub mod books;
pub mod costs;
pub mod decide;
pub mod journal;
pub mod report;
pub mod rules;
pub mod trade;

use crate::command::TenderKind;
use crate::date::Date;
use crate::event::{Return, Sale};
use crate::ids::{Label, Owner, ReceiptNo, SessionNo};
use crate::layaway;
use crate::money::Minor;
use crate::tax::PriceBasis;
use crate::time::Timestamp;
use books::{Books, Deposits, MONEY_KINDS, Tally};
use journal::JournalLine;
use report::{CashMoves, Count, GrandTotal, Late, Report};
use std::collections::BTreeMap;

/// Which way cash moved without a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Movement {
    /// Into the drawer.
    PaidIn,
    /// Out of it.
    PaidOut,
    /// From the drawer to the safe.
    Drop,
}

impl Movement {
    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Movement::PaidIn => "paid_in",
            Movement::PaidOut => "paid_out",
            Movement::Drop => "dropped",
        }
    }
}

/// What may be asked of a till's drawer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Begin a session.
    Open {
        /// The trading date of everything in it.
        business_day: BusinessDay,
        /// Cash in the drawer.
        float: Minor,
        /// Whether shelf prices contain tax, as the location had it then.
        basis: PriceBasis,
    },
    /// Cash moves without a sale.
    Move {
        /// Which way.
        movement: Movement,
        /// How much, above zero.
        amount: Minor,
        /// Why.
        reason: Label,
        /// Who did it.
        person: Owner,
    },
    /// The drawer was opened without a sale.
    NoSale {
        /// Why.
        reason: Label,
    },
    /// An X: the totals as they run. Changes nothing.
    Read,
    /// The closing count. Never refused for what it says was counted.
    Close {
        /// The session that was counted, where the asker says which.
        session: Option<SessionNo>,
        /// What was counted; a kind that is not here was not counted.
        counts: Vec<Count>,
        /// Sales that the till has not sent yet.
        pending: u64,
    },
}

/// Which trading date a session is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusinessDay {
    /// The one that whoever opens it names.
    Named(Date),
    /// The day at the location when it is opened. A repeat after midnight asks for the same.
    Today(Date),
}

impl From<Date> for BusinessDay {
    fn from(date: Date) -> Self {
        BusinessDay::Named(date)
    }
}

impl BusinessDay {
    /// The date.
    #[must_use]
    pub const fn date(self) -> Date {
        match self {
            BusinessDay::Named(date) | BusinessDay::Today(date) => date,
        }
    }
}

/// What happened to a till's drawer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A session began.
    SessionOpened {
        /// Its number.
        session: SessionNo,
        /// When.
        opened: Timestamp,
        /// The trading date of everything in it.
        business_day: Date,
        /// Cash in the drawer.
        float: Minor,
        /// Whether shelf prices contain tax.
        basis: PriceBasis,
    },
    /// Cash moved without a sale.
    CashMoved {
        /// Which way.
        movement: Movement,
        /// How much.
        amount: Minor,
        /// Why.
        reason: Label,
        /// Who did it.
        person: Owner,
    },
    /// The drawer was opened without a sale.
    NoSaleOpened {
        /// Why.
        reason: Label,
    },
    /// A session was closed, and this is all of it.
    SessionClosed {
        /// Its Z.
        z: Box<Report>,
        /// The Z's journal, which sums to zero.
        journal: Vec<JournalLine>,
    },
}

/// What an asker is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A session began.
    SessionOpened {
        /// Its number.
        session: SessionNo,
    },
    /// Cash moved.
    CashMoved(Movement),
    /// It is noted that the drawer was opened.
    NoSaleOpened,
    /// The X.
    Read(Box<Report>),
    /// The Z.
    SessionClosed(Box<Report>),
}

impl Happening {
    /// What the asker is told.
    #[must_use]
    pub fn told(&self) -> Told {
        match self {
            Happening::SessionOpened { session, .. } => Told::SessionOpened { session: *session },
            Happening::CashMoved { movement, .. } => Told::CashMoved(*movement),
            Happening::NoSaleOpened { .. } => Told::NoSaleOpened,
            Happening::SessionClosed { z, .. } => Told::SessionClosed(z.clone()),
        }
    }
}

/// An open session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// When it was opened.
    pub opened: Timestamp,
    /// The trading date of everything in it.
    pub business_day: Date,
    /// Cash at opening.
    pub float: Minor,
    /// Whether shelf prices contain tax.
    pub basis: PriceBasis,
    /// Its sales and returns.
    pub books: Books,
    /// Cash that moved without a sale.
    pub moves: CashMoves,
    /// How often the drawer was opened without a sale.
    pub no_sales: u64,
    /// What it took for layaways, and gave back.
    pub deposits: Deposits,
    /// Lines taken out of baskets before they were paid, and what those had cost.
    pub voided: Tally,
    /// The first and the last receipt number given.
    pub receipts: Option<(ReceiptNo, ReceiptNo)>,
}

/// What is still known of a closed session. The rest is in its Z, in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed {
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was closed: where its Z is in the log.
    pub closed: Timestamp,
    /// Its trading date.
    pub business_day: Date,
    /// Whether shelf prices contained tax.
    pub basis: PriceBasis,
    /// Which kinds of tender were counted, per [`TenderKind::index`].
    pub counted: [bool; MONEY_KINDS],
}

/// The drawer of a till.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawer {
    /// The session that is open.
    pub session: Option<Session>,
    /// The closed sessions: number 1 is the first.
    pub closed: Vec<Closed>,
    /// Facts that came after their session was closed, since the last Z.
    pub late: BTreeMap<SessionNo, Books>,
    /// As of the last Z.
    pub grand: GrandTotal,
}

impl Drawer {
    /// The number of the open session, or else of the next.
    #[must_use]
    pub fn current(&self) -> SessionNo {
        SessionNo(u32::try_from(self.closed.len()).unwrap_or(u32::MAX).saturating_add(1))
    }

    /// A closed session.
    #[must_use]
    pub fn closed(&self, session: SessionNo) -> Option<&Closed> {
        self.closed.get(usize::try_from(session.0.checked_sub(1)?).ok()?)
    }

    /// Books a sale: into the open session, or where it came late into what is late.
    pub fn sell(&mut self, sale: &Sale) {
        self.gave_receipt(sale.receipt.map(|(_, no)| no));
        if let Some(session) = sale.late {
            let basis = self.closed(session).map_or(PriceBasis::TaxInclusive, |closed| closed.basis);
            self.late.entry(session).or_default().sell(sale, basis);
        } else if let Some(session) = &mut self.session {
            session.books.sell(sale, session.basis);
        }
    }

    /// Books a return into the open session.
    pub fn take_back(&mut self, back: &Return) {
        self.gave_receipt(back.receipt.map(|(_, no)| no));
        if let Some(session) = &mut self.session {
            session.books.take_back(back);
        }
    }

    /// Books an exchange, which has one receipt, into the open session.
    pub fn exchange(&mut self, back: &Return, sale: &Sale) {
        self.gave_receipt(sale.receipt.map(|(_, no)| no));
        if let Some(session) = &mut self.session {
            session.books.exchange(back, sale, session.basis);
        }
    }

    /// Notes that a line was taken out of a basket.
    pub fn void_line(&mut self, amount: Minor) {
        if let Some(session) = &mut self.session {
            session.voided.add(amount);
        }
    }

    /// Counts what was deposited for a layaway, or given back. It takes no receipt number.
    pub fn lay_away(&mut self, happening: &layaway::Happening) {
        if let Some(session) = &mut self.session {
            session.deposits.add(happening);
        }
    }

    fn gave_receipt(&mut self, given: Option<ReceiptNo>) {
        if let (Some(session), Some(no)) = (&mut self.session, given) {
            session.receipts = Some((session.receipts.map_or(no, |(first, _)| first), no));
        }
    }

    /// Folds in what happened to it.
    pub fn apply(&mut self, happening: &Happening) {
        match happening {
            Happening::SessionOpened { opened, business_day, float, basis, .. } => {
                self.session = Some(Session {
                    opened: *opened,
                    business_day: *business_day,
                    float: *float,
                    basis: *basis,
                    books: Books::default(),
                    moves: CashMoves::default(),
                    no_sales: 0,
                    deposits: Deposits::default(),
                    voided: Tally::default(),
                    receipts: None,
                });
            }
            Happening::CashMoved { movement, amount, .. } => {
                if let Some(session) = &mut self.session {
                    let moves = &mut session.moves;
                    match movement {
                        Movement::PaidIn => moves.paid_in.add(*amount),
                        Movement::PaidOut => moves.paid_out.add(*amount),
                        Movement::Drop => moves.dropped.add(*amount),
                    }
                }
            }
            Happening::NoSaleOpened { .. } => {
                if let Some(session) = &mut self.session {
                    session.no_sales = session.no_sales.saturating_add(1);
                }
            }
            Happening::SessionClosed { z, .. } => {
                let basis = self.session.take().map_or(PriceBasis::TaxInclusive, |session| session.basis);
                let counted = TenderKind::MONEY.map(|kind| z.line(kind).is_some_and(|line| line.counted.is_some()));
                let (opened, closed, business_day) = (z.opened, z.read, z.business_day);
                self.closed.push(Closed { opened, closed, business_day, basis, counted });
                self.late.clear();
                self.grand = z.grand;
            }
        }
    }

    /// The open session as it reads now, nothing counted.
    #[must_use]
    pub fn read(&self, now: Timestamp) -> Option<Report> {
        let session = self.session.as_ref()?;
        let late = self.late.iter().filter_map(|(no, books)| {
            let Closed { business_day, counted, .. } = *self.closed(*no)?;
            Some(Late { session: *no, business_day, counted, books: books.clone() })
        });
        let late: Vec<Late> = late.collect();
        let all = || late.iter().map(|late| &late.books).chain([&session.books]);
        let grand = GrandTotal {
            sold: self.grand.sold.plus(all().map(Books::gross_sold).sum()),
            returned: self.grand.returned.plus(all().map(Books::gross_returned).sum()),
        };
        let mut report = Report {
            session: self.current(),
            business_day: session.business_day,
            opened: session.opened,
            read: now,
            float: session.float,
            books: session.books.clone(),
            moves: session.moves,
            no_sales: session.no_sales,
            deposits: session.deposits,
            voided: session.voided,
            suspended: Vec::new(),
            receipts: session.receipts,
            late,
            pending: 0,
            grand,
            tenders: Vec::new(),
        };
        report.count(&[]);
        Some(report)
    }

    /// What must hold at every step.
    ///
    /// # Errors
    /// The sentence says what does not.
    pub fn check(&self) -> Result<(), &'static str> {
        let books = self.session.iter().map(|session| &session.books).chain(self.late.values());
        if books.into_iter().any(|books| !books.add_up()) {
            return Err("its drawer's tenders are not what its sales and returns come to");
        }
        if self.late.keys().any(|session| self.closed(*session).is_none()) {
            return Err("its drawer has a late sale of a session that is not closed");
        }
        Ok(())
    }
}
