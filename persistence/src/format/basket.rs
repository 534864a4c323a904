//! The forms of baskets that are not paid yet.

use super::DecodeError;
use super::codes::Coded;
use super::event::{Freed, Line, code, lines_in, lines_out};
use super::goods::{Piece, Traced, pieces_in, pieces_out, traced_in, traced_out};
use super::pricing::Off;
use onhand_engine::basket::{self, Told};
use onhand_engine::command::Channel;
use onhand_engine::goods;
use onhand_engine::ids::{Label, ReservationId, SkuId, TillNo};
use onhand_engine::money::Minor;
use onhand_engine::qty::Qty;
use onhand_engine::quote::ByHand;
use onhand_engine::store::Reservation;
use onhand_engine::tax::RatePpm;
use onhand_engine::time::Timestamp;
use rkyv::{Archive, Deserialize, Serialize};
use std::sync::Arc;

#[derive(Archive, Serialize, Deserialize)]
struct NamedLine {
    sku: u32,
    qty: i64,
    unit_price: Option<i64>,
    amount: Option<i64>,
    tax: Option<(i64, u32)>,
    price_reason: Option<String>,
    discount: Option<(Off, String)>,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Suspended {
    till: u16,
    at: u64,
    lines: Vec<NamedLine>,
    group: Option<String>,
    coupons: Vec<String>,
    tax_exempt: Option<String>,
    customer: Option<String>,
    note: Option<String>,
    person: Option<String>,
}

/// A reservation, of a suspended basket or not.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct Held {
    owner: String,
    channel: u8,
    deadline: u64,
    lines: Vec<Line>,
    suspended: Option<Suspended>,
}

/// What a reservation holds beside its lines, and what is said of the pieces of its basket.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct HeldPieces {
    pieces: Vec<Piece>,
    traced: Vec<Traced>,
}

#[derive(Archive, Serialize, Deserialize)]
pub(super) struct VoidedLine {
    sku: u32,
    qty: i64,
    amount: i64,
    reason: String,
    person: Option<String>,
}

/// What happened to a basket. New members go to the end; none is ever changed or removed, and none is wider
/// than the widest.
#[derive(Archive, Serialize, Deserialize)]
pub(super) enum Happening {
    Suspended {
        reservation: u128,
        held: Box<Held>,
        freed: Vec<Freed>,
        short: Vec<Line>,
    },
    Recalled {
        reservation: u128,
        held: Box<Held>,
        freed: Box<Freed>,
        basket: Box<Suspended>,
    },
    LineVoided {
        line: Box<VoidedLine>,
        freed: Option<Box<Freed>>,
    },
    /// The first two with what is said of their pieces.
    SuspendedPieces {
        reservation: u128,
        held: Box<(Held, HeldPieces)>,
        freed: Vec<Freed>,
        short: Vec<Line>,
    },
    RecalledPieces {
        reservation: u128,
        held: Box<(Held, HeldPieces)>,
        freed: Box<Freed>,
        basket: Box<Suspended>,
    },
}

/// What an asker was told. New members go to the end.
#[derive(Archive, Serialize, Deserialize)]
pub(super) enum AnyTold {
    Suspended { deadline: u64, short: Vec<Line> },
    Recalled { deadline: u64, held: Vec<Line>, basket: Box<Suspended> },
    LineVoided,
    RecalledPieces { deadline: u64, held: Vec<Line>, basket: Box<(Suspended, Vec<Traced>)> },
}

fn text<const MAX: usize>(text: Option<&onhand_engine::ids::Code<MAX>>) -> Option<String> {
    text.map(ToString::to_string)
}

impl From<&basket::NamedLine> for NamedLine {
    fn from(line: &basket::NamedLine) -> Self {
        Self {
            sku: line.sku.0,
            qty: line.qty.milli(),
            unit_price: line.unit_price.map(|price| price.0),
            amount: line.amount.map(|amount| amount.0),
            tax: line.tax.map(|(tax, rate)| (tax.0, rate.0)),
            price_reason: text(line.price_reason.as_ref()),
            discount: line.discount.as_ref().map(|one| (one.off.into(), one.reason.to_string())),
        }
    }
}

impl TryFrom<NamedLine> for basket::NamedLine {
    type Error = DecodeError;

