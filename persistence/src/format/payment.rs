//! The form of card payments: what happened to them, their state, and what a sale takes of them.

use super::DecodeError;
use super::catalogue::label;
use super::codes::Coded;
use super::settlement::SettledPart;
use onhand_engine::command::Channel;
use onhand_engine::event::Event;
use onhand_engine::ids::{CommandId, PaymentId, ReservationId, TillNo};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::payment::card::{self, Last4, Safe};
use onhand_engine::payment::{self, Declined, Happening, Paid, Payment, Refund, Stage, Use};
use onhand_engine::store::Store;
use onhand_engine::time::{Millis, Timestamp};
use rkyv::{Archive, Deserialize, Serialize};

/// A payment and what happened to it.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct PaymentEvent {
    payment: u128,
    happening: AnyHappening,
}

/// A new kind of happening goes to the end; none is ever changed or removed, and what is wide is in a box.
#[derive(Archive, Serialize, Deserialize)]
enum AnyHappening {
    Started(Box<StartedPart>),
    Sent {
        until: u64,
    },
    Lost {
        by_itself: bool,
    },
    Approved {
        approval: Box<ApprovalPart>,
        expires: u64,
        keeps: Option<Box<(u128, u64)>>,
    },
    Declined {
        reason: Option<String>,
    },
    GivenUp {
        by_itself: bool,
    },
    Captured,
    Voided,
    RefundAsked {
        refund: u128,
        amount: i64,
    },
    Refunded {
        refund: u128,
    },
    Failed {
        reason: String,
    },
    Settled(Box<SettledPart>),
    /// It began, with a token.
    StartedWith(Box<(StartedPart, String)>),
    /// It was sent, under a name that the provider had given it before.
    SentAs(Box<(u64, String)>),
    RefundDeclined(Box<(u128, Option<String>)>),
    /// The refund, how much, and the one that was declined.
    RefundAskedAgain(Box<(u128, i64, u128)>),
    RefundGivenOtherwise(Box<(u128, String)>),
}

#[derive(Archive, Serialize, Deserialize)]
struct StartPart {
    sale: u128,
    till: Option<u16>,
    provider: String,
    currency: String,
    amount: i64,
    reservation: Option<u128>,
    attempt: u64,
}

#[derive(Archive, Serialize, Deserialize)]
struct StartedPart {
    start: StartPart,
    channel: u8,
    at: u64,
    expires: u64,
    keeps: Option<(u128, u64)>,
    forgotten: Vec<u128>,
}

#[derive(Archive, Serialize, Deserialize)]
struct ApprovalPart {
    transaction: String,
    card: CardPart,
    taken: bool,
}

#[derive(Archive, Serialize, Deserialize)]
struct CardPart {
    brand: Option<String>,
    last4: Option<String>,
    token: Option<String>,
    authorisation: Option<String>,
}

/// What card payments pay of a sale.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct PaidPart {
    uses: Vec<UsePart>,
    given_up: Vec<u128>,
}

#[derive(Archive, Serialize, Deserialize)]
struct UsePart {
    payment: u128,
    amount: i64,
    covered: bool,
    card: Option<CardPart>,
}

/// A payment in a snapshot.
#[derive(Archive, Serialize, Deserialize)]
pub(super) struct PaymentPart {
    id: u128,
    start: StartPart,
    channel: u8,
    at: u64,
    expires: u64,
    stage: u8,
    until: Option<u64>,
    given_up: bool,
    sold: Option<i64>,
    approval: Option<ApprovalPart>,
    refunds: Vec<(u128, i64, bool, bool)>,
    reason: Option<String>,
    settled: bool,
    version: u32,
}

impl PaymentEvent {
    pub(super) fn of(payment: PaymentId, happening: &Happening) -> Self {
        Self { payment: payment.0, happening: happening.into() }
    }

    pub(super) fn read(self) -> Result<Event, DecodeError> {
        Ok(Event::Payment { payment: PaymentId(self.payment), happening: self.happening.try_into()? })
    }
}

pub(super) fn safe<const MAX: usize>(text: &str) -> Result<Safe<MAX>, DecodeError> {
    Safe::new(text).map_err(|why| DecodeError(format!("a text of a payment {why}")))
}

fn maybe<const MAX: usize>(text: Option<&str>) -> Result<Option<Safe<MAX>>, DecodeError> {
    text.map(safe).transpose()
}

