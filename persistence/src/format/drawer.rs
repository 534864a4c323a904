//! The forms of what belongs to drawers: what happened to one, its state, its reports, its rules.

use super::DecodeError;
use super::books::{Books, tally_in, tally_out};
use super::codes::Coded;
use super::event::code;
use onhand_engine::cash_rounding::{self, Direction, Tie};
use onhand_engine::command::{Channel, TenderKind};
use onhand_engine::date::Date;
use onhand_engine::drawer::books::{self, MONEY_KINDS};
use onhand_engine::drawer::journal::{self, Posting};
use onhand_engine::drawer::report::{self, Counted, Denomination, GrandTotal, StillSuspended};
use onhand_engine::drawer::rules::{self, Account};
use onhand_engine::drawer::{self, Movement, Told};
use onhand_engine::ids::{Label, ReceiptNo, ReservationId, SessionNo};
use onhand_engine::money::Minor;
use onhand_engine::tax::{PriceBasis, RatePpm};
use onhand_engine::time::Timestamp;
use rkyv::{Archive, Deserialize, Serialize};

/// What happened to a drawer. New members go to the end; none is ever changed or removed.
#[derive(Archive, Serialize, Deserialize)]
pub(super) enum Happening {
    SessionOpened { session: u32, opened: u64, business_day: u32, float: i64, basis: u8 },
    CashMoved { movement: u8, amount: i64, reason: String, person: String },
    NoSaleOpened { reason: String },
    SessionClosed { z: Box<Report>, journal: Vec<JournalLine> },
}

/// What an asker was told. New members go to the end.
#[derive(Archive, Serialize, Deserialize)]
pub(super) enum AnyTold {
    SessionOpened { session: u32 },
    CashMoved { movement: u8 },
    NoSaleOpened,
    Read(Box<Report>),
    SessionClosed(Box<Report>),
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct JournalLine {
    account: u8,
    code: String,
    posting: u8,
    tender: Option<u8>,
    rate: Option<(u8, u32)>,
    late: Option<u32>,
    unknown_lines: u64,
    amount: i64,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Late {
    session: u32,
    business_day: u32,
    counted: [bool; MONEY_KINDS],
    books: Books,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) enum AnyCounted {
    Amount(i64),
    Pieces(Vec<(i64, u32)>),
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct TenderLine {
    kind: u8,
    expected: i64,
    counted: Option<AnyCounted>,
    reason: Option<String>,
}

/// Taken and given back by kind of tender, and kept: how often, how much. Empty where nothing moved.
type Deposits = Vec<(u64, i64)>;

/// Cash paid in, paid out and dropped: how often, how much.
type Moves = [(u64, i64); 3];

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Report {
    session: u32,
    business_day: u32,
    opened: u64,
    read: u64,
    float: i64,
    books: Books,
    moves: Moves,
    no_sales: u64,
    deposits: Deposits,
    voided: (u64, i64),
    /// Name, when, lines.
    suspended: Vec<(u128, u64, u32)>,
    receipts: Option<(u64, u64)>,
    late: Vec<Late>,
    pending: u64,
    grand: (i64, i64),
    tenders: Vec<TenderLine>,
}

#[derive(Archive, Serialize, Deserialize)]
struct Session {
    opened: u64,
    business_day: u32,
    float: i64,
    basis: u8,
    books: Books,
    moves: Moves,
    no_sales: u64,
    deposits: Deposits,
    voided: (u64, i64),
    receipts: Option<(u64, u64)>,
}

#[derive(Archive, Serialize, Deserialize)]
struct Closed {
    opened: u64,
    closed: u64,
    business_day: u32,
    basis: u8,
    counted: [bool; MONEY_KINDS],
}

/// The state of a drawer.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct DrawerPart {
    session: Option<Session>,
    closed: Vec<Closed>,
    late: Vec<(u32, Books)>,
    grand: (i64, i64),
}

#[derive(Archive, Serialize, Deserialize)]
struct Rule {
    step: u32,
    direction: u8,
    tie: u8,
}

/// What the drawers of a location go by.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct RulesPart {
    /// For what is due, and for change.
    rounding: Option<(Rule, Rule)>,
    accounts: Vec<(u8, String)>,
}

fn day(number: u32) -> Result<Date, DecodeError> {
    Date::numbered(number).ok_or_else(|| DecodeError(format!("{number} is no date")))
}

fn label(reason: Option<&Label>) -> Option<String> {
    reason.map(ToString::to_string)
}

fn receipts_out(receipts: Option<(ReceiptNo, ReceiptNo)>) -> Option<(u64, u64)> {
    receipts.map(|(first, last)| (first.0, last.0))
}

fn receipts_in(receipts: Option<(u64, u64)>) -> Option<(ReceiptNo, ReceiptNo)> {
    receipts.map(|(first, last)| (ReceiptNo(first), ReceiptNo(last)))
}

fn deposits_out(deposits: &books::Deposits) -> Deposits {
    if *deposits == books::Deposits::default() {
        return Vec::new();
    }
    deposits.taken.iter().chain(&deposits.given_back).chain([&deposits.kept]).copied().map(tally_out).collect()
}

fn deposits_in(tallies: &Deposits) -> books::Deposits {
    let mut deposits = books::Deposits::default();
    let books::Deposits { taken, given_back, kept } = &mut deposits;
    for (into, tally) in taken.iter_mut().chain(given_back).chain([kept]).zip(tallies) {
        *into = tally_in(*tally);
    }
    deposits
}

fn moves_out(moves: report::CashMoves) -> Moves {
    [moves.paid_in, moves.paid_out, moves.dropped].map(tally_out)
}

fn moves_in(moves: Moves) -> report::CashMoves {
    let [paid_in, paid_out, dropped] = moves.map(tally_in);
    report::CashMoves { paid_in, paid_out, dropped }
}

fn grand_out(grand: GrandTotal) -> (i64, i64) {
    (grand.sold.0, grand.returned.0)
}

fn grand_in((sold, returned): (i64, i64)) -> GrandTotal {
    GrandTotal { sold: Minor(sold), returned: Minor(returned) }
}

impl From<&report::TenderLine> for TenderLine {
    fn from(line: &report::TenderLine) -> Self {
        let counted = |counted: &Counted| match counted {
            Counted::Amount(amount) => AnyCounted::Amount(amount.0),
            Counted::Pieces(pieces) => AnyCounted::Pieces(pieces.iter().map(|one| (one.value.0, one.pieces)).collect()),
        };
        Self {
            kind: line.kind.code(),
            expected: line.expected.0,
            counted: line.counted.as_ref().map(counted),
            reason: label(line.reason.as_ref()),
        }
    }
}

impl TryFrom<TenderLine> for report::TenderLine {
    type Error = DecodeError;

