//! Uses of coupons: never more sales than the limit have one, whatever is held, let go, lowered or raised;
//! what has happened is recorded beyond it.
#![allow(clippy::unwrap_used, missing_docs)]

use onhand_engine::account::{self, AccountAsk, AccountKind, Accounts, Cause, Measure, Take, Way};
use onhand_engine::decide::Decision;
use onhand_engine::event::Event;
use onhand_engine::ids::{AccountId, CommandId, LocationId};
use onhand_engine::money::Minor;
use onhand_engine::refusal::Refusal;
use onhand_engine::time::Timestamp;
use proptest::prelude::*;
use std::collections::BTreeSet;

const COUPON: AccountId = AccountId(7);
const SHOP: LocationId = LocationId(1);
const NOW: Timestamp = Timestamp(1_000);

fn hold(sale: u128, limit: i64, fact: bool) -> AccountAsk {
    let (kind, limit) = (AccountKind::Coupon, Minor(limit));
    let (measure, amount, worth, way) = (Measure::Uses, Minor(1), Minor(0), Way::Out);
    let take = Take { account: COUPON, kind, measure, amount, worth, by_code: false, by_customer: false, way, limit };
    AccountAsk::Hold { take, sale: CommandId(sale), at: SHOP, fact }
}

fn confirm(sale: u128) -> AccountAsk {
    AccountAsk::Confirm { sale: CommandId(sale), at: SHOP }
}

fn let_go(sale: u128) -> AccountAsk {
    AccountAsk::LetGo { sale: CommandId(sale), at: SHOP, deadline: None }
}

fn run(accounts: &mut Accounts, ask: &AccountAsk) -> Result<(), Refusal> {
    if let Decision::Happens(event) = account::decide(accounts, COUPON, ask, NOW)? {
        let Event::Account { account, entry } = event else { panic!("{event:?}") };
        accounts.apply(account, &entry);
        accounts.list[&account].check().unwrap();
    }
    Ok(())
}

#[test]
fn the_first_use_opens_the_account_and_the_last_closes_the_coupon() {
    let mut accounts = Accounts::default();
    assert_eq!(run(&mut accounts, &confirm(1)), Err(Refusal::UnknownAccount));
    run(&mut accounts, &hold(1, 2, false)).unwrap();
    run(&mut accounts, &hold(2, 2, false)).unwrap();
    run(&mut accounts, &hold(2, 2, false)).unwrap();
    assert!(matches!(run(&mut accounts, &hold(3, 2, false)), Err(Refusal::BalanceHeld { .. })));
    run(&mut accounts, &let_go(1)).unwrap();
    run(&mut accounts, &hold(3, 2, false)).unwrap();
    run(&mut accounts, &confirm(2)).unwrap();
    run(&mut accounts, &confirm(3)).unwrap();
    run(&mut accounts, &confirm(3)).unwrap();
    assert_eq!(run(&mut accounts, &hold(4, 2, false)), Err(Refusal::CouponUsedUp));
    assert_eq!(run(&mut accounts, &hold(4, 1, false)), Err(Refusal::CouponUsedUp), "a limit may be lowered");
    run(&mut accounts, &hold(4, 3, false)).unwrap();
    let elsewhere = AccountAsk::Hold {
        take: match hold(4, 3, false) {
            AccountAsk::Hold { take, .. } => take,
            other => panic!("{other:?}"),
        },
        sale: CommandId(4),
        at: LocationId(2),
        fact: false,
    };
    assert_eq!(run(&mut accounts, &elsewhere), Err(Refusal::IdReused { field: "location" }));
}

