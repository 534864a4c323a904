//! The reading of a session: an X while it is open, its Z when it was closed.

use crate::command::TenderKind;
use crate::date::Date;
use crate::drawer::books::{Books, Deposits, MONEY_KINDS, Tally};
use crate::ids::{Label, ReceiptNo, ReservationId, SessionNo, TillNo};
use crate::money::Minor;
use crate::store::Store;
use crate::time::Timestamp;

/// So many pieces of one note or coin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denomination {
    /// What one piece is worth, in minor units.
    pub value: Minor,
    /// How many there are.
    pub pieces: u32,
}

/// What was counted of one kind of tender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// A sum.
    Amount(Minor),
    /// Note by note and coin by coin.
    Pieces(Vec<Denomination>),
}

impl Counted {
    /// What it comes to.
    #[must_use]
    pub fn total(&self) -> Minor {
        match self {
            Counted::Amount(amount) => *amount,
            Counted::Pieces(pieces) => {
                let worth = |one: &Denomination| Minor(one.value.0.saturating_mul(i64::from(one.pieces)));
                pieces.iter().map(worth).sum()
            }
        }
    }
}

/// The count of one kind of tender, as whoever closes the session found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The kind.
    pub kind: TenderKind,
    /// What there was.
    pub counted: Counted,
    /// Why it is not what it should be, if that is known.
    pub reason: Option<Label>,
}

/// What one kind of tender should come to, and what was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenderLine {
    /// The kind.
    pub kind: TenderKind,
    /// What should be there.
    pub expected: Minor,
    /// What was counted; none: it was not.
    pub counted: Option<Counted>,
    /// Why they differ.
    pub reason: Option<Label>,
}

impl TenderLine {
    /// Counted minus expected: over is above zero, short below. Zero where nothing was counted.
    #[must_use]
    pub fn variance(&self) -> Minor {
        self.counted.as_ref().map_or(Minor::ZERO, |counted| counted.total().minus(self.expected))
    }
}

/// Facts that came after their session was closed, since the Z before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    /// The session they belong to.
    pub session: SessionNo,
    /// Its business day.
    pub business_day: Date,
    /// Which kinds were counted when it was closed, per [`TenderKind::index`]: their money was there
    /// then, as a surplus.
    pub counted: [bool; MONEY_KINDS],
    /// What they come to.
    pub books: Books,
}

/// A basket that was suspended at the till and waits to be recalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StillSuspended {
    /// Its name.
    pub basket: ReservationId,
    /// When it was suspended.
    pub at: Timestamp,
    /// How many lines it has.
    pub lines: u32,
}

/// Cash that moved without a sale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CashMoves {
    /// Put in.
    pub paid_in: Tally,
    /// Taken out.
    pub paid_out: Tally,
    /// Moved to the safe.
    pub dropped: Tally,
}

/// Everything a till ever sold in sessions. Never begins again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GrandTotal {
    /// Sold, with tax.
    pub sold: Minor,
    /// Taken back, with tax.
    pub returned: Minor,
}

/// The reading of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The session. Its Z has the same number: sessions are numbered without gaps, and each has one.
    pub session: SessionNo,
    /// The trading date of everything in it.
    pub business_day: Date,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was read; of a Z, when it was closed.
    pub read: Timestamp,
    /// Cash at opening.
    pub float: Minor,
    /// Sales and returns of the session.
    pub books: Books,
    /// Cash that moved without a sale.
    pub moves: CashMoves,
    /// How often the drawer was opened without a sale.
    pub no_sales: u64,
    /// What it took for layaways, and gave back.
    pub deposits: Deposits,
    /// Lines taken out of baskets before they were paid, and what those had cost.
    pub voided: Tally,
    /// Baskets suspended at the till and not recalled yet. They stay where they are.
    pub suspended: Vec<StillSuspended>,
    /// The first and the last receipt number the till gave while it was open.
    pub receipts: Option<(ReceiptNo, ReceiptNo)>,
    /// Facts of closed sessions that came since the Z before.
    pub late: Vec<Late>,
    /// Sales that the till knew of when it closed and had not sent yet. They will be late.
    pub pending: u64,
    /// With this session and what is late in it.
    pub grand: GrandTotal,
    /// What should be there of each kind that moved or was counted, and what was.
    pub tenders: Vec<TenderLine>,
}

impl Report {
    /// What should be there of a kind of tender: of cash the float, and what sales and returns, paid-ins,
    /// paid-outs and drops left of it; of the others what was taken and not given back.
    #[must_use]
    pub fn expected(&self, kind: TenderKind) -> Minor {
        let flow =
            self.books.tenders.get(kind.index()).map_or(Minor::ZERO, |flow| flow.net()).plus(self.deposits.net(kind));
        if kind != TenderKind::Cash {
            return flow;
        }
        let CashMoves { paid_in, paid_out, dropped } = self.moves;
        self.float.plus(flow).plus(paid_in.amount).minus(paid_out.amount).minus(dropped.amount)
    }

    /// The line of a kind of tender.
    #[must_use]
    pub fn line(&self, kind: TenderKind) -> Option<&TenderLine> {
        self.tenders.iter().find(|line| line.kind == kind)
    }

    /// What sales came to with tax, those that came late included.
    #[must_use]
    pub fn gross_sold(&self) -> Minor {
        let late = self.late.iter().map(|late| late.books.gross_sold()).sum();
        self.books.gross_sold().plus(late)
    }

    /// Fills in what a till has left suspended.
    pub(super) fn note_suspended(&mut self, till: TillNo, store: &Store) {
        let own = store.suspended().filter(|(_, one)| one.till == till);
        let still = own.map(|(basket, one)| StillSuspended {
            basket,
            at: one.at,
            lines: u32::try_from(one.basket.lines.len()).unwrap_or(u32::MAX),
        });
        self.suspended = still.collect();
    }

    /// Fills in what was counted: several counts of one kind, such as two boxes of coins, are one.
    pub(super) fn count(&mut self, counts: &[Count]) {
        self.tenders.clear();
        for kind in TenderKind::MONEY {
            let expected = self.expected(kind);
            let mut own = counts.iter().filter(|count| count.kind == kind);
            let moved = self.books.tenders.get(kind.index()).is_some_and(|flow| *flow != Default::default());
            let moved = moved || self.deposits.moved(kind);
            let counted = own.clone().map(|count| count.counted.clone()).reduce(together);
            let reason = own.find_map(|count| count.reason.clone());
            if kind == TenderKind::Cash || moved || counted.is_some() {
                self.tenders.push(TenderLine { kind, expected, counted, reason });
            }
        }
    }
}

/// Two counts of one kind: pieces stay pieces as long as both are.
fn together(one: Counted, other: Counted) -> Counted {
    match (one, other) {
        (Counted::Pieces(mut one), Counted::Pieces(other)) => {
            one.extend(other);
            Counted::Pieces(one)
        }
        (one, other) => Counted::Amount(one.total().plus(other.total())),
    }
}
