//! A request becomes a command of the engine: codes to numbers, prices and taxes to amounts.
//!
//! Checks come in a fixed order: location, currency, number of lines, each line, tax.

use super::amounts::{as_it_was, per_unit};
use super::goods::{self, Gathered};
use super::priced::{self, For};
use super::{
    Asked, Names, account, basket, define, drawer, layaway, payment, people, refusal, rules, scan, unknown_sale,
    unreceipted,
};
use crate::limits;
use crate::message::{
    AgeChecked, AskedLine, Body, BucketName, Channel, ErrorBody, Quote, Quoted, SaleLine, Sell, Tender,
};
use crate::value::{Gtin, Id, LocationCode, Sku};
use onhand_engine::account::Take;
use onhand_engine::catalogue::{Item, Location};
use onhand_engine::command::{self, Action, Bucket, Command, Said, SkuQty, Standing};
use onhand_engine::drawer::Movement;
use onhand_engine::goods::Goods;
use onhand_engine::ids::{CommandId, LocationId, SessionNo, TillNo};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::qty::Qty;
use onhand_engine::quote::{Pricing, is_at_price};
use onhand_engine::refusal::Refusal;
use onhand_engine::tax::Taxed;
use onhand_engine::time::Millis;
use std::cell::OnceCell;
use std::sync::Arc;

pub(super) type Refused = Box<ErrorBody>;

/// A request on its way in: the command, and what its reply will need.
#[derive(Clone, Debug)]
pub struct Entered {
    /// For the actors.
    pub command: Command,
    /// For [`super::reply`].
    pub asked: Asked,
}

