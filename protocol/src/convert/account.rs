//! Requests about accounts, tenders that name one, and what is told of them.

use super::Names;
use super::enter::{Place, Refused};
use crate::card_code::CardCode;
use crate::coupon;
use crate::message::{
    AccountLine, AccountStatement, AccountType, AssignAccount, DisableAccount, ErrorBody, IssueAccount, LoadAccount,
    ReadAccount, Redeem, Tender, TenderType,
};
use crate::value::{self, Amount, Id};
use crate::write::Object;
use onhand_engine::account::{AccountAsk, AccountKind, Cause, Entry, Measure, Statement, Take, Way};
use onhand_engine::command::{Action, TenderKind};
use onhand_engine::ids::{AccountId, CommandId, Seq};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::time::Timestamp;

/// Which account a request names, and whether by a card's code.
struct Named {
    account: AccountId,
    by_code: bool,
    by_customer: bool,
}

impl Named {
    const fn by_id(account: AccountId) -> Self {
        Self { account, by_code: false, by_customer: false }
    }
}

pub(super) fn issue(id: CommandId, body: &IssueAccount) -> Result<Action, Refused> {
    let kind = AccountKind::from(body.kind);
    if kind.is_of_uses() {
        return Err(form("an account of uses is opened by the first use of the coupon", "type"));
    }
    let (measure, amount) = measured(body.currency, body.amount, body.points)?;
    // Points are a customer's and money is not points: an account of another sort could never be paid with.
    if (kind == AccountKind::Loyalty) != (measure == Measure::Points) {
        let field = if measure == Measure::Points { "points" } else { "amount" };
        return Err(form(format!("an account of type {} does not count this", kind.name()), field));
    }
    if amount < Minor::ZERO || amount > Minor::MAX {
        return Err(Box::new(ErrorBody::new(3003, "what is on it at first is zero or more").at("amount")));
    }
    let account = match (kind, body.code) {
        (AccountKind::GiftCard, Some(code)) => code.account(),
        // The server makes a code before a card gets here.
        (AccountKind::GiftCard, None) => return Err(Box::new(ErrorBody::new(5005, "the card has no code"))),
        _ => AccountId(id.0),
    };
    let (expires, owner) = (body.expires.map(|time| time.0), body.customer.as_ref().map(|customer| customer.0.clone()));
    Ok(Action::Account { account, ask: AccountAsk::Issue { kind, measure, amount, expires, owner } })
}

/// And what is against it as things are now.
pub(super) fn load(body: &LoadAccount, names: &impl Names) -> Result<(Action, Option<Refused>), Refused> {
    let is_named = body.account.is_some() || body.code.is_some() || body.promotion.is_some();
    let customer = body.customer.as_ref().filter(|_| !is_named).map(|customer| customer.0.clone());
    let found = found(body.account, body.code, body.promotion.as_ref(), body.customer.as_ref(), names);
    let (account, against) = match (found, &customer) {
        (Ok(account), _) => (account, None),
        (Err(why), Some(customer)) => (coupon::account_of_nobody(customer.as_str()), Some(why)),
        (Err(why), None) => return Err(why),
    };
    let (measure, amount) = match body.uses {
        None => measured(body.currency, body.amount, body.points)?,
        Some(_) if body.amount.is_some() || body.points.is_some() || body.currency.is_some() => {
            return Err(form("give either `amount` and `currency`, `points`, or `uses`", "uses"));
        }
        Some(_) if body.refund_of.is_none() => {
            return Err(form("a use is given back of a sale: say which, in `refund_of`", "refund_of"));
        }
        Some(uses) => (Measure::Uses, Minor(uses)),
    };
    let cause = match (body.earned_by, body.refund_of) {
        (None, None) => Cause::Paid,
        (Some(sale), None) => Cause::Earned(sale.command()),
        (None, Some(sale)) => Cause::Refund(sale.command()),
        _ => return Err(form("give either earned_by or refund_of", "refund_of")),
    };
    Ok((Action::Account { account, ask: AccountAsk::Load { measure, amount, cause, customer } }, against))
}

