//! Whatever is sold, under whatever rules, and however it is paid: without tax and tax are what the customer
//! pays, what was taken off the lines adds up, and the tenders less the change, with the rounding of cash, are
//! what was due. `BASKETS=1000000` asks for so many.
#![allow(clippy::unwrap_used, missing_docs)]

mod build;
mod random;

use build::{LOCATION, run};
use onhand_engine::cash_rounding::{CashRounding, Direction, RoundingRule, Tie};
use onhand_engine::command::{Action, Channel, Said, SaleLine, Sell, Standing, Tender, TenderKind};
use onhand_engine::drawer::rules::DrawerRules;
use onhand_engine::event::Event;
use onhand_engine::money::{Currency, Minor};
use onhand_engine::promotion::Promotion;
use onhand_engine::quote::{Basket, BasketLine, ByHand, Quote, QuoteLine};
use onhand_engine::tax::PriceBasis;
use onhand_engine::world::PlaceState;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use random::{NOW, baskets, label, offs, places, promotions, rules, setting};

/// How a basket is paid.
#[derive(Clone, Debug)]
struct Paying {
    rounding: Option<CashRounding>,
    /// Of a hundred parts: what is paid by card.
    card: i64,
    /// Handed over beyond what is due in cash.
    beyond: i64,
}

fn rule() -> impl Strategy<Value = RoundingRule> {
    let step = prop_oneof![Just(1), Just(5), Just(10), Just(50), Just(100)];
    let direction = prop_oneof![3 => Just(Direction::Nearest), 1 => Just(Direction::Up), 1 => Just(Direction::Down)];
    let tie = prop_oneof![Just(Tie::Up), Just(Tie::Down)];
    (step, direction, tie).prop_map(|(step, direction, tie)| RoundingRule { step, direction, tie })
}

fn paying() -> impl Strategy<Value = Paying> {
    let rounding = prop::option::of((rule(), rule()).prop_map(|(due, change)| CashRounding { due, change }));
    let beyond = prop_oneof![Just(0), 0..5_000_i64];
    (rounding, 0..=100_i64, beyond).prop_map(|(rounding, card, beyond)| Paying { rounding, card, beyond })
}

impl Paying {
    /// Cash and card for an amount; cash is rounded where the location rounds it.
    fn tenders(&self, due: Minor) -> Vec<Tender> {
        let tender = |kind, amount| Tender { kind, amount };
        let card = Minor(i64::try_from(i128::from(due.0) * i128::from(self.card) / 100).unwrap());
        let in_cash = due.minus(card);
        let mut tenders = vec![tender(TenderKind::Card, card)];
        let rounded = self.rounding.map_or(in_cash, |rounding| rounding.due.round(in_cash));
        if in_cash == Minor::ZERO || (self.beyond == 0 && rounded == Minor::ZERO) {
            // Nothing, or less than the smallest coin: that goes on the card, too.
            return vec![tender(TenderKind::Card, due)];
        }
        if self.beyond == 0 {
            tenders.push(tender(TenderKind::Cash, rounded));
            return tenders;
        }
        let change = Minor(self.beyond);
        let back = self.rounding.map_or(change, |rounding| rounding.change.round(change));
        tenders.push(tender(TenderKind::Cash, in_cash.plus(change)));
        tenders.push(tender(TenderKind::Cash, Minor::ZERO.minus(back)));
        tenders
    }
}

/// What a person takes off, if they may.
fn by_hand() -> impl Strategy<Value = Option<ByHand>> {
    prop::option::weighted(0.3, offs().prop_map(|off| ByHand { off, reason: label("regular") }))
}

fn sums(
    location: &onhand_engine::catalogue::Location,
    all: &[Promotion],
    lines: &mut [BasketLine],
    hands: (Option<ByHand>, Option<ByHand>),
    paying: &Paying,
) -> Result<(), TestCaseError> {
    let rules = rules(all);
    let (of_line, of_basket) = hands;
    lines[0].discount = of_line;
    let has_coupon = all.iter().any(|one| one.coupon.is_some() && one.terms.hold(&setting(location)));
    let coupons = if has_coupon { vec![label("SHOWN")] } else { vec![] };
    let asked = |lines: &[BasketLine], discount: Option<&ByHand>| {
        let basket =
            Basket { location, channel: Channel::Till, group: None, coupons: &coupons, exempt: None, discount, lines };
        rules.quote(&basket, NOW)
    };
    let quote = match asked(lines, of_basket.as_ref()) {
        Ok(quote) => quote,
        // More than there is was to be taken off: then nothing is.
        Err(none) => {
            prop_assert_eq!(none.why.number(), 3051);
            lines[0].discount = None;
            asked(lines, None).unwrap()
        }
    };
    of_quote(location.tax.basis, &quote)?;
    if quote.gross() > Minor::MAX {
        // No tender has so much.
        return Ok(());
    }
    of_sale(&quote, paying)
}