fn text<const MAX: usize>(safe: Option<&Safe<MAX>>) -> Option<String> {
    safe.map(|safe| safe.as_str().to_owned())
}

fn keeps_out(keeps: Option<(ReservationId, Timestamp)>) -> Option<(u128, u64)> {
    keeps.map(|(reservation, deadline)| (reservation.0, deadline.0))
}

fn keeps_in(keeps: Option<(u128, u64)>) -> Option<(ReservationId, Timestamp)> {
    keeps.map(|(reservation, deadline)| (ReservationId(reservation), Timestamp(deadline)))
}

fn refund_out(refund: &Refund) -> (u128, i64, bool, bool) {
    (refund.id.0, refund.amount.0, refund.done, refund.settled)
}

impl From<&Happening> for AnyHappening {
    fn from(happening: &Happening) -> Self {
        match happening {
            Happening::Started(started) => {
                let part = StartedPart {
                    start: (&started.start).into(),
                    channel: started.channel.code(),
                    at: started.at.0,
                    expires: started.expires.0,
                    keeps: keeps_out(started.keeps),
                    forgotten: started.forgotten.iter().map(|id| id.0).collect(),
                };
                match &started.start.token {
                    None => Self::Started(Box::new(part)),
                    Some(token) => Self::StartedWith(Box::new((part, token.to_string()))),
                }
            }
            Happening::Sent { until, transaction: None } => Self::Sent { until: until.0 },
            Happening::Sent { until, transaction: Some(transaction) } => {
                Self::SentAs(Box::new((until.0, transaction.to_string())))
            }
            Happening::Lost { by_itself } => Self::Lost { by_itself: *by_itself },
            Happening::Approved { approval, expires, keeps } => Self::Approved {
                approval: Box::new((&**approval).into()),
                expires: expires.0,
                keeps: keeps_out(*keeps).map(Box::new),
            },
            Happening::Declined { reason } => Self::Declined { reason: text(reason.as_ref()) },
            Happening::GivenUp { by_itself } => Self::GivenUp { by_itself: *by_itself },
            Happening::Captured => Self::Captured,
            Happening::Voided => Self::Voided,
            Happening::RefundAsked { refund, amount } => Self::RefundAsked { refund: refund.0, amount: amount.0 },
            Happening::Refunded { refund } => Self::Refunded { refund: refund.0 },
            Happening::RefundDeclined { refund, reason } => {
                Self::RefundDeclined(Box::new((refund.0, text(reason.as_ref()))))
            }
            Happening::RefundAskedAgain { refund, amount, instead_of } => {
                Self::RefundAskedAgain(Box::new((refund.0, amount.0, instead_of.0)))
            }
            Happening::RefundGivenOtherwise { refund, how } => {
                Self::RefundGivenOtherwise(Box::new((refund.0, how.to_string())))
            }
            Happening::Failed { reason } => Self::Failed { reason: reason.to_string() },
            Happening::Settled(settled) => Self::Settled(Box::new((&**settled).into())),
        }
    }
}

impl TryFrom<AnyHappening> for Happening {
    type Error = DecodeError;

    fn try_from(happening: AnyHappening) -> Result<Self, DecodeError> {
        Ok(match happening {
            AnyHappening::Started(started) => Self::Started(Box::new((*started).try_into()?)),
            AnyHappening::StartedWith(both) => {
                let (started, token) = *both;
                let mut started: payment::Started = started.try_into()?;
                started.start.token = Some(safe(&token)?);
                Self::Started(Box::new(started))
            }
            AnyHappening::Sent { until } => Self::Sent { until: Timestamp(until), transaction: None },
            AnyHappening::SentAs(both) => {
                Self::Sent { until: Timestamp(both.0), transaction: Some(Box::new(safe(&both.1)?)) }
            }
            AnyHappening::Lost { by_itself } => Self::Lost { by_itself },
            AnyHappening::Approved { approval, expires, keeps } => Self::Approved {
                approval: Box::new((*approval).try_into()?),
                expires: Timestamp(expires),
                keeps: keeps_in(keeps.map(|both| *both)),
            },
            AnyHappening::Declined { reason } => Self::Declined { reason: maybe(reason.as_deref())? },
            AnyHappening::GivenUp { by_itself } => Self::GivenUp { by_itself },
            AnyHappening::Captured => Self::Captured,
            AnyHappening::Voided => Self::Voided,
            AnyHappening::RefundAsked { refund, amount } => {
                Self::RefundAsked { refund: CommandId(refund), amount: Minor(amount) }
            }
            AnyHappening::Refunded { refund } => Self::Refunded { refund: CommandId(refund) },
            AnyHappening::RefundDeclined(both) => {
                Self::RefundDeclined { refund: CommandId(both.0), reason: maybe(both.1.as_deref())? }
            }
            AnyHappening::RefundAskedAgain(all) => {
                let (refund, amount, instead_of) = *all;
                let (refund, instead_of) = (CommandId(refund), CommandId(instead_of));
                Self::RefundAskedAgain { refund, amount: Minor(amount), instead_of }
            }
            AnyHappening::RefundGivenOtherwise(both) => {
                Self::RefundGivenOtherwise { refund: CommandId(both.0), how: label(&both.1)? }
            }
            AnyHappening::Failed { reason } => Self::Failed { reason: safe(&reason)? },
            AnyHappening::Settled(settled) => Self::Settled(Box::new((*settled).try_into()?)),
        })
    }
}