pub(super) fn redeem(body: &Redeem) -> Result<Action, Refused> {
    let Named { account, by_code, .. } = named(body.account, body.code)?;
    let (measure, amount) = measured(body.currency, body.amount, body.points)?;
    Ok(Action::Account { account, ask: AccountAsk::Redeem { measure, amount, by_code } })
}

pub(super) fn disable(body: &DisableAccount) -> Result<Action, Refused> {
    let named = named(body.account, body.code)?;
    Ok(Action::Account { account: named.account, ask: AccountAsk::Disable { reason: body.reason.0.clone() } })
}

pub(super) fn assign(body: &AssignAccount) -> Result<Action, Refused> {
    let account = named(body.account, body.code)?.account;
    Ok(Action::Account {
        account,
        ask: AccountAsk::Assign { owner: body.customer.as_ref().map(|customer| customer.0.clone()) },
    })
}

pub(super) fn read(body: &ReadAccount, names: &impl Names) -> Result<Action, Refused> {
    let account = found(body.account, body.code, body.promotion.as_ref(), body.customer.as_ref(), names)?;
    Ok(Action::Account { account, ask: AccountAsk::Read })
}

/// What the tenders of a sale take from accounts. Nothing is allocated when none names one.
pub(super) fn takes(
    tenders: &[Tender],
    currency: Currency,
    payer: &Payer<'_, impl Names>,
) -> Result<Vec<Take>, Refused> {
    named_in(tenders, |at, tender| match payer.pays(tender) {
        Some(customer) => take_of(payer.account(customer, at), at, tender, currency),
        None => take(at, tender, currency),
    })
}

/// Who pays with points that no tender says the account of: the customer whom the sale names.
pub(super) struct Payer<'a, N> {
    pub(super) place: &'a Place<'a, N>,
    /// The customer, and the field that names them.
    pub(super) customer: Option<(&'a str, &'static str)>,
    pub(super) completed: bool,
}

impl<'a, N: Names> Payer<'a, N> {
    fn pays(&self, tender: &Tender) -> Option<(&'a str, &'static str)> {
        let is_named = tender.account.is_some() || tender.code.is_some();
        self.customer.filter(|_| !is_named && tender.kind == TenderType::Other)
    }

    fn account(&self, (customer, field): (&str, &str), at: usize) -> (AccountKind, Named) {
        let account = loyalty_of(customer, self.place.names).unwrap_or_else(|error| {
            // What has happened is not refused: nobody has the account that it names, so it is told as not paid.
            if !self.completed {
                let text = format!("{}; name the account in tenders[{at}]", error.message);
                self.place.unless_known(Box::new(ErrorBody { message: text, ..*error }.at(field)));
            }
            coupon::account_of_nobody(customer)
        });
        (AccountKind::Loyalty, Named { account, by_code: false, by_customer: true })
    }
}

/// The one loyalty account of a customer.
fn loyalty_of(customer: &str, names: &impl Names) -> Result<AccountId, Refused> {
    let own = names.accounts_of(customer).into_iter();
    let mut points = own.filter(|(_, kind)| *kind == AccountKind::Loyalty).map(|(account, _)| account);
    let (number, text) = match (points.next(), points.next()) {
        (Some(account), None) => return Ok(account),
        (None, _) => (3061, "the customer has no loyalty account"),
        (Some(_), Some(_)) => (3062, "the customer has several loyalty accounts"),
    };
    Err(Box::new(ErrorBody::new(number, text).at("customer")))
}

/// What the tenders of a return give to accounts that they name.
pub(super) fn credits(tenders: &[Tender], currency: Currency, id: CommandId) -> Result<Box<[Take]>, Refused> {
    named_in(tenders, |at, tender| credit(at, tender, tender.amount.0, currency, id)).map(Into::into)
}

/// What the tenders of an exchange take from accounts, and below zero give to them.
pub(super) fn both_ways(tenders: &[Tender], currency: Currency, id: CommandId) -> Result<Box<[Take]>, Refused> {
    named_in(tenders, |at, tender| match tender.amount.0 {
        amount if amount < Minor::ZERO => credit(at, tender, Minor::ZERO.minus(amount), currency, id),
        _ => take(at, tender, currency),
    })
    .map(Into::into)
}