/// Turns the body of a command into the engine's. `channel` is meant when the request names none.
///
/// # Errors
/// [`ErrorBody`] with the number, the field and the line that is wrong. 1002 for requests that are
/// not commands (`hello`, `get`, `scan`, `quote`, `subscribe`, `watch_metrics`, `watch_prices`, `watch_payments`, `unsubscribe`,
/// `ping`, `sign_in`, `sign_out`) and for `set_pin`, whose PIN is hashed first: [`super::set_pin`].
pub fn command(id: CommandId, body: Body, channel: Channel, names: &impl Names) -> Result<Entered, Refused> {
    let desk = Desk { names, id, channel };
    match body {
        Body::Sell(body) => desk.sell(body),
        Body::Reserve(body) => {
            let action = |place: &Place<'_, _>| {
                let ttl = ttl(body.ttl_s, body.ttl_ms)?;
                let (lines, goods) = place.lines(&body.lines)?;
                Ok(Action::Reserve { owner: body.owner.0.clone(), ttl, lines, goods })
            };
            desk.at(&body.location, body.channel, action)
        }
        Body::Extend(body) => desk.at(&body.location, None, |_| {
            let reservation = body.reservation.reservation();
            Ok(Action::Extend { reservation, ttl: ttl(body.ttl_s, body.ttl_ms)? })
        }),
        Body::Release(body) => {
            desk.at(&body.location, None, |_| Ok(Action::Release { reservation: body.reservation.reservation() }))
        }
        Body::Allocate(body) => desk.at(&body.location, body.channel, |place| {
            let (lines, goods) = place.lines(&body.lines)?;
            Ok(Action::Allocate {
                order: body.order.0.clone(),
                lines,
                goods,
                reservation: body.reservation.map(Id::reservation),
                owner: body.owner.clone().map(|owner| owner.0),
            })
        }),
        Body::Deallocate(body) => {
            desk.at(&body.location, None, |_| Ok(Action::Deallocate { order: body.order.0.clone() }))
        }
        Body::Receive(body) => desk.at(&body.location, None, |place| {
            let (lines, goods) = place.lines(&body.lines)?;
            Ok(Action::Receive { lines, goods })
        }),
        Body::Return(body) => unreceipted::take_back(&desk, body),
        Body::Adjust(body) => desk.at(&body.location, None, |place| {
            let item = place.stocked_item(&body.sku)?;
            let bucket = match body.bucket {
                BucketName::OnHand => Bucket::OnHand,
                BucketName::Unavailable => Bucket::Unavailable(body.reason.0.clone()),
                BucketName::Incoming => Bucket::Incoming,
            };
            let delta = place.fitting(&item, body.delta, "delta", None)?;
            Ok(Action::Adjust { sku: item.sku, bucket, delta, reason: body.reason.0.clone() })
        }),
        Body::Count(body) => desk.at(&body.location, None, |place| {
            let item = place.stocked_item(&body.sku)?;
            let counted = place.fitting(&item, body.counted, "counted", None)?;
            let then = body.on_hand_then.map(|qty| place.fitting(&item, qty, "on_hand_then", None)).transpose()?;
            Ok(Action::Count { sku: item.sku, counted, on_hand_then: then })
        }),
        Body::SetPolicy(body) => desk.at(&body.location, None, |place| {
            let item = place.stocked_item(&body.sku)?;
            Ok(Action::SetPolicy { sku: item.sku, policy: place.policy(&item, body.safety_stock, body.low_at)? })
        }),
        Body::DefineLocation(body) => define::location(body, names).map(|action| desk.chain(action)),
        Body::DefineItems(body) => define::items(body, names).map(|action| desk.chain(action)),
        Body::ReturnSale(_) | Body::VoidSale(_) | Body::Exchange(_) => {
            Err(Box::new(unknown_sale(body.sale().unwrap_or_default())))
        }
        Body::OpenSession(body) => drawer::open(&desk, &body),
        Body::PaidIn(body) => drawer::moved(&desk, &body, Movement::PaidIn),
        Body::PaidOut(body) => drawer::moved(&desk, &body, Movement::PaidOut),
        Body::Drop(body) => drawer::moved(&desk, &body, Movement::Drop),
        Body::NoSale(body) => drawer::no_sale(&desk, &body),
        Body::XReport(body) => drawer::read(&desk, &body),
        Body::CloseSession(body) => drawer::close(&desk, &body),
        Body::OpenLayaway(body) => layaway::open(&desk, &body),
        Body::Deposit(body) => layaway::deposit(&desk, &body),
        Body::CancelLayaway(body) => layaway::cancel(&desk, &body),
        Body::Suspend(body) => basket::suspend(&desk, &body),
        Body::Recall(body) => basket::recall(&desk, &body),
        Body::VoidLine(body) => basket::void_line(&desk, &body),
        Body::SetDrawerRules(body) => drawer::rules(&desk, &body),
        Body::IssueAccount(body) => {
            let mut entered = desk.of_account(account::issue(desk.id, &body)?);
            entered.asked.code = body.code.map(Box::new);
            Ok(entered)
        }
        Body::LoadAccount(body) => {
            let (action, against) = account::load(&body, names)?;
            Ok(desk.of_account(action).unless_known(against))
        }
        Body::Redeem(body) => Ok(desk.of_account(account::redeem(&body)?)),
        Body::DisableAccount(body) => Ok(desk.of_account(account::disable(&body)?)),
        Body::AssignAccount(body) => Ok(desk.of_account(account::assign(&body)?)),
        Body::Account(body) => Ok(desk.of_account(account::read(&body, names)?)),
        Body::StartPayment(_)
        | Body::GiveUpPayment(_)
        | Body::RefundPayment(_)
        | Body::RefundOtherwise(_)
        | Body::Payment(_)
        | Body::SettlePayments(_)
        | Body::TakePayment(_)
        | Body::ReportPayment(_) => payment::entered(&desk, &body),
        Body::SetReturnLimits(body) => unreceipted::set(&desk, body),
        Body::SetLabels(body) => {
            let location = desk.place(&body.location)?.location.id;
            scan::layouts(&body.layouts).map(|layouts| desk.chain(Action::SetLabels { location, layouts }))
        }
        Body::DefinePriceBook(body) => rules::price_book(body, names).map(|action| desk.chain(action)),
        Body::EndPriceBook(body) => Ok(desk.chain(Action::EndPriceBook { book: body.book.0 })),
        Body::DefinePromotions(body) => rules::promotions(body, names).map(|action| desk.chain(action)),
        Body::EndPromotion(body) => Ok(desk.chain(Action::EndPromotion { promotion: body.promotion.0 })),
        Body::DefineRole(body) => people::role(body).map(|action| desk.chain(action)),
        Body::DefineUser(body) => people::user(body).map(|action| desk.chain(action)),
        Body::DisableUser(body) => Ok(desk.chain(people::disable(body))),
        Body::RequirePeople(body) => {
            let at = match &body.location {
                Some(code) => desk.place(code)?.location.id,
                None => LocationId::CHAIN,
            };
            Ok(desk.chain(Action::RequirePeople { at, required: body.required }))
        }
        Body::Hello(_)
        | Body::Scan(_)
        | Body::Baskets(_)
        | Body::Layaways(_)
        | Body::Quote(_)
        | Body::WatchPrices(_)
        | Body::WatchPayments(_)
        | Body::Get(_)
        | Body::Subscribe(_)
        | Body::WatchMetrics(_)
        | Body::Unsubscribe(_)
        | Body::Ping(_)
        | Body::SignIn(_)
        | Body::SignOut(_)
        | Body::SetPin(_) => {
            let text = format!("{} is not a command", body.op());
            Err(Box::new(ErrorBody::new(1002, text).at("op")))
        }
    }
}

