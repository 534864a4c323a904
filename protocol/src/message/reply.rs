//! Replies and pushes, as a client reads them. Fields a client does not know are to be ignored.
//!
//! The server writes the frequent ones by hand (`convert`); a test holds both to the same bytes.

use super::account::{AccountBooked, AccountIssued, AccountStatement};
use super::basket::{BasketList, Recalled, Suspended};
use super::drawer::{SessionOpened, SessionReport};
use super::error::ErrorBody;
use super::layaway::{Deposited, LayawayCancelled, LayawayList, LayawayOpened};
use super::level::{LevelMessage, Levels};
use super::metrics::{Metrics, MetricsMessage};
use super::payment::{PaymentMessage, PaymentReply, PaymentStarted, Payments, PaymentsSettled};
use super::people::SignedIn;
use super::pricing::{PricesVersion, Quoted};
use super::replied::{
    Allocated, Counted, Exchanged, Extended, HelloReply, ItemScanned, ItemsDefined, LevelReply, Plain, Pong,
    PriceBookDefined, Recorded, Reserved, Returned, Subscribed,
};
use super::tagged::{Head, Read, Rest, Shape};
use crate::value::{Id, Position, numbered};
use schemars::JsonSchema;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What came of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The request's id; none when it could not be made out.
    pub id: Option<Id>,
    /// Its success or error.
    pub result: Result<Success, Box<ErrorBody>>,
}

/// A message from the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// The answer to a request.
    Reply(Reply),
    /// Live stock.
    Levels(Vec<LevelMessage>),
    /// The metrics stream.
    Metrics(Box<MetricsMessage>),
    /// Prices have changed.
    Prices(PricesVersion),
    /// Payments have changed.
    Payments(Vec<PaymentMessage>),
}

