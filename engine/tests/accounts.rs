//! Accounts under random commands: the balance is the sum of the ledger and never below zero, and what
//! is held is redeemed or let go exactly once. T33 in small.
#![allow(clippy::unwrap_used)]

use onhand_engine::account::{self, AccountAsk, AccountKind, Accounts, Cause, Entry, Hold, Measure, Take, Way};
use onhand_engine::answer::Answer;
use onhand_engine::command::{Action, Channel, Command};
use onhand_engine::decide::{Decision, decide};
use onhand_engine::event::Event;
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{AccountId, CommandId, Label, LocationId, Owner};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::refusal::Refusal;
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::world::PlaceState;
use proptest::prelude::*;
use std::collections::BTreeMap;

const CARD: AccountId = AccountId(7);
const EUROS: Measure = Measure::Money(Currency::EUR);
const SHOP: LocationId = LocationId(1);

fn issue(amount: i64, expires: Option<u64>) -> AccountAsk {
    AccountAsk::Issue {
        kind: AccountKind::GiftCard,
        measure: EUROS,
        amount: Minor(amount),
        expires: expires.map(Timestamp),
        owner: None,
    }
}

fn hold(sale: u128, amount: i64, fact: bool) -> AccountAsk {
    let (kind, amount) = (AccountKind::GiftCard, Minor(amount));
    let take = Take {
        account: CARD,
        kind,
        measure: EUROS,
        amount,
        worth: amount,
        by_code: true,
        by_customer: false,
        way: Way::Out,
        limit: Minor::ZERO,
    };
    AccountAsk::Hold { take, sale: CommandId(sale), at: SHOP, fact }
}

/// Decides and folds in; the entry, where something happened.
fn run(accounts: &mut Accounts, ask: &AccountAsk, now: u64) -> Result<Option<Entry>, Refusal> {
    match account::decide(accounts, CARD, ask, Timestamp(now))? {
        Decision::Already(_) => Ok(None),
        Decision::Happens(Event::Account { account, entry }) => {
            accounts.apply(account, &entry);
            Ok(Some(entry))
        }
        Decision::Happens(other) => panic!("{other:?}"),
    }
}

fn balance(accounts: &Accounts) -> i64 {
    accounts.list[&CARD].ledger.balance().0
}

/// What an entry adds to the balance.
fn added(entry: &Entry) -> i64 {
    match entry {
        Entry::Issued { amount, .. } | Entry::Loaded { amount, .. } | Entry::Refunded { amount, .. } => amount.0,
        Entry::Redeemed { amount, .. } => -amount.0,
        Entry::Disabled { .. }
        | Entry::Assigned { .. }
        | Entry::Held { .. }
        | Entry::UseHeld { .. }
        | Entry::LetGo { .. }
        | Entry::Opened { .. } => 0,
    }
}

#[derive(Clone, Debug)]
enum Step {
    Load(i64, bool),
    Redeem(i64),
    Hold(u128, i64, bool),
    Expect(u128, i64),
    Confirm(u128),
    LetGo(u128, bool),
    Disable,
}

fn step() -> impl Strategy<Value = Step> {
    let (sale, amount) = (0..6_u128, -5..1_500_i64);
    prop_oneof![
        3 => (amount.clone(), any::<bool>()).prop_map(|(amount, refund)| Step::Load(amount, refund)),
        3 => amount.clone().prop_map(Step::Redeem),
        8 => (sale.clone(), amount, any::<bool>()).prop_map(|(sale, amount, fact)| Step::Hold(sale, amount, fact)),
        4 => (sale.clone(), 1..1_500_i64).prop_map(|(sale, amount)| Step::Expect(100 + sale, amount)),
        6 => (sale.clone(), any::<bool>()).prop_map(|(sale, back)| Step::Confirm(sale + if back { 100 } else { 0 })),
        4 => (sale, any::<bool>()).prop_map(|(sale, outdated)| Step::LetGo(sale, outdated)),
        1 => Just(Step::Disable),
    ]
}