/// What a basket would cost. `channel` is meant when the request names none.
///
/// # Errors
/// [`ErrorBody`] as of the sale with these lines.
pub fn quote(body: &Quote, channel: Channel, names: &impl Names) -> Result<Quoted, Refused> {
    let desk = Desk { names, id: CommandId(0), channel };
    let place = desk.place(&body.location)?;
    let quoted = priced::quoted(body, channel, &place)?;
    place.against.into_inner().map_or(Ok(quoted), Err)
}

/// Where requests become commands.
pub(super) struct Desk<'a, N> {
    pub(super) names: &'a N,
    pub(super) id: CommandId,
    pub(super) channel: Channel,
}

/// What a sale is made of, wherever it stands.
pub(super) struct Sold<'a> {
    pub(super) lines: &'a [SaleLine],
    pub(super) tenders: &'a [Tender],
    pub(super) till: Option<u16>,
    pub(super) currency: Currency,
    pub(super) whose: For<'a>,
    pub(super) age: Option<&'a AgeChecked>,
}

/// Lines with their prices, how those came about, what there is to say of the goods, and the uses of coupons.
type Priced = (Vec<command::SaleLine>, Option<Arc<Pricing>>, Gathered, Box<[Take]>);

/// One command's location.
pub(super) struct Place<'a, N> {
    pub(super) names: &'a N,
    pub(super) location: Arc<Location>,
    /// What is against the command as things are now.
    pub(super) against: OnceCell<Refused>,
}

impl<N: Names> Desk<'_, N> {
    pub(super) fn at(
        &self,
        code: &LocationCode,
        channel: Option<Channel>,
        action: impl FnOnce(&Place<'_, N>) -> Result<Action, Refused>,
    ) -> Result<Entered, Refused> {
        let place = self.place(code)?;
        let action = match action(&place) {
            Ok(action) => action,
            // The first of several is told.
            Err(why) => return Err(place.against.into_inner().unwrap_or(why)),
        };
        let channel = channel.unwrap_or(self.channel).into();
        let (location, action, against) = place.asks(action);
        let command = Command { id: self.id, location: location.id, channel, action };
        let mut asked = Asked::of(&command, Some(location));
        asked.against = against;
        Ok(Entered { command, asked })
    }

    pub(super) fn place(&self, code: &LocationCode) -> Result<Place<'_, N>, Refused> {
        let found = self.names.location(&code.0);
        let location = found.ok_or_else(|| unknown_location(code))?;
        Ok(Place::new(self.names, location))
    }

    pub(super) fn chain(&self, action: Action) -> Entered {
        let command = Command { id: self.id, location: LocationId::CHAIN, channel: self.channel.into(), action };
        let asked = Asked::of(&command, None);
        Entered { command, asked }
    }

    /// At the virtual location of its account.
    fn of_account(&self, action: Action) -> Entered {
        let location = match &action {
            Action::Account { account, .. } => LocationId::of_account(*account),
            _ => LocationId::CHAIN,
        };
        let command = Command { id: self.id, location, channel: self.channel.into(), action };
        let asked = Asked::of(&command, None);
        Entered { command, asked }
    }

    fn sell(&self, body: Sell) -> Result<Entered, Refused> {
        self.at(&body.location, body.channel, |place| {
            place.check_currency(body.currency.0);
            let standing = if body.completed { Standing::Fact } else { Standing::Request };
            if body.sold_at.is_some() && !body.completed {
                let text = "only a sale that has already happened, `completed`, says when it did";
                return Err(Box::new(ErrorBody::new(1001, text).at("sold_at")));
            }
            let whose = For {
                channel: body.channel.unwrap_or(self.channel),
                group: body.group.as_ref(),
                coupons: &body.coupons,
                exempt: body.tax_exempt.as_ref(),
                discount: body.discount.as_ref(),
                customer: body.customer.as_ref(),
                completed: body.completed,
                sold_at: body.sold_at.map(|at| at.0),
            };
            let (lines, tenders) = (&body.lines, &body.tenders);
            let age = body.age_checked.as_ref();
            let sold = Sold { lines, tenders, till: body.till, currency: body.currency.0, whose, age };
            let sell = place.sell(&sold, standing)?;
            let named = body.customer.as_ref().map(|customer| (customer.0.as_str(), "customer"));
            let customer = named.or(body.owner.as_ref().map(|owner| (owner.0.as_str(), "owner")));
            let payer = account::Payer { place, customer, completed: body.completed };
            let mut takes = account::takes(&body.tenders, body.currency.0, &payer)?;
            takes.extend_from_slice(&sell.takes);
            Ok(Action::Sell(command::Sell {
                reservation: body.reservation.map(Id::reservation),
                owner: body.owner.clone().map(|owner| owner.0),
                order: body.order.clone().map(|order| order.0),
                session: body.session.map(SessionNo),
                takes: takes.into(),
                ..sell
            }))
        })
    }
}

