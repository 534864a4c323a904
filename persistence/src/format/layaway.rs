//! The forms of layaways: what happened to one, its state, what was answered.

use super::DecodeError;
use super::event::{
    Freed, Line, Tender, WideLine, code, lines_in, lines_out, tenders_in, tenders_out, wide_in, wide_out,
};
use onhand_engine::ids::OrderId;
use onhand_engine::layaway::{self, Ledger, Told};
use onhand_engine::money::Minor;
use onhand_engine::store::Store;
use onhand_engine::time::Timestamp;
use rkyv::{Archive, Deserialize, Serialize};
use std::sync::Arc;

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Layaway {
    customer: String,
    lines: Vec<WideLine>,
    opened: u64,
    due: u64,
    fee: i64,
    deposits: [i64; 7],
}

/// What happened to a layaway. New members go to the end; none is ever changed or removed, and none is wider
/// than the widest.
#[derive(Archive, Serialize, Deserialize)]
pub(super) enum Happening {
    Opened { layaway: Box<Layaway>, goods: Vec<Line>, tenders: Vec<Tender>, freed: Vec<Freed> },
    Deposited { tenders: Vec<Tender>, deposits: i64, left: i64 },
    Cancelled { goods: Vec<Line>, tenders: Vec<Tender>, kept: i64, reason: String },
}

/// What an asker was told. New members go to the end.
#[derive(Archive, Serialize, Deserialize)]
pub(super) enum AnyTold {
    Opened { due: u64, deposits: i64, left: i64 },
    Deposited { deposits: i64, left: i64 },
    Cancelled { tenders: Vec<Tender>, kept: i64 },
}

/// The layaways of a location that are open, and what became of all deposits: taken, given back, used, kept.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct LayawaysPart {
    open: Vec<(String, Layaway)>,
    ledger: Option<[i64; 4]>,
}

impl LayawaysPart {
    /// Tells the parts of a location, so many layaways in each; none where there never was one.
    pub(super) fn each(store: &Store, size: usize, mut tell: impl FnMut(Self)) {
        let layaways = store.layaways();
        if *layaways == layaway::Layaways::NONE {
            return;
        }
        let Ledger { taken, given_back, used, kept } = layaways.ledger;
        let ledger = Some([taken, given_back, used, kept].map(|sum| sum.0));
        tell(Self { open: Vec::new(), ledger });
        let open: Vec<_> = layaways.open.iter().collect();
        for some in open.chunks(size) {
            let open = some.iter().map(|(name, open)| (name.to_string(), (&***open).into())).collect();
            tell(Self { open, ledger: None });
        }
    }

    pub(super) fn read_into(self, store: &mut Store) -> Result<(), DecodeError> {
        let layaways = store.layaways.get_or_insert_default();
        if let Some(sums) = self.ledger {
            let [taken, given_back, used, kept] = sums.map(Minor);
            layaways.ledger = Ledger { taken, given_back, used, kept };
        }
        for (name, open) in self.open {
            let name: OrderId = code(&name)?;
            layaways.open.insert(name, Arc::new(open.try_into()?));
        }
        Ok(())
    }
}

impl From<&layaway::Layaway> for Layaway {
    fn from(open: &layaway::Layaway) -> Self {
        Self {
            customer: open.customer.to_string(),
            lines: wide_out(&open.lines),
            opened: open.opened.0,
            due: open.due.0,
            fee: open.fee.0,
            deposits: open.deposits.map(|sum| sum.0),
        }
    }
}

impl TryFrom<Layaway> for layaway::Layaway {
    type Error = DecodeError;

    fn try_from(open: Layaway) -> Result<Self, DecodeError> {
        Ok(Self {
            customer: code(&open.customer)?,
            lines: wide_in(open.lines),
            opened: Timestamp(open.opened),
            due: Timestamp(open.due),
            fee: Minor(open.fee),
            deposits: open.deposits.map(Minor),
        })
    }
}

impl From<&layaway::Happening> for Happening {
    fn from(happening: &layaway::Happening) -> Self {
        match happening {
            layaway::Happening::Opened { layaway, goods, tenders, freed } => Self::Opened {
                layaway: Box::new((&**layaway).into()),
                goods: lines_out(goods),
                tenders: tenders_out(tenders),
                freed: freed.iter().map(Into::into).collect(),
            },
            layaway::Happening::Deposited { tenders, deposits, left } => {
                Self::Deposited { tenders: tenders_out(tenders), deposits: deposits.0, left: left.0 }
            }
            layaway::Happening::Cancelled { goods, tenders, kept, reason } => Self::Cancelled {
                goods: lines_out(goods),
                tenders: tenders_out(tenders),
                kept: kept.0,
                reason: reason.to_string(),
            },
        }
    }
}

impl TryFrom<Happening> for layaway::Happening {
    type Error = DecodeError;

    fn try_from(happening: Happening) -> Result<Self, DecodeError> {
        Ok(match happening {
            Happening::Opened { layaway, goods, tenders, freed } => Self::Opened {
                layaway: Arc::new((*layaway).try_into()?),
                goods: lines_in(goods),
                tenders: tenders_in(tenders)?,
                freed: freed.into_iter().map(Into::into).collect(),
            },
            Happening::Deposited { tenders, deposits, left } => {
                Self::Deposited { tenders: tenders_in(tenders)?, deposits: Minor(deposits), left: Minor(left) }
            }
            Happening::Cancelled { goods, tenders, kept, reason } => Self::Cancelled {
                goods: lines_in(goods),
                tenders: tenders_in(tenders)?,
                kept: Minor(kept),
                reason: code(&reason)?,
            },
        })
    }
}

impl From<&Told> for AnyTold {
    fn from(told: &Told) -> Self {
        match told {
            Told::Opened { due, deposits, left } => Self::Opened { due: due.0, deposits: deposits.0, left: left.0 },
            Told::Deposited { deposits, left } => Self::Deposited { deposits: deposits.0, left: left.0 },
            Told::Cancelled { tenders, kept } => Self::Cancelled { tenders: tenders_out(tenders), kept: kept.0 },
        }
    }
}

impl TryFrom<AnyTold> for Told {
    type Error = DecodeError;

    fn try_from(told: AnyTold) -> Result<Self, DecodeError> {
        Ok(match told {
            AnyTold::Opened { due, deposits, left } => {
                Self::Opened { due: Timestamp(due), deposits: Minor(deposits), left: Minor(left) }
            }
            AnyTold::Deposited { deposits, left } => Self::Deposited { deposits: Minor(deposits), left: Minor(left) },
            AnyTold::Cancelled { tenders, kept } => {
                Self::Cancelled { tenders: tenders_in(tenders)?.into(), kept: Minor(kept) }
            }
        })
    }
}
