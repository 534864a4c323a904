//! Till sessions: what is asked of a drawer on its way in, reports and journals on their way out.

use super::answer::{Asked, receipt_text};
use super::enter::{Desk, Entered, Place, Refused, till};
use super::{Names, layaway};
use crate::limits;
use crate::message::{
    CloseSession, CountAndAmount, ErrorBody, GrandTotal, JournalEntry, MoveCash, NoSale, OpenSession, Pieces, Report,
    ReportCosts, ReportDisposition, ReportLate, ReportSuspended, ReportTax, ReportTender, RoundingInput,
    SetDrawerRules, TenderCount, XReport, Z,
};
use crate::value::{Amount, Currency, Day, Id, Position, Text, Time};
use crate::write::Object;
use onhand_engine::cash_rounding::{CashRounding, RoundingRule};
use onhand_engine::catalogue::Location;
use onhand_engine::command::{Action, Channel, Disposition, TenderKind};
use onhand_engine::drawer::books::{Books, ByRate, Flow, Tally, Turnover};
use onhand_engine::drawer::costs::Costs;
use onhand_engine::drawer::journal::JournalLine;
use onhand_engine::drawer::report::{self, Count, Counted, Denomination, TenderLine};
use onhand_engine::drawer::rules::DrawerRules;
use onhand_engine::drawer::{Ask, BusinessDay, Happening, Movement, Told};
use onhand_engine::event::{Event, Record};
use onhand_engine::ids::{ReceiptNo, Seq, SessionNo, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::tax::RatePpm;
use std::collections::{BTreeSet, HashSet};

pub(super) fn open<N: Names>(desk: &Desk<'_, N>, body: &OpenSession) -> Result<Entered, Refused> {
    desk.at(&body.location, None, |place| {
        place.check_currency(body.currency.0);
        let float = amount(body.float, Minor::ZERO, "float")?;
        let basis = place.location.tax.basis;
        let business_day = match body.business_day {
            Some(day) => BusinessDay::Named(day.0),
            None => BusinessDay::Today(place.location.day(place.names.now())),
        };
        asked(body.till, Ask::Open { business_day, float, basis })
    })
}

pub(super) fn moved<N: Names>(desk: &Desk<'_, N>, body: &MoveCash, movement: Movement) -> Result<Entered, Refused> {
    desk.at(&body.location, None, |place| {
        place.check_currency(body.currency.0);
        let amount = amount(body.amount, Minor(1), "amount")?;
        let (reason, person) = (body.reason.0.clone(), body.person.0.clone());
        asked(body.till, Ask::Move { movement, amount, reason, person })
    })
}

pub(super) fn no_sale<N: Names>(desk: &Desk<'_, N>, body: &NoSale) -> Result<Entered, Refused> {
    desk.at(&body.location, None, |_| asked(body.till, Ask::NoSale { reason: body.reason.0.clone() }))
}

pub(super) fn read<N: Names>(desk: &Desk<'_, N>, body: &XReport) -> Result<Entered, Refused> {
    desk.at(&body.location, None, |_| asked(body.till, Ask::Read))
}

pub(super) fn close<N: Names>(desk: &Desk<'_, N>, body: &CloseSession) -> Result<Entered, Refused> {
    desk.at(&body.location, None, |place| {
        place.check_currency(body.currency.0);
        let counts = body.counts.iter().enumerate().map(|(at, one)| count(at, one, place)).collect::<Result<_, _>>()?;
        asked(body.till, Ask::Close { session: body.session.map(SessionNo), counts, pending: body.pending })
    })
}

pub(super) fn rules<N: Names>(desk: &Desk<'_, N>, body: &SetDrawerRules) -> Result<Entered, Refused> {
    desk.at(&body.location, None, |_| {
        let rounding = body.cash_rounding.map(|rounding| {
            let due = rule(rounding.due, "cash_rounding.due.step")?;
            let change = rounding.change.map_or(Ok(due), |change| rule(change, "cash_rounding.change.step"))?;
            Ok::<_, Refused>(CashRounding { due, change })
        });
        let named: HashSet<_> = body.accounts.iter().map(|one| one.account).collect();
        if named.len() != body.accounts.len() {
            return Err(Box::new(ErrorBody::new(1001, "an account is named twice").at("accounts")));
        }
        let accounts = body.accounts.iter().map(|one| (one.account.into(), one.code.0.clone())).collect();
        Ok(Action::SetDrawerRules { rules: Box::new(DrawerRules { rounding: rounding.transpose()?, accounts }) })
    })
}

fn asked(no: u16, ask: Ask) -> Result<Action, Refused> {
    till(Some(no)).map(|_| Action::Drawer { till: TillNo(no), ask })
}

fn amount(amount: Amount, min: Minor, field: impl Into<String>) -> Result<Minor, Refused> {
    if (min..=Minor::MAX).contains(&amount.0) {
        return Ok(amount.0);
    }
    let text = format!("the amount is not from {} to 10,000,000,000,000 minor units", min.0);
    Err(Box::new(ErrorBody::new(3003, text).at(field)))
}

fn rule(rule: RoundingInput, field: &str) -> Result<RoundingRule, Refused> {
    if rule.step == 0 {
        return Err(Box::new(ErrorBody::new(1001, "a step is the smallest coin in minor units, above zero").at(field)));
    }
    Ok(RoundingRule { step: rule.step, direction: rule.direction.into(), tie: rule.tie.into() })
}

fn count<N: Names>(at: usize, input: &TenderCount, place: &Place<'_, N>) -> Result<Count, Refused> {
    let kind = TenderKind::from(input.kind);
    let refuse =
        |text: &str, field: &str| Err(Box::new(ErrorBody::new(1001, text).at(format!("counts[{at}].{field}"))));
    if matches!(kind, TenderKind::CashRounding | TenderKind::Deposit) {
        return refuse("this is no money and cannot be counted", "type");
    }
    let counted = match (input.amount, &input.pieces) {
        (Some(sum), None) => Counted::Amount(amount(sum, Minor(-Minor::MAX.0), format!("counts[{at}].amount"))?),
        (None, Some(pieces)) => Counted::Pieces(self::pieces(at, pieces, place)?),
        _ => return refuse("say what was counted as either `amount` or `pieces`", "amount"),
    };
    Ok(Count { kind, counted, reason: input.reason.clone().map(|reason| reason.0) })
}

fn pieces<N: Names>(at: usize, pieces: &[Pieces], place: &Place<'_, N>) -> Result<Vec<Denomination>, Refused> {
    if pieces.len() > limits::LINES_MAX {
        place.check_count(pieces.len())?;
    }
    let piece = |(no, one): (usize, &Pieces)| {
        let value = amount(one.value, Minor(1), format!("counts[{at}].pieces[{no}].value"))?;
        Ok(Denomination { value, pieces: one.count })
    };
    let all: Vec<Denomination> = pieces.iter().enumerate().map(piece).collect::<Result<_, Refused>>()?;
    amount(Amount(Counted::Pieces(all.clone()).total()), Minor::ZERO, format!("counts[{at}].pieces"))?;
    Ok(all)
}

/// The word for what came of it.
pub(super) const fn word(told: &Told) -> &'static str {
    match told {
        Told::SessionOpened { .. } => "session_opened",
        Told::CashMoved(movement) => movement.name(),
        Told::NoSaleOpened => "no_sale",
        Told::Read(_) => "x_report",
        Told::SessionClosed(_) => "session_closed",
    }
}

