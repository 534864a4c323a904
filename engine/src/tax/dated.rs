//! Rates that hold for a while or for one channel, and customers who pay no tax.

use super::{RatePpm, TaxRules, Taxed};
use crate::command::Channel;
use crate::ids::Label;
use crate::money::Minor;
use crate::refusal::Refusal;
use crate::time::{Period, Timestamp};

/// The rate of one tax class at one location in a time, for one channel or for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatedRate {
    /// The class of the items it is for.
    pub class: Label,
    /// The channel it is for; none: every channel.
    pub channel: Option<Channel>,
    /// When it holds.
    pub period: Period,
    /// The rate of each tax that makes it up.
    pub parts: Vec<RatePpm>,
}

/// When, by which channel and to whom something is sold, as far as tax asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// Where the demand comes from.
    pub channel: Channel,
    /// The moment of the sale.
    pub now: Timestamp,
    /// The customer pays no tax: what prices contain of it is taken off.
    pub is_exempt: bool,
}

impl TaxRules {
    /// What makes up the rate of a class on an occasion: of the dated rates that hold, one for the
    /// channel goes before one for all, and one that began later before an earlier one; without any, the
    /// class's standing rate.
    ///
    /// # Errors
    /// [`Refusal::NoTaxRate`] when there is none of either kind.
    pub fn parts_on(&self, class: &Label, occasion: &Occasion) -> Result<&[RatePpm], Refusal> {
        let holds = |rate: &&DatedRate| {
            rate.class == *class
                && rate.channel.is_none_or(|channel| channel == occasion.channel)
                && rate.period.has(occasion.now)
        };
        let dated = self.dated.iter().filter(holds);
        if let Some(rate) = dated.max_by_key(|rate| (rate.channel.is_some(), rate.period.from)) {
            return Ok(&rate.parts);
        }
        let standing = self.rates.iter().find(|rate| rate.class == *class);
        standing.map(|rate| rate.parts.as_slice()).ok_or_else(|| Refusal::NoTaxRate { class: class.clone() })
    }

    /// As [`TaxRules::assess`], with the rates that hold on an occasion. Who is exempt pays the net: with
    /// inclusive prices gross falls by the tax that they contain.
    ///
    /// # Errors
    /// [`Refusal::NoTaxRate`] when a class has no rate then.
    pub fn assess_on(&self, lines: &[(&Label, Minor)], occasion: &Occasion) -> Result<Vec<Taxed>, Refusal> {
        let rate = |class: &Label| self.parts_on(class, occasion).map(whole);
        let mut taxed = self.assess_at(lines, rate)?;
        if occasion.is_exempt {
            for line in &mut taxed {
                *line = Taxed { net: line.net, ..Taxed::default() };
            }
        }
        Ok(taxed)
    }
}

fn whole(parts: &[RatePpm]) -> RatePpm {
    RatePpm(parts.iter().fold(0, |sum, part| sum.saturating_add(part.0)))
}