impl TryFrom<StartedPart> for payment::Started {
    type Error = DecodeError;

    fn try_from(started: StartedPart) -> Result<Self, DecodeError> {
        Ok(Self {
            start: started.start.try_into()?,
            channel: Channel::from_code(started.channel)?,
            at: Timestamp(started.at),
            expires: Timestamp(started.expires),
            keeps: keeps_in(started.keeps),
            forgotten: started.forgotten.into_iter().map(PaymentId).collect(),
        })
    }
}

impl From<&payment::Start> for StartPart {
    fn from(start: &payment::Start) -> Self {
        Self {
            sale: start.sale.0,
            till: start.till.map(|till| till.0),
            provider: start.provider.to_string(),
            currency: start.currency.as_str().to_owned(),
            amount: start.amount.0,
            reservation: start.reservation.map(|reservation| reservation.0),
            attempt: start.attempt.0,
        }
    }
}

impl TryFrom<StartPart> for payment::Start {
    type Error = DecodeError;

    fn try_from(start: StartPart) -> Result<Self, DecodeError> {
        let currency = Currency::parse(&start.currency);
        Ok(Self {
            sale: CommandId(start.sale),
            till: start.till.map(TillNo),
            provider: label(&start.provider)?,
            currency: currency.ok_or_else(|| DecodeError(format!("{:.8?} is no currency", start.currency)))?,
            amount: Minor(start.amount),
            token: None,
            reservation: start.reservation.map(ReservationId),
            attempt: Millis(start.attempt),
        })
    }
}

impl From<&payment::Approval> for ApprovalPart {
    fn from(approval: &payment::Approval) -> Self {
        Self { transaction: approval.transaction.to_string(), card: (&approval.card).into(), taken: approval.taken }
    }
}

impl TryFrom<ApprovalPart> for payment::Approval {
    type Error = DecodeError;

    fn try_from(approval: ApprovalPart) -> Result<Self, DecodeError> {
        Ok(Self { transaction: safe(&approval.transaction)?, card: approval.card.try_into()?, taken: approval.taken })
    }
}

impl From<&card::Card> for CardPart {
    fn from(card: &card::Card) -> Self {
        Self {
            brand: text(card.brand.as_ref()),
            last4: card.last4.map(|last4| last4.as_str().to_owned()),
            token: text(card.token.as_ref()),
            authorisation: text(card.authorisation.as_ref()),
        }
    }
}

impl TryFrom<CardPart> for card::Card {
    type Error = DecodeError;

    fn try_from(card: CardPart) -> Result<Self, DecodeError> {
        let last4 = |text: &str| Last4::new(text).ok_or_else(|| DecodeError("four digits are none".into()));
        Ok(Self {
            brand: maybe(card.brand.as_deref())?,
            last4: card.last4.as_deref().map(last4).transpose()?,
            token: maybe(card.token.as_deref())?,
            authorisation: maybe(card.authorisation.as_deref())?,
        })
    }
}

impl From<&Paid> for PaidPart {
    fn from(paid: &Paid) -> Self {
        let one = |one: &Use| UsePart {
            payment: one.payment.0,
            amount: one.amount.0,
            covered: one.covered,
            card: one.card.as_ref().map(Into::into),
        };
        Self {
            uses: paid.uses.iter().map(one).collect(),
            given_up: paid.given_up.iter().map(|payment| payment.0).collect(),
        }
    }
}