/// Writes what a reply has beside its place and time.
pub(super) fn fields(object: &mut Object<'_>, asked: &Asked, told: &Told) {
    match (told, &asked.drawer) {
        (Told::SessionOpened { session }, _) => object.number("session", u64::from(session.0)),
        (Told::Read(read) | Told::SessionClosed(read), Some((location, till))) => {
            // A Vec takes whatever is written, and no map here has a key that is not a string.
            let _ = serde_json::to_writer(object.field("report"), &report(read, location, *till));
        }
        _ => {}
    }
}

/// A closed session, as its record has it; none for any other record. What goods had cost is told where
/// `with_costs` says so: without it the journal sums to zero, too.
#[must_use]
pub fn z(seq: Seq, record: &Record, location: &Location, with_costs: bool) -> Option<Z> {
    let Event::Drawer { till, happening: Happening::SessionClosed { z, journal } } = &record.event else {
        return None;
    };
    Some(Z {
        seq: Position(seq),
        time: Time(record.time),
        report: Report { costs: with_costs.then(|| costs(z)), ..report(z, location, *till) },
        journal: journal.iter().filter(|line| with_costs || !line.is_of_costs()).map(entry).collect(),
    })
}

/// The reading of a session.
pub(super) fn report(report: &report::Report, location: &Location, till: TillNo) -> Report {
    let receipt = |no: ReceiptNo| receipt_text(&location.code, till, no);
    Report {
        location: Text(location.code.clone()),
        till: till.0,
        session: report.session.0,
        business_day: Day(report.business_day),
        opened: Time(report.opened),
        read: Time(report.read),
        currency: Currency(location.currency),
        float: Amount(report.float),
        sales: report.books.sales,
        sold: Amount(report.books.gross_sold()),
        returns: report.books.returns,
        returned: Amount(report.books.gross_returned()),
        taxes: taxes(&report.books),
        dispositions: dispositions(&report.books),
        voids: tally(report.books.voids),
        costs: None,
        discounts: tally(report.books.discounts),
        cash_rounding: Amount(report.books.rounding),
        tenders: report.tenders.iter().map(|line| tender(line, flow(&report.books, line.kind))).collect(),
        paid_in: tally(report.moves.paid_in),
        paid_out: tally(report.moves.paid_out),
        dropped: tally(report.moves.dropped),
        no_sales: report.no_sales,
        deposits: layaway::deposits(&report.deposits, report.books.deposits_used),
        voided: tally(report.voided),
        suspended: report.suspended.iter().map(suspended).collect(),
        first_receipt: report.receipts.map(|(first, _)| receipt(first)),
        last_receipt: report.receipts.map(|(_, last)| receipt(last)),
        late: report.late.iter().map(late).collect(),
        pending: report.pending,
        grand_total: GrandTotal { sold: Amount(report.grand.sold), returned: Amount(report.grand.returned) },
    }
}

