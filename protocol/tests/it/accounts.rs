//! Accounts on the wire: what requests and tenders become, what is refused, and what is told.

use crate::book::book;
use crate::commands::{ID, as_things_are};
use onhand_engine::account::{AccountAsk, AccountKind, Cause, Ledger, Measure, Statement, Take, Way};
use onhand_engine::answer::Answer;
use onhand_engine::command::{Action, Command, Sell};
use onhand_engine::ids::{AccountId, LocationId, Seq};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::refusal::Refusal;
use onhand_engine::time::Timestamp;
use onhand_protocol::card_code::CardCode;
use onhand_protocol::convert::{self, Entered};
use onhand_protocol::message::{Body, Channel, ErrorBody, Reply, Request};
use onhand_protocol::value::Id;

const CODE: &str = "0123-4567-89AB-CDEF-GHJK";
const OTHER: &str = "0190a0b0-7000-7000-8000-0000000000ff";
const EUROS: Measure = Measure::Money(Currency::EUR);

fn card() -> CardCode {
    CODE.parse().unwrap()
}

fn enter(rest: &str) -> Result<Entered, Box<ErrorBody>> {
    let mut request = Request::parse(&format!(r#"{{"id":"{ID}",{rest}}}"#)).map_err(|malformed| malformed.error)?;
    if let Body::IssueAccount(asked) = &mut request.body {
        asked.code = Some(card());
    }
    as_things_are(convert::command(request.id.command(), request.body, Channel::Till, &book()))
}

fn entered(rest: &str) -> Command {
    enter(rest).unwrap_or_else(|why| panic!("{rest}: {why:?}")).command
}

#[track_caller]
fn refused(rest: &str, number: u16, field: &str) {
    let error = enter(rest).map(|entered| entered.command).unwrap_err();
    assert_eq!((error.number, error.field.as_deref().unwrap_or("")), (number, field), "{}", error.message);
}

fn sale(tenders: &str) -> String {
    format!(r#""op":"sell","location":"S1","currency":"EUR","lines":[{{"sku":"TEA","qty":1}}],"tenders":[{tenders}]"#)
}

#[test]
fn requests_name_an_account_by_id_or_code() {
    let other: Id = OTHER.parse().unwrap();
    for (rest, account, ask) in [
        (
            format!(r#""op":"load_account","account":"{OTHER}","currency":"EUR","amount":5"#),
            AccountId(other.0),
            AccountAsk::Load { measure: EUROS, amount: Minor(5), cause: Cause::Paid, customer: None },
        ),
        (
            format!(r#""op":"load_account","code":"{CODE}","points":5,"earned_by":"{OTHER}""#),
            card().account(),
            AccountAsk::Load {
                measure: Measure::Points,
                amount: Minor(5),
                cause: Cause::Earned(other.command()),
                customer: None,
            },
        ),
        (
            r#""op":"redeem","code":"0123 4567 89ab cdef ghjk","currency":"EUR","amount":5"#.to_owned(),
            card().account(),
            AccountAsk::Redeem { measure: EUROS, amount: Minor(5), by_code: true },
        ),
        (format!(r#""op":"account","account":"{OTHER}""#), AccountId(other.0), AccountAsk::Read),
    ] {
        let command = entered(&rest);
        assert_eq!(command.action, Action::Account { account, ask }, "{rest}");
        assert_eq!(command.location, LocationId::of_account(account));
    }
}

#[test]
fn a_card_goes_by_its_code_and_any_other_account_by_the_request_that_opened_it() {
    let issued = |kind, rest| match entered(&format!(r#""op":"issue_account","type":"{kind}",{rest}"#)).action {
        Action::Account { account, ask: AccountAsk::Issue { kind, measure, amount, .. } } => {
            (account, kind, measure, amount)
        }
        other => panic!("{other:?}"),
    };
    let own = AccountId(ID.parse::<Id>().unwrap().0);
    let money = r#""currency":"EUR","amount":5000"#;
    assert_eq!(issued("gift_card", money), (card().account(), AccountKind::GiftCard, EUROS, Minor(5_000)));
    assert_eq!(issued("store_credit", money), (own, AccountKind::StoreCredit, EUROS, Minor(5_000)));
    assert_eq!(issued("loyalty", r#""points":0"#), (own, AccountKind::Loyalty, Measure::Points, Minor(0)));
}

#[test]
fn tenders_take_from_the_accounts_they_name() {
    let tenders = format!(
        r#"{{"type":"gift_card","amount":700,"code":"{CODE}"}},{{"type":"cash","amount":300}},{{"type":"other","amount":210,"account":"{OTHER}","points":42}}"#
    );
    let Action::Sell(Sell { takes, tenders, .. }) = entered(&sale(&tenders)).action else { panic!() };
    let points = AccountId(OTHER.parse::<Id>().unwrap().0);
    let take = |account, kind, measure, amount, worth, by_code| {
        let (worth, way) = (Minor(worth), Way::Out);
        Take {
            account,
            kind,
            measure,
            amount: Minor(amount),
            worth,
            by_code,
            by_customer: false,
            way,
            limit: Minor::ZERO,
        }
    };
    assert_eq!(
        *takes,
        [
            take(card().account(), AccountKind::GiftCard, EUROS, 700, 700, true),
            take(points, AccountKind::Loyalty, Measure::Points, 42, 210, false),
        ]
    );
    assert_eq!(tenders.iter().map(|tender| tender.amount.0).sum::<i64>(), 1_210);
    let Action::Sell(plain) = entered(&sale(r#"{"type":"gift_card","amount":1210}"#)).action else { panic!() };
    assert!(plain.takes.is_empty());
}

#[test]
fn what_does_not_fit_is_refused_and_named() {
    let card = format!(r#""code":"{CODE}""#);
    let account = format!(r#""account":"{OTHER}""#);
    for kind in ["cash", "card", "voucher", "on_account"] {
        refused(&sale(&format!(r#"{{"type":"{kind}","amount":1210,{card}}}"#)), 3037, "tenders[0].type");
    }
    let gift = r#""type":"gift_card","amount":1210"#;
    refused(&sale(&format!("{{{gift},{card},{account}}}")), 3037, "tenders[0].account");
    refused(&sale(&format!(r#"{{{gift},{card},"points":5}}"#)), 3037, "tenders[0].points");
    refused(&sale(&format!(r#"{{"type":"other","amount":1210,{account}}}"#)), 3037, "tenders[0].points");
    refused(&sale(r#"{"type":"other","amount":1210,"points":5}"#), 3037, "tenders[0].account");
    refused(&sale(&format!(r#"{{"type":"other","amount":1210,{account},"points":0}}"#)), 3003, "tenders[0].points");
    refused(&sale(&format!(r#"{{"type":"gift_card","amount":-5,{card}}}"#)), 3003, "tenders[0].amount");
    let half = format!(r#"{{"type":"gift_card","amount":605,{card}}}"#);
    refused(&sale(&format!("{half},{half}")), 3037, "tenders[1].account");
    refused(&sale(&format!(r#"{{{gift},"code":"1234"}}"#)), 3038, "tenders[0].code");
    let back =
        r#""op":"return","location":"S1","currency":"EUR","disposition":"resell","lines":[{"sku":"TEA","qty":1}]"#;
    refused(&format!(r#"{back},"tenders":[{{{gift},{card}}}]"#), 3076, "tenders");
    refused(r#""op":"account""#, 1001, "account");
    refused(&format!(r#""op":"account",{card},{account}"#), 1001, "account");
    refused(&format!(r#""op":"redeem",{account},"amount":5"#), 1001, "amount");
    refused(&format!(r#""op":"redeem",{account},"currency":"EUR","amount":5,"points":5"#), 1001, "amount");
    let load = format!(r#""op":"load_account",{account},"points":5"#);
    refused(&format!(r#"{load},"earned_by":"{OTHER}","refund_of":"{OTHER}""#), 1001, "refund_of");
    let issue = r#""op":"issue_account","type""#;
    refused(&format!(r#"{issue}:"loyalty","currency":"EUR","amount":5"#), 1001, "amount");
    refused(&format!(r#"{issue}:"gift_card","points":5"#), 1001, "points");
    refused(&format!(r#"{issue}:"gift_card","currency":"EUR","amount":-5"#), 3003, "amount");
    refused(&format!(r#"{issue}:"gift_card","currency":"EUR","amount":5,{card}"#), 1001, "code");
}

fn replied(rest: &str, answer: &Answer) -> String {
    let Entered { asked, .. } = enter(rest).unwrap();
    let mut out = Vec::new();
    convert::reply(&mut out, &asked, Seq(7), Timestamp(1_767_225_600_042), answer, &book());
    let text = String::from_utf8(out).unwrap();
    let (reply, mut typed) = (Reply::parse(&text).unwrap_or_else(|why| panic!("{why}: {text}")), Vec::new());
    reply.write(&mut typed);
    assert_eq!(String::from_utf8(typed).unwrap(), text, "the hand-written reply is the typed one");
    text
}

#[test]
fn replies_tell_a_code_once_and_to_its_own_card_only() {
    let issue = r#""op":"issue_account","type":"gift_card","currency":"EUR","amount":5000"#;
    let answer = |account| Answer::AccountIssued { account, balance: Minor(5_000) };
    assert!(replied(issue, &answer(card().account())).contains(CODE));
    assert!(!replied(issue, &answer(AccountId(5))).contains(r#""code""#), "a repeat has made another code");
    let read = format!(r#""op":"account","account":"{OTHER}""#);
    replied(&read, &Answer::AccountBooked { balance: Minor(0) });
    for (measure, expires) in [(EUROS, None), (Measure::Points, Some(Timestamp(1_767_225_600_042)))] {
        let ledger = Ledger { issued: Minor(9), redeemed: Minor(2), short: Minor(1), ..Ledger::default() };
        let (account, kind, held) = (card().account(), AccountKind::GiftCard, Minor(3));
        let said =
            Statement { account, kind, measure, ledger, held, expires, disabled: expires.is_some(), owner: None };
        let text = replied(&read, &Answer::Account(Box::new(said)));
        assert!(text.contains(r#""balance":7,"held":3"#), "{text}");
    }
}

#[test]
fn refusals_say_what_is_on_the_account_and_what_to_send_again() {
    let error = convert::refusal(&Refusal::BalanceShort { short_by: 3, available: 7 }, &book());
    assert_eq!((error.number, error.balance, error.missing, error.status()), (3033, Some(7), Some(3), 409));
    assert!(!error.is_worth_retrying());
    let error = convert::refusal(&Refusal::BalanceHeld { retry_ms: 500 }, &book());
    assert!(error.is_worth_retrying() && error.retry_ms == Some(500));
}