impl TryFrom<PaidPart> for Paid {
    type Error = DecodeError;

    fn try_from(paid: PaidPart) -> Result<Self, DecodeError> {
        let one = |one: UsePart| {
            Ok(Use {
                payment: PaymentId(one.payment),
                amount: Minor(one.amount),
                covered: one.covered,
                card: one.card.map(TryInto::try_into).transpose()?,
            })
        };
        Ok(Self {
            uses: paid.uses.into_iter().map(one).collect::<Result<_, _>>()?,
            given_up: paid.given_up.into_iter().map(PaymentId).collect(),
        })
    }
}

impl PaymentPart {
    pub(super) fn of(id: PaymentId, payment: &Payment) -> Self {
        Self {
            id: id.0,
            start: (&payment.start).into(),
            channel: payment.channel.code(),
            at: payment.at.0,
            expires: payment.expires.0,
            stage: payment.stage.code(),
            until: payment.until.map(|until| until.0),
            given_up: payment.given_up,
            sold: payment.sold.map(|sold| sold.0),
            approval: payment.approval.as_deref().map(Into::into),
            refunds: payment.refunds.iter().map(refund_out).collect(),
            reason: text(payment.reason.as_ref()),
            settled: payment.settled,
            version: payment.version,
        }
    }

    pub(super) fn read_into(self, store: &mut Store) -> Result<(), DecodeError> {
        let refund =
            |(id, amount, done, settled)| Refund { done, settled, ..Refund::new(CommandId(id), Minor(amount)) };
        let payment = Payment {
            start: self.start.try_into()?,
            channel: Channel::from_code(self.channel)?,
            at: Timestamp(self.at),
            expires: Timestamp(self.expires),
            stage: Stage::from_code(self.stage)?,
            until: self.until.map(Timestamp),
            given_up: self.given_up,
            sold: self.sold.map(Minor),
            transaction: None,
            approval: self.approval.map(TryInto::try_into).transpose()?.map(Box::new),
            refunds: self.refunds.into_iter().map(refund).collect(),
            reason: maybe(self.reason.as_deref())?,
            settled: self.settled,
            version: self.version,
        };
        store.payments.put(PaymentId(self.id), payment);
        Ok(())
    }
}

/// A refund in a snapshot that was declined: its payment, its name, and what becomes of it.
pub(super) type DeclinedPart = (u128, u128, u8);

/// Those of a payment.
pub(super) fn declined((id, payment): (PaymentId, &Payment)) -> impl Iterator<Item = DeclinedPart> {
    payment.refunds.iter().filter_map(move |one| Some((id.0, one.id.0, one.declined?.code())))
}

/// Puts it to its payment, which was read before.
pub(super) fn read_declined((id, refund, code): DeclinedPart, store: &mut Store) -> Result<(), DecodeError> {
    let known = store.payments.get(PaymentId(id));
    let mut payment = known.ok_or_else(|| DecodeError("a refund of no payment".into()))?.clone();
    let declined = Declined::from_code(code)?;
    payment.refunds.iter_mut().filter(|one| one.id.0 == refund).for_each(|one| one.declined = Some(declined));
    store.payments.put(PaymentId(id), payment);
    Ok(())
}

/// What a payment in a snapshot has beside its part: its token, and the provider's name for it before its approval.
pub(super) type NamesPart = (u128, Option<String>, Option<String>);

/// Those of a payment that has any.
pub(super) fn names(id: PaymentId, payment: &Payment) -> Option<NamesPart> {
    let named = payment.start.token.is_some() || payment.transaction.is_some();
    named.then(|| (id.0, text(payment.start.token.as_ref()), text(payment.transaction.as_deref())))
}

/// Puts them to their payment, which was read before.
pub(super) fn read_names((id, token, transaction): NamesPart, store: &mut Store) -> Result<(), DecodeError> {
    let known =
        store.payments.get(PaymentId(id)).ok_or_else(|| DecodeError("names of a payment that is none".into()))?;
    let mut payment = known.clone();
    payment.start.token = maybe(token.as_deref())?;
    payment.transaction = maybe(transaction.as_deref())?.map(Box::new);
    store.payments.put(PaymentId(id), payment);
    Ok(())
}
