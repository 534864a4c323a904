//! Every action there is, one of each kind: a new one does not compile until it has its place here.

use crate::build::{TEA, line, owner, reserve, sell};
use crate::{SHOP, disable, key, label, location, pin, role, user};
use onhand_engine::account::{AccountAsk, AccountKind, Cause, Measure, RedemptionAsk, Take, Way};
use onhand_engine::basket::{self, Basket, NamedLine, VoidedLine};
use onhand_engine::catalogue::{KeyId, Role};
use onhand_engine::command::{Action, Bucket, Disposition, Policy, Said};
use onhand_engine::date::Date;
use onhand_engine::drawer::{self, Movement};
use onhand_engine::ids::{AccountId, CommandId, Label, OrderId, Owner, PaymentId, ReservationId, Seq, TillNo};
use onhand_engine::layaway;
use onhand_engine::money::{Currency, Minor};
use onhand_engine::payment::settlement::Settlement;
use onhand_engine::payment::{ATTEMPT, PaymentAsk, Report, Start};
use onhand_engine::people::Capability;
use onhand_engine::pricing::{PriceBook, Terms};
use onhand_engine::qty::Qty;
use onhand_engine::returns::{GrantAsk, KnownSale, Payout, SaleRef, TakeBack};
use onhand_engine::tax::PriceBasis;
use onhand_engine::time::{Millis, Timestamp};
use std::sync::Arc;

