//! Records of every kind, and many sales.

use onhand_engine::account::{AccountKind, Cause, Entry, Hold, Measure, Redemption, Take, Way};
use onhand_engine::catalogue::{Item, Key, KeyId, Location, LocationKind, Role};
use onhand_engine::command::{Bucket, Channel, Disposition, Policy, SaleLine, SkuQty, Standing, Tender, TenderKind};
use onhand_engine::event::{Event, Freed, Record, Return, Sale};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::gtin::Gtin;
use onhand_engine::ids::{
    AccountId, CommandId, Label, LocationId, OrderId, Owner, ReceiptNo, ReservationId, Seq, SkuId, TillNo,
};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::people::By;
use onhand_engine::qty::{Qty, Unit};
use onhand_engine::returns::{Grant, Of, PendingGrant, Portion, SaleRef, What};
use onhand_engine::tax::{PriceBasis, RatePpm, TaxRate, TaxRounding, TaxRules, Taxed};
use onhand_engine::time::Timestamp;

/// Engine time of the first sample.
pub(crate) const NOON: u64 = 1_700_000_000_000;

pub(crate) fn line(sku: u32, qty: i64) -> SaleLine {
    let taxed = Taxed { net: Minor(1_000 * qty), tax: Minor(210 * qty), rate: RatePpm(210_000) };
    SaleLine { sku: SkuId(sku), qty: Qty::units(qty), unit_price: Minor(1_210), taxed, unit_cost: None }
}

pub(crate) fn sku_qty(sku: u32, qty: i64) -> SkuQty {
    SkuQty { sku: SkuId(sku), qty: Qty::units(qty) }
}

fn id(n: u64) -> CommandId {
    CommandId(u128::from(n) << 64 | 0x1234_5678_9abc)
}

pub(crate) fn record(n: u64, location: u32, event: Event) -> Record {
    let fingerprint = Fingerprint { op: 1, lines: 2, money: 3, rest: u32::try_from(n).unwrap() };
    let (time, location) = (Timestamp(NOON + n), LocationId(location));
    Record { time, command: id(n), fingerprint, location, by: By::default(), event }
}

pub(crate) fn plain_sale(receipt: u64, sku: u32) -> Sale {
    Sale {
        standing: Standing::Request,
        channel: Channel::Till,
        receipt: Some((TillNo(3), ReceiptNo(receipt))),
        lines: vec![line(sku, 1)],
        tenders: vec![Tender { kind: TenderKind::Card, amount: Minor(1_210) }],
        oversold: vec![],
        freed: vec![],
        order: None,
        late: None,
        redemption: None,
        pricing: None,
        goods: None,
        payments: None,
        owner: None,
    }
}

/// A sale of one line at location 1, 2 or 3.
pub(crate) fn sale(n: u64) -> Record {
    let mut sale = plain_sale(n, u32::try_from(n % 50).unwrap());
    sale.receipt = None;
    record(n, 1 + u32::try_from(n % 3).unwrap(), Event::SaleRecorded(sale))
}

pub(crate) fn item(sku: u32) -> Item {
    Item {
        sku: SkuId(sku),
        code: onhand_engine::ids::SkuCode::new(&format!("TEA-{sku}")).unwrap(),
        name: "Grüner Tee, 100 g".into(),
        gtins: vec![Gtin::parse("4006381333931").unwrap()],
        unit: Unit::Each,
        tax_class: Label::new("food").unwrap(),
        price: Some(Minor(499)),
        category: "Tea".into(),
        terms: None,
        unit_cost: None,
    }
}

pub(crate) fn location(id: u32) -> Location {
    Location {
        id: LocationId(id),
        code: onhand_engine::ids::LocationCode::new(&format!("S{id}")).unwrap(),
        name: "High Street".into(),
        kind: LocationKind::Shop,
        currency: Currency::EUR,
        tax: TaxRules {
            basis: PriceBasis::TaxExclusive,
            rounding: TaxRounding::Document,
            rates: vec![TaxRate { class: Label::new("food").unwrap(), parts: vec![RatePpm(50_000), RatePpm(99_750)] }],
            dated: vec![],
        },
        zone: None,
    }
}