impl<'a, N: Names> Place<'a, N> {
    pub(super) fn new(names: &'a N, location: Arc<Location>) -> Self {
        Self { names, location, against: OnceCell::new() }
    }

    pub(super) fn check_currency(&self, found: onhand_engine::money::Currency) {
        let expected = self.location.currency;
        if expected != found {
            self.unless_known(self.refuse(&Refusal::WrongCurrency { expected, found }));
        }
    }

    pub(super) fn refuse(&self, why: &Refusal) -> Refused {
        Box::new(refusal(why, self.names))
    }

    pub(super) fn check_count(&self, lines: usize) -> Result<(), Refused> {
        match lines {
            0 => Err(self.refuse(&Refusal::EmptyBasket)),
            n if n > limits::LINES_MAX => Err(self.refuse(&Refusal::TooManyLines { max: limits::LINES_MAX })),
            _ => Ok(()),
        }
    }

    pub(super) fn item(&self, sku: &Sku, field: &str, line: Option<usize>) -> Result<Arc<Item>, Refused> {
        self.names.item(&sku.0).ok_or_else(|| {
            let error = ErrorBody::new(1003, format!("there is no item {sku} in the catalogue"));
            on_line(ErrorBody { sku: Some(sku.clone()), ..error }, field, line)
        })
    }

    /// An item that has stock of its own.
    fn stocked_item(&self, sku: &Sku) -> Result<Arc<Item>, Refused> {
        let item = self.item(sku, "sku", None)?;
        if let Err(why) = goods::check_has_stock(&item, self.names) {
            self.unless_known(why);
        }
        Ok(item)
    }

    fn lines(&self, lines: &[AskedLine]) -> Result<(Vec<SkuQty>, Option<Box<Goods>>), Refused> {
        self.check_count(lines.len())?;
        let mut goods = Gathered::default();
        let line = |(at, line): (usize, &AskedLine)| {
            let item = self.item(&line.sku, "sku", Some(at))?;
            goods.see(at, &item, self.names);
            Ok(SkuQty { sku: item.sku, qty: self.above_zero(&item, line.qty, at)? })
        };
        let lines = lines.iter().enumerate().map(line).collect::<Result<_, Refused>>()?;
        Ok((lines, goods.goods()))
    }

    pub(super) fn sell(&self, sold: &Sold<'_>, standing: Standing) -> Result<command::Sell, Refused> {
        let till = till(sold.till)?;
        self.check_count(sold.lines.len())?;
        let (lines, pricing, mut goods, takes) = match self.priced(sold) {
            Ok(priced) => priced,
            Err(why) => {
                let (lines, goods) = self.unpriced(sold.lines, why)?;
                (lines, None, goods, Box::default())
            }
        };
        self.see_taxes(sold, &lines, &mut goods);
        Ok(command::Sell {
            standing,
            till,
            currency: sold.currency,
            lines,
            said: priced::said(sold, said(sold.lines)),
            tenders: tenders(sold.tenders)?,
            reservation: None,
            owner: None,
            order: None,
            session: None,
            takes,
            payments: payment::uses(sold.tenders)?,
            pricing,
            goods: goods.sold(sold.age, || self.location.day(self.moment(sold.whose.sold_at))),
        })
    }

