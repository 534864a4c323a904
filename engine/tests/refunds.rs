//! Returns, exchanges and cancelled sales in any order, at two locations, some of which are given up on the way:
//! never more goes back than was paid, by each means and in all, the last gives the exact rest, and accounts,
//! drawers and journals say the same.
#![allow(clippy::unwrap_used)]

mod build;

use build::{TEA, line, sell};
use onhand_engine::account::{AccountAsk, AccountKind, Measure, RedemptionAsk, Take, Way};
use onhand_engine::command::{Action, Channel, Command, Disposition, Said, SaleLine, Sell, Tender, TenderKind};
use onhand_engine::date::Date;
use onhand_engine::decide::{Decision, decide};
use onhand_engine::drawer::rules::Account;
use onhand_engine::drawer::{Ask, Happening};
use onhand_engine::event::{Event, Record};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{AccountId, CommandId, Label, LocationId, PaymentId, Seq, TillNo};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::payment::card::{Card, Safe};
use onhand_engine::payment::{ATTEMPT, Approval, Payment, PaymentAsk, Report, Start};
use onhand_engine::people::By;
use onhand_engine::qty::Qty;
use onhand_engine::refusal::Refusal;
use onhand_engine::returns::{
    GivenBack, KnownSale, Portion, TakeBack, What, grant_first, grant_to, may_need_others, takes,
};
use onhand_engine::tax::{PriceBasis, RatePpm, Taxed};
use onhand_engine::time::Timestamp;
use onhand_engine::world::World;
use proptest::prelude::*;

const SHOP: LocationId = LocationId(1);
const OTHER: LocationId = LocationId(2);
const TILL: TillNo = TillNo(1);
const CARD: AccountId = AccountId(7);
const POINTS: AccountId = AccountId(8);
const PAYMENT: PaymentId = PaymentId(1 << 100);
const SALE: Seq = Seq(77);
const ON_IT: i64 = 1_000_000;

/// The server in small: the steps of a command in which others have a part, one after the other.
struct Server {
    world: World,
    commands: u128,
}

impl Server {
    fn decide(&mut self, id: CommandId, location: LocationId, action: Action) -> Result<Option<Record>, Refusal> {
        let command = Command { id, location, channel: Channel::Till, action };
        let (place, time) = (self.world.places.entry(location).or_default(), Timestamp(1_000));
        let Decision::Happens(event) = decide(place, &command, time)? else { return Ok(None) };
        let (fingerprint, by) = (Fingerprint::of(&command), By::default());
        let record = Record { time, command: id, fingerprint, location, by, event };
        self.world.apply(&record);
        assert_eq!(self.world.check(), Vec::<String>::new());
        Ok(Some(record))
    }

    fn next(&mut self) -> CommandId {
        self.commands += 1;
        CommandId(self.commands)
    }

    fn run(&mut self, location: LocationId, action: Action) -> Result<Record, Refusal> {
        let id = self.next();
        self.decide(id, location, action).map(Option::unwrap)
    }

    fn at_account(&mut self, account: AccountId, ask: AccountAsk) -> Result<Option<Record>, Refusal> {
        let id = self.next();
        self.decide(id, LocationId::of_account(account), Action::Account { account, ask })
    }

    /// Asks for a command; `gives_up`: it comes to nothing when everything is held.
    fn ask(&mut self, location: LocationId, action: Action, gives_up: bool) -> Result<Option<Record>, Refusal> {
        let id = self.next();
        let mut command = Command { id, location, channel: Channel::Till, action };
        if !may_need_others(&command) {
            return self.decide(id, location, command.action);
        }
        let sold_at = match grant_first(&command, None) {
            Some((sold_at, ask)) => {
                self.run(sold_at, Action::GrantReturn(Box::new(ask)))?;
                let grant = self.world.places[&sold_at].store.grants[&id].grant.clone();
                grant_to(&mut command, grant);
                Some(sold_at)
            }
            None => None,
        };
        let parts = takes(&command.action);
        let hold = |take: &Take| AccountAsk::Hold { take: *take, sale: id, at: location, fact: false };
        let held = parts.iter().try_for_each(|take| self.at_account(take.account, hold(take)).map(drop));
        let decided = match held {
            Ok(()) if gives_up => Ok(None),
            Ok(()) => self.decide(id, location, command.action),
            Err(why) => Err(why),
        };
        let stands = matches!(decided, Ok(Some(_)));
        for take in &parts {
            let (sale, at) = (id, location);
            let end = match stands {
                true => AccountAsk::Confirm { sale, at },
                false => AccountAsk::LetGo { sale, at, deadline: None },
            };
            self.at_account(take.account, end).unwrap();
        }
        if let Some(sold_at) = sold_at {
            let (sale, at, deadline) = (id, location, None);
            let end = match stands {
                true => RedemptionAsk::KeepGrant { sale, at },
                false => RedemptionAsk::UndoGrant { sale, at, deadline },
            };
            self.run(sold_at, Action::Redemption(end)).unwrap();
        }
        if stands {
            self.run(location, Action::Redemption(RedemptionAsk::Settle { sale: id, unpaid: vec![] })).unwrap();
        }
        decided
    }