macro_rules! successes {
    ($($(#[$doc:meta])* $variant:ident($body:ty) = $ok:literal,)+) => {
        /// A success, named by `ok`.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Success {
            $($(#[$doc])* $variant($body),)+
        }

        impl Success {
            /// The word in `ok`.
            #[must_use]
            pub const fn ok(&self) -> &'static str {
                match self {
                    $(Success::$variant(_) => $ok,)+
                }
            }
        }

        impl<'de> Shape<'de> for Success {
            const TAG: &'static str = "ok";

            fn build<M: MapAccess<'de>>(ok: &str, rest: Rest<'_, 'de, M>) -> Result<Self, M::Error> {
                match ok {
                    $($ok => rest.into().map(Success::$variant),)+
                    _ => Err(numbered(1002, format_args!("this client does not know the answer {ok:.40?}"))),
                }
            }
        }

        /// Tells every success and the schema of its fields.
        pub(crate) fn each_success_schema(
            generator: &mut schemars::SchemaGenerator,
            mut tell: impl FnMut(&'static str, schemars::Schema),
        ) {
            $(tell($ok, <$body as JsonSchema>::json_schema(generator));)+
        }
    };
}

successes! {
    /// The key or token is good.
    Hello(HelloReply) = "hello",
    /// The sale is in the books.
    Recorded(Recorded) = "recorded",
    /// Held until the deadline.
    Reserved(Reserved) = "reserved",
    /// Held until the new deadline.
    Extended(Extended) = "extended",
    /// Free again.
    Released(Plain) = "released",
    /// Bound to the order.
    Allocated(Allocated) = "allocated",
    /// No longer bound to the order.
    Deallocated(Plain) = "deallocated",
    /// On hand.
    Received(Plain) = "received",
    /// Taken back.
    Returned(Returned) = "returned",
    /// Goods came back and others went out.
    Exchanged(Exchanged) = "exchanged",
    /// Corrected.
    Adjusted(Plain) = "adjusted",
    /// Counted.
    Counted(Counted) = "counted",
    /// The rules are set.
    PolicySet(Plain) = "policy_set",
    /// The items are in the catalogue.
    ItemsDefined(ItemsDefined) = "items_defined",
    /// The location is known.
    LocationDefined(Plain) = "location_defined",
    /// The key is accepted from now on.
    KeyCreated(Plain) = "key_created",
    /// The key is refused from now on.
    KeyRevoked(Plain) = "key_revoked",
    /// One level.
    Level(LevelReply) = "level",
    /// Watching; the first part of the snapshot.
    Subscribed(Subscribed) = "subscribed",
    /// Watching the metrics: they follow as pushes.
    Watching(Pong) = "watching",
    /// No longer watching.
    Unsubscribed(Pong) = "unsubscribed",
    /// Here.
    Pong(Pong) = "pong",
    /// A till session began.
    SessionOpened(SessionOpened) = "session_opened",
    /// Cash came in.
    PaidIn(Plain) = "paid_in",
    /// Cash went out.
    PaidOut(Plain) = "paid_out",
    /// Cash went to the safe.
    Dropped(Plain) = "dropped",
    /// It is noted that the drawer was opened.
    NoSaleOpened(Plain) = "no_sale",
    /// The totals of the open session.
    XReport(Box<SessionReport>) = "x_report",
    /// A till session was closed: its Z.
    SessionClosed(Box<SessionReport>) = "session_closed",
    /// The drawers go by the rules from now on.
    DrawerRulesSet(Plain) = "drawer_rules_set",
    /// The basket is put aside.
    Suspended(Suspended) = "suspended",
    /// Here is the basket.
    Recalled(Box<Recalled>) = "recalled",
    /// It is noted that the line was taken out.
    LineVoided(Plain) = "line_voided",
    /// Goods are set aside.
    LayawayOpened(LayawayOpened) = "layaway_opened",
    /// The deposit is taken.
    Deposited(Deposited) = "deposited",
    /// The layaway is given up.
    LayawayCancelled(LayawayCancelled) = "layaway_cancelled",
    /// The open layaways.
    Layaways(LayawayList) = "layaways",
    /// The suspended baskets.
    Baskets(BasketList) = "baskets",
    /// The account is open.
    AccountIssued(AccountIssued) = "account_issued",
    /// It stands in the account's ledger.
    AccountBooked(AccountBooked) = "account_booked",
    /// What is on an account.
    Account(AccountStatement) = "account",
    /// The item that was scanned.
    Scanned(ItemScanned) = "scanned",
    /// The location's own labels are read so from now on.
    LabelsSet(Plain) = "labels_set",
    /// Returns without a receipt are limited so from now on.
    ReturnLimitsSet(Plain) = "return_limits_set",
    /// The price book is asked from now on.
    PriceBookDefined(PriceBookDefined) = "price_book_defined",
    /// The price book is no longer asked.
    PriceBookEnded(Plain) = "price_book_ended",
    /// The promotions are taken up.
    PromotionsDefined(ItemsDefined) = "promotions_defined",
    /// The promotion is over.
    PromotionEnded(Plain) = "promotion_ended",
    /// What the basket costs.
    Quoted(Quoted) = "quoted",
    /// Watching prices: changes follow as pushes.
    WatchingPrices(PricesVersion) = "watching_prices",
    /// The person is signed in.
    SignedIn(SignedIn) = "signed_in",
    /// Nobody is.
    SignedOut(Pong) = "signed_out",
    /// The role is as defined.
    RoleDefined(Plain) = "role_defined",
    /// The user is known.
    UserDefined(Plain) = "user_defined",
    /// The PIN is good from now on, and no earlier one.
    PinSet(Plain) = "pin_set",
    /// The user may do nothing any more, or again.
    UserDisabled(Plain) = "user_disabled",
    /// People are required there, or no longer.
    PeopleRequired(Plain) = "people_required",
    /// The payment waits for a driver.
    PaymentStarted(PaymentStarted) = "payment_started",
    /// A step of a payment is done, or was before.
    PaymentNoted(Plain) = "payment_noted",
    /// How a payment stands.
    Payment(PaymentReply) = "payment",
    /// A settlement was matched.
    PaymentsSettled(PaymentsSettled) = "payments_settled",
    /// Payments are told from now on.
    WatchingPayments(Pong) = "watching_payments",
}

impl Success {
    /// The place in the log, for commands.
    #[must_use]
    pub const fn seq(&self) -> Option<Position> {
        match self {
            Success::Recorded(Recorded { seq, .. })
            | Success::Reserved(Reserved { seq, .. })
            | Success::Extended(Extended { seq, .. })
            | Success::Allocated(Allocated { seq, .. })
            | Success::Returned(Returned { seq, .. })
            | Success::Exchanged(Exchanged { seq, .. })
            | Success::Counted(Counted { seq, .. })
            | Success::ItemsDefined(ItemsDefined { seq, .. })
            | Success::Released(Plain { seq, .. })
            | Success::Deallocated(Plain { seq, .. })
            | Success::Received(Plain { seq, .. })
            | Success::Adjusted(Plain { seq, .. })
            | Success::PolicySet(Plain { seq, .. })
            | Success::LocationDefined(Plain { seq, .. })
            | Success::KeyCreated(Plain { seq, .. })
            | Success::KeyRevoked(Plain { seq, .. })
            | Success::LabelsSet(Plain { seq, .. })
            | Success::ReturnLimitsSet(Plain { seq, .. })
            | Success::SessionOpened(SessionOpened { seq, .. })
            | Success::PaidIn(Plain { seq, .. })
            | Success::PaidOut(Plain { seq, .. })
            | Success::Dropped(Plain { seq, .. })
            | Success::NoSaleOpened(Plain { seq, .. })
            | Success::DrawerRulesSet(Plain { seq, .. })
            | Success::Suspended(Suspended { seq, .. })
            | Success::LayawayOpened(LayawayOpened { seq, .. })
            | Success::Deposited(Deposited { seq, .. })
            | Success::LayawayCancelled(LayawayCancelled { seq, .. })
            | Success::LineVoided(Plain { seq, .. })
            | Success::AccountIssued(AccountIssued { seq, .. })
            | Success::AccountBooked(AccountBooked { seq, .. })
            | Success::Account(AccountStatement { seq, .. })
            | Success::PriceBookDefined(PriceBookDefined { seq, .. })
            | Success::PriceBookEnded(Plain { seq, .. })
            | Success::PromotionsDefined(ItemsDefined { seq, .. })
            | Success::PromotionEnded(Plain { seq, .. })
            | Success::RoleDefined(Plain { seq, .. })
            | Success::UserDefined(Plain { seq, .. })
            | Success::PinSet(Plain { seq, .. })
            | Success::UserDisabled(Plain { seq, .. })
            | Success::PaymentStarted(PaymentStarted { seq, .. })
            | Success::PaymentNoted(Plain { seq, .. })
            | Success::Payment(PaymentReply { seq, .. })
            | Success::PaymentsSettled(PaymentsSettled { seq, .. })
            | Success::PeopleRequired(Plain { seq, .. }) => Some(*seq),
            Success::Recalled(recalled) => Some(recalled.seq),
            Success::XReport(report) | Success::SessionClosed(report) => Some(report.seq),
            Success::Hello(_)
            | Success::Level(_)
            | Success::Subscribed(_)
            | Success::Baskets(_)
            | Success::Layaways(_)
            | Success::Watching(_)
            | Success::Unsubscribed(_)
            | Success::Pong(_)
            | Success::Scanned(_)
            | Success::Quoted(_)
            | Success::WatchingPrices(_)
            | Success::WatchingPayments(_)
            | Success::SignedIn(_)
            | Success::SignedOut(_) => None,
        }
    }
}

impl Serialize for Reply {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Done<'a> {
            id: Option<Id>,
            ok: &'static str,
            #[serde(flatten)]
            fields: &'a Success,
        }
        #[derive(Serialize)]
        struct Failed<'a> {
            id: Option<Id>,
            error: &'a ErrorBody,
        }
        match &self.result {
            Ok(fields) => Done { id: self.id, ok: fields.ok(), fields }.serialize(serializer),
            Err(error) => Failed { id: self.id, error }.serialize(serializer),
        }
    }
}