    fn priced(&self, sold: &Sold<'_>) -> Result<Priced, Refused> {
        let by_rules = self.names.has_rules() || priced::needs_rules(sold);
        let plain = if by_rules { None } else { Some(self.sale_lines(sold.lines)?) };
        if let Some((lines, goods, true)) = plain {
            return Ok((lines, None, goods, Box::default()));
        }
        let quote = self.quote(sold.lines, &sold.whose)?.0;
        let goods = self.goods_of(sold.lines, quote.lines.iter().map(|line| &*line.item))?;
        let uses = self.uses(&quote, &sold.whose)?;
        let (lines, pricing) = priced::sale_lines(quote, self.names);
        Ok((lines, pricing, goods, uses))
    }

    /// What there is to say of the goods of lines whose items were looked up.
    pub(super) fn goods_of<'b>(
        &self,
        lines: &[SaleLine],
        items: impl Iterator<Item = &'b Item>,
    ) -> Result<Gathered, Refused> {
        let mut goods = Gathered::default();
        for (at, (line, item)) in lines.iter().zip(items).enumerate() {
            goods.see(at, item, self.names);
            goods.hear(at, line)?;
        }
        Ok(goods)
    }

    /// The lines as they are said, what there is to say of their goods, and whether they cost what the catalogue
    /// says.
    pub(super) fn sale_lines(&self, lines: &[SaleLine]) -> Result<(Vec<command::SaleLine>, Gathered, bool), Refused> {
        self.check_count(lines.len())?;
        let mut goods = Gathered::default();
        let mut at_list_price = true;
        let mut sold = Vec::with_capacity(lines.len());
        let mut to_assess: Vec<(Arc<Item>, Minor)> = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let item = self.sold_item(line, at)?;
            let qty = self.above_zero(&item, line.qty, at)?;
            let (unit_price, amount) = self.price(&item, line, qty, at)?;
            at_list_price &= item.price.is_none_or(|own| is_at_price(amount, own, qty, item.unit));
            let taxed = match line.tax {
                Some(tax) => as_it_was(self.location.tax.basis, amount, tax.amount.0, tax.rate_ppm, at)?,
                None => Taxed::default(),
            };
            let unit_cost = goods::unit_cost(&item, self.names);
            sold.push(command::SaleLine { sku: item.sku, qty, unit_price, taxed, unit_cost });
            goods.see(at, &item, self.names);
            goods.hear(at, line)?;
            if line.tax.is_none() {
                to_assess.push((item, amount));
            }
        }
        let classes: Vec<_> = to_assess.iter().map(|(item, amount)| (&item.tax_class, *amount)).collect();
        let assessed = self.location.tax.assess(&classes).map_err(|why| self.refuse(&why))?;
        let open = lines.iter().zip(&mut sold).filter(|(line, _)| line.tax.is_none());
        for ((_, line), taxed) in open.zip(assessed) {
            line.taxed = taxed;
        }
        Ok((sold, goods, at_list_price))
    }

    pub(super) fn sold_item(&self, line: &SaleLine, at: usize) -> Result<Arc<Item>, Refused> {
        self.item_of(line.sku.as_ref(), line.gtin, Some(at))
    }

    /// The item that is named by its code or its bar code.
    pub(super) fn item_of(
        &self,
        sku: Option<&Sku>,
        gtin: Option<Gtin>,
        at: Option<usize>,
    ) -> Result<Arc<Item>, Refused> {
        match (sku, gtin) {
            (Some(sku), None) => self.item(sku, "sku", at),
            (None, Some(gtin)) => self.names.item_by_gtin(gtin.0).ok_or_else(|| {
                let error = ErrorBody::new(1003, format!("no item in the catalogue has the bar code {gtin}"));
                on_line(error, "gtin", at)
            }),
            _ => Err(on_line(ErrorBody::new(1001, "a line names its item by `sku` or by `gtin`"), "sku", at)),
        }
    }

    /// The price of a unit and of the line: what was charged when the line says so, the price per
    /// unit or the catalogue's otherwise.
    fn price(&self, item: &Item, line: &SaleLine, qty: Qty, at: usize) -> Result<(Minor, Minor), Refused> {
        self.named_price(line, qty, at)?.map_or_else(|| self.list_price(item, qty, at), Ok)
    }

    /// The price that the line itself names.
    pub(super) fn named_price(&self, line: &SaleLine, qty: Qty, at: usize) -> Result<Option<(Minor, Minor)>, Refused> {
        let given = line.unit_price.map(|price| price.0);
        let (unit_price, amount) = match (line.amount, given) {
            (Some(amount), Some(price)) => (price, amount.0),
            (Some(amount), None) => (per_unit(amount.0, qty), amount.0),
            (None, Some(price)) => (price, price.times(qty)),
            (None, None) => return Ok(None),
        };
        let field = if line.amount.is_some() { "amount" } else { "unit_price" };
        self.fitting_price(unit_price, amount, field, at).map(Some)
    }

    /// The catalogue's price of a unit, and that of the line.
    pub(super) fn list_price(&self, item: &Item, qty: Qty, at: usize) -> Result<(Minor, Minor), Refused> {
        let price = item
            .price
            .ok_or_else(|| on_line(refusal(&Refusal::NoPrice { sku: item.sku }, self.names), "unit_price", Some(at)))?;
        self.fitting_price(price, price.times(qty), "unit_price", at)
    }

    fn fitting_price(
        &self,
        unit_price: Minor,
        amount: Minor,
        field: &str,
        at: usize,
    ) -> Result<(Minor, Minor), Refused> {
        let fits = |money: Minor| (Minor::ZERO..=Minor::MAX).contains(&money);
        if fits(unit_price) && fits(amount) {
            return Ok((unit_price, amount));
        }
        Err(on_line(refusal(&Refusal::BadAmount, self.names), field, Some(at)))
    }
}