#[test]
fn a_use_that_was_had_comes_back_and_no_other() {
    let mut accounts = Accounts::default();
    let back =
        |amount: i64, cause| AccountAsk::Load { measure: Measure::Uses, amount: Minor(amount), cause, customer: None };
    let refund = || Cause::Refund(CommandId(1));
    run(&mut accounts, &hold(1, 1, false)).unwrap();
    assert_eq!(run(&mut accounts, &back(1, refund())), Err(Refusal::BadAmount), "it is only held");
    run(&mut accounts, &confirm(1)).unwrap();
    assert_eq!(run(&mut accounts, &back(1, Cause::Paid)), Err(Refusal::BadAmount));
    assert_eq!(run(&mut accounts, &back(2, refund())), Err(Refusal::BadAmount));
    run(&mut accounts, &back(1, refund())).unwrap();
    assert_eq!(run(&mut accounts, &back(1, refund())), Err(Refusal::BadAmount));
    run(&mut accounts, &hold(2, 1, false)).unwrap();
    run(&mut accounts, &confirm(2)).unwrap();
    assert_eq!(run(&mut accounts, &hold(3, 1, false)), Err(Refusal::CouponUsedUp));
}

#[test]
fn a_fact_is_recorded_beyond_the_limit_and_takes_nothing_from_others() {
    let mut accounts = Accounts::default();
    run(&mut accounts, &hold(1, 1, false)).unwrap();
    run(&mut accounts, &hold(2, 1, true)).unwrap();
    run(&mut accounts, &confirm(1)).unwrap();
    run(&mut accounts, &confirm(2)).unwrap();
    let ledger = accounts.list[&COUPON].ledger;
    assert_eq!((ledger.redeemed, ledger.short, ledger.balance()), (Minor(1), Minor(1), Minor::ZERO));
}

/// A return of a sale brings its use back.
fn bring_back(back: u128) -> AccountAsk {
    let AccountAsk::Hold { take, at, fact, .. } = hold(0, 0, false) else { panic!("it holds") };
    AccountAsk::Hold { take: Take { way: Way::In, ..take }, sale: CommandId(back), at, fact }
}

#[test]
fn a_return_brings_a_use_back_once_it_stands_and_not_one_that_nobody_had() {
    let mut accounts = Accounts::default();
    let sums = |accounts: &Accounts| {
        let ledger = accounts.list[&COUPON].ledger;
        (ledger.redeemed.0, ledger.refunded.0, ledger.short.0)
    };
    run(&mut accounts, &hold(1, 1, false)).unwrap();
    run(&mut accounts, &confirm(1)).unwrap();
    run(&mut accounts, &hold(2, 1, true)).unwrap();
    run(&mut accounts, &confirm(2)).unwrap();
    assert_eq!(sums(&accounts), (1, 0, 1), "two uses of a coupon for one");
    // One of the two comes back: there is still one, and the limit is reached.
    run(&mut accounts, &bring_back(11)).unwrap();
    run(&mut accounts, &let_go(11)).unwrap();
    run(&mut accounts, &bring_back(11)).unwrap();
    run(&mut accounts, &bring_back(11)).unwrap();
    run(&mut accounts, &confirm(11)).unwrap();
    run(&mut accounts, &confirm(11)).unwrap();
    assert_eq!(sums(&accounts), (1, 0, 0));
    assert_eq!(run(&mut accounts, &hold(3, 1, false)), Err(Refusal::CouponUsedUp));
    // The other: until its return stands, nobody else gets it.
    run(&mut accounts, &bring_back(12)).unwrap();
    assert_eq!(run(&mut accounts, &hold(3, 1, false)), Err(Refusal::CouponUsedUp));
    run(&mut accounts, &confirm(12)).unwrap();
    assert_eq!(sums(&accounts), (1, 1, 0));
    run(&mut accounts, &hold(3, 1, false)).unwrap();
    // More than were had do not come back, and no return is refused for it.
    run(&mut accounts, &bring_back(13)).unwrap();
    run(&mut accounts, &confirm(13)).unwrap();
    assert_eq!(sums(&accounts), (1, 1, 0));
}

