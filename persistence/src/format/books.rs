//! The form of the books of a till session.

use super::DecodeError;
use super::codes::Coded;
use onhand_engine::command::{Channel, Disposition};
use onhand_engine::drawer::books::{self, ByRate, Flow, MONEY_KINDS, Tally, Turnover};
use onhand_engine::drawer::costs::Costs;
use onhand_engine::money::Minor;
use onhand_engine::tax::RatePpm;
use rkyv::{Archive, Deserialize, Serialize};

/// A channel, a rate, net and tax.
type Rated = (u8, u32, i64, i64);

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Books {
    sales: u64,
    returns: u64,
    sold: Vec<Rated>,
    returned: Vec<Rated>,
    /// Taken, change, refunded.
    tenders: [[i64; 3]; MONEY_KINDS],
    rounding: i64,
    deposits_used: i64,
    discounts: (u64, i64),
    /// Returns by what became of the goods: how often, how much.
    dispositions: [(u64, i64); Disposition::ALL.len()],
    voids: (u64, i64),
    /// Of what was sold; of what came back, by what became of it.
    costs: (i64, [i64; Disposition::ALL.len()]),
    /// Lines sold, lines that came back.
    costs_unknown: (u64, u64),
}

fn rated_out(sums: &ByRate) -> Vec<Rated> {
    let one = |((channel, rate), sum): (&(Channel, RatePpm), &Turnover)| (channel.code(), rate.0, sum.net.0, sum.tax.0);
    sums.iter().map(one).collect()
}

fn rated_in(sums: Vec<Rated>) -> Result<ByRate, DecodeError> {
    let one = |(channel, rate, net, tax): Rated| {
        let turnover = Turnover { net: Minor(net), tax: Minor(tax) };
        Ok(((Channel::from_code(channel)?, RatePpm(rate)), turnover))
    };
    sums.into_iter().map(one).collect()
}

pub(super) fn tally_out(tally: Tally) -> (u64, i64) {
    (tally.count, tally.amount.0)
}

pub(super) fn tally_in((count, amount): (u64, i64)) -> Tally {
    Tally { count, amount: Minor(amount) }
}

impl From<&books::Books> for Books {
    fn from(books: &books::Books) -> Self {
        Self {
            sales: books.sales,
            returns: books.returns,
            sold: rated_out(&books.sold),
            returned: rated_out(&books.returned),
            tenders: books.tenders.map(|flow| [flow.taken.0, flow.change.0, flow.refunded.0]),
            rounding: books.rounding.0,
            deposits_used: books.deposits_used.0,
            discounts: tally_out(books.discounts),
            dispositions: books.dispositions.map(tally_out),
            voids: tally_out(books.voids),
            costs: (books.costs.sold.0, books.costs.returned.map(|cost| cost.0)),
            costs_unknown: (books.costs.sold_unknown, books.costs.returned_unknown),
        }
    }
}

impl TryFrom<Books> for books::Books {
    type Error = DecodeError;

    fn try_from(books: Books) -> Result<Self, DecodeError> {
        let flow = |[taken, change, refunded]: [i64; 3]| Flow {
            taken: Minor(taken),
            change: Minor(change),
            refunded: Minor(refunded),
        };
        Ok(Self {
            sales: books.sales,
            returns: books.returns,
            sold: rated_in(books.sold)?,
            returned: rated_in(books.returned)?,
            tenders: books.tenders.map(flow),
            rounding: Minor(books.rounding),
            deposits_used: Minor(books.deposits_used),
            discounts: tally_in(books.discounts),
            dispositions: books.dispositions.map(tally_in),
            voids: tally_in(books.voids),
            costs: Costs {
                sold: Minor(books.costs.0),
                returned: books.costs.1.map(Minor),
                sold_unknown: books.costs_unknown.0,
                returned_unknown: books.costs_unknown.1,
            },
        })
    }
}