    fn try_from(line: NamedLine) -> Result<Self, DecodeError> {
        Ok(Self {
            sku: SkuId(line.sku),
            qty: Qty::from_milli(line.qty),
            unit_price: line.unit_price.map(Minor),
            amount: line.amount.map(Minor),
            tax: line.tax.map(|(tax, rate)| (Minor(tax), RatePpm(rate))),
            price_reason: line.price_reason.as_deref().map(code).transpose()?,
            discount: line
                .discount
                .map(|(off, reason)| Ok::<_, DecodeError>(ByHand { off: off.into(), reason: code(&reason)? }))
                .transpose()?,
        })
    }
}

impl From<&basket::Suspended> for Suspended {
    fn from(suspended: &basket::Suspended) -> Self {
        let basket = &suspended.basket;
        Self {
            till: suspended.till.0,
            at: suspended.at.0,
            lines: basket.lines.iter().map(Into::into).collect(),
            group: text(basket.group.as_ref()),
            coupons: basket.coupons.iter().map(ToString::to_string).collect(),
            tax_exempt: text(basket.tax_exempt.as_ref()),
            customer: text(basket.customer.as_ref()),
            note: text(basket.note.as_ref()),
            person: text(basket.person.as_ref()),
        }
    }
}

impl TryFrom<Suspended> for basket::Suspended {
    type Error = DecodeError;

    fn try_from(one: Suspended) -> Result<Self, DecodeError> {
        let coupons = one.coupons.iter().map(|coupon| code(coupon)).collect::<Result<Vec<Label>, _>>()?;
        let basket = basket::Basket {
            lines: one.lines.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            group: one.group.as_deref().map(code).transpose()?,
            coupons,
            tax_exempt: one.tax_exempt.as_deref().map(code).transpose()?,
            customer: one.customer.as_deref().map(code).transpose()?,
            note: one.note.as_deref().map(code).transpose()?,
            person: one.person.as_deref().map(code).transpose()?,
        };
        Ok(Self { till: TillNo(one.till), at: Timestamp(one.at), basket, traced: Box::default() })
    }
}

impl From<&Reservation> for Held {
    fn from(held: &Reservation) -> Self {
        Self {
            owner: held.owner.to_string(),
            channel: held.channel.code(),
            deadline: held.deadline.0,
            lines: lines_out(&held.lines),
            suspended: held.suspended.as_deref().map(Into::into),
        }
    }
}

impl TryFrom<Held> for Reservation {
    type Error = DecodeError;

    fn try_from(held: Held) -> Result<Self, DecodeError> {
        Ok(Self {
            owner: code(&held.owner)?,
            channel: Channel::from_code(held.channel)?,
            deadline: Timestamp(held.deadline),
            lines: lines_in(held.lines),
            suspended: held.suspended.map(|one| one.try_into().map(Arc::new)).transpose()?,
            pieces: Box::default(),
        })
    }
}

impl HeldPieces {
    /// None where it has neither.
    pub(super) fn of(held: &Reservation) -> Option<Self> {
        let traced = held.suspended.as_deref().map_or(&[][..], |suspended| &suspended.traced);
        Self::some(&held.pieces, traced)
    }

    fn some(pieces: &[goods::Piece], traced: &[goods::Traced]) -> Option<Self> {
        let is_any = !pieces.is_empty() || !traced.is_empty();
        is_any.then(|| Self { pieces: pieces_out(pieces), traced: traced_out(traced) })
    }

    /// Gives a reservation back what it held.
    pub(super) fn read(self, held: Reservation) -> Result<Reservation, DecodeError> {
        let said = |one: Arc<basket::Suspended>| with_traced(Arc::unwrap_or_clone(one), self.traced);
        Ok(Reservation {
            suspended: held.suspended.map(said).transpose()?.map(Arc::new),
            pieces: pieces_in(self.pieces)?.into(),
            ..held
        })
    }
}

fn with_traced(suspended: basket::Suspended, traced: Vec<Traced>) -> Result<basket::Suspended, DecodeError> {
    Ok(basket::Suspended { traced: traced_in(traced)?, ..suspended })
}