fn tally(tally: Tally) -> CountAndAmount {
    CountAndAmount { count: tally.count, amount: Amount(tally.amount) }
}

fn dispositions(books: &Books) -> Vec<ReportDisposition> {
    let all = Disposition::ALL.into_iter().zip(&books.dispositions).filter(|(_, tally)| tally.count > 0);
    let one = |(disposition, tally): (Disposition, &Tally)| ReportDisposition {
        disposition: disposition.into(),
        count: tally.count,
        amount: Amount(tally.amount),
    };
    all.map(one).collect()
}

fn costs(report: &report::Report) -> ReportCosts {
    let all = || report.late.iter().map(|late| &late.books.costs).chain([&report.books.costs]);
    ReportCosts {
        sold: Amount(all().map(|costs| costs.sold).sum()),
        returned: Amount(all().map(Costs::back).sum()),
        unknown_lines: all().map(Costs::unknown).fold(0, u64::saturating_add),
    }
}

fn flow(books: &Books, kind: TenderKind) -> Flow {
    books.tenders.get(kind.index()).copied().unwrap_or_default()
}

fn taxes(books: &Books) -> Vec<ReportTax> {
    let rates: BTreeSet<(Channel, RatePpm)> = books.sold.keys().chain(books.returned.keys()).copied().collect();
    let of = |sums: &ByRate, rate| sums.get(&rate).copied().unwrap_or_default();
    let tax = |rate: (Channel, RatePpm)| {
        let (sold, returned): (Turnover, Turnover) = (of(&books.sold, rate), of(&books.returned, rate));
        ReportTax {
            channel: rate.0.into(),
            rate_ppm: rate.1.0,
            net: Amount(sold.net),
            tax: Amount(sold.tax),
            returned_net: Amount(returned.net),
            returned_tax: Amount(returned.tax),
        }
    };
    rates.into_iter().map(tax).collect()
}

fn moved_of(kind: TenderKind, flow: Flow) -> ReportTender {
    ReportTender {
        kind: kind.into(),
        taken: Amount(flow.taken),
        change: Amount(flow.change),
        refunded: Amount(flow.refunded),
        expected: None,
        counted: None,
        variance: None,
        reason: None,
        pieces: Vec::new(),
    }
}

fn tender(line: &TenderLine, flow: Flow) -> ReportTender {
    let piece = |one: &Denomination| Pieces { value: Amount(one.value), count: one.pieces };
    ReportTender {
        expected: Some(Amount(line.expected)),
        counted: line.counted.as_ref().map(|counted| Amount(counted.total())),
        variance: line.counted.as_ref().map(|_| Amount(line.variance())),
        reason: line.reason.as_ref().map(Into::into),
        pieces: match &line.counted {
            Some(Counted::Pieces(pieces)) => pieces.iter().map(piece).collect(),
            _ => Vec::new(),
        },
        ..moved_of(line.kind, flow)
    }
}

fn suspended(one: &report::StillSuspended) -> ReportSuspended {
    ReportSuspended { basket: Id::from(one.basket), suspended: Time(one.at), lines: one.lines }
}

fn late(late: &report::Late) -> ReportLate {
    let moved = |kind: &TenderKind| flow(&late.books, *kind) != Flow::default();
    let kinds = TenderKind::MONEY.into_iter().filter(moved);
    ReportLate {
        session: late.session.0,
        business_day: Day(late.business_day),
        sales: late.books.sales,
        sold: Amount(late.books.gross_sold()),
        taxes: taxes(&late.books),
        cash_rounding: Amount(late.books.rounding),
        tenders: kinds.map(|kind| moved_of(kind, flow(&late.books, kind))).collect(),
    }
}

fn entry(line: &JournalLine) -> JournalEntry {
    JournalEntry {
        account: line.account.into(),
        code: line.code.to_string(),
        posting: line.posting.into(),
        tender: line.tender.map(Into::into),
        channel: line.rate.map(|(channel, _)| channel.into()),
        rate_ppm: line.rate.map(|(_, rate)| rate.0),
        late_session: line.late.map(|session| session.0),
        unknown_lines: line.unknown_lines,
        debit: Amount(line.amount.max(Minor::ZERO)),
        credit: Amount(Minor::ZERO.minus(line.amount.min(Minor::ZERO))),
    }
}