    fn try_from(line: TenderLine) -> Result<Self, DecodeError> {
        let piece = |(value, pieces)| Denomination { value: Minor(value), pieces };
        let counted = |counted: AnyCounted| match counted {
            AnyCounted::Amount(amount) => Counted::Amount(Minor(amount)),
            AnyCounted::Pieces(pieces) => Counted::Pieces(pieces.into_iter().map(piece).collect()),
        };
        Ok(Self {
            kind: TenderKind::from_code(line.kind)?,
            expected: Minor(line.expected),
            counted: line.counted.map(counted),
            reason: line.reason.as_deref().map(code).transpose()?,
        })
    }
}

impl From<&report::Report> for Report {
    fn from(report: &report::Report) -> Self {
        let late = |late: &report::Late| Late {
            session: late.session.0,
            business_day: late.business_day.number(),
            counted: late.counted,
            books: (&late.books).into(),
        };
        Self {
            session: report.session.0,
            business_day: report.business_day.number(),
            opened: report.opened.0,
            read: report.read.0,
            float: report.float.0,
            books: (&report.books).into(),
            moves: moves_out(report.moves),
            no_sales: report.no_sales,
            deposits: deposits_out(&report.deposits),
            voided: tally_out(report.voided),
            suspended: report.suspended.iter().map(|one| (one.basket.0, one.at.0, one.lines)).collect(),
            receipts: receipts_out(report.receipts),
            late: report.late.iter().map(late).collect(),
            pending: report.pending,
            grand: grand_out(report.grand),
            tenders: report.tenders.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<Report> for report::Report {
    type Error = DecodeError;

    fn try_from(report: Report) -> Result<Self, DecodeError> {
        let late = |late: Late| {
            let (session, business_day) = (SessionNo(late.session), day(late.business_day)?);
            Ok(report::Late { session, business_day, counted: late.counted, books: late.books.try_into()? })
        };
        let suspended =
            |(basket, at, lines)| StillSuspended { basket: ReservationId(basket), at: Timestamp(at), lines };
        Ok(Self {
            session: SessionNo(report.session),
            business_day: day(report.business_day)?,
            opened: Timestamp(report.opened),
            read: Timestamp(report.read),
            float: Minor(report.float),
            books: report.books.try_into()?,
            moves: moves_in(report.moves),
            no_sales: report.no_sales,
            deposits: deposits_in(&report.deposits),
            voided: tally_in(report.voided),
            suspended: report.suspended.into_iter().map(suspended).collect(),
            receipts: receipts_in(report.receipts),
            late: report.late.into_iter().map(late).collect::<Result<_, DecodeError>>()?,
            pending: report.pending,
            grand: grand_in(report.grand),
            tenders: report.tenders.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
        })
    }
}

impl From<&journal::JournalLine> for JournalLine {
    fn from(line: &journal::JournalLine) -> Self {
        Self {
            account: line.account.code(),
            code: line.code.to_string(),
            posting: line.posting.code(),
            tender: line.tender.map(Coded::code),
            rate: line.rate.map(|(channel, rate)| (channel.code(), rate.0)),
            late: line.late.map(|session| session.0),
            unknown_lines: line.unknown_lines,
            amount: line.amount.0,
        }
    }
}

impl TryFrom<JournalLine> for journal::JournalLine {
    type Error = DecodeError;

    fn try_from(line: JournalLine) -> Result<Self, DecodeError> {
        let rate = |(channel, rate)| Ok::<_, DecodeError>((Channel::from_code(channel)?, RatePpm(rate)));
        Ok(Self {
            account: Account::from_code(line.account)?,
            code: line.code.into(),
            posting: Posting::from_code(line.posting)?,
            tender: line.tender.map(TenderKind::from_code).transpose()?,
            rate: line.rate.map(rate).transpose()?,
            late: line.late.map(SessionNo),
            unknown_lines: line.unknown_lines,
            amount: Minor(line.amount),
        })
    }
}

impl From<&drawer::Happening> for Happening {
    fn from(happening: &drawer::Happening) -> Self {
        match happening {
            drawer::Happening::SessionOpened { session, opened, business_day, float, basis } => Self::SessionOpened {
                session: session.0,
                opened: opened.0,
                business_day: business_day.number(),
                float: float.0,
                basis: basis.code(),
            },
            drawer::Happening::CashMoved { movement, amount, reason, person } => Self::CashMoved {
                movement: movement.code(),
                amount: amount.0,
                reason: reason.to_string(),
                person: person.to_string(),
            },
            drawer::Happening::NoSaleOpened { reason } => Self::NoSaleOpened { reason: reason.to_string() },
            drawer::Happening::SessionClosed { z, journal } => {
                Self::SessionClosed { z: Box::new((&**z).into()), journal: journal.iter().map(Into::into).collect() }
            }
        }
    }
}

impl TryFrom<Happening> for drawer::Happening {
    type Error = DecodeError;

    fn try_from(happening: Happening) -> Result<Self, DecodeError> {
        Ok(match happening {
            Happening::SessionOpened { session, opened, business_day, float, basis } => Self::SessionOpened {
                session: SessionNo(session),
                opened: Timestamp(opened),
                business_day: day(business_day)?,
                float: Minor(float),
                basis: PriceBasis::from_code(basis)?,
            },
            Happening::CashMoved { movement, amount, reason, person } => Self::CashMoved {
                movement: Movement::from_code(movement)?,
                amount: Minor(amount),
                reason: code(&reason)?,
                person: code(&person)?,
            },
            Happening::NoSaleOpened { reason } => Self::NoSaleOpened { reason: code(&reason)? },
            Happening::SessionClosed { z, journal } => Self::SessionClosed {
                z: Box::new((*z).try_into()?),
                journal: journal.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            },
        })
    }
}

impl From<&Told> for AnyTold {
    fn from(told: &Told) -> Self {
        match told {
            Told::SessionOpened { session } => Self::SessionOpened { session: session.0 },
            Told::CashMoved(movement) => Self::CashMoved { movement: movement.code() },
            Told::NoSaleOpened => Self::NoSaleOpened,
            Told::Read(x) => Self::Read(Box::new((&**x).into())),
            Told::SessionClosed(z) => Self::SessionClosed(Box::new((&**z).into())),
        }
    }
}

impl TryFrom<AnyTold> for Told {
    type Error = DecodeError;

    fn try_from(told: AnyTold) -> Result<Self, DecodeError> {
        Ok(match told {
            AnyTold::SessionOpened { session } => Self::SessionOpened { session: SessionNo(session) },
            AnyTold::CashMoved { movement } => Self::CashMoved(Movement::from_code(movement)?),
            AnyTold::NoSaleOpened => Self::NoSaleOpened,
            AnyTold::Read(x) => Self::Read(Box::new((*x).try_into()?)),
            AnyTold::SessionClosed(z) => Self::SessionClosed(Box::new((*z).try_into()?)),
        })
    }
}

impl From<&drawer::Drawer> for DrawerPart {
    fn from(drawer: &drawer::Drawer) -> Self {
        let session = |session: &drawer::Session| Session {
            opened: session.opened.0,
            business_day: session.business_day.number(),
            float: session.float.0,
            basis: session.basis.code(),
            books: (&session.books).into(),
            moves: moves_out(session.moves),
            no_sales: session.no_sales,
            deposits: deposits_out(&session.deposits),
            voided: tally_out(session.voided),
            receipts: receipts_out(session.receipts),
        };
        let closed = |closed: &drawer::Closed| Closed {
            opened: closed.opened.0,
            closed: closed.closed.0,
            business_day: closed.business_day.number(),
            basis: closed.basis.code(),
            counted: closed.counted,
        };
        Self {
            session: drawer.session.as_ref().map(session),
            closed: drawer.closed.iter().map(closed).collect(),
            late: drawer.late.iter().map(|(session, books)| (session.0, books.into())).collect(),
            grand: grand_out(drawer.grand),
        }
    }
}

impl TryFrom<DrawerPart> for drawer::Drawer {
    type Error = DecodeError;

    fn try_from(part: DrawerPart) -> Result<Self, DecodeError> {
        let session = |session: Session| {
            Ok::<_, DecodeError>(drawer::Session {
                opened: Timestamp(session.opened),
                business_day: day(session.business_day)?,
                float: Minor(session.float),
                basis: PriceBasis::from_code(session.basis)?,
                books: session.books.try_into()?,
                moves: moves_in(session.moves),
                no_sales: session.no_sales,
                deposits: deposits_in(&session.deposits),
                voided: tally_in(session.voided),
                receipts: receipts_in(session.receipts),
            })
        };
        let closed = |closed: Closed| {
            let (business_day, basis) = (day(closed.business_day)?, PriceBasis::from_code(closed.basis)?);
            let (opened, counted) = (Timestamp(closed.opened), closed.counted);
            Ok(drawer::Closed { opened, closed: Timestamp(closed.closed), business_day, basis, counted })
        };
        let late = |(session, books): (u32, Books)| Ok((SessionNo(session), books.try_into()?));
        Ok(Self {
            session: part.session.map(session).transpose()?,
            closed: part.closed.into_iter().map(closed).collect::<Result<_, DecodeError>>()?,
            late: part.late.into_iter().map(late).collect::<Result<_, DecodeError>>()?,
            grand: grand_in(part.grand),
        })
    }
}

impl From<&rules::DrawerRules> for RulesPart {
    fn from(rules: &rules::DrawerRules) -> Self {
        let rule = |rule: cash_rounding::RoundingRule| Rule {
            step: rule.step,
            direction: rule.direction.code(),
            tie: rule.tie.code(),
        };
        Self {
            rounding: rules.rounding.map(|rounding| (rule(rounding.due), rule(rounding.change))),
            accounts: rules.accounts.iter().map(|(account, own)| (account.code(), own.to_string())).collect(),
        }
    }
}

impl TryFrom<RulesPart> for rules::DrawerRules {
    type Error = DecodeError;

    fn try_from(part: RulesPart) -> Result<Self, DecodeError> {
        let rule = |rule: Rule| {
            let (direction, tie) = (Direction::from_code(rule.direction)?, Tie::from_code(rule.tie)?);
            Ok::<_, DecodeError>(cash_rounding::RoundingRule { step: rule.step, direction, tie })
        };
        let rounding = |(due, change)| {
            Ok::<_, DecodeError>(cash_rounding::CashRounding { due: rule(due)?, change: rule(change)? })
        };
        let account = |(account, own): (u8, String)| Ok((Account::from_code(account)?, code(&own)?));
        Ok(Self {
            rounding: part.rounding.map(rounding).transpose()?,
            accounts: part.accounts.into_iter().map(account).collect::<Result<_, DecodeError>>()?,
        })
    }
}
