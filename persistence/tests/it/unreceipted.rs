//! Returns without a receipt come back from disk, with what limits them and what counts towards it.

use crate::samples::{damage_every_bit, encoded, line, plain_sale, record};
use onhand_engine::account::{AccountKind, Entry, Hold, Way};
use onhand_engine::command::{Channel, Disposition, Standing, Tender, TenderKind};
use onhand_engine::date::Date;
use onhand_engine::event::{Event, Record, Return};
use onhand_engine::goods::{Amounts, Exception, SoldGoods};
use onhand_engine::ids::{AccountId, CommandId, Label, LocationId, ReceiptNo, SkuId, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::returns::unreceipted::{Limits, Most, OfDay, OverLimit, PerCustomer, Unreceipted};
use onhand_engine::time::Timestamp;
use onhand_engine::world::World;
use onhand_persistence::format::decode;
use onhand_persistence::state_hash;

fn day(number: u32) -> Date {
    Date::numbered(number).unwrap()
}

fn back(standing: Standing, on: u32, lifted: Vec<OverLimit>) -> Return {
    let customer = lifted.is_empty().then(|| Label::new("ann").unwrap());
    Return {
        receipt: Some((TillNo(1), ReceiptNo(2))),
        channel: Channel::Till,
        lines: vec![line(6, 1)],
        disposition: Disposition::Resell,
        tenders: vec![Tender { kind: TenderKind::Cash, amount: Minor(1_210) }],
        of: None,
        redemption: None,
        goods: None,
        unreceipted: Some(Box::new(Unreceipted { standing, customer, day: day(on), lifted })),
        refunds: None,
    }
}

pub(crate) fn records() -> Vec<Record> {
    let most = Most { amount: Some(Minor(20_000)), returns: Some(3) };
    let all = Limits {
        amount_max: Some(Minor(5_000)),
        per_day: most,
        per_customer: Some(PerCustomer { days: 30, most }),
        can_be_lifted: true,
    };
    let set = |at, limits| Event::ReturnLimitsSet { at: LocationId(at), limits };
    let every_one = vec![
        OverLimit::Amount { amount: Minor(6_000), max: Minor(5_000) },
        OverLimit::DayAmount { amount: Minor(21_000), max: Minor(20_000) },
        OverLimit::DayReturns { max: 3 },
        OverLimit::NoCustomer,
        OverLimit::CustomerAmount { left: Minor(7) },
        OverLimit::CustomerReturns,
    ];
    let (line, sku, amounts) = (0, SkuId(6), Some(Amounts { said: Minor(6_000), own: Minor(5_000) }));
    let exceptions = vec![Exception { line, sku, number: 3102, amounts }];
    let goods = Some(Box::new(SoldGoods { exceptions, ..SoldGoods::default() }));
    let fact = Return { goods, ..back(Standing::Fact, 20_260_302, vec![]) };
    let held = |kind| {
        let (amount, short, deadline) = (Minor(1), Minor(2), Timestamp(99_000));
        let hold = Hold { at: LocationId(1), amount, short, deadline, way: Way::Out };
        let entry = Entry::UseHeld { kind, issued: Minor(3), sale: CommandId(7), hold };
        Event::Account { account: AccountId(u128::MAX - kind as u128), entry }
    };
    let exchange = Return { unreceipted: None, ..fact.clone() };
    let mut sale = plain_sale(1, 4);
    sale.goods.clone_from(&exchange.goods);
    let events = [
        (0, set(0, Some(all))),
        (0, set(1, Some(Limits { can_be_lifted: true, ..Limits::default() }))),
        (0, set(2, Some(Limits::default()))),
        (0, set(2, None)),
        (1, Event::GoodsReturned(back(Standing::Request, 20_260_301, vec![]))),
        (1, Event::GoodsReturned(back(Standing::Request, 20_260_302, every_one))),
        (1, Event::GoodsReturned(fact)),
        (1, Event::GoodsReturned(back(Standing::Fact, 20_260_301, vec![]))),
        (1, Event::Exchanged { back: Box::new(exchange), sale: Box::new(sale) }),
        (1, held(AccountKind::CustomerReturns)),
        (1, held(AccountKind::CustomerRefunds)),
    ];
    events.into_iter().zip(1..).map(|((at, event), n)| record(n, at, event)).collect()
}

#[test]
fn they_come_back_and_no_damage_is_a_panic() {
    let bytes: Vec<u8> = records().iter().flat_map(encoded).collect();
    assert_eq!(decode(&bytes).unwrap(), records());
    records().iter().for_each(|record| damage_every_bit(&encoded(record)));
}

/// What a late one is of an earlier day no longer counts; the rest is part of the state's hash.
#[test]
fn the_latest_day_counts() {
    let mut world = World::default();
    records().iter().for_each(|record| world.apply(record));
    let found = world.places[&LocationId(1)].store.returns_of_day;
    let amount = records()[5].event.clone();
    let Event::GoodsReturned(one) = amount else { panic!() };
    let amount = one.gross().plus(one.gross());
    assert_eq!(found, Some(OfDay { day: day(20_260_302), returns: 2, amount }));
    let mut other = world.clone();
    other.places.get_mut(&LocationId(1)).unwrap().store.returns_of_day = None;
    assert_ne!(state_hash(&world), state_hash(&other));
}