/// A use that comes back with a return is not given back by hand as well: there would be one more than were had.
#[test]
fn a_use_comes_back_once_by_a_return_or_by_hand() {
    let mut accounts = Accounts::default();
    let by_hand = AccountAsk::Load {
        measure: Measure::Uses,
        amount: Minor(1),
        cause: Cause::Refund(CommandId(1)),
        customer: None,
    };
    run(&mut accounts, &hold(1, 1, false)).unwrap();
    run(&mut accounts, &confirm(1)).unwrap();
    run(&mut accounts, &bring_back(11)).unwrap();
    assert!(matches!(run(&mut accounts, &by_hand), Err(Refusal::BalanceHeld { .. })), "the return may still stand");
    let mut undone = accounts.clone();
    run(&mut undone, &let_go(11)).unwrap();
    run(&mut undone, &by_hand).unwrap();
    run(&mut accounts, &confirm(11)).unwrap();
    assert_eq!(run(&mut accounts, &by_hand), Err(Refusal::BadAmount));
    for mut accounts in [accounts, undone] {
        run(&mut accounts, &hold(2, 1, false)).unwrap();
        assert!(run(&mut accounts, &hold(3, 1, false)).is_err(), "there is one use");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Back(u128),
    Hold(u128, i64, bool),
    Confirm(u128),
    LetGo(u128),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let sale = || 0..12_u128;
    prop::collection::vec(
        prop_oneof![
            4 => (sale(), 0..6_i64, prop::bool::weighted(0.2)).prop_map(|(sale, limit, fact)| Step::Hold(sale, limit, fact)),
            3 => sale().prop_map(Step::Confirm),
            1 => sale().prop_map(Step::LetGo),
            1 => sale().prop_map(Step::Back),
        ],
        0..60,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn never_more_uses_than_the_limit_when_one_is_had(steps in steps()) {
        let mut accounts = Accounts::default();
        // The slow way round: sales that hold a use, and how many had one.
        let (mut holding, mut beyond, mut used): (BTreeSet<u128>, BTreeSet<u128>, i64) = Default::default();
        let mut short = 0;
        for step in steps {
            match step {
                Step::Hold(sale, limit, fact) => {
                    let held = i64::try_from(holding.iter().filter(|other| **other != sale).count()).unwrap();
                    let fits = limit - used - held >= 1;
                    let taken = run(&mut accounts, &hold(sale, limit, fact));
                    match (fact, fits) {
                        (true, _) => {
                            prop_assert!(taken.is_ok());
                            holding.remove(&sale);
                            beyond.remove(&sale);
                            if fits { holding.insert(sale) } else { beyond.insert(sale) };
                        }
                        (false, true) => {
                            prop_assert!(taken.is_ok());
                            beyond.remove(&sale);
                            holding.insert(sale);
                        }
                        (false, false) if limit > used => {
                            let is_held = matches!(taken, Err(Refusal::BalanceHeld { .. }));
                            prop_assert!(is_held);
                        }
                        (false, false) => prop_assert_eq!(taken, Err(Refusal::CouponUsedUp)),
                    }
                }
                Step::Back(sale) => {
                    if !accounts.list.contains_key(&COUPON) {
                        continue;
                    }
                    run(&mut accounts, &bring_back(100 + sale)).unwrap();
                    run(&mut accounts, &confirm(100 + sale)).unwrap();
                    if short > 0 { short -= 1 } else { used = (used - 1).max(0) }
                }
                Step::Confirm(sale) => {
                    let _ = run(&mut accounts, &confirm(sale));
                    used += i64::from(holding.remove(&sale));
                    short += i64::from(beyond.remove(&sale));
                }
                Step::LetGo(sale) => {
                    let _ = run(&mut accounts, &let_go(sale));
                    holding.remove(&sale);
                    beyond.remove(&sale);
                }
            }
            if let Some(account) = accounts.list.get(&COUPON) {
                let held = i64::try_from(holding.len()).unwrap();
                prop_assert_eq!((account.ledger.redeemed.0 - account.ledger.refunded.0, account.held().0, account.ledger.short.0), (used, held, short));
            }
        }
    }
}