/// Where nothing is known of the sale, the shop gives store credit of its own accord, and no other account
/// gets back what it may never have paid.
pub(super) fn check_store_credit(credits: &[Take]) -> Result<(), Refused> {
    if credits.iter().all(|credit| credit.kind == AccountKind::StoreCredit) {
        return Ok(());
    }
    let text = "without its sale nobody knows what an account paid: refund to store credit, or send return_sale";
    Err(Box::new(ErrorBody::new(3076, text).at("tenders")))
}

/// What is not a sale or a return of goods neither takes from an account nor gives to one.
pub(super) fn check_none(tenders: &[Tender]) -> Result<(), Refused> {
    match tenders.iter().position(is_of_account) {
        Some(at) => Err(bad_tender("this neither takes from an account nor gives to one", at, "account")),
        None => Ok(()),
    }
}

fn named_in(tenders: &[Tender], read: impl Fn(usize, &Tender) -> Result<Take, Refused>) -> Result<Vec<Take>, Refused> {
    if tenders.iter().all(|tender| !is_of_account(tender)) {
        return Ok(Vec::new());
    }
    let mut takes: Vec<Take> = Vec::new();
    for (at, tender) in tenders.iter().enumerate().filter(|(_, tender)| is_of_account(tender)) {
        let take = read(at, tender)?;
        // Which account is a customer's may have changed since: one that is named twice by this is found out later.
        let is_same = |other: &Take| other.account == take.account && other.by_customer == take.by_customer;
        if takes.iter().any(is_same) {
            return Err(bad_tender("an account is named once; add up what it pays", at, "account"));
        }
        takes.push(take);
    }
    Ok(takes)
}

fn kind_and_name(at: usize, tender: &Tender) -> Result<(AccountKind, Named), Refused> {
    let kind = AccountKind::of_tender(TenderKind::from(tender.kind));
    let kind = kind.ok_or_else(|| bad_tender("a tender of this type has no account", at, "type"))?;
    let text = "a tender names its account by either `account` or `code`";
    let named = named(tender.account, tender.code).map_err(|_| bad_tender(text, at, "account"))?;
    Ok((kind, named))
}

fn take(at: usize, tender: &Tender, currency: Currency) -> Result<Take, Refused> {
    take_of(kind_and_name(at, tender)?, at, tender, currency)
}

fn take_of(
    (kind, Named { account, by_code, by_customer }): (AccountKind, Named),
    at: usize,
    tender: &Tender,
    currency: Currency,
) -> Result<Take, Refused> {
    let (measure, amount) = match (kind, tender.points) {
        (AccountKind::Loyalty, Some(points)) => (Measure::Points, Minor(points)),
        (AccountKind::Loyalty, None) => {
            return Err(bad_tender("a tender of points says how many `points`", at, "points"));
        }
        (_, Some(_)) => return Err(bad_tender("only points are counted in `points`", at, "points")),
        (_, None) => (Measure::Money(currency), tender.amount.0),
    };
    let field = if kind == AccountKind::Loyalty { "points" } else { "amount" };
    above_zero(at, field, amount)?;
    let (worth, way, limit) = (tender.amount.0, Way::Out, Minor::ZERO);
    Ok(Take { account, kind, measure, amount, worth, by_code, by_customer, way, limit })
}

/// A store credit that is named by the id of the request is opened by it.
fn credit(at: usize, tender: &Tender, worth: Minor, currency: Currency, id: CommandId) -> Result<Take, Refused> {
    let (kind, Named { account, by_code, by_customer }) = kind_and_name(at, tender)?;
    if tender.points.is_some() {
        let text = "how many points go back follows from how many paid; give the `amount` alone";
        return Err(bad_tender(text, at, "points"));
    }
    above_zero(at, "amount", worth)?;
    let measure = if kind == AccountKind::Loyalty { Measure::Points } else { Measure::Money(currency) };
    let is_new = kind == AccountKind::StoreCredit && account == AccountId(id.0);
    let way = if is_new { Way::Open } else { Way::In };
    Ok(Take { account, kind, measure, amount: worth, worth, by_code, by_customer, way, limit: Minor::ZERO })
}

