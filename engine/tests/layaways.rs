//! Layaways under random traffic: deposits add up at every step, each Z's journal is balanced, and the account of
//! deposits over all of them is what is deposited.
#![allow(clippy::unwrap_used)]

mod build;

use build::{LOCATION, TEA, line, number, owner, run_at, sale_line, sell};
use onhand_engine::command::{Action, Channel, Said, Standing, Tender, TenderKind};
use onhand_engine::date::Date;
use onhand_engine::decide::Decision;
use onhand_engine::drawer::rules::Account;
use onhand_engine::drawer::{self, Happening};
use onhand_engine::event::{Event, Record};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, Label, OrderId, SessionNo, TillNo};
use onhand_engine::layaway::Ask;
use onhand_engine::money::Minor;
use onhand_engine::people::By;
use onhand_engine::qty::Qty;
use onhand_engine::tax::PriceBasis;
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::world::PlaceState;
use proptest::prelude::*;

const TILL: TillNo = TillNo(1);
const KINDS: [TenderKind; 3] = [TenderKind::Cash, TenderKind::Card, TenderKind::Voucher];

fn tender(kind: TenderKind, amount: i64) -> Tender {
    Tender { kind, amount: Minor(amount) }
}

fn of(layaway: &OrderId, ask: Ask) -> Action {
    Action::Layaway { till: TILL, layaway: layaway.clone(), ask }
}

fn set_aside(layaway: &OrderId, units: i64, fee: i64, tenders: Vec<Tender>) -> Action {
    let ask = Ask::Open {
        customer: owner("ann"),
        lines: vec![sale_line(TEA, units)],
        ttl: Millis(60_000),
        fee: Minor(fee),
        tenders,
        said: Said::default(),
        reservation: None,
        goods: None,
    };
    of(layaway, ask)
}

fn open_session() -> Action {
    let business_day = Date::new(2026, 1, 31).unwrap();
    let ask =
        drawer::Ask::Open { business_day: business_day.into(), float: Minor(100), basis: PriceBasis::TaxInclusive };
    Action::Drawer { till: TILL, ask }
}

fn close() -> Action {
    Action::Drawer { till: TILL, ask: drawer::Ask::Close { session: None, counts: vec![], pending: 0 } }
}

/// What is asked, how many units or which part, which layaway, how it is paid.
type Step = (u8, i64, u8, usize);

fn action(place: &PlaceState, closed: u32, (kind, amount, which, paid): Step) -> Action {
    let name = OrderId::new(&format!("L-{which}")).unwrap();
    let open = place.store.layaways().open.get(&name);
    let there = open.map_or(0, |open| open.deposited().0);
    let paid = KINDS[paid % KINDS.len()];
    match kind {
        0 => set_aside(&name, 1 + amount % 4, amount % 50, vec![]),
        1 | 2 => set_aside(&name, 1 + amount % 4, amount % 50, vec![tender(paid, 1 + amount % 120)]),
        3 | 4 => of(&name, Ask::Deposit { tenders: vec![tender(paid, 1 + amount % 150)] }),
        5 => of(&name, Ask::Cancel { tenders: vec![], reason: Label::new("moved").unwrap() }),
        6 => {
            let due = open.map_or(0, |open| open.deposited().0 - open.kept().0);
            let tenders = vec![tender(paid, due.max(1))];
            of(&name, Ask::Cancel { tenders, reason: Label::new("moved").unwrap() })
        }
        7..=9 => {
            let units = open.map_or(1, |open| open.lines[0].qty.milli() / Qty::SCALE);
            let mut sale = sell(&[(TEA, units)]);
            let gross = units * 100;
            // A request pays with all that is deposited; a fact says what it likes.
            let used = if kind == 9 { amount % 300 } else { there };
            sale.till = Some(TILL);
            sale.order = Some(name);
            sale.tenders = vec![tender(TenderKind::Deposit, used), tender(paid, gross - used)];
            sale.tenders.retain(|tender| tender.amount != Minor::ZERO);
            if kind == 9 {
                sale.standing = Standing::Fact;
                sale.session = (amount % 2 == 0 && closed > 0).then_some(SessionNo(closed));
            }
            Action::Sell(sale)
        }
        10 => Action::Deallocate { order: name },
        _ => close(),
    }
}