/// An action's name, and the action after it: every action comes up once, from [`first`] on. The
/// match has no catch-all, so a new action does not compile here until it has its place.
fn walk(action: &Action) -> (&'static str, Option<Action>) {
    let reservation = ReservationId(1);
    let order = OrderId::new("W-1").unwrap();
    match action {
        Action::Sell(_) => ("sell", Some(reserve("ann", &[(TEA, 1)]))),
        Action::Reserve { .. } => ("reserve", Some(Action::Extend { reservation, ttl: Millis(1_000) })),
        Action::Extend { .. } => ("extend", Some(Action::Release { reservation })),
        Action::Release { .. } => ("release", Some(Action::Expire { reservation })),
        Action::Expire { .. } => {
            let lines = vec![line(TEA, 1)];
            (
                "expire",
                Some(Action::Allocate { order, lines, reservation: None, owner: Some(owner("ann")), goods: None }),
            )
        }
        Action::Allocate { .. } => ("allocate", Some(Action::Deallocate { order })),
        Action::Deallocate { .. } => ("deallocate", Some(Action::Receive { lines: vec![line(TEA, 1)], goods: None })),
        Action::Receive { .. } => ("receive", Some(give_back(None))),
        Action::Return { of: None, .. } => ("return", Some(give_back(Some(take_back(None))))),
        Action::Return { of: Some(of), .. } if of.void.is_none() => {
            ("return_sale", Some(give_back(Some(take_back(Some("by mistake"))))))
        }
        Action::Return { of: Some(_), .. } => {
            let delta = Qty::units(1);
            ("void_sale", Some(Action::Adjust { sku: TEA, bucket: Bucket::OnHand, delta, reason: label("found") }))
        }
        Action::Adjust { .. } => {
            ("adjust", Some(Action::Count { sku: TEA, counted: Qty::units(1), on_hand_then: None }))
        }
        Action::Count { .. } => ("count", Some(Action::SetPolicy { sku: TEA, policy: Policy::default() })),
        Action::SetPolicy { .. } => ("set_policy", Some(Action::DefineItems { items: vec![] })),
        Action::DefineItems { .. } => ("define_items", Some(Action::DefineLocation { location: location() })),
        Action::DefineLocation { .. } => ("define_location", Some(Action::CreateKey { key: key(9, Role::Till) })),
        Action::CreateKey { .. } => ("create_key", Some(Action::RevokeKey { key: KeyId(9) })),
        Action::RevokeKey { .. } => ("revoke_key", Some(role("cashier", &[Capability::Sell]))),
        Action::DefineRole { .. } => ("define_role", Some(user("ann", &["cashier"]))),
        Action::DefineUser { .. } => ("define_user", Some(pin("ann"))),
        Action::SetPin { .. } => ("set_pin", Some(disable("ann", true))),
        Action::DisableUser { .. } => ("disable_user", Some(Action::RequirePeople { at: SHOP, required: true })),
        Action::RequirePeople { .. } => {
            let (command, of, payout) = (CommandId(7), *take_back(None), Payout::default());
            ("require_people", Some(Action::GrantReturn(Box::new(GrantAsk { command, to: SHOP, of, payout }))))
        }
        Action::GrantReturn(_) => {
            let sell = Box::new(sell(&[(TEA, 1)]));
            let exchange = Action::Exchange { back: take_back(None), disposition: Disposition::Resell, sell };
            ("grant_return", Some(exchange))
        }
        Action::Exchange { .. } => {
            let business_day = Date::new(2026, 1, 31).unwrap();
            let open = drawer::Ask::Open {
                business_day: business_day.into(),
                float: Minor(0),
                basis: PriceBasis::TaxInclusive,
            };
            ("exchange", Some(of_drawer(open)))
        }
        Action::Drawer { ask, .. } => walk_drawer(ask),
        Action::Basket { till, ask } => walk_basket(*till, ask),
        Action::Layaway { till, layaway, ask } => walk_layaway(*till, layaway, ask),
        Action::SetDrawerRules { .. } => {
            let money = Measure::Money(Currency::EUR);
            let issue = AccountAsk::Issue {
                kind: AccountKind::GiftCard,
                measure: money,
                amount: Minor(0),
                expires: None,
                owner: None,
            };
            ("set_drawer_rules", Some(of_account(issue)))
        }
        Action::Account { ask, .. } => walk_account(ask),
        Action::Redemption(RedemptionAsk::Inquire { sale }) => {
            ("inquire", Some(Action::Redemption(RedemptionAsk::Settle { sale: *sale, unpaid: vec![] })))
        }
        Action::Redemption(RedemptionAsk::Settle { .. }) => {
            let (sale, at) = (CommandId(7), SHOP);
            ("settle", Some(Action::Redemption(RedemptionAsk::KeepGrant { sale, at })))
        }
        Action::Redemption(RedemptionAsk::KeepGrant { sale, at }) => {
            let undo = RedemptionAsk::UndoGrant { sale: *sale, at: *at, deadline: None };
            ("keep_grant", Some(Action::Redemption(undo)))
        }
        Action::Redemption(RedemptionAsk::UndoGrant { .. }) => {
            ("undo_grant", Some(Action::SetLabels { location: SHOP, layouts: vec![] }))
        }
        Action::SetLabels { .. } => ("set_labels", Some(Action::SetReturnLimits { at: SHOP, limits: None })),
        Action::SetReturnLimits { .. } => {
            let (currency, basis) = (Currency::EUR, PriceBasis::TaxInclusive);
            let book = PriceBook::new(label("B"), currency, basis, Terms::default(), vec![]).unwrap();
            ("set_return_limits", Some(Action::DefinePriceBook { book: Arc::new(book) }))
        }
        Action::DefinePriceBook { .. } => ("define_price_book", Some(Action::EndPriceBook { book: label("B") })),
        Action::EndPriceBook { .. } => ("end_price_book", Some(Action::DefinePromotions { promotions: vec![] })),
        Action::DefinePromotions { .. } => ("define_promotions", Some(Action::EndPromotion { promotion: label("P") })),
        Action::EndPromotion { .. } => ("end_promotion", Some(of_payment(PaymentAsk::Start(Box::new(start()))))),
        Action::Payment { ask, .. } => walk_payment(ask),
        // It needs what the action in it needs.
        Action::IfKnown { .. } => ("if_known", None),
    }
}

fn walk_drawer(ask: &drawer::Ask) -> (&'static str, Option<Action>) {
    match ask {
        drawer::Ask::Open { .. } => {
            let (amount, reason, person) = (Minor(1), label("change"), owner("ann"));
            let movement = Movement::PaidIn;
            ("open_session", Some(of_drawer(drawer::Ask::Move { movement, amount, reason, person })))
        }
        drawer::Ask::Move { .. } => ("paid_in", Some(of_drawer(drawer::Ask::NoSale { reason: label("change") }))),
        drawer::Ask::NoSale { .. } => ("no_sale", Some(of_drawer(drawer::Ask::Read))),
        drawer::Ask::Read => {
            ("x_report", Some(of_drawer(drawer::Ask::Close { session: None, counts: vec![], pending: 0 })))
        }
        drawer::Ask::Close { .. } => ("close_session", Some(suspend())),
    }
}