fn above_zero(at: usize, field: &str, amount: Minor) -> Result<(), Refused> {
    if amount > Minor::ZERO && amount <= Minor::MAX {
        return Ok(());
    }
    let error = ErrorBody::new(3003, "what is taken from an account, or given to one, is above zero");
    Err(Box::new(error.at(format!("tenders[{at}].{field}"))))
}

const fn is_of_account(tender: &Tender) -> bool {
    tender.account.is_some() || tender.code.is_some() || tender.points.is_some()
}

fn bad_tender(text: &str, at: usize, field: &str) -> Refused {
    Box::new(ErrorBody::new(3037, text).at(format!("tenders[{at}].{field}")))
}

fn named(account: Option<Id>, code: Option<CardCode>) -> Result<Named, Refused> {
    match (account, code) {
        (Some(Id(id)), None) => Ok(Named::by_id(AccountId(id))),
        (None, Some(code)) => Ok(Named { by_code: true, ..Named::by_id(code.account()) }),
        _ => Err(form("name the account by either `account` or `code`", "account")),
    }
}

/// The same, where it may also be that of a coupon, or a customer's points.
fn found(
    account: Option<Id>,
    code: Option<CardCode>,
    promotion: Option<&value::Label>,
    customer: Option<&value::Owner>,
    names: &impl Names,
) -> Result<AccountId, Refused> {
    match (promotion, customer) {
        (Some(promotion), customer) if account.is_none() && code.is_none() => {
            Ok(coupon::account(&promotion.0, customer.map(|customer| customer.0.as_str())))
        }
        (None, None) => Ok(named(account, code)?.account),
        (None, Some(customer)) if account.is_none() && code.is_none() => loyalty_of(customer.0.as_str(), names),
        (None, Some(_)) => Err(form("name the account by either `account`, `code` or its `customer`", "customer")),
        (Some(_), _) => Err(form("name the account by either `account`, `code` or `promotion`", "promotion")),
    }
}

fn measured(
    currency: Option<value::Currency>,
    amount: Option<Amount>,
    points: Option<i64>,
) -> Result<(Measure, Minor), Refused> {
    match (currency, amount, points) {
        (Some(currency), Some(amount), None) => Ok((Measure::Money(currency.0), amount.0)),
        (None, None, Some(points)) => Ok((Measure::Points, Minor(points))),
        _ => Err(form("give either `amount` and `currency`, or `points`", "amount")),
    }
}

fn form(text: impl Into<String>, field: &str) -> Refused {
    Box::new(ErrorBody::new(1001, text).at(field))
}

/// Writes what is on an account.
pub(super) fn statement(object: &mut Object<'_>, said: &Statement) {
    object.uuid("account", said.account.0);
    object.word("type", said.kind.name());
    if let Measure::Money(currency) = said.measure {
        object.text("currency", currency.as_str());
    }
    let ledger = &said.ledger;
    for (name, sum) in [
        ("balance", ledger.balance()),
        ("held", said.held),
        ("issued", ledger.issued),
        ("loaded", ledger.loaded),
        ("refunded", ledger.refunded),
        ("redeemed", ledger.redeemed),
        ("short", ledger.short),
    ] {
        object.amount(name, sum);
    }
    if let Some(expires) = said.expires {
        object.time("expires", expires);
    }
    object.flag("disabled", said.disabled);
    if let Some(owner) = &said.owner {
        object.text("customer", owner.as_str());
    }
}

/// An account as it stands.
#[must_use]
pub fn account_statement(seq: Seq, time: Timestamp, said: &Statement) -> AccountStatement {
    let ledger = &said.ledger;
    AccountStatement {
        seq: value::Position(seq),
        time: value::Time(time),
        account: Id(said.account.0),
        kind: said.kind.into(),
        currency: currency(said.measure),
        balance: Amount(ledger.balance()),
        held: Amount(said.held),
        issued: Amount(ledger.issued),
        loaded: Amount(ledger.loaded),
        refunded: Amount(ledger.refunded),
        redeemed: Amount(ledger.redeemed),
        short: Amount(ledger.short),
        expires: said.expires.map(value::Time),
        disabled: said.disabled,
        customer: said.owner.as_ref().map(Into::into),
    }
}