pub(crate) fn key() -> Key {
    Key {
        id: KeyId(77),
        role: Role::Till,
        holder: Label::new("shop 1").unwrap(),
        secret_hash: [7; 32],
        created: Timestamp(NOON),
        revoked: Some(Timestamp(NOON + 5)),
    }
}

/// One record of each kind, and the ones that are written differently.
pub(crate) fn every_kind() -> Vec<Record> {
    let reservation = ReservationId(id(1).0);
    let freed = || Freed { reservation, lines: vec![sku_qty(4, 2), sku_qty(5, 1)] };
    let order = OrderId::new("WEB-1001/2").unwrap();
    let owner = Owner::new("cart 5").unwrap();
    let wide = Sale {
        standing: Standing::Fact,
        channel: Channel::Web,
        receipt: Some((TillNo(9_999), ReceiptNo(u64::MAX))),
        lines: vec![line(1, 3), line(2, 1_000_000)],
        oversold: vec![sku_qty(1, 2)],
        freed: vec![freed()],
        order: Some(order.clone()),
        ..plain_sale(1, 1)
    };
    let large = Sale { lines: vec![line(1, 5_000_000)], tenders: vec![], ..plain_sale(2, 1) };
    let back = Return {
        receipt: Some((TillNo(1), ReceiptNo(2))),
        channel: Channel::Marketplace,
        lines: vec![line(6, 1)],
        disposition: Disposition::Damaged,
        tenders: vec![Tender { kind: TenderKind::GiftCard, amount: Minor(1_210) }],
        of: None,
        redemption: None,
        goods: None,
        unreceipted: None,
        refunds: None,
    };
    let adjusted = |bucket, milli| Event::StockAdjusted {
        sku: SkuId(4),
        bucket,
        delta: Qty::from_milli(milli),
        reason: Label::new("broken").unwrap(),
    };
    let lines = || vec![sku_qty(4, 2), sku_qty(5, 1)];
    let events = vec![
        Event::LocationDefined { location: location(1) },
        Event::ItemsDefined { items: vec![item(0), Item { price: None, gtins: vec![], ..item(1) }], added: 2 },
        Event::KeyCreated { key: key() },
        Event::KeyRevoked { key: KeyId(77) },
        Event::GoodsReceived { lines: lines() },
        Event::SaleRecorded(plain_sale(1, 4)),
        Event::SaleRecorded(wide),
        Event::SaleRecorded(large),
        Event::Reserved {
            reservation,
            owner,
            channel: Channel::Web,
            deadline: Timestamp(NOON + 60_000),
            lines: lines(),
            freed: vec![freed()],
        },
        Event::Extended { reservation, deadline: Timestamp(NOON + 90_000) },
        Event::Released(freed()),
        Event::Expired(Freed { reservation, lines: vec![] }),
        Event::Allocated { order: order.clone(), lines: lines(), freed: vec![freed()], asked: None },
        Event::Deallocated { order, lines: lines() },
        Event::GoodsReturned(back),
        adjusted(Bucket::OnHand, -250),
        adjusted(Bucket::Incoming, 7_000),
        adjusted(Bucket::Unavailable(Label::new("quarantine").unwrap()), 250),
        Event::Counted { sku: SkuId(4), counted: Qty::units(7), variance: Qty::units(-1) },
        Event::PolicySet {
            sku: SkuId(4),
            policy: Policy { safety_stock: [Qty::ZERO, Qty::units(1), Qty::units(2)], low_at: Qty::units(3) },
        },
    ];
    let chain = |event: &Event| {
        matches!(
            event,
            Event::LocationDefined { .. }
                | Event::ItemsDefined { .. }
                | Event::KeyCreated { .. }
                | Event::KeyRevoked { .. }
        )
    };
    events.into_iter().zip(1..).map(|(event, n)| record(n, u32::from(!chain(&event)), event)).collect()
}