    /// An approved payment of the command that comes next; none of nothing.
    fn approved(&mut self, amount: Minor) -> Box<[(PaymentId, Minor)]> {
        if amount <= Minor::ZERO {
            return Box::default();
        }
        let (sale, provider) = (CommandId(self.commands + 1), Label::new("sim").unwrap());
        let (till, currency, attempt) = (Some(TILL), Currency::EUR, ATTEMPT);
        let start = Start { sale, till, provider, currency, amount, token: None, reservation: None, attempt };
        let approval = Approval { transaction: Safe::new("tx").unwrap(), card: Card::default(), taken: false };
        let reported = PaymentAsk::Report(Box::new(Report::Approved(approval)));
        for (id, ask) in [(PAYMENT.0, PaymentAsk::Start(Box::new(start))), (PAYMENT.0 + 1, reported)] {
            self.decide(CommandId(id), SHOP, Action::Payment { payment: PAYMENT, ask }).unwrap();
        }
        [(PAYMENT, amount)].into()
    }

    /// What goes back of the payment.
    fn refunded(&self) -> Minor {
        self.world.places[&SHOP].store.payments.get(PAYMENT).map_or(Minor::ZERO, Payment::refunded)
    }

    fn given(&self) -> &GivenBack {
        self.world.places[&SHOP].store.given_back(SALE)
    }

    fn ledger(&self, account: AccountId) -> onhand_engine::account::Ledger {
        self.world.places[&LocationId::of_account(account)].store.accounts.list[&account].ledger
    }
}

#[derive(Clone, Debug)]
enum Step {
    Return { there: bool, portions: Vec<Portion>, store_credit: bool, gives_up: bool },
    Exchange { there: bool, portions: Vec<Portion>, units: i64, gives_up: bool },
    Void,
}

fn portions() -> impl Strategy<Value = Vec<Portion>> {
    let what = prop_oneof![
        3 => (1_i64..3_000).prop_map(|milli| What::Goods(Qty::from_milli(milli))),
        1 => (1_i64..20_000).prop_map(|minor| What::Money(Minor(minor))),
    ];
    prop::collection::vec((0_u16..3, what).prop_map(|(line, what)| Portion { line, what }), 1..3)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let often = any::<(bool, bool, bool)>();
    let step = prop_oneof![
        6 => (often, portions()).prop_map(|((there, store_credit, gives_up), portions)| {
            Step::Return { there, portions, store_credit, gives_up }
        }),
        4 => (any::<(bool, bool)>(), portions(), 1_i64..300).prop_map(|((there, gives_up), portions, units)| {
            Step::Exchange { there, portions, units, gives_up }
        }),
        1 => Just(Step::Void),
    ];
    prop::collection::vec(step, 0..12)
}

/// Lines, and what of them is paid with the card and with points, in percent; the rest in cash and by card.
fn sales() -> impl Strategy<Value = (Vec<SaleLine>, i64, i64)> {
    let line = (1_i64..5_000, 1_i64..20_000, 0_i64..4_000).prop_map(|(milli, net, tax)| SaleLine {
        sku: TEA,
        qty: Qty::from_milli(milli),
        unit_price: Minor(net),
        unit_cost: None,
        taxed: Taxed { net: Minor(net), tax: Minor(tax), rate: RatePpm(0) },
    });
    (prop::collection::vec(line, 1..4), 0_i64..=50, 0_i64..=30)
}