impl Reply {
    /// A success.
    #[must_use]
    pub const fn done(id: Id, success: Success) -> Self {
        Self { id: Some(id), result: Ok(success) }
    }

    /// An error.
    #[must_use]
    pub fn failed(id: Option<Id>, error: impl Into<Box<ErrorBody>>) -> Self {
        Self { id, result: Err(error.into()) }
    }

    /// Appends the JSON text of it.
    pub fn write(&self, out: &mut Vec<u8>) {
        // A Vec takes whatever is written, and no map here has a key that is not a string.
        let _ = serde_json::to_writer(out, self);
    }

    /// Reads one reply.
    ///
    /// # Errors
    /// What is wrong with the text, for a log.
    pub fn parse(text: &str) -> Result<Self, String> {
        match Incoming::parse(text)? {
            Incoming::Reply(reply) => Ok(reply),
            Incoming::Levels(_) => Err("a push of levels where a reply was expected".to_owned()),
            Incoming::Metrics(_) => Err("a push of metrics where a reply was expected".to_owned()),
            Incoming::Prices(_) => Err("a push of prices where a reply was expected".to_owned()),
            Incoming::Payments(_) => Err("a push of payments where a reply was expected".to_owned()),
        }
    }
}

/// The parts that tell one kind of message from another, for those that are not a plain success.
#[derive(Deserialize)]
struct Parts<'a> {
    #[serde(default)]
    id: Option<Id>,
    #[serde(borrow, default)]
    ok: Option<Cow<'a, str>>,
    #[serde(default)]
    error: Option<Box<ErrorBody>>,
    #[serde(default)]
    levels: Option<IgnoredAny>,
    #[serde(default)]
    metrics: Option<IgnoredAny>,
    #[serde(default)]
    prices: Option<PricesVersion>,
    #[serde(default)]
    payments: Option<IgnoredAny>,
}

