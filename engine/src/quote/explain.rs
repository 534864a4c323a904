//! "Why this price": a quote in sentences, for a cashier and a customer.

use super::{PriceSource, Quote, QuoteLine, Why};
use crate::catalogue::Location;
use crate::money::{Currency, Minor};
use crate::pricing::Hours;
use crate::qty::Qty;
use crate::tax::PriceBasis;

/// One sentence for each line of a quote, in its order: where the price comes from, what was taken off
/// and why, what tax there is.
#[must_use]
pub fn explain(quote: &Quote, location: &Location) -> Vec<String> {
    quote.lines.iter().map(|line| sentence(quote, line, location)).collect()
}

fn sentence(quote: &Quote, line: &QuoteLine, location: &Location) -> String {
    let money = |amount| decimal(amount, location.currency);
    let mut text =
        format!("{} x {} at {}, {}", line.qty, line.item.name, money(line.unit_price), source(&line.source, &money));
    text += &format!(", make {}", money(line.amount));
    for discount in &line.discounts {
        let why = match &discount.why {
            Why::Promotion(code) => {
                let one = quote.promotions.iter().find(|one| one.code == *code);
                let (name, hours) = one.map_or(("", None), |one| (&*one.name, one.hours.as_deref()));
                format!("for \"{name}\" ({code}{})", spans(hours))
            }
            Why::Person(reason) => format!("by hand ({reason})"),
        };
        text += &format!(", less {} {why}", money(discount.amount));
    }
    if !line.discounts.is_empty() {
        text += &format!(", leave {}", money(line.left()));
    }
    text + &format!(", {}.", tax(quote, line, location, &money))
}

fn source(source: &PriceSource, money: &impl Fn(Minor) -> String) -> String {
    match source {
        PriceSource::Catalogue => "the catalogue's price".to_owned(),
        PriceSource::Book { code, min_qty, hours } if *min_qty > Qty::ZERO => {
            format!("the price of book {code}{} from {min_qty} on", spans(hours.as_deref()))
        }
        PriceSource::Book { code, hours, .. } => format!("the price of book {code}{}", spans(hours.as_deref())),
        PriceSource::Named { list_price, reason, .. } => {
            let own = list_price.map_or(String::new(), |own| format!(" instead of {}", money(own)));
            let why = reason.as_ref().map_or(String::new(), |reason| format!(" ({reason})"));
            format!("a price named by the seller{own}{why}")
        }
    }
}

/// The weekly hours in which something holds.
fn spans(hours: Option<&[Hours]>) -> String {
    hours.into_iter().flatten().map(|span| format!(", {span}")).collect()
}

fn tax(quote: &Quote, line: &QuoteLine, location: &Location, money: &impl Fn(Minor) -> String) -> String {
    if let Some(reason) = &quote.exempt {
        return format!("and the customer pays no tax ({reason}): {}", money(line.taxed.gross()));
    }
    let rate = percent(line.taxed.rate.0);
    match location.tax.basis {
        PriceBasis::TaxInclusive => format!("of which {} are tax at {rate} %", money(line.taxed.tax)),
        PriceBasis::TaxExclusive => {
            format!("and {} tax at {rate} % make {}", money(line.taxed.tax), money(line.taxed.gross()))
        }
    }
}

/// An amount with the decimals of its currency.
fn decimal(amount: Minor, currency: Currency) -> String {
    let digits = usize::try_from(currency.exponent()).unwrap_or(0);
    let text = format!("{:0width$}", amount.0.unsigned_abs(), width = digits.saturating_add(1));
    let (whole, part) = text.split_at(text.len().saturating_sub(digits));
    let sign = if amount < Minor::ZERO { "-" } else { "" };
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// Parts per million as a percentage, without needless zeros.
fn percent(ppm: u32) -> String {
    let text = format!("{ppm:05}");
    let (whole, part) = text.split_at(text.len().saturating_sub(4));
    let part = part.trim_end_matches('0');
    if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
}