fn tender(kind: TenderKind, amount: i64) -> Tender {
    Tender { kind, amount: Minor(amount) }
}

fn of_drawer(ask: Ask) -> Action {
    Action::Drawer { till: TILL, ask }
}

fn open(server: &mut Server) {
    let business_day = Date::new(2026, 1, 31).unwrap();
    for at in [SHOP, OTHER] {
        server.run(at, Action::Receive { lines: vec![line(TEA, 100_000)], goods: None }).unwrap();
        let open = Ask::Open { business_day: business_day.into(), float: Minor(0), basis: PriceBasis::TaxInclusive };
        server.run(at, of_drawer(open)).unwrap();
    }
    for (account, kind, measure) in
        [(CARD, AccountKind::GiftCard, Measure::Money(Currency::EUR)), (POINTS, AccountKind::Loyalty, Measure::Points)]
    {
        let issue = AccountAsk::Issue { kind, measure, amount: Minor(ON_IT), expires: None, owner: None };
        server.at_account(account, issue).unwrap();
    }
}

/// A sale that is paid with all of them: three points for a minor unit.
fn sold(server: &mut Server, lines: &[SaleLine], card: i64, points: i64) -> KnownSale {
    let gross: i64 = lines.iter().map(|line| line.taxed.gross().0).sum();
    let (card, points) = (gross * card / 100, gross * points / 100);
    let cash = (gross - card - points) / 3;
    let of_card = gross - card - points - cash;
    let take = |account, kind, measure, worth: i64, amount: i64| {
        let (amount, worth, way) = (Minor(amount), Minor(worth), Way::Out);
        let limit = Minor::ZERO;
        (amount > Minor::ZERO).then_some(Take {
            account,
            kind,
            measure,
            amount,
            worth,
            by_code: true,
            by_customer: false,
            way,
            limit,
        })
    };
    let taken = [
        take(CARD, AccountKind::GiftCard, Measure::Money(Currency::EUR), card, card),
        take(POINTS, AccountKind::Loyalty, Measure::Points, points, 3 * points),
    ];
    let tenders = [
        tender(TenderKind::GiftCard, card),
        tender(TenderKind::Cash, cash),
        tender(TenderKind::Other, points),
        tender(TenderKind::Card, of_card),
    ];
    let takes = taken.into_iter().flatten().collect();
    let (lines, tenders) = (lines.to_vec(), tenders.into_iter().filter(|one| one.amount > Minor::ZERO).collect());
    let sale = Sell { till: Some(TILL), lines, tenders, takes, ..sell(&[]) };
    let payments = server.approved(Minor(of_card));
    let sale = Sell { payments, ..sale };
    KnownSale::of(SALE, &server.ask(SHOP, Action::Sell(sale), false).unwrap().unwrap()).unwrap()
}

fn back(sale: &KnownSale, portions: Vec<Portion>, void: bool, tenders: Vec<Tender>) -> Action {
    let void = void.then(|| Label::new("mistyped").unwrap());
    Action::Return {
        till: Some(TILL),
        currency: Currency::EUR,
        lines: vec![],
        said: Said::default(),
        disposition: Disposition::Resell,
        tenders,
        accounts: Box::default(),
        goods: None,
        of: Some(Box::new(TakeBack { sale: sale.clone(), portions, void, serials: vec![], granted: None })),
        unreceipted: None,
    }
}

fn worth(given: &GivenBack, sale: &KnownSale, portions: Vec<Portion>) -> Option<Minor> {
    let asked = TakeBack { sale: sale.clone(), portions, void: None, serials: vec![], granted: None };
    let grant = given.grant(&asked, &Default::default()).ok()?;
    Some(grant.lines.iter().map(|line| line.taxed.gross()).sum())
}

