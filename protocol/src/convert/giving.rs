//! Known sales come back: the requests that name a sale by its place in the log. The sale itself is
//! brought along by whoever can read the log.

use super::enter::{Desk, Place, Refused, Sold, on_line, tenders, till};
use super::priced::For;
use super::{Entered, Names, account, payment};
use crate::limits;
use crate::message::{BackLine, Body, Channel, ErrorBody, Exchange, ReturnSale, VoidSale};
use crate::value::Position;
use onhand_engine::command::{Action, Disposition, Sell, Standing};
use onhand_engine::ids::{CommandId, Seq};
use onhand_engine::returns::{KnownSale, Portion, TakeBack, What};

impl Body {
    /// The sale that it names.
    #[must_use]
    pub const fn sale(&self) -> Option<Seq> {
        match self {
            Body::ReturnSale(ReturnSale { sale: Position(sale), .. })
            | Body::VoidSale(VoidSale { sale: Position(sale), .. })
            | Body::Exchange(Exchange { sale: Position(sale), .. }) => Some(*sale),
            _ => None,
        }
    }
}

/// The error for a place in the log where there is no sale.
#[must_use]
pub fn unknown_sale(sale: Seq) -> ErrorBody {
    ErrorBody::new(2009, format!("there is no sale {} in the log", sale.0)).at("sale")
}

/// As [`super::command`], for requests that name a sale.
///
/// # Errors
/// [`ErrorBody`] as there; 2009 for requests that name none.
pub fn command_about(
    id: CommandId,
    body: Body,
    channel: Channel,
    sale: KnownSale,
    names: &impl Names,
) -> Result<Entered, Refused> {
    let desk = Desk { names, id, channel };
    let currency = |place: &Place<'_, _>| place.location.currency;
    match body {
        Body::ReturnSale(body) => desk.at(&body.location, None, |place| {
            place.check_currency(body.currency.0);
            payment::check_none(&body.tenders)?;
            Ok(Action::Return {
                till: till(body.till)?,
                currency: body.currency.0,
                lines: Vec::new(),
                said: Default::default(),
                disposition: body.disposition.into(),
                tenders: tenders(&body.tenders)?,
                accounts: account::credits(&body.tenders, currency(place), id)?,
                of: Some(Box::new(place.take_back(sale, &body.lines)?)),
                goods: None,
                unreceipted: None,
            })
        }),
        Body::VoidSale(body) => desk.at(&body.location, None, |place| {
            let void = Some(body.reason.0.clone());
            Ok(Action::Return {
                till: till(body.till)?,
                currency: place.location.currency,
                lines: Vec::new(),
                said: Default::default(),
                disposition: Disposition::Resell,
                tenders: Vec::new(),
                accounts: Box::default(),
                of: Some(Box::new(TakeBack { sale, portions: Vec::new(), void, serials: Vec::new(), granted: None })),
                goods: None,
                unreceipted: None,
            })
        }),
        Body::Exchange(body) => desk.at(&body.location, None, |place| {
            place.check_currency(body.currency.0);
            payment::check_none(&body.tenders)?;
            let takes = account::both_ways(&body.tenders, currency(place), id)?;
            let whose = For::anybody(channel);
            let (lines, tenders) = (&body.lines, &body.tenders);
            let age = body.age_checked.as_ref();
            let sold = Sold { lines, tenders, till: body.till, currency: body.currency.0, whose, age };
            Ok(Action::Exchange {
                back: Box::new(place.take_back(sale, &body.returned)?),
                disposition: body.disposition.into(),
                sell: Box::new(Sell { takes, ..place.sell(&sold, Standing::Request)? }),
            })
        }),
        _ => Err(Box::new(unknown_sale(Seq(0)))),
    }
}

impl<N: Names> Place<'_, N> {
    fn take_back(&self, sale: KnownSale, lines: &[BackLine]) -> Result<TakeBack, Refused> {
        // What was paid in one currency does not go back in another.
        if let Some(sold_at) = self.names.location_numbered(sale.of.location.real()) {
            self.check_currency(sold_at.currency);
        }
        if !lines.is_empty() {
            self.check_count(lines.len())?;
        }
        let portions = lines.iter().enumerate().map(|(at, line)| self.portion(&sale, line, at));
        let portions = portions.collect::<Result<_, _>>()?;
        let serials: Vec<_> = lines.iter().flat_map(|line| &line.serials).map(|serial| serial.0.clone()).collect();
        if serials.len() > limits::SERIALS_MAX {
            let text = format!("a return may name {} serial numbers", limits::SERIALS_MAX);
            return Err(Box::new(ErrorBody::new(1001, text).at("lines")));
        }
        Ok(TakeBack { sale, portions, void: None, serials, granted: None })
    }

    fn portion(&self, sale: &KnownSale, line: &BackLine, at: usize) -> Result<Portion, Refused> {
        let what = match (line.qty, line.amount, &line.part) {
            (Some(qty), None, Some(part)) => {
                let item = self.item(part, "part", Some(at))?;
                What::Part { sku: item.sku, qty: self.above_zero(&item, qty, at)? }
            }
            (Some(qty), None, None) => {
                let item = sale.lines.get(usize::from(line.line)).and_then(|sold| self.names.item_numbered(sold.sku));
                What::Goods(item.map_or(Ok(qty.0), |item| self.above_zero(&item, qty, at))?)
            }
            (None, Some(amount), None) => What::Money(amount.0),
            _ => {
                let text = "give what comes back as either `qty`, or `amount` for money alone";
                return Err(on_line(ErrorBody::new(1001, text), "qty", Some(at)));
            }
        };
        Ok(Portion { line: line.line, what })
    }
}