impl From<&basket::Happening> for Happening {
    fn from(happening: &basket::Happening) -> Self {
        match happening {
            basket::Happening::Suspended { reservation, held, freed, short } => {
                let (reservation, short) = (reservation.0, lines_out(short));
                let freed = freed.iter().map(Into::into).collect();
                match HeldPieces::of(held) {
                    None => Self::Suspended { reservation, held: Box::new(held.into()), freed, short },
                    Some(pieces) => {
                        let held = Box::new((held.into(), pieces));
                        Self::SuspendedPieces { reservation, held, freed, short }
                    }
                }
            }
            basket::Happening::Recalled { reservation, held, freed, basket } => {
                let (reservation, freed) = (reservation.0, Box::new(freed.into()));
                let before = Box::new((&**basket).into());
                match HeldPieces::some(&held.pieces, &basket.traced) {
                    None => Self::Recalled { reservation, held: Box::new(held.into()), freed, basket: before },
                    Some(pieces) => {
                        let held = Box::new((held.into(), pieces));
                        Self::RecalledPieces { reservation, held, freed, basket: before }
                    }
                }
            }
            basket::Happening::LineVoided { line, freed } => Self::LineVoided {
                line: Box::new(VoidedLine {
                    sku: line.sku.0,
                    qty: line.qty.milli(),
                    amount: line.amount.0,
                    reason: line.reason.to_string(),
                    person: text(line.person.as_ref()),
                }),
                freed: freed.as_ref().map(|freed| Box::new(freed.into())),
            },
        }
    }
}

impl TryFrom<Happening> for basket::Happening {
    type Error = DecodeError;

    fn try_from(happening: Happening) -> Result<Self, DecodeError> {
        Ok(match happening {
            Happening::Suspended { reservation, held, freed, short } => Self::Suspended {
                reservation: ReservationId(reservation),
                held: (*held).try_into()?,
                freed: freed.into_iter().map(Into::into).collect(),
                short: lines_in(short),
            },
            Happening::Recalled { reservation, held, freed, basket } => Self::Recalled {
                reservation: ReservationId(reservation),
                held: (*held).try_into()?,
                freed: (*freed).into(),
                basket: Arc::new((*basket).try_into()?),
            },
            Happening::SuspendedPieces { reservation, held, freed, short } => Self::Suspended {
                reservation: ReservationId(reservation),
                held: held.1.read(held.0.try_into()?)?,
                freed: freed.into_iter().map(Into::into).collect(),
                short: lines_in(short),
            },
            Happening::RecalledPieces { reservation, held, freed, basket } => {
                let (held, HeldPieces { pieces, traced }) = *held;
                Self::Recalled {
                    reservation: ReservationId(reservation),
                    held: Reservation { pieces: pieces_in(pieces)?.into(), ..held.try_into()? },
                    freed: (*freed).into(),
                    basket: Arc::new(with_traced((*basket).try_into()?, traced)?),
                }
            }
            Happening::LineVoided { line, freed } => Self::LineVoided {
                line: basket::VoidedLine {
                    sku: SkuId(line.sku),
                    qty: Qty::from_milli(line.qty),
                    amount: Minor(line.amount),
                    reason: code(&line.reason)?,
                    person: line.person.as_deref().map(code).transpose()?,
                },
                freed: freed.map(|freed| (*freed).into()),
            },
        })
    }
}

impl From<&Told> for AnyTold {
    fn from(told: &Told) -> Self {
        match told {
            Told::Suspended { deadline, short } => Self::Suspended { deadline: deadline.0, short: lines_out(short) },
            Told::Recalled { deadline, held, basket } => {
                let (deadline, held, before) = (deadline.0, lines_out(held), (&**basket).into());
                if basket.traced.is_empty() {
                    Self::Recalled { deadline, held, basket: Box::new(before) }
                } else {
                    let basket = Box::new((before, traced_out(&basket.traced)));
                    Self::RecalledPieces { deadline, held, basket }
                }
            }
            Told::LineVoided => Self::LineVoided,
        }
    }
}

impl TryFrom<AnyTold> for Told {
    type Error = DecodeError;

    fn try_from(told: AnyTold) -> Result<Self, DecodeError> {
        Ok(match told {
            AnyTold::Suspended { deadline, short } => {
                Self::Suspended { deadline: Timestamp(deadline), short: lines_in(short).into() }
            }
            AnyTold::Recalled { deadline, held, basket } => Self::Recalled {
                deadline: Timestamp(deadline),
                held: lines_in(held).into(),
                basket: Arc::new((*basket).try_into()?),
            },
            AnyTold::RecalledPieces { deadline, held, basket } => Told::Recalled {
                deadline: Timestamp(deadline),
                held: lines_in(held).into(),
                basket: Arc::new(with_traced(basket.0.try_into()?, basket.1)?),
            },
            AnyTold::LineVoided => Self::LineVoided,
        })
    }
}