fn suspend() -> Action {
    let line = NamedLine {
        sku: TEA,
        qty: Qty::units(1),
        unit_price: None,
        amount: None,
        tax: None,
        price_reason: None,
        discount: None,
    };
    let basket = Basket {
        lines: vec![line],
        group: None,
        coupons: vec![],
        tax_exempt: None,
        customer: None,
        note: None,
        person: None,
    };
    let ask =
        basket::Ask::Suspend { owner: owner("till 1"), ttl: Millis(1_000), basket: Arc::new(basket), goods: None };
    Action::Basket { till: TillNo(1), ask }
}

fn walk_basket(till: TillNo, ask: &basket::Ask) -> (&'static str, Option<Action>) {
    let ask = match ask {
        basket::Ask::Suspend { .. } => {
            let ask = basket::Ask::Recall { basket: ReservationId(1), owner: owner("till 2"), ttl: Millis(1_000) };
            return ("suspend", Some(Action::Basket { till, ask }));
        }
        basket::Ask::Recall { .. } => {
            let (sku, qty, amount) = (TEA, Qty::units(1), Minor(1));
            let line = VoidedLine { sku, qty, amount, reason: label("too dear"), person: None };
            basket::Ask::VoidLine { line, reservation: None }
        }
        basket::Ask::VoidLine { .. } => {
            let ask = layaway::Ask::Open {
                customer: owner("ann"),
                lines: vec![],
                ttl: Millis(1_000),
                fee: Minor(0),
                tenders: vec![],
                said: Said::default(),
                reservation: None,
                goods: None,
            };
            return ("void_line", Some(Action::Layaway { till, layaway: OrderId::new("L-1").unwrap(), ask }));
        }
    };
    ("recall", Some(Action::Basket { till, ask }))
}

fn walk_layaway(till: TillNo, name: &OrderId, ask: &layaway::Ask) -> (&'static str, Option<Action>) {
    let of = |ask| Some(Action::Layaway { till, layaway: name.clone(), ask });
    match ask {
        layaway::Ask::Open { .. } => ("open_layaway", of(layaway::Ask::Deposit { tenders: vec![] })),
        layaway::Ask::Deposit { .. } => {
            ("deposit", of(layaway::Ask::Cancel { tenders: vec![], reason: label("moved") }))
        }
        layaway::Ask::Cancel { .. } => ("cancel_layaway", Some(Action::SetDrawerRules { rules: Box::default() })),
    }
}

fn walk_account(ask: &AccountAsk) -> (&'static str, Option<Action>) {
    let (measure, amount, by_code) = (Measure::Money(Currency::EUR), Minor(1), true);
    let (sale, at) = (CommandId(7), SHOP);
    let load = |cause| of_account(AccountAsk::Load { measure, amount, cause, customer: None });
    match ask {
        AccountAsk::Issue { .. } => ("issue_account", Some(load(Cause::Paid))),
        AccountAsk::Load { cause: Cause::Paid, .. } => ("load_account", Some(load(Cause::Earned(sale)))),
        AccountAsk::Load { cause: Cause::Earned(_), .. } => ("load_account, earned", Some(load(Cause::Refund(sale)))),
        AccountAsk::Load { cause: Cause::Refund(_), .. } => {
            ("load_account, refund", Some(of_account(AccountAsk::Redeem { measure, amount, by_code })))
        }
        AccountAsk::Redeem { .. } => ("redeem", Some(of_account(AccountAsk::Disable { reason: label("lost") }))),
        AccountAsk::Disable { .. } => {
            let owner = Owner::new("ann").unwrap();
            ("disable_account", Some(of_account(AccountAsk::Assign { owner: Some(owner) })))
        }
        AccountAsk::Assign { .. } => ("assign_account", Some(of_account(AccountAsk::Read))),
        AccountAsk::Read => {
            let take = Take {
                account: AccountId(1),
                kind: AccountKind::GiftCard,
                measure,
                amount,
                worth: amount,
                by_code,
                by_customer: false,
                way: Way::Out,
                limit: Minor::ZERO,
            };
            ("account", Some(of_account(AccountAsk::Hold { take, sale, at, fact: false })))
        }
        AccountAsk::Hold { .. } => ("hold", Some(of_account(AccountAsk::Confirm { sale, at }))),
        AccountAsk::Confirm { .. } => ("confirm", Some(of_account(AccountAsk::LetGo { sale, at, deadline: None }))),
        AccountAsk::LetGo { .. } => ("let_go", Some(Action::Redemption(RedemptionAsk::Inquire { sale }))),
    }
}

