//! Tax by location, channel, class and date, inclusive or exclusive, rounded per line or per document.

mod compound;
mod coverage;
mod dated;

pub use compound::on_price_alone;
pub use coverage::{Gap, gaps};
pub use dated::{DatedRate, Occasion};

use crate::ids::Label;
use crate::money::{Minor, divide_half_up, split};
use crate::refusal::Refusal;

/// A rate in parts per million: 21 % is 210,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RatePpm(pub u32);

/// Whether shelf prices contain the tax. Decided per location, never guessed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PriceBasis {
    /// The price contains the tax (most of the world).
    #[default]
    TaxInclusive,
    /// The tax comes on top (the United States).
    TaxExclusive,
}

impl PriceBasis {
    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            PriceBasis::TaxInclusive => "inclusive",
            PriceBasis::TaxExclusive => "exclusive",
        }
    }
}

/// Where tax is rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TaxRounding {
    /// Each line on its own.
    #[default]
    Line,
    /// Once per document and rate; the lines then share that amount by largest remainder.
    Document,
}

impl TaxRounding {
    /// The word for it on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            TaxRounding::Line => "line",
            TaxRounding::Document => "document",
        }
    }
}

/// The rate of one tax class at one location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxRate {
    /// The class of the items it is for.
    pub class: Label,
    /// The rate of each tax that makes it up, for example a federal and a provincial one.
    pub parts: Vec<RatePpm>,
}

/// How a location taxes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaxRules {
    /// Whether prices contain tax.
    pub basis: PriceBasis,
    /// Where tax is rounded.
    pub rounding: TaxRounding,
    /// The rate of each class.
    pub rates: Vec<TaxRate>,
    /// Rates that hold for a while or for one channel; where one of them does, it goes before those
    /// of `rates`.
    pub dated: Vec<DatedRate>,
}

/// What one line costs once taxed: `gross = net + tax`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Taxed {
    /// Without tax.
    pub net: Minor,
    /// The tax.
    pub tax: Minor,
    /// The whole rate that was applied.
    pub rate: RatePpm,
}

impl Taxed {
    /// With tax.
    #[must_use]
    pub const fn gross(self) -> Minor {
        self.net.plus(self.tax)
    }
}

impl TaxRate {
    /// The rates of all parts together.
    #[must_use]
    pub fn whole(&self) -> RatePpm {
        RatePpm(self.parts.iter().fold(0, |sum, part| sum.saturating_add(part.0)))
    }
}

/// What each part of a rate has of a line's or document's tax, for receipts that print them one by
/// one. The parts add up to the tax exactly: the minor units that rounding leaves over go to the
/// largest remainders, ties to the earlier part (599.00 with 9 % + 9 % inside: 45.69 + 45.68).
#[must_use]
pub fn parts_of(tax: Minor, rate: &TaxRate) -> Vec<(RatePpm, Minor)> {
    let weights: Vec<u64> = rate.parts.iter().map(|part| u64::from(part.0)).collect();
    rate.parts.iter().copied().zip(split(tax, &weights)).collect()
}

impl TaxRules {
    /// The rate of a class.
    ///
    /// # Errors
    /// [`Refusal::NoTaxRate`] when this location has no rate for it.
    pub fn rate(&self, class: &Label) -> Result<RatePpm, Refusal> {
        let found = self.rates.iter().find(|rate| rate.class == *class);
        found.map(TaxRate::whole).ok_or_else(|| Refusal::NoTaxRate { class: class.clone() })
    }

    /// Taxes the lines of one document: (class, line total in this location's price basis).
    ///
    /// One rule of rounding: half away from zero, once, at the last step. Per line, or per document
    /// and rate; then the lines share the rate's tax by largest remainder. Either way the printed
    /// lines add up to the printed total, because the total is only ever their sum. With inclusive
    /// prices gross stays as charged; with exclusive prices net does.
    ///
    /// # Errors
    /// [`Refusal::NoTaxRate`] when a class has no rate here.
    pub fn assess(&self, lines: &[(&Label, Minor)]) -> Result<Vec<Taxed>, Refusal> {
        self.assess_at(lines, |class| self.rate(class))
    }

    fn assess_at(
        &self,
        lines: &[(&Label, Minor)],
        rate: impl Fn(&Label) -> Result<RatePpm, Refusal>,
    ) -> Result<Vec<Taxed>, Refusal> {
        let rates = lines.iter().map(|(class, _)| rate(class)).collect::<Result<Vec<_>, _>>()?;
        let mut taxed: Vec<Taxed> =
            lines.iter().zip(&rates).map(|((_, amount), rate)| self.line(*amount, *rate)).collect();
        if self.rounding == TaxRounding::Document {
            self.share_document_tax(lines, &mut taxed);
        }
        Ok(taxed)
    }

    fn tax_of(&self, amount: Minor, rate: RatePpm) -> Minor {
        let amount_wide = i128::from(amount.0);
        match self.basis {
            PriceBasis::TaxInclusive => {
                let net =
                    divide_half_up(amount_wide.saturating_mul(1_000_000), i128::from(rate.0).saturating_add(1_000_000));
                amount.minus(Minor(net))
            }
            PriceBasis::TaxExclusive => {
                Minor(divide_half_up(amount_wide.saturating_mul(i128::from(rate.0)), 1_000_000))
            }
        }
    }

    fn line(&self, amount: Minor, rate: RatePpm) -> Taxed {
        self.with_tax(amount, self.tax_of(amount, rate), rate)
    }

    fn with_tax(&self, amount: Minor, tax: Minor, rate: RatePpm) -> Taxed {
        match self.basis {
            PriceBasis::TaxInclusive => Taxed { net: amount.minus(tax), tax, rate },
            PriceBasis::TaxExclusive => Taxed { net: amount, tax, rate },
        }
    }

    fn share_document_tax(&self, lines: &[(&Label, Minor)], taxed: &mut [Taxed]) {
        let mut rates: Vec<RatePpm> = taxed.iter().map(|line| line.rate).collect();
        rates.sort_unstable();
        rates.dedup();
        for rate in rates {
            let amounts =
                || lines.iter().zip(taxed.iter()).filter(|(_, t)| t.rate == rate).map(|((_, amount), _)| *amount);
            let weights: Vec<u64> = amounts().map(|amount| amount.0.unsigned_abs()).collect();
            let shares = split(self.tax_of(amounts().sum(), rate), &weights);
            let group = lines.iter().zip(taxed.iter_mut()).filter(|(_, line)| line.rate == rate);
            for (((_, amount), line), share) in group.zip(shares) {
                *line = self.with_tax(*amount, share, rate);
            }
        }
    }
}