fn of_quote(basis: PriceBasis, quote: &Quote) -> Result<(), TestCaseError> {
    prop_assert_eq!(quote.net().plus(quote.tax()), quote.gross());
    for line in &quote.lines {
        prop_assert!(line.left() >= Minor::ZERO && line.taxed.net >= Minor::ZERO && line.taxed.tax >= Minor::ZERO);
        let charged = match basis {
            PriceBasis::TaxInclusive => line.taxed.gross(),
            PriceBasis::TaxExclusive => line.taxed.net,
        };
        prop_assert_eq!(charged, line.left());
        prop_assert!(line.discounts.iter().all(|discount| discount.amount > Minor::ZERO));
    }
    let off: Minor = quote.lines.iter().map(QuoteLine::off).sum();
    let by_promotions: Minor = quote.promotions.iter().map(|one| one.off).sum();
    let of_basket = quote.discount.as_ref().map_or(Minor::ZERO, |discount| discount.amount);
    let of_line = off.minus(by_promotions).minus(of_basket);
    prop_assert!(of_line >= Minor::ZERO && of_line <= quote.lines[0].off(), "only the first line has something off");
    Ok(())
}

fn of_sale(quote: &Quote, paying: &Paying) -> Result<(), TestCaseError> {
    let mut place = PlaceState::default();
    let set = DrawerRules { rounding: paying.rounding, ..DrawerRules::default() };
    run(&mut place, 1, Channel::Till, Action::SetDrawerRules { rules: Box::new(set) }).unwrap();
    let lines: Vec<SaleLine> = quote
        .lines
        .iter()
        .map(|line| SaleLine {
            sku: line.item.sku,
            qty: line.qty,
            unit_price: line.unit_price,
            taxed: line.taxed,
            unit_cost: None,
        })
        .collect();
    let goods = lines.iter().map(|line| onhand_engine::command::SkuQty { sku: line.sku, qty: line.qty }).collect();
    run(&mut place, 2, Channel::Till, Action::Receive { lines: goods, goods: None }).unwrap();
    let sell = Sell {
        standing: Standing::Request,
        lines,
        tenders: paying.tenders(quote.gross()),
        pricing: quote.clone().pricing(),
        currency: Currency::EUR,
        said: Said::default(),
        ..build::sell(&[])
    };
    let decision = run(&mut place, 3, Channel::Till, Action::Sell(sell));
    let Ok(Event::SaleRecorded(sale)) = decision else {
        return Err(TestCaseError::fail(format!("{decision:?} of {}", quote.gross().0)));
    };
    let net: Minor = sale.lines.iter().map(|line| line.taxed.net).sum();
    let tax: Minor = sale.lines.iter().map(|line| line.taxed.tax).sum();
    let gross: Minor = sale.lines.iter().map(|line| line.taxed.gross()).sum();
    prop_assert_eq!(net.plus(tax), gross);
    prop_assert_eq!(gross, quote.gross());
    let sum = |wanted: &dyn Fn(&Tender) -> bool| -> Minor {
        sale.tenders.iter().filter(|tender| wanted(tender)).map(|tender| tender.amount).sum()
    };
    let is_change = |tender: &Tender| tender.kind == TenderKind::Cash && tender.amount < Minor::ZERO;
    let paid = sum(&|tender| tender.kind != TenderKind::CashRounding && !is_change(tender));
    let change = Minor::ZERO.minus(sum(&is_change));
    let rounding = sum(&|tender| tender.kind == TenderKind::CashRounding);
    prop_assert_eq!(paid.minus(change).plus(rounding), gross, "{:?}", sale.tenders);
    if paying.rounding.is_none() {
        prop_assert_eq!(rounding, Minor::ZERO);
    }
    let totals = &place.store.totals[Channel::Till.index()];
    prop_assert_eq!((totals.net, totals.tax), (net, tax), "{}", LOCATION.0);
    Ok(())
}

#[test]
fn a_basket_adds_up_from_the_shelf_to_the_drawer() {
    let cases = std::env::var("BASKETS").ok().and_then(|text| text.parse().ok()).unwrap_or(5_000);
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) });
    let hands = (by_hand(), by_hand());
    let all = (places(), promotions(12), baskets(), hands, paying());
    let outcome =
        runner.run(&all, |(place, all, mut lines, hands, paying)| sums(&place, &all, &mut lines, hands, &paying));
    outcome.unwrap_or_else(|why| panic!("{why}"));
}