fn walk_payment(ask: &PaymentAsk) -> (&'static str, Option<Action>) {
    match ask {
        PaymentAsk::Start(_) => ("start_payment", Some(of_payment(PaymentAsk::GiveUp))),
        PaymentAsk::GiveUp => ("give_up_payment", Some(of_payment(PaymentAsk::Refund(Minor(1))))),
        PaymentAsk::Refund(_) => ("refund_payment", Some(of_payment(PaymentAsk::RefundAgain(CommandId(2), Minor(1))))),
        PaymentAsk::RefundAgain(declined, _) => {
            let cash = Label::new("cash").unwrap();
            ("refund_again", Some(of_payment(PaymentAsk::RefundOtherwise(*declined, cash))))
        }
        PaymentAsk::RefundOtherwise(..) => ("refund_otherwise", Some(of_payment(PaymentAsk::Read))),
        PaymentAsk::Read => ("payment", Some(of_payment(PaymentAsk::Take(None)))),
        PaymentAsk::Take(_) => ("take_payment", Some(of_payment(PaymentAsk::Report(Box::new(Report::Unknown))))),
        PaymentAsk::Report(_) => ("report_payment", Some(of_payment(PaymentAsk::Due))),
        PaymentAsk::Due => ("payment_due", Some(of_payment(PaymentAsk::Settle(Box::new(settlement()))))),
        PaymentAsk::Settle(_) => ("settle_payments", None),
    }
}

fn of_payment(ask: PaymentAsk) -> Action {
    Action::Payment { payment: PaymentId(1), ask }
}

fn settlement() -> Settlement {
    Settlement {
        provider: label("sim"),
        name: label("monday"),
        currency: Currency::EUR,
        until: Timestamp(0),
        lines: vec![],
    }
}

fn start() -> Start {
    Start {
        sale: CommandId(7),
        till: None,
        provider: label("sim"),
        currency: Currency::EUR,
        amount: Minor(1),
        token: None,
        reservation: None,
        attempt: ATTEMPT,
    }
}

fn of_drawer(ask: drawer::Ask) -> Action {
    Action::Drawer { till: TillNo(1), ask }
}

fn of_account(ask: AccountAsk) -> Action {
    Action::Account { account: AccountId(1), ask }
}

pub(crate) fn take_back(void: Option<&str>) -> Box<TakeBack> {
    let of = SaleRef { seq: Seq(1), location: SHOP };
    let (lines, tenders, takes, time) = (vec![], vec![], vec![], Timestamp(0));
    let sale = KnownSale {
        of,
        till: None,
        lines,
        tenders,
        takes,
        payments: vec![],
        coupons: None,
        time,
        late: None,
        goods: None,
    };
    Box::new(TakeBack { sale, portions: vec![], void: void.map(label), granted: None, serials: vec![] })
}

pub(crate) fn give_back(of: Option<Box<TakeBack>>) -> Action {
    Action::Return {
        till: None,
        currency: Currency::EUR,
        lines: vec![],
        said: Said::default(),
        disposition: Disposition::Resell,
        tenders: vec![],
        accounts: Box::default(),
        of,
        goods: None,
        unreceipted: None,
    }
}

pub(crate) fn first() -> Action {
    Action::Sell(sell(&[(TEA, 1)]))
}

pub(crate) fn every_action() -> Vec<(&'static str, Action)> {
    let mut all = Vec::new();
    let mut next = Some(first());
    while let Some(action) = next {
        let (name, after) = walk(&action);
        all.push((name, action));
        next = after;
    }
    all
}
