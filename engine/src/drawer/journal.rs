//! The accounting journal of a Z: double entry in minor units. Every posting has its counterpart in
//! the same journal, so that it sums to zero whatever the day brought.

use crate::command::{Channel, Disposition, TenderKind};
use crate::drawer::books::{Books, ByRate, Deposits};
use crate::drawer::costs::Costs;
use crate::drawer::report::{Late, Report};
use crate::drawer::rules::{Account, DrawerRules};
use crate::ids::SessionNo;
use crate::money::Minor;
use crate::tax::RatePpm;

/// Why something is posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Posting {
    /// The float came out of the safe.
    Float,
    /// Revenue of sales, without tax.
    Sales,
    /// Revenue given back, without tax.
    Returns,
    /// Tax of sales, without that of returns.
    Tax,
    /// Means of payment taken in sales, without change.
    Taken,
    /// Means of payment given back for returns.
    Refunded,
    /// Cash rounding.
    Rounding,
    /// Deposits for layaways.
    Deposited,
    /// Deposits that went back.
    DepositsBack,
    /// Deposits that paid a sale.
    DepositsUsed,
    /// Deposits kept as fees.
    DepositsKept,
    /// Cash put in.
    PaidIn,
    /// Cash taken out.
    PaidOut,
    /// Cash moved to the safe while the session was open.
    Drop,
    /// Counted minus expected.
    Variance,
    /// What was left in the drawer went to the safe.
    Emptied,
    /// What goods had cost that were sold.
    Cost,
    /// What goods had cost that came back.
    CostBack,
    /// Lines of which nobody knows what they had cost: their number, and no amount.
    CostUnknown,
}

impl Posting {
    /// The word for it on the wire, in the order of their appearance.
    pub const ALL: [(Posting, &'static str); 19] = [
        (Posting::Float, "float"),
        (Posting::Sales, "sales"),
        (Posting::Returns, "returns"),
        (Posting::Tax, "tax"),
        (Posting::Taken, "taken"),
        (Posting::Refunded, "refunded"),
        (Posting::Rounding, "rounding"),
        (Posting::Deposited, "deposited"),
        (Posting::DepositsBack, "deposits_back"),
        (Posting::DepositsUsed, "deposits_used"),
        (Posting::DepositsKept, "deposits_kept"),
        (Posting::PaidIn, "paid_in"),
        (Posting::PaidOut, "paid_out"),
        (Posting::Drop, "drop"),
        (Posting::Variance, "variance"),
        (Posting::Emptied, "emptied"),
        (Posting::Cost, "cost"),
        (Posting::CostBack, "cost_back"),
        (Posting::CostUnknown, "cost_unknown"),
    ];

    /// The word for it on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(posting, _)| *posting == self).map_or("", |(_, name)| name)
    }
}

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalLine {
    /// Which account.
    pub account: Account,
    /// Its code at the location when the session was closed.
    pub code: Box<str>,
    /// Why.
    pub posting: Posting,
    /// The kind of tender it is about.
    pub tender: Option<TenderKind>,
    /// Where the demand came from, and the rate of tax.
    pub rate: Option<(Channel, RatePpm)>,
    /// The session it belongs to, where it came late.
    pub late: Option<SessionNo>,
    /// Of how many lines of sales and returns nothing is posted because their cost is not known; otherwise zero.
    pub unknown_lines: u64,
    /// Debit above zero, credit below.
    pub amount: Minor,
}

impl JournalLine {
    /// Whether it tells what goods had cost. Such lines sum to zero by themselves.
    #[must_use]
    pub const fn is_of_costs(&self) -> bool {
        matches!(self.posting, Posting::Cost | Posting::CostBack | Posting::CostUnknown)
    }
}

/// The journal of a closed session.
#[must_use]
pub fn journal(z: &Report, rules: &DrawerRules) -> Vec<JournalLine> {
    let mut page = Page { rules, lines: Vec::new(), late: None };
    page.transfer(Account::Drawer, Account::Safe, Posting::Float, z.float);
    page.revenue(&z.books);
    for kind in TenderKind::MONEY {
        page.tender(kind, Account::of_tender(kind), &z.books);
    }
    page.deposits(&z.deposits);
    page.costs(&z.books.costs);
    page.transfer(Account::Drawer, Account::PaidIn, Posting::PaidIn, z.moves.paid_in.amount);
    page.transfer(Account::PaidOut, Account::Drawer, Posting::PaidOut, z.moves.paid_out.amount);
    page.transfer(Account::Safe, Account::Drawer, Posting::Drop, z.moves.dropped.amount);
    for line in &z.tenders {
        let account = Account::of_tender(line.kind);
        page.of(line.kind).transfer(account, Account::OverShort, Posting::Variance, line.variance());
    }
    let cash = z.line(TenderKind::Cash).map_or(Minor::ZERO, |line| line.expected.plus(line.variance()));
    page.transfer(Account::Safe, Account::Drawer, Posting::Emptied, cash);
    // The last on the page: from here on each line says which session it belongs to.
    for late in &z.late {
        page.late(late);
    }
    page.lines
}

struct Page<'a> {
    rules: &'a DrawerRules,
    lines: Vec<JournalLine>,
    late: Option<SessionNo>,
}