pub(super) fn said(lines: &[SaleLine]) -> Said {
    lines.iter().fold(Said::default(), |said, line| {
        let tax = line.tax.map(|tax| tax.amount.0);
        let rate = line.tax.map(|tax| Minor(i64::from(tax.rate_ppm)));
        let amounts = [line.amount.map(|amount| amount.0), line.unit_price.map(|price| price.0), tax, rate];
        amounts.into_iter().fold(said, Said::and)
    })
}

pub(super) fn on_line(error: ErrorBody, field: &str, line: Option<usize>) -> Refused {
    let Some(at) = line else { return Box::new(error.at(field)) };
    Box::new(ErrorBody { line: u32::try_from(at).ok(), ..error }.at(format!("lines[{at}].{field}")))
}

pub(super) fn unknown_location(code: &LocationCode) -> Refused {
    let error = ErrorBody::new(1004, format!("there is no location {code}"));
    Box::new(ErrorBody { location: Some(code.clone()), ..error }.at("location"))
}

pub(super) fn tenders(tenders: &[Tender]) -> Result<Vec<command::Tender>, Refused> {
    let tender = |(at, tender): (usize, &Tender)| {
        let amount = tender.amount.0;
        if amount.0.unsigned_abs() > Minor::MAX.0.unsigned_abs() {
            let error = ErrorBody::new(3003, "the amount is beyond 10,000,000,000,000 minor units");
            return Err(Box::new(error.at(format!("tenders[{at}].amount"))));
        }
        Ok(command::Tender { kind: tender.kind.into(), amount })
    };
    tenders.iter().enumerate().map(tender).collect()
}

pub(super) fn till(no: Option<u16>) -> Result<Option<TillNo>, Refused> {
    match no {
        Some(0 | 10_000..) => Err(Box::new(ErrorBody::new(1001, "a till has a number from 1 to 9999").at("till"))),
        no => Ok(no.map(TillNo)),
    }
}

pub(super) fn ttl(seconds: Option<u64>, ms: Option<u64>) -> Result<Millis, Refused> {
    match (seconds, ms) {
        (Some(seconds), None) => Ok(Millis(seconds.saturating_mul(1_000))),
        (None, Some(ms)) => Ok(Millis(ms)),
        _ => Err(Box::new(ErrorBody::new(1012, "give the time as either ttl_s or ttl_ms").at("ttl_s"))),
    }
}