struct Books {
    place: PlaceState,
    again: PlaceState,
    commands: u128,
    closed: u32,
    /// Of the account of deposits, over all journals.
    deposits: Minor,
}

impl Books {
    fn run(&mut self, action: Action) -> Result<(), TestCaseError> {
        self.commands += 1;
        let now = Timestamp(u64::try_from(self.commands).unwrap());
        let receipts = self.place.tills.get(&TILL).map(|till| till.last_receipt);
        let was_deposit = matches!(action, Action::Layaway { .. });
        let decided = run_at(&mut self.place, self.commands, Channel::Till, action, now);
        prop_assert_eq!(self.place.check(), Vec::<String>::new());
        let Ok(Decision::Happens(event)) = decided else { return Ok(()) };
        if was_deposit {
            prop_assert_eq!(
                self.place.tills.get(&TILL).map(|till| till.last_receipt),
                receipts,
                "a slip took a number"
            );
        }
        if let Event::Drawer { happening: Happening::SessionClosed { journal, .. }, .. } = &event {
            let sum: Minor = journal.iter().map(|line| line.amount).sum();
            prop_assert_eq!(sum, Minor::ZERO, "{:?}", journal);
            let own = journal.iter().filter(|line| line.account == Account::Deposits).map(|line| line.amount);
            self.deposits = self.deposits.plus(own.sum());
            self.closed += 1;
        }
        let (command, fingerprint, by) = (CommandId(self.commands), Fingerprint::default(), By::default());
        self.again.apply(&Record { time: now, command, fingerprint, location: LOCATION, by, event });
        Ok(())
    }
}

fn hashed(place: &PlaceState) -> Vec<u8> {
    let mut bytes = Vec::new();
    place.digest(LOCATION, &mut |part| bytes.extend_from_slice(part));
    bytes
}

proptest! {
    #[test]
    fn deposits_add_up_and_the_journals_say_so(
        steps in prop::collection::vec((0_u8..12, 0_i64..1_000, 0_u8..6, 0_usize..3), 1..80),
    ) {
        let mut books = Books {
            place: PlaceState::default(),
            again: PlaceState::default(),
            commands: 0,
            closed: 0,
            deposits: Minor::ZERO,
        };
        books.run(Action::Receive { lines: vec![line(TEA, 40)], goods: None })?;
        for step in steps {
            books.run(open_session())?;
            let asked = action(&books.place, books.closed, step);
            books.run(asked)?;
        }
        books.run(open_session())?;
        books.run(close())?;
        let there: Minor = books.place.store.layaways().open.values().map(|open| open.deposited()).sum();
        prop_assert_eq!(books.deposits, Minor::ZERO.minus(there), "the shop owes what is deposited");
        prop_assert_eq!(hashed(&books.again), hashed(&books.place));
    }
}

#[test]
fn another_layaway_is_another_hash() {
    let mut hashes = std::collections::BTreeSet::new();
    let name = OrderId::new("L-1").unwrap();
    for (units, fee, amount) in [(1, 0, 10), (1, 5, 10), (1, 0, 11), (2, 0, 10)] {
        let mut place = PlaceState::default();
        let received = Action::Receive { lines: vec![line(TEA, 9)], goods: None };
        for (id, action) in
            (1..).zip([received, open_session(), set_aside(&name, units, fee, vec![tender(TenderKind::Cash, amount)])])
        {
            assert_eq!(number(&run_at(&mut place, id, Channel::Till, action, Timestamp(1))), 0);
        }
        assert!(hashes.insert(hashed(&place)));
    }
}