/// A page on which a kind of tender is written beside the postings.
struct Of<'p, 'a> {
    page: &'p mut Page<'a>,
    kind: TenderKind,
}

impl Of<'_, '_> {
    fn transfer(self, debit: Account, credit: Account, posting: Posting, amount: Minor) {
        let from = self.page.lines.len();
        self.page.transfer(debit, credit, posting, amount);
        self.page.lines.iter_mut().skip(from).for_each(|line| line.tender = Some(self.kind));
    }
}

impl<'a> Page<'a> {
    fn of(&mut self, kind: TenderKind) -> Of<'_, 'a> {
        Of { page: self, kind }
    }

    /// Posts an amount that is a debit above zero; nothing for nothing.
    fn post(&mut self, account: Account, posting: Posting, amount: Minor) -> Option<&mut JournalLine> {
        if amount == Minor::ZERO {
            return None;
        }
        let code = self.rules.code(account).into();
        self.lines.push(JournalLine {
            account,
            code,
            posting,
            tender: None,
            rate: None,
            late: self.late,
            unknown_lines: 0,
            amount,
        });
        self.lines.last_mut()
    }

    /// What was sold leaves the inventory as cost of goods; what came back goes where it went.
    fn costs(&mut self, costs: &Costs) {
        self.transfer(Account::CostOfGoods, Account::Inventory, Posting::Cost, costs.sold);
        for (disposition, cost) in Disposition::ALL.into_iter().zip(costs.returned) {
            let account = Account::of_disposition(disposition);
            self.transfer(account, Account::CostOfGoods, Posting::CostBack, cost);
        }
        if costs.unknown() > 0 {
            let (account, late) = (Account::CostOfGoods, self.late);
            let code = self.rules.code(account).into();
            let (tender, rate, amount) = (None, None, Minor::ZERO);
            let (posting, unknown_lines) = (Posting::CostUnknown, costs.unknown());
            self.lines.push(JournalLine { account, code, posting, tender, rate, late, unknown_lines, amount });
        }
    }

    /// Posts an amount to one account and its counterpart to another.
    fn transfer(&mut self, debit: Account, credit: Account, posting: Posting, amount: Minor) {
        self.post(debit, posting, amount);
        self.post(credit, posting, Minor::ZERO.minus(amount));
    }

    fn deposits(&mut self, deposits: &Deposits) {
        for (kind, tally) in TenderKind::MONEY.into_iter().zip(deposits.taken) {
            let account = Account::of_tender(kind);
            self.of(kind).transfer(account, Account::Deposits, Posting::Deposited, tally.amount);
        }
        for (kind, tally) in TenderKind::MONEY.into_iter().zip(deposits.given_back) {
            let account = Account::of_tender(kind);
            self.of(kind).transfer(Account::Deposits, account, Posting::DepositsBack, tally.amount);
        }
        self.transfer(Account::Deposits, Account::DepositFees, Posting::DepositsKept, deposits.kept.amount);
    }

    /// Revenue, tax, rounding and deposits used: what the tenders of the same books are the counterpart of.
    fn revenue(&mut self, books: &Books) {
        self.by_rate(Account::Revenue, Posting::Sales, &books.sold, -1, |turnover| turnover.net);
        self.by_rate(Account::Returns, Posting::Returns, &books.returned, 1, |turnover| turnover.net);
        self.by_rate(Account::TaxPayable, Posting::Tax, &books.sold, -1, |turnover| turnover.tax);
        self.by_rate(Account::TaxPayable, Posting::Returns, &books.returned, 1, |turnover| turnover.tax);
        self.post(Account::CashRounding, Posting::Rounding, books.rounding);
        self.post(Account::Deposits, Posting::DepositsUsed, books.deposits_used);
    }

    fn by_rate(
        &mut self,
        account: Account,
        posting: Posting,
        sums: &ByRate,
        sign: i64,
        part: fn(&super::books::Turnover) -> Minor,
    ) {
        for (rate, turnover) in sums {
            let amount = Minor(part(turnover).0.saturating_mul(sign));
            if let Some(line) = self.post(account, posting, amount) {
                line.rate = Some(*rate);
            }
        }
    }

    fn tender(&mut self, kind: TenderKind, account: Account, books: &Books) {
        let flow = books.tenders.get(kind.index()).copied().unwrap_or_default();
        let parts =
            [(Posting::Taken, flow.taken.minus(flow.change)), (Posting::Refunded, Minor::ZERO.minus(flow.refunded))];
        for (posting, amount) in parts {
            if let Some(line) = self.post(account, posting, amount) {
                line.tender = Some(kind);
            }
        }
    }

    /// What came late was taken while its session was open. What was counted then was found as a
    /// surplus, which this undoes; cash that nobody counted has gone to the safe unnoticed.
    fn late(&mut self, late: &Late) {
        self.late = Some(late.session);
        self.revenue(&late.books);
        for kind in TenderKind::MONEY {
            let was_counted = late.counted.get(kind.index()).copied().unwrap_or_default();
            let account = match kind {
                _ if was_counted => Account::OverShort,
                TenderKind::Cash => Account::Safe,
                _ => Account::of_tender(kind),
            };
            self.tender(kind, account, &late.books);
        }
        self.costs(&late.books.costs);
    }
}
