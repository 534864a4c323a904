//! A compact sale becomes the command that its JSON twin becomes: the same checks in the same order, and the
//! same fingerprint, so that a repeat may come in either encoding.

use super::Names;
use super::enter::{Place, Refused, on_line, till, unknown_location};
use super::goods::Gathered;
use super::priced::{self, For};
use super::unfit::bare;
use crate::compact::{Lines, Sale};
use crate::message::{Channel, ErrorBody};
use crate::value::{LocationCode, Sku, Text};
use onhand_engine::command::{self, Action, Command, Said, Standing};
use onhand_engine::ids::Code;
use onhand_engine::money::Currency;
use onhand_engine::qty::Qty;
use onhand_engine::quote::{BasketLine, Pricing};
use std::sync::Arc;

/// Turns a compact sale into the engine's command, for a channel; and what is against it as things are now.
///
/// # Errors
/// [`ErrorBody`] with the number, the field and the line that is wrong.
pub fn sale(
    sale: &Sale<'_>,
    channel: Channel,
    names: &impl Names,
) -> Result<(Command, Option<Box<ErrorBody>>), Refused> {
    let currency = std::str::from_utf8(&sale.currency).ok().and_then(Currency::parse);
    let currency = currency.ok_or_else(|| {
        Box::new(ErrorBody::new(1001, "a currency is three capital letters such as EUR").at("currency"))
    })?;
    let location = match names.location_called(sale.location) {
        Some(location) => location,
        None => {
            let code: LocationCode = code(sale.location, "location", None)?;
            return Err(unknown_location(&code));
        }
    };
    let place = Place::new(names, location);
    place.check_currency(currency);
    let till = till(sale.till)?;
    let mut goods = Gathered::default();
    place.check_count(sale.lines.len())?;
    let priced = if place.names.has_rules() {
        priced_lines(&place, sale, channel, &mut goods)
    } else {
        lines(&place, sale.lines, &mut goods).map(|lines| (lines, None))
    };
    let (lines, pricing) = match priced {
        Ok(priced) => priced,
        Err(why) => (unpriced(&place, sale.lines, why)?, None),
    };
    // As a JSON sale says with lines that name neither price nor tax.
    let said = std::iter::repeat_n(None, lines.len() * 4).fold(Said::default(), Said::and);
    let action = Action::Sell(command::Sell {
        standing: if sale.completed { Standing::Fact } else { Standing::Request },
        till,
        currency,
        lines,
        said,
        tenders: Vec::new(),
        reservation: None,
        owner: None,
        order: None,
        session: None,
        takes: Box::default(),
        payments: Box::default(),
        pricing,
        goods: goods.sold(None, || place.location.day(names.now())),
    });
    let (location, action, against) = place.asks(action);
    Ok((Command { id: sale.id.command(), location: location.id, channel: channel.into(), action }, against))
}

type Priced = (Vec<command::SaleLine>, Option<Arc<Pricing>>);

/// The lines by price books and promotions, where there are any.
fn priced_lines<N: Names>(
    place: &Place<'_, N>,
    sale: &Sale<'_>,
    channel: Channel,
    goods: &mut Gathered,
) -> Result<Priced, Refused> {
    let line = |(at, (text, qty)): (usize, (&str, Qty))| {
        let item = match place.names.item_called(text) {
            Some(item) => item,
            None => return Err(unknown_item(code(text, "sku", Some(at))?, at)),
        };
        let qty = place.above_zero(&item, crate::value::Quantity(qty), at)?;
        goods.see(at, &item, place.names);
        Ok(BasketLine { item, qty, named: None, taxed: None, discount: None })
    };
    let lines = sale.lines.iter().enumerate().map(line).collect::<Result<Vec<_>, _>>()?;
    let whose = For { completed: sale.completed, ..For::anybody(channel) };
    Ok(priced::sale_lines(place.quote_basket(&lines, &whose)?.0, place.names))
}

fn lines<N: Names>(
    place: &Place<'_, N>,
    lines: Lines<'_>,
    goods: &mut Gathered,
) -> Result<Vec<command::SaleLine>, Refused> {
    let mut sold = Vec::with_capacity(lines.len());
    let mut to_assess = Vec::with_capacity(lines.len());
    for (at, (text, qty)) in lines.iter().enumerate() {
        let item = match place.names.item_called(text) {
            Some(item) => item,
            None => return Err(unknown_item(code(text, "sku", Some(at))?, at)),
        };
        let qty = place.above_zero(&item, crate::value::Quantity(qty), at)?;
        let (unit_price, amount) = place.list_price(&item, qty, at)?;
        goods.see(at, &item, place.names);
        let (sku, unit_cost) = (item.sku, super::goods::unit_cost(&item, place.names));
        sold.push(command::SaleLine { sku, qty, unit_price, taxed: Default::default(), unit_cost });
        to_assess.push((item, amount));
    }
    let tax = &place.location.tax;
    let assessed = match to_assess.as_slice() {
        [(item, amount)] => tax.assess(&[(&item.tax_class, *amount)]),
        several => tax.assess(&several.iter().map(|(item, amount)| (&item.tax_class, *amount)).collect::<Vec<_>>()),
    };
    for (line, taxed) in sold.iter_mut().zip(assessed.map_err(|why| place.refuse(&why))?) {
        line.taxed = taxed;
    }
    Ok(sold)
}

/// Lines that cannot be priced as things are now, as far as they tell two tries apart.
fn unpriced<N: Names>(place: &Place<'_, N>, lines: Lines<'_>, why: Refused) -> Result<Vec<command::SaleLine>, Refused> {
    let line = |(text, qty)| place.names.item_called(text).map(|item| bare(&item, qty));
    let Some(lines) = lines.iter().map(line).collect() else { return Err(why) };
    place.unless_known(why);
    Ok(lines)
}

fn unknown_item(sku: Sku, at: usize) -> Refused {
    let error = ErrorBody::new(1003, format!("there is no item {sku} in the catalogue"));
    on_line(ErrorBody { sku: Some(sku), ..error }, "sku", Some(at))
}

/// A code that nothing has: it may be none at all.
fn code<const MAX: usize>(text: &str, field: &str, line: Option<usize>) -> Result<Text<MAX>, Refused> {
    Code::new(text).map(Text).map_err(|why| on_line(ErrorBody::new(1013, format!("{text:.80?}: {why}")), field, line))
}