/// One record of each kind of account.
pub(crate) fn of_accounts() -> Vec<Record> {
    let euros = Measure::Money(Currency::EUR);
    let card = AccountId(u128::MAX / 5);
    let take = |amount| {
        let (kind, worth, way) = (AccountKind::GiftCard, Minor(7), Way::Out);
        Take {
            account: card,
            kind,
            measure: euros,
            amount,
            worth,
            by_code: true,
            by_customer: false,
            way,
            limit: Minor::ZERO,
        }
    };
    let redemption = Redemption { sale: id(3), takes: vec![take(Minor(1_000)), take(Minor(210))], granted_by: None };
    let (deadline, way) = (Timestamp(NOON + 10_000), Way::Out);
    let hold = Hold { at: LocationId(1), amount: Minor(9), short: Minor(1), deadline, way };
    let expires = Some(Timestamp(NOON + 99));
    let issued = |kind, measure, expires| Entry::Issued { kind, measure, amount: Minor(5_000), expires, owner: None };
    let loaded = |cause| Entry::Loaded { amount: Minor(5), cause, balance: Minor(5_005) };
    let redeemed = |sale| Entry::Redeemed { amount: Minor(9), short: Minor(1), sale, balance: Minor(4_996) };
    let entries = vec![
        issued(AccountKind::StoreCredit, Measure::Points, None),
        issued(AccountKind::Loyalty, Measure::Points, None),
        issued(AccountKind::GiftCard, euros, expires),
        loaded(Cause::Paid),
        loaded(Cause::Earned(id(1))),
        loaded(Cause::Refund(id(2))),
        Entry::Held { sale: id(3), hold },
        redeemed(Some(id(3))),
        redeemed(None),
        Entry::Held { sale: id(4), hold },
        Entry::LetGo { sale: id(4) },
        Entry::Held { sale: id(5), hold },
        Entry::Held { sale: id(8), hold: Hold { way: Way::In, ..hold } },
        Entry::Refunded { amount: Minor(9), sale: id(8), balance: Minor(4_996) },
        Entry::Held { sale: id(9), hold: Hold { way: Way::Open, ..hold } },
        Entry::Disabled { reason: Label::new("lost").unwrap(), balance: Minor(4_987) },
    ];
    let at = LocationId::of_account(card).0;
    let coupon = AccountId(card.0 + u128::from(LocationId::ACCOUNT_PLACES));
    let used = |kind| Entry::UseHeld { kind, issued: Minor(100), sale: id(7), hold };
    let uses = [used(AccountKind::Coupon), used(AccountKind::CustomerCoupon)];
    let uses = uses.into_iter().map(|entry| (at, Event::Account { account: coupon, entry }));
    let opened = Entry::Opened { kind: AccountKind::StoreCredit, measure: euros, sale: id(10), hold };
    let opened = [(at, Event::Account { account: AccountId(card.0 - 64), entry: opened })];
    let entries =
        entries.into_iter().map(|entry| (at, Event::Account { account: card, entry })).chain(uses).chain(opened);
    let sale = Sale { redemption: Some(Box::new(redemption.clone())), ..plain_sale(1, 4) };
    let unsettled =
        Sale { redemption: Some(Box::new(Redemption { sale: id(6), ..redemption.clone() })), ..plain_sale(2, 4) };
    let sales = [Event::SaleRecorded(sale), Event::Settled { sale: id(3), unpaid: redemption.takes }]
        .into_iter()
        .chain([Event::SaleRecorded(unsettled)])
        .map(|event| (1, event));
    entries.chain(sales).zip(1..).map(|((location, event), n)| record(n, location, event)).collect()
}

pub(crate) fn encoded(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    onhand_persistence::format::encode(record, &mut bytes);
    bytes
}

/// Whichever bit of records is damaged, reading them is no panic.
pub(crate) fn damage_every_bit(bytes: &[u8]) {
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.to_vec();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let _ = onhand_persistence::format::decode(&damaged);
    }
}

