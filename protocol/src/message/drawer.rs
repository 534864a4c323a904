//! Till sessions on the wire: what may be asked of a drawer, and the reports it answers with.

use super::layaway::ReportDeposits;
use super::word::{Account, Channel, Direction, Disposition, Posting, TenderType, Tie};
use crate::value::{Amount, Currency, Day, Id, Label, LocationCode, Owner, Position, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! asked {
    ($(#[$doc:meta])* $name:ident { $($(#[$field:meta])* $field_name:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field])* pub $field_name: $kind,)*
        }
    };
}

macro_rules! told {
    ($(#[$doc:meta])* $name:ident { $($(#[$field:meta])* $field_name:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            $($(#[$field])* pub $field_name: $kind,)*
        }
    };
}

asked!(
    /// Begin a till session.
    OpenSession {
        /// Where.
        location: LocationCode,
        /// The till, 1 to 9999.
        till: u16,
        /// The currency of the float.
        currency: Currency,
        /// The trading date of everything in it, such as `2026-01-31`; default: the day at the location.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        business_day: Option<Day>,
        /// Cash in the drawer.
        float: Amount,
    }
);
asked!(
    /// Cash that moves without a sale: paid in, paid out, or dropped into the safe.
    MoveCash {
        /// Where.
        location: LocationCode,
        /// The till, 1 to 9999.
        till: u16,
        /// The currency of the amount.
        currency: Currency,
        /// How much, above zero.
        amount: Amount,
        /// Why.
        reason: Label,
        /// Who did it.
        person: Owner,
    }
);
asked!(
    /// The drawer was opened without a sale.
    NoSale {
        /// Where.
        location: LocationCode,
        /// The till, 1 to 9999.
        till: u16,
        /// Why.
        reason: Label,
    }
);
asked!(
    /// The totals of the open session. Changes nothing.
    XReport {
        /// Where.
        location: LocationCode,
        /// The till, 1 to 9999.
        till: u16,
    }
);
asked!(
    /// Close a session with what was counted. Whatever was counted closes it.
    CloseSession {
        /// Where.
        location: LocationCode,
        /// The till, 1 to 9999.
        till: u16,
        /// The currency of the counts.
        currency: Currency,
        /// The session that was counted; default: the one that is open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<u32>,
        /// What was counted. A kind of tender that is not here was not counted.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        counts: Vec<TenderCount>,
        /// Sales that the till has not sent yet. They come as late ones.
        #[serde(default, skip_serializing_if = "is_zero")]
        pending: u64,
    }
);
asked!(
    /// The count of one kind of tender: an `amount`, or `pieces` of notes and coins.
    TenderCount {
        /// The kind.
        #[serde(rename = "type")]
        kind: TenderType,
        /// How much there was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
        /// Note by note and coin by coin.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pieces: Option<Vec<Pieces>>,
        /// Why it is not what it should be.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Label>,
    }
);
asked!(
    /// So many of one note or coin.
    #[derive(Copy)]
    Pieces {
        /// What one is worth.
        value: Amount,
        /// How many there are.
        count: u32,
    }
);
asked!(
    /// Set what the drawers of a location go by, in the place of what was set before.
    SetDrawerRules {
        /// Where.
        location: LocationCode,
        /// How cash is rounded; none: to the minor unit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cash_rounding: Option<CashRoundingInput>,
        /// The location's own codes of accounts; the others keep theirs by default.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        accounts: Vec<AccountCode>,
    }
);
asked!(
    /// How cash is rounded.
    #[derive(Copy)]
    CashRoundingInput {
        /// What a customer owes in cash, where no change is given.
        due: RoundingInput,
        /// Change and refunds in cash; default: as what is due.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change: Option<RoundingInput>,
    }
);
asked!(
    /// To which multiples of a step amounts are rounded.
    #[derive(Copy)]
    RoundingInput {
        /// The smallest coin, in minor units.
        step: u32,
        /// To which multiple; default: the nearest.
        #[serde(default = "nearest", skip_serializing_if = "is_nearest")]
        direction: Direction,
        /// Where an amount exactly between two goes; default: up.
        #[serde(default = "up", skip_serializing_if = "is_up")]
        tie: Tie,
    }
);
asked!(
    /// A location's own code of an account.
    AccountCode {
        /// The account.
        account: Account,
        /// Its code in the location's bookkeeping.
        code: Label,
    }
);
told!(
    /// A session began.
    SessionOpened {
        /// Its place in the log.
        seq: Position,
        /// When it was decided.
        time: Time,
        /// Its number: the till's own, without gaps. Its Z will have the same one.
        session: u32,
    }
);
told!(
    /// The reading of a session, with what a command's answer has.
    SessionReport {
        /// Its place in the log; "0" for an X, which is not recorded.
        seq: Position,
        /// When it was decided.
        time: Time,
        /// The reading.
        report: Report,
    }
);
told!(
    /// `GET /v1/z/{location}/{till}/{session}`: a Z and its journal.
    Z {
        /// Its place in the log.
        seq: Position,
        /// When the session was closed.
        time: Time,
        /// The Z.
        report: Report,
        /// Its journal, which sums to zero. What goods had cost is in it for those who may know that.
        journal: Vec<JournalEntry>,
    }
);
told!(
    /// The reading of a session: an X while it is open, its Z once it was closed.
    Report {
        /// Where.
        location: LocationCode,
        /// The till.
        till: u16,
        /// The number of the session and of its Z.
        session: u32,
        /// The trading date of everything in it.
        business_day: Day,
        /// When it was opened.
        opened: Time,
        /// When it was read; of a Z, when it was closed.
        read: Time,
        /// The currency of every amount here.
        currency: Currency,
        /// Cash at opening.
        float: Amount,
        /// Sales.
        sales: u64,
        /// What they came to, with tax.
        sold: Amount,
        /// Returns.
        returns: u64,
        /// What they came to, with tax.
        returned: Amount,
        /// Revenue and tax by channel and rate.
        taxes: Vec<ReportTax>,
        /// The returns by what became of the goods, with tax; those that there were.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        dispositions: Vec<ReportDisposition>,
        /// The returns among them that cancelled a whole sale, with tax.
        voids: CountAndAmount,
        /// What the goods had cost, for those who may know it: never in the answer to a command.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        costs: Option<ReportCosts>,
        /// Lines below their shelf price, and by how much.
        discounts: CountAndAmount,
        /// Cash rounding; below zero is to the shop's favour.
        cash_rounding: Amount,
        /// Tenders with what should be there, and what was counted.
        tenders: Vec<ReportTender>,
        /// Cash paid in.
        paid_in: CountAndAmount,
        /// Cash paid out.
        paid_out: CountAndAmount,
        /// Cash dropped into the safe.
        dropped: CountAndAmount,
        /// How often the drawer was opened without a sale.
        no_sales: u64,
        /// What it took for layaways and gave back, where it did. It is in `expected` of the tenders.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deposits: Option<ReportDeposits>,
        /// Lines taken out of baskets before they were paid, and what those had cost.
        voided: CountAndAmount,
        /// Baskets suspended at the till and not recalled yet. They stay where they are.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        suspended: Vec<ReportSuspended>,
        /// The first receipt of the session, such as `S1-3-42`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_receipt: Option<String>,
        /// The last receipt of the session.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_receipt: Option<String>,
        /// Sales of closed sessions that came since the Z before.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        late: Vec<ReportLate>,
        /// Sales that the till had not sent when it closed.
        pending: u64,
        /// Everything the till ever sold in sessions, with tax, this one included. Never begins again.
        grand_total: GrandTotal,
    }
);
told!(
    /// A basket that was suspended at the till and waits to be recalled.
    #[derive(Copy)]
    ReportSuspended {
        /// Its name.
        basket: Id,
        /// When it was suspended.
        suspended: Time,
        /// How many lines it has.
        lines: u32,
    }
);
told!(
    /// Returns of one disposition.
    #[derive(Copy)]
    ReportDisposition {
        /// What became of the goods.
        disposition: Disposition,
        /// How many returns.
        count: u64,
        /// What they came to, with tax.
        amount: Amount,
    }
);
told!(
    /// What goods had cost the shop, those that came late included.
    #[derive(Copy)]
    ReportCosts {
        /// Of what was sold.
        sold: Amount,
        /// Of what came back.
        returned: Amount,
        /// Lines of sales and returns of which it is not known: they are in neither.
        unknown_lines: u64,
    }
);
told!(
    /// How often, and how much together.
    #[derive(Copy)]
    CountAndAmount {
        /// How often.
        count: u64,
        /// How much.
        amount: Amount,
    }
);
told!(
    /// Revenue and tax of one channel at one rate.
    #[derive(Copy)]
    ReportTax {
        /// Where the demand came from.
        channel: Channel,
        /// The whole rate in parts per million.
        rate_ppm: u32,
        /// Sold, without tax.
        net: Amount,
        /// The tax on it.
        tax: Amount,
        /// Given back, without tax.
        returned_net: Amount,
        /// The tax given back.
        returned_tax: Amount,
    }
);
told!(
    /// One kind of tender.
    ReportTender {
        /// The kind.
        #[serde(rename = "type")]
        kind: TenderType,
        /// Taken in sales.
        taken: Amount,
        /// Given back as change.
        change: Amount,
        /// Paid out for returns.
        refunded: Amount,
        /// What should be there; of cash with the float and what moved without a sale.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expected: Option<Amount>,
        /// What was counted; none: it was not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        counted: Option<Amount>,
        /// Counted minus expected: over is above zero, short below.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        variance: Option<Amount>,
        /// Why they differ.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Label>,
        /// What was counted note by note and coin by coin.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pieces: Vec<Pieces>,
    }
);
told!(
    /// Sales that came after their session was closed.
    ReportLate {
        /// The session they belong to.
        session: u32,
        /// Its trading date.
        business_day: Day,
        /// How many.
        sales: u64,
        /// What they came to, with tax.
        sold: Amount,
        /// Revenue and tax by channel and rate.
        taxes: Vec<ReportTax>,
        /// Cash rounding.
        cash_rounding: Amount,
        /// How they were paid.
        tenders: Vec<ReportTender>,
    }
);
told!(
    /// Everything a till ever sold in sessions.
    #[derive(Copy)]
    GrandTotal {
        /// Sold, with tax.
        sold: Amount,
        /// Taken back, with tax.
        returned: Amount,
    }
);
told!(
    /// One line of a journal.
    JournalEntry {
        /// The account.
        account: Account,
        /// Its code at the location when the session was closed.
        code: String,
        /// Why.
        posting: Posting,
        /// The kind of tender it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tender: Option<TenderType>,
        /// Where the demand came from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        channel: Option<Channel>,
        /// The rate of tax in parts per million.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rate_ppm: Option<u32>,
        /// The session it belongs to, where it came late.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        late_session: Option<u32>,
        /// Of how many lines of sales and returns nothing is posted, because their cost is not known.
        #[serde(default, skip_serializing_if = "is_zero")]
        unknown_lines: u64,
        /// One of the two is zero, or both.
        debit: Amount,
        /// One of the two is zero, or both.
        credit: Amount,
    }
);

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

const fn nearest() -> Direction {
    Direction::Nearest
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_nearest(direction: &Direction) -> bool {
    *direction == Direction::Nearest
}

const fn up() -> Tie {
    Tie::Up
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field by reference")]
fn is_up(tie: &Tie) -> bool {
    *tie == Tie::Up
}