fn step(server: &mut Server, sale: &KnownSale, step: &Step) -> Result<Option<Record>, Refusal> {
    let place = |there: bool| if there { OTHER } else { SHOP };
    match step.clone() {
        Step::Return { there, portions, store_credit, gives_up } => {
            let worth = worth(server.given(), sale, portions.clone()).filter(|_| store_credit);
            let tenders = worth.map(|worth| tender(TenderKind::StoreCredit, worth.0)).into_iter().collect();
            server.ask(place(there), back(sale, portions, false, tenders), gives_up)
        }
        Step::Exchange { there, portions, units, gives_up } => {
            let goes_out = sell(&[(TEA, units)]);
            let due = worth(server.given(), sale, portions.clone()).map(|worth| units * 100 - worth.0);
            let tenders = due.filter(|due| *due > 0).map(|due| tender(TenderKind::Cash, due)).into_iter().collect();
            let sell = Box::new(Sell { till: Some(TILL), tenders, ..goes_out });
            let back = Box::new(TakeBack { sale: sale.clone(), portions, void: None, serials: vec![], granted: None });
            let exchange = Action::Exchange { back, disposition: Disposition::Resell, sell };
            server.ask(place(there), exchange, gives_up)
        }
        Step::Void => server.ask(SHOP, back(sale, vec![], true, vec![]), false),
    }
}

/// What a kind of money came to in the journals of both locations, debits above zero.
fn in_journals(server: &mut Server, account: Account) -> i64 {
    let mut sum = 0;
    for at in [SHOP, OTHER] {
        let mut copy = Server { world: server.world.clone(), commands: 1 << 90 };
        let close = Ask::Close { session: None, counts: vec![], pending: 0 };
        let record = copy.run(at, of_drawer(close)).unwrap();
        let Event::Drawer { happening: Happening::SessionClosed { journal, .. }, .. } = record.event else { panic!() };
        assert_eq!(journal.iter().map(|line| line.amount.0).sum::<i64>(), 0, "a journal balances");
        sum += journal.iter().filter(|line| line.account == account).map(|line| line.amount.0).sum::<i64>();
    }
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn never_more_goes_back_than_was_paid_and_all_books_agree(
        (lines, card, points) in sales(),
        steps in steps(),
    ) {
        let mut server = Server { world: World::default(), commands: 0 };
        open(&mut server);
        let sale = sold(&mut server, &lines, card, points);
        let paid = [CARD, POINTS].map(|account| server.ledger(account).redeemed);
        for one in &steps {
            let before = server.given().clone();
            let done = step(&mut server, &sale, one);
            if !matches!(done, Ok(Some(_))) {
                prop_assert_eq!(server.given(), &before, "what did not happen left something behind: {:?}", done);
            }
            for (kind, sum) in server.given().tenders.iter().filter(|(kind, _)| **kind != TenderKind::StoreCredit) {
                let paid: Minor = sale.tenders.iter().filter(|one| one.kind == *kind).map(|one| one.amount).sum();
                prop_assert!(*sum <= paid, "{:?} got {:?} of {:?}", kind, sum, paid);
            }
            let by_card = server.given().tenders.get(&TenderKind::Card).copied().unwrap_or_default();
            prop_assert_eq!(server.refunded(), by_card, "the payment has what was given back by card");
            for (account, paid) in [CARD, POINTS].into_iter().zip(paid) {
                let back = server.given().accounts.get(&account).copied().unwrap_or_default();
                prop_assert!(back.amount <= paid);
                prop_assert_eq!(server.ledger(account).refunded, back.amount, "the ledger has what was given back");
            }
        }
        let rest = server.ask(SHOP, back(&sale, vec![], false, vec![]), false);
        prop_assert!(matches!(rest, Ok(Some(_)) | Err(Refusal::EmptyBasket)), "{:?}", rest);
        for (line, no) in lines.iter().zip(0_u16..) {
            let back = server.given().lines.get(&no).cloned().unwrap_or_default();
            prop_assert_eq!(back.qty, line.qty);
            prop_assert_eq!(back.for_goods.plus(back.alone), line.taxed.gross(), "the last gives the exact rest");
            prop_assert_eq!(back.tax, line.taxed.tax);
        }
        let money: Minor = server.given().tenders.values().copied().sum();
        prop_assert!(money <= lines.iter().map(|line| line.taxed.gross()).sum(), "all means together");
        // What the shop owes for the card is what the card says, in both locations' books together.
        let ledger = server.ledger(CARD);
        prop_assert_eq!(in_journals(&mut server, Account::GiftCards), ledger.redeemed.minus(ledger.refunded).0);
        prop_assert!(server.world.places.values().all(|place| place.store.settling.list.is_empty()));
        prop_assert!(server.world.places.values().all(|place| place.store.grants.is_empty()));
        prop_assert!([CARD, POINTS].iter().all(|account| server.ledger(*account).balance() <= Minor(ON_IT)));
    }
}