/// Records of goods of which it is known what they cost the shop, and of a sale of which it is known whose it is.
pub(crate) fn of_costs() -> Vec<Record> {
    let lines = |second: Option<i64>| {
        let costed = SaleLine { unit_cost: second.map(Minor), ..line(2, 1) };
        vec![line(1, 3), costed]
    };
    let narrow = Sale { lines: lines(Some(640)), ..plain_sale(3, 1) };
    let free = Sale { lines: lines(Some(0)), ..plain_sale(3, 1) };
    let dear = Sale { lines: lines(Some(5_000_000_000)), ..plain_sale(4, 1) };
    let back = |of: Option<Box<Of>>| Return {
        receipt: None,
        channel: Channel::Till,
        lines: lines(Some(640)),
        disposition: Disposition::Resell,
        tenders: vec![],
        of,
        redemption: None,
        goods: None,
        unreceipted: None,
        refunds: None,
    };
    let portions =
        vec![Portion { line: 0, what: What::Goods(Qty::units(3)) }, Portion { line: 1, what: What::Money(Minor(5)) }];
    let sale = SaleRef { location: LocationId(1), seq: Seq(9) };
    let of = Of { sale, portions: portions.clone(), void: None, granted: false };
    let grant =
        Grant { portions, lines: lines(Some(640)), tenders: vec![], credits: vec![], pieces: vec![], refunds: vec![] };
    let pending = PendingGrant { to: LocationId(2), sale: sale.seq, deadline: Timestamp(NOON), grant };
    let items =
        vec![Item { unit_cost: Some(Minor(210)), ..item(0) }, item(1), Item { unit_cost: Some(Minor(0)), ..item(2) }];
    let owner = Some(Box::new(Owner::new("cart 5").unwrap()));
    let whose = Sale { owner, ..plain_sale(5, 1) };
    let events = [
        Event::SaleRecorded(whose),
        Event::ItemsDefined { items, added: 3 },
        Event::SaleRecorded(narrow.clone()),
        Event::SaleRecorded(free),
        Event::SaleRecorded(dear),
        Event::GoodsReturned(back(None)),
        Event::GoodsReturned(back(Some(Box::new(of.clone())))),
        Event::ReturnGranted { command: id(11), pending: Box::new(pending) },
        Event::Exchanged { back: Box::new(back(Some(Box::new(of)))), sale: Box::new(narrow) },
    ];
    (100..).zip(events).map(|(n, event)| record(n, u32::from(n != 101), event)).collect()
}

/// Accounts that are nobody's any more.
pub(crate) fn of_nobody() -> Vec<Record> {
    let gone = |before: Option<&str>| {
        let before = before.map(|name| Owner::new(name).unwrap());
        Entry::Assigned { owner: None, before, balance: Minor(5) }
    };
    let at = LocationId::of_account(AccountId(0)).0;
    let event = |(account, entry)| Event::Account { account: AccountId(account), entry };
    let entries = [(192, gone(Some("bob"))), (256, gone(Some("bob"))), (320, gone(None))].map(event);
    of_owners().into_iter().chain((7..).zip(entries).map(|(n, event)| record(n, at, event))).collect()
}

/// Accounts that are somebody's: said when they were opened, and later.
pub(crate) fn of_owners() -> Vec<Record> {
    let owner = |name: &str| Owner::new(name).unwrap();
    let (kind, measure, amount) = (AccountKind::Loyalty, Measure::Points, Minor(5));
    let issued = |owner| Entry::Issued { kind, measure, amount, expires: Some(Timestamp(NOON)), owner };
    let assigned = |name, before| Entry::Assigned { owner: Some(owner(name)), before, balance: amount };
    let entries = [
        (128, issued(Some(owner("ann")))),
        (192, issued(None)),
        (192, assigned("bob", None)),
        (256, issued(Some(owner("ann")))),
        (256, assigned("bob", Some(owner("ann")))),
        (320, issued(None)),
    ];
    let at = LocationId::of_account(AccountId(0)).0;
    let event = |(account, entry)| Event::Account { account: AccountId(account), entry };
    entries.into_iter().map(event).zip(1..).map(|(event, n)| record(n, at, event)).collect()
}