fn ask(step: &Step) -> AccountAsk {
    match *step {
        Step::Load(amount, refund) => AccountAsk::Load {
            customer: None,
            measure: EUROS,
            amount: Minor(amount),
            cause: if refund { Cause::Refund(CommandId(1)) } else { Cause::Paid },
        },
        Step::Redeem(amount) => AccountAsk::Redeem { measure: EUROS, amount: Minor(amount), by_code: true },
        Step::Hold(sale, amount, fact) => hold(sale, amount, fact),
        Step::Expect(sale, amount) => {
            let AccountAsk::Hold { take, sale, at, fact } = hold(sale, amount, false) else { panic!() };
            AccountAsk::Hold { take: Take { way: Way::In, ..take }, sale, at, fact }
        }
        Step::Confirm(sale) => AccountAsk::Confirm { sale: CommandId(sale), at: SHOP },
        Step::LetGo(sale, outdated) => {
            AccountAsk::LetGo { sale: CommandId(sale), at: SHOP, deadline: outdated.then_some(Timestamp(1)) }
        }
        Step::Disable => AccountAsk::Disable { reason: Label::new("lost").unwrap() },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_balance_is_the_sum_of_the_ledger_and_never_below_zero(
        first in 0..3_000_i64,
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let mut accounts = Accounts::default();
        let mut ledger = added(&run(&mut accounts, &issue(first, None), 0).unwrap().unwrap());
        // What each sale holds, as its records say.
        let mut held: BTreeMap<u128, i64> = BTreeMap::new();
        let mut coming: BTreeMap<u128, i64> = BTreeMap::new();
        let mut conflicts = 0;
        for (now, step) in (1_000..).zip(&steps) {
            let before = accounts.clone();
            let Ok(happened) = run(&mut accounts, &ask(step), now) else {
                prop_assert_eq!(&accounts, &before, "a refusal changed something");
                prop_assert!(!matches!(step, Step::Hold(_, 1.., true)), "a fact was refused");
                continue;
            };
            let entry = match (happened, step) {
                (Some(entry), _) => entry,
                (None, Step::Confirm(sale)) => {
                    let open = held.contains_key(sale) || coming.contains_key(sale);
                    prop_assert!(!open, "a hold was not redeemed");
                    continue;
                }
                (None, Step::LetGo(sale, outdated)) => {
                    prop_assert!(*outdated || !held.contains_key(sale), "a hold was not let go");
                    continue;
                }
                (None, other) => panic!("{other:?} did nothing"),
            };
            ledger += added(&entry);
            match &entry {
                Entry::Held { sale, hold } if hold.way == Way::In => {
                    coming.insert(sale.0, hold.amount.0);
                }
                Entry::Refunded { sale, amount, balance } => {
                    prop_assert_eq!(coming.remove(&sale.0), Some(amount.0), "refunded once, and what was to come");
                    prop_assert_eq!(balance.0, ledger);
                }
                Entry::Held { sale, hold } => {
                    held.insert(sale.0, hold.amount.0);
                }
                Entry::Redeemed { sale: Some(sale), amount, short, .. } => {
                    prop_assert_eq!(held.remove(&sale.0), Some(amount.0), "redeemed once, and what was held");
                    conflicts += short.0;
                }
                Entry::LetGo { sale } => {
                    let let_go = held.remove(&sale.0).or(coming.remove(&sale.0));
                    prop_assert!(let_go.is_some(), "let go once");
                }
                Entry::Loaded { balance, .. } | Entry::Redeemed { balance, .. } | Entry::Disabled { balance, .. } => {
                    prop_assert_eq!(balance.0, ledger, "the balance that the entry tells");
                }
                Entry::Issued { .. } | Entry::Opened { .. } | Entry::Assigned { .. } => {}
                Entry::UseHeld { .. } => panic!("{entry:?}"),
            }
            prop_assert_eq!(balance(&accounts), ledger);
            prop_assert!(ledger >= held.values().sum::<i64>(), "more is held than there is");
            prop_assert_eq!(accounts.list[&CARD].held().0, held.values().sum::<i64>());
            prop_assert_eq!(accounts.list[&CARD].coming().0, coming.values().sum::<i64>());
            prop_assert_eq!(accounts.list[&CARD].ledger.short.0, conflicts);
            prop_assert_eq!(accounts.list[&CARD].check(), Ok(()));
        }
    }

    /// T33 in small: whoever comes in whatever order, 50.00 pays 10.00 five times.
    #[test]
    fn t33_a_card_pays_as_often_as_it_can(order in Just((0..100_u128).collect::<Vec<_>>()).prop_shuffle()) {
        let mut accounts = Accounts::default();
        run(&mut accounts, &issue(5_000, None), 0).unwrap();
        let (mut held, mut paid) = (0, 0);
        for sale in &order {
            match run(&mut accounts, &hold(*sale, 1_000, false), 1) {
                Ok(_) => held += 1,
                Err(refusal) => prop_assert!(matches!(refusal, Refusal::BalanceHeld { .. }), "{}", refusal),
            }
        }
        prop_assert_eq!(held, 5);
        for sale in &order {
            let redeemed = run(&mut accounts, &AccountAsk::Confirm { sale: CommandId(*sale), at: SHOP }, 2).unwrap();
            paid += usize::from(redeemed.is_some());
            let refused = run(&mut accounts, &hold(1_000 + sale, 1_000, false), 3).unwrap_err();
            let short = Refusal::BalanceShort { short_by: 1_000, available: 0 };
            prop_assert_eq!(refused == short, paid == 5, "refused for good only when it is spent");
        }
        prop_assert_eq!((paid, balance(&accounts)), (5, 0));
    }
}

#[test]
fn t33_a_disabled_or_expired_card_pays_nothing() {
    for (expires, disabled, wanted) in
        [(Some(10), false, Refusal::AccountExpired), (None, true, Refusal::AccountDisabled)]
    {
        let mut accounts = Accounts::default();
        run(&mut accounts, &issue(5_000, expires), 0).unwrap();
        if disabled {
            run(&mut accounts, &AccountAsk::Disable { reason: Label::new("lost").unwrap() }, 1).unwrap();
        }
        for sale in 0..100 {
            assert_eq!(run(&mut accounts, &hold(sale, 1_000, false), 10).unwrap_err(), wanted);
        }
        assert_eq!(balance(&accounts), 5_000);
    }
}

/// One who asks what became of a sale must not let go what the same sale holds anew since.
#[test]
fn a_hold_made_anew_is_not_let_go_by_who_asked_about_the_old_one() {
    let mut accounts = Accounts::default();
    run(&mut accounts, &issue(5_000, None), 0).unwrap();
    let Some(Entry::Held { hold: old, .. }) = run(&mut accounts, &hold(1, 1_000, false), 1).unwrap() else { panic!() };
    // Even within the same millisecond.
    run(&mut accounts, &hold(1, 1_000, false), 1).unwrap();
    let of = |deadline| AccountAsk::LetGo { sale: CommandId(1), at: SHOP, deadline };
    assert_eq!(run(&mut accounts, &of(Some(old.deadline)), 3), Ok(None));
    assert_eq!(accounts.list[&CARD].held(), Minor(1_000));
    let newer = old.deadline.plus(Millis(1));
    assert_eq!(run(&mut accounts, &of(Some(newer)), 4), Ok(Some(Entry::LetGo { sale: CommandId(1) })));
}

/// Sales at two places with one id must not share one redemption.
#[test]
fn a_sale_of_the_same_id_elsewhere_has_no_part_in_a_hold() {
    let mut accounts = Accounts::default();
    run(&mut accounts, &issue(5_000, None), 0).unwrap();
    run(&mut accounts, &hold(1, 1_000, false), 1).unwrap();
    let elsewhere = LocationId(2);
    let AccountAsk::Hold { take, sale, .. } = hold(1, 1_000, false) else { panic!() };
    let there = AccountAsk::Hold { take, sale, at: elsewhere, fact: false };
    assert_eq!(run(&mut accounts, &there, 2), Err(Refusal::IdReused { field: "location" }));
    assert_eq!(run(&mut accounts, &AccountAsk::Confirm { sale, at: elsewhere }, 2), Ok(None));
    assert_eq!(run(&mut accounts, &AccountAsk::LetGo { sale, at: elsewhere, deadline: None }, 2), Ok(None));
    assert_eq!(accounts.list[&CARD].held(), Minor(1_000));
}

#[test]
fn accounts_are_at_their_virtual_locations_and_nothing_else_is() {
    let command = |location, action| Command { id: CommandId(9), location, channel: Channel::Till, action };
    let at = |location, action| decide(&PlaceState::default(), &command(location, action), Timestamp(0));
    let mine = LocationId::of_account(CARD);
    let open = || Action::Account { account: CARD, ask: issue(1, None) };
    assert!(mine.is_of_accounts() && !SHOP.is_of_accounts() && !LocationId::CHAIN.is_of_accounts());
    assert!(matches!(at(mine, open()), Ok(Decision::Happens(_))));
    assert_eq!(at(SHOP, open()), Err(Refusal::UnknownLocation));
    assert_eq!(at(LocationId(mine.0 - 1), open()), Err(Refusal::UnknownLocation));
    assert_eq!(at(mine, Action::Receive { lines: vec![], goods: None }), Err(Refusal::UnknownLocation));
    let all = (0..200).map(|n| LocationId::of_account(AccountId(n)).0).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(all.len(), usize::try_from(LocationId::ACCOUNT_PLACES).unwrap());
    assert!(all.iter().all(|id| LocationId(*id).is_of_accounts()));
    assert!(!LocationId(u32::MAX - LocationId::ACCOUNT_PLACES).is_of_accounts());
}

/// A card's code, and so its id, is made anew with each try: the id is no part of what was asked.
#[test]
fn a_repeated_issue_is_known_whatever_the_id() {
    let of = |account, amount| {
        let action = Action::Account { account: AccountId(account), ask: issue(amount, None) };
        Fingerprint::of(&Command { id: CommandId(1), location: SHOP, channel: Channel::Till, action })
    };
    assert_eq!(of(1, 500), of(65, 500));
    assert_ne!(of(1, 500), of(1, 501));
}

#[test]
fn a_statement_says_what_is_there_and_what_is_held() {
    let mut accounts = Accounts::default();
    run(&mut accounts, &issue(5_000, Some(99)), 0).unwrap();
    run(&mut accounts, &hold(1, 1_000, false), 1).unwrap();
    let Ok(Decision::Already(Answer::Account(said))) =
        account::decide(&accounts, CARD, &AccountAsk::Read, Timestamp(2))
    else {
        panic!("not a statement")
    };
    assert_eq!((said.ledger.balance(), said.held, said.expires), (Minor(5_000), Minor(1_000), Some(Timestamp(99))));
}

/// A step of a sale says where the sale is decided, so that it is taken in the ledger of that location.
#[test]
fn a_step_of_a_sale_says_where_that_is_decided() {
    let sale = CommandId(1);
    for (ask, at) in [
        (hold(1, 5, false), Some(SHOP)),
        (AccountAsk::Confirm { sale, at: SHOP }, Some(SHOP)),
        (AccountAsk::LetGo { sale, at: SHOP, deadline: None }, Some(SHOP)),
        (issue(5, None), None),
        (AccountAsk::Read, None),
    ] {
        assert_eq!(ask.at(), at, "{ask:?}");
    }
}

/// What is the server's own step, for which no client waits; what is held; and whose an account is by it.
#[test]
fn entries_say_who_asked_for_them_and_whose_the_account_is() {
    let (amount, balance, sale) = (Minor(5), Minor(5), CommandId(1));
    let (kind, measure, expires) = (AccountKind::GiftCard, EUROS, None);
    let (ann, eve) = (Owner::new("ann").unwrap(), Owner::new("eve").unwrap());
    let hold = Hold { at: SHOP, amount, short: Minor::ZERO, deadline: Timestamp(9), way: Way::Out };
    let issued = |owner| Entry::Issued { kind, measure, amount, expires, owner };
    let redeemed = |sale| Entry::Redeemed { amount, short: Minor::ZERO, sale, balance };
    let assigned = |before, owner| Entry::Assigned { owner, before, balance };
    for (entry, is_own_step, is_held, owners) in [
        (issued(None), false, false, None),
        (issued(Some(ann.clone())), false, false, Some((None, Some(&ann)))),
        (assigned(None, Some(ann.clone())), false, false, Some((None, Some(&ann)))),
        (assigned(Some(eve.clone()), Some(ann.clone())), false, false, Some((Some(&eve), Some(&ann)))),
        (assigned(Some(eve.clone()), None), false, false, Some((Some(&eve), None))),
        (Entry::Loaded { amount, cause: Cause::Paid, balance }, false, false, None),
        (Entry::Disabled { reason: Label::new("lost").unwrap(), balance }, false, false, None),
        (redeemed(None), false, false, None),
        (redeemed(Some(sale)), true, false, None),
        (Entry::Refunded { amount, sale, balance }, true, false, None),
        (Entry::Opened { kind, measure, sale, hold }, true, false, None),
        (Entry::Held { sale, hold }, true, true, None),
        (Entry::UseHeld { kind, issued: amount, sale, hold }, true, true, None),
        (Entry::LetGo { sale }, true, false, None),
    ] {
        assert_eq!(entry.is_own_step(), is_own_step, "{entry:?}");
        assert_eq!(entry.hold(), is_held.then_some((sale, &hold)), "{entry:?}");
        assert_eq!(entry.owners(), owners, "{entry:?}");
    }
}