impl Incoming {
    /// Reads one message of the server.
    ///
    /// # Errors
    /// What is wrong with the text, for a log.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut head = Head::default();
        let read = Read::<Success>::new(&mut head).deserialize(&mut serde_json::Deserializer::from_str(text));
        match (read, head.late) {
            (Ok(success), _) => return Ok(Incoming::Reply(Reply { id: head.id, result: Ok(success) })),
            (Err(why), false) => return Err(why.to_string().replace('\u{1}', " ")),
            (Err(_), true) => {}
        }
        let parts: Parts<'_> = serde_json::from_str(text).map_err(|why| why.to_string())?;
        if let (None, None, Some(prices)) = (&parts.ok, &parts.error, parts.prices) {
            return Ok(Incoming::Prices(prices));
        }
        if let (None, None, Some(_)) = (&parts.ok, &parts.error, &parts.payments) {
            let push = serde_json::from_str::<Payments>(text).map_err(|why| why.to_string())?;
            return Ok(Incoming::Payments(push.payments));
        }
        match (parts.ok, parts.error, parts.levels, parts.metrics) {
            (Some(ok), _, _, _) => {
                let mut head = Head::knowing(Some(ok));
                let success = Read::<Success>::new(&mut head)
                    .deserialize(&mut serde_json::Deserializer::from_str(text))
                    .map_err(|why| why.to_string())?;
                Ok(Incoming::Reply(Reply { id: parts.id, result: Ok(success) }))
            }
            (None, Some(error), _, _) => Ok(Incoming::Reply(Reply { id: parts.id, result: Err(error) })),
            (None, None, Some(_), _) => serde_json::from_str::<Levels>(text)
                .map(|push| Incoming::Levels(push.levels))
                .map_err(|why| why.to_string()),
            (None, None, None, Some(_)) => serde_json::from_str::<Metrics>(text)
                .map(|push| Incoming::Metrics(Box::new(push.metrics)))
                .map_err(|why| why.to_string()),
            (None, None, None, None) => {
                Err("a message with neither `ok` nor `error`, `levels`, `metrics`, `prices` or `payments`".to_owned())
            }
        }
    }
}