/// The word for what happened to an account, on the feed.
pub(super) const fn word(entry: &Entry) -> &'static str {
    match entry {
        Entry::Issued { .. } => "account_issued",
        Entry::Loaded { .. } => "account_loaded",
        Entry::Redeemed { .. } => "account_redeemed",
        Entry::Disabled { .. } => "account_disabled",
        Entry::Held { .. } | Entry::UseHeld { .. } => "account_held",
        Entry::LetGo { .. } => "account_let_go",
        Entry::Opened { .. } => "account_opened",
        Entry::Refunded { .. } => "account_refunded",
        Entry::Assigned { .. } => "account_assigned",
    }
}

/// What happened to an account, on the feed.
pub(super) fn line(account: AccountId, entry: &Entry) -> AccountLine {
    let blank = blank(account);
    let some = |amount: Minor| Some(Amount(amount));
    let beyond = |short: Minor| (short > Minor::ZERO).then_some(Amount(short));
    match entry {
        Entry::Issued { kind, measure, amount, owner, .. } => AccountLine {
            customer: owner.as_ref().map(Into::into),
            kind: Some(AccountType::from(*kind)),
            currency: currency(*measure),
            amount: some(*amount),
            balance: some(*amount),
            ..blank
        },
        Entry::Loaded { amount, cause, balance } => AccountLine {
            amount: some(*amount),
            balance: some(*balance),
            sale: cause.sale().map(Id::from),
            cause: Some(cause.name().to_owned()),
            ..blank
        },
        Entry::Redeemed { amount, short, sale, balance } => AccountLine {
            amount: some(*amount),
            short: beyond(*short),
            balance: some(*balance),
            sale: sale.map(Id::from),
            ..blank
        },
        Entry::Disabled { balance, .. } => AccountLine { balance: some(*balance), ..blank },
        Entry::Assigned { owner, before, balance } => AccountLine {
            balance: some(*balance),
            customer: owner.as_ref().map(Into::into),
            customer_before: before.as_ref().map(Into::into),
            ..blank
        },
        Entry::Held { sale, hold } => {
            AccountLine { amount: some(hold.amount), short: beyond(hold.short), sale: Some(Id::from(*sale)), ..blank }
        }
        Entry::UseHeld { kind, sale, hold, .. } => AccountLine {
            kind: Some(AccountType::from(*kind)),
            amount: some(hold.amount),
            short: beyond(hold.short),
            sale: Some(Id::from(*sale)),
            ..blank
        },
        Entry::LetGo { sale } => AccountLine { sale: Some(Id::from(*sale)), ..blank },
        Entry::Opened { kind, measure, sale, hold } => AccountLine {
            kind: Some(AccountType::from(*kind)),
            currency: currency(*measure),
            amount: some(hold.amount),
            sale: Some(Id::from(*sale)),
            ..blank
        },
        Entry::Refunded { amount, sale, balance } => AccountLine {
            amount: some(*amount),
            balance: some(*balance),
            sale: Some(Id::from(*sale)),
            cause: Some("refund".to_owned()),
            ..blank
        },
    }
}

/// What a sale takes from an account, or a return gives to one, on the feed.
pub(super) fn taken(take: &Take) -> AccountLine {
    AccountLine {
        cause: (take.way != Way::Out).then(|| "refund".to_owned()),
        kind: Some(AccountType::from(take.kind)),
        currency: currency(take.measure),
        amount: Some(Amount(take.amount)),
        ..blank(take.account)
    }
}

fn blank(account: AccountId) -> AccountLine {
    let account = Id(account.0);
    AccountLine {
        account,
        kind: None,
        currency: None,
        amount: None,
        short: None,
        balance: None,
        sale: None,
        cause: None,
        customer: None,
        customer_before: None,
    }
}

const fn currency(measure: Measure) -> Option<value::Currency> {
    match measure {
        Measure::Money(currency) => Some(value::Currency(currency)),
        Measure::Points | Measure::Uses => None,
    }
}
