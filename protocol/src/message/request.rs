//! Requests: reading and writing them. Their structs are in the files beside this one.

use super::account::{AssignAccount, DisableAccount, IssueAccount, LoadAccount, ReadAccount, Redeem};
use super::back::{Exchange, Return, ReturnSale, VoidSale};
use super::basket::{Baskets, Recall, Suspend, VoidLine};
use super::body::{
    Adjust, Allocate, Count, Deallocate, Extend, Get, Hello, Ping, Receive, Release, Reserve, Scan, Sell, Subscribe,
    Tender, Unsubscribe, WatchMetrics,
};
use super::define::{CreateKey, DefineItems, DefineLocation, SetLabels, SetPolicy, SetReturnLimits};
use super::drawer::{CloseSession, MoveCash, NoSale, OpenSession, SetDrawerRules, XReport};
use super::error::ErrorBody;
use super::layaway::{CancelLayaway, Deposit, Layaways, OpenLayaway};
use super::payment::{
    GiveUpPayment, ReadPayment, RefundOtherwise, RefundPayment, ReportPayment, SettlePayments, StartPayment,
    TakePayment, WatchPayments,
};
use super::people::{Approval, DefineRole, DefineUser, DisableUser, RequirePeople, SetPin, SignIn, SignOut};
use super::pricing::{DefinePriceBook, DefinePromotions, EndPriceBook, EndPromotion, Quote, WatchPrices};
use super::tagged::{Head, Read, Rest, Shape};
use crate::limits;
use crate::value::{Id, numbered};
use schemars::JsonSchema;
use serde::de::{DeserializeSeed, MapAccess};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Minted at the user's intent; a repeat carries the same one.
    pub id: Id,
    /// Who approves it, where the person signed in may not do it alone.
    pub approval: Option<Box<Approval>>,
    /// What is asked.
    pub body: Body,
}

/// A request that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Its id, where it could be made out.
    pub id: Option<Id>,
    /// What is wrong.
    pub error: Box<ErrorBody>,
}

macro_rules! bodies {
    ($($(#[$doc:meta])* $variant:ident($body:ty) = $op:literal,)+) => {
        /// What is asked.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Body {
            $($(#[$doc])* $variant($body),)+
        }

        /// Every op.
        pub const OPS: &[&str] = &[$($op),+];

        impl Body {
            /// The op that names it.
            #[must_use]
            pub const fn op(&self) -> &'static str {
                match self {
                    $(Body::$variant(_) => $op,)+
                }
            }

            /// Reads the body of `POST /v1/{op}`, and who approves it.
            ///
            /// # Errors
            /// [`ErrorBody`] 1001, 1002, 1007 or the number of the value that is wrong.
            pub fn parse(op: &str, bytes: &[u8]) -> Result<(Self, Option<Box<Approval>>), Box<ErrorBody>> {
                let text = std::str::from_utf8(bytes).map_err(|why| Box::new(not_utf8(why)))?;
                if !OPS.contains(&op) {
                    return Err(Box::new(unknown_op(op)));
                }
                let mut head = Head::posted(op);
                let mut track = serde_path_to_error::Track::new();
                let json = &mut serde_json::Deserializer::from_str(text);
                let tracked = serde_path_to_error::Deserializer::new(&mut *json, &mut track);
                let read = Read::<Body>::new(&mut head).deserialize(tracked);
                let body = read.map_err(|why| Box::new(explained(&why, &track.path().to_string())))?;
                json.end().map_err(|why| Box::new(explained(&why, ".")))?;
                Ok((body, head.approval))
            }
        }

        impl<'de> Shape<'de> for Body {
            const TAG: &'static str = "op";

            fn build<M: MapAccess<'de>>(op: &str, rest: Rest<'_, 'de, M>) -> Result<Self, M::Error> {
                match op {
                    $($op => rest.into().map(Body::$variant),)+
                    _ => Err(numbered(1002, unknown_op(op).message)),
                }
            }
        }

        /// Tells every op and the schema of its body.
        pub(crate) fn each_schema(
            generator: &mut schemars::SchemaGenerator,
            mut tell: impl FnMut(&'static str, schemars::Schema),
        ) {
            $(tell($op, <$body as JsonSchema>::json_schema(generator));)+
        }
    };
}

bodies! {
    /// Who is asking.
    Hello(Hello) = "hello",
    /// A basket.
    Sell(Sell) = "sell",
    /// Hold units for a while.
    Reserve(Reserve) = "reserve",
    /// Hold them longer.
    Extend(Extend) = "extend",
    /// Let them go.
    Release(Release) = "release",
    /// Bind units to an order.
    Allocate(Allocate) = "allocate",
    /// Cancel that.
    Deallocate(Deallocate) = "deallocate",
    /// Goods came in.
    Receive(Receive) = "receive",
    /// Goods came back.
    Return(Return) = "return",
    /// A known sale came back.
    ReturnSale(ReturnSale) = "return_sale",
    /// A whole sale is cancelled.
    VoidSale(VoidSale) = "void_sale",
    /// Goods came back and others went out.
    Exchange(Exchange) = "exchange",
    /// A correction.
    Adjust(Adjust) = "adjust",
    /// A count.
    Count(Count) = "count",
    /// The stock rules of an item.
    SetPolicy(SetPolicy) = "set_policy",
    /// A location.
    DefineLocation(DefineLocation) = "define_location",
    /// Items.
    DefineItems(DefineItems) = "define_items",
    /// One level.
    Get(Get) = "get",
    /// Live stock.
    Subscribe(Subscribe) = "subscribe",
    /// The metrics stream.
    WatchMetrics(WatchMetrics) = "watch_metrics",
    /// No more of it.
    Unsubscribe(Unsubscribe) = "unsubscribe",
    /// Are you there.
    Ping(Ping) = "ping",
    /// Begin a till session.
    OpenSession(OpenSession) = "open_session",
    /// Cash comes in without a sale.
    PaidIn(MoveCash) = "paid_in",
    /// Cash goes out without a sale.
    PaidOut(MoveCash) = "paid_out",
    /// Cash goes to the safe.
    Drop(MoveCash) = "drop",
    /// The drawer was opened without a sale.
    NoSale(NoSale) = "no_sale",
    /// The totals of the open session.
    XReport(XReport) = "x_report",
    /// Close a till session.
    CloseSession(CloseSession) = "close_session",
    /// Put a basket aside.
    Suspend(Suspend) = "suspend",
    /// Take it over.
    Recall(Recall) = "recall",
    /// A line was taken out of a basket.
    VoidLine(VoidLine) = "void_line",
    /// Set goods aside.
    OpenLayaway(OpenLayaway) = "open_layaway",
    /// A deposit for them.
    Deposit(Deposit) = "deposit",
    /// Give them up.
    CancelLayaway(CancelLayaway) = "cancel_layaway",
    /// The open layaways.
    Layaways(Layaways) = "layaways",
    /// The suspended baskets.
    Baskets(Baskets) = "baskets",
    /// What the drawers of a location go by.
    SetDrawerRules(SetDrawerRules) = "set_drawer_rules",
    /// Open an account.
    IssueAccount(IssueAccount) = "issue_account",
    /// Add to it.
    LoadAccount(LoadAccount) = "load_account",
    /// Pay out from it.
    Redeem(Redeem) = "redeem",
    /// Nothing more from it.
    DisableAccount(DisableAccount) = "disable_account",
    /// Whose it is.
    AssignAccount(AssignAccount) = "assign_account",
    /// What is on it.
    Account(ReadAccount) = "account",
    /// What a scanner read.
    Scan(Scan) = "scan",
    /// The layouts of a location's own labels.
    SetLabels(SetLabels) = "set_labels",
    /// What limits returns without a receipt.
    SetReturnLimits(SetReturnLimits) = "set_return_limits",
    /// A price book.
    DefinePriceBook(DefinePriceBook) = "define_price_book",
    /// No more of it.
    EndPriceBook(EndPriceBook) = "end_price_book",
    /// Promotions.
    DefinePromotions(DefinePromotions) = "define_promotions",
    /// No more of one.
    EndPromotion(EndPromotion) = "end_promotion",
    /// What a basket would cost.
    Quote(Quote) = "quote",
    /// Changed prices.
    WatchPrices(WatchPrices) = "watch_prices",
    /// A person comes to this device.
    SignIn(SignIn) = "sign_in",
    /// And goes.
    SignOut(SignOut) = "sign_out",
    /// A role.
    DefineRole(DefineRole) = "define_role",
    /// A user.
    DefineUser(DefineUser) = "define_user",
    /// Their PIN.
    SetPin(SetPin) = "set_pin",
    /// They may do nothing any more.
    DisableUser(DisableUser) = "disable_user",
    /// Whether a person must be signed in.
    RequirePeople(RequirePeople) = "require_people",
    /// Begin a card payment.
    StartPayment(StartPayment) = "start_payment",
    /// It is wanted no more.
    GiveUpPayment(GiveUpPayment) = "give_up_payment",
    /// Something of it goes back.
    RefundPayment(RefundPayment) = "refund_payment",
    /// What of it the provider declined to give back was given otherwise.
    RefundOtherwise(RefundOtherwise) = "refund_otherwise",
    /// How it stands.
    Payment(ReadPayment) = "payment",
    /// How payments stand, from now on.
    WatchPayments(WatchPayments) = "watch_payments",
    /// What a provider settled.
    SettlePayments(SettlePayments) = "settle_payments",
    /// A driver takes it.
    TakePayment(TakePayment) = "take_payment",
    /// A driver says what came of it.
    ReportPayment(ReportPayment) = "report_payment",
}

impl Body {
    /// Whether it has the code of a gift card, which may be a guess.
    #[must_use]
    pub fn has_card_code(&self) -> bool {
        let in_tenders = |tenders: &[Tender]| tenders.iter().any(|tender| tender.code.is_some());
        match self {
            Body::Sell(asked) => in_tenders(&asked.tenders),
            Body::Return(asked) => in_tenders(&asked.tenders),
            Body::ReturnSale(asked) => in_tenders(&asked.tenders),
            Body::Exchange(asked) => in_tenders(&asked.tenders),
            Body::LoadAccount(asked) => asked.code.is_some(),
            Body::Redeem(asked) => asked.code.is_some(),
            Body::DisableAccount(asked) => asked.code.is_some(),
            Body::AssignAccount(asked) => asked.code.is_some(),
            Body::Account(asked) => asked.code.is_some(),
            _ => false,
        }
    }
}

impl Serialize for Request {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'a> {
            op: &'static str,
            id: Id,
            #[serde(flatten)]
            body: &'a Body,
            #[serde(skip_serializing_if = "Option::is_none")]
            approval: Option<&'a Approval>,
        }
        Written { op: self.body.op(), id: self.id, body: &self.body, approval: self.approval.as_deref() }
            .serialize(serializer)
    }
}

impl Request {
    /// A request with a new id.
    #[must_use]
    pub fn new(body: Body) -> Self {
        Self { id: Id::mint(), approval: None, body }
    }

    /// Reads one request.
    ///
    /// # Errors
    /// [`Malformed`] says what is wrong and, where it could be made out, with which request.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut head = Head::default();
        let mut read = read_body(text, &mut head);
        if head.late {
            head = Head::knowing(peek(text).op);
            read = read_body(text, &mut head);
        }
        match (read, head.id) {
            (Ok(body), Some(id)) => Ok(Self { id, approval: head.approval, body }),
            (Ok(_), None) => {
                let error = ErrorBody::new(1001, "the request has no `id`; send a UUID").at("id");
                Err(Malformed { id: None, error: Box::new(error) })
            }
            (Err(_), _) => Err(malformed(text)),
        }
    }

    /// The JSON text of it.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Body {
    /// The codes of the items that its lines name, of the requests asked most often.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        let lines = match self {
            Body::Sell(sell) => sell.lines.as_slice(),
            Body::Quote(quote) => quote.lines.as_slice(),
            _ => &[],
        };
        lines.iter().filter_map(|line| Some(line.sku.as_ref()?.0.as_str()))
    }
}

/// Reads a message: one request, or a JSON array of them. Each stands for itself: a malformed one, or one
/// whose text is not admitted, does not spoil its neighbours.
pub fn parse_all(
    text: &str,
    admit: impl Fn(&str) -> Result<(), Box<ErrorBody>>,
    mut tell: impl FnMut(Result<Request, Malformed>),
) {
    let read = |text: &str| match admit(text) {
        Ok(()) => Request::parse(text),
        Err(error) => Err(Malformed { id: id_of(text), error }),
    };
    if !text.trim_ascii_start().starts_with('[') {
        return tell(read(text));
    }
    match serde_json::from_str::<Vec<&RawValue>>(text) {
        Err(why) => {
            let error = ErrorBody::new(1001, format!("the message is not a JSON array of requests: {why}"));
            tell(Err(Malformed { id: None, error: Box::new(error) }));
        }
        Ok(requests) if requests.len() > limits::BATCH_MAX => {
            let text = format!("an array may hold {} requests, not {}", limits::BATCH_MAX, requests.len());
            tell(Err(Malformed { id: None, error: Box::new(ErrorBody::new(1001, text)) }));
        }
        Ok(requests) => requests.iter().for_each(|request| tell(read(request.get()))),
    }
}

fn read_body<'de>(text: &'de str, head: &mut Head<'de>) -> Result<Body, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let body = Read::<Body>::new(head).deserialize(&mut json)?;
    json.end()?;
    Ok(body)
}

/// What can be made out of a request without knowing its shape.
#[derive(Default, Deserialize)]
struct Peek<'a> {
    #[serde(borrow, default)]
    op: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
}

fn peek(text: &str) -> Peek<'_> {
    serde_json::from_str(text).unwrap_or_default()
}

fn id_of(text: &str) -> Option<Id> {
    peek(text).id.and_then(|id| serde_json::from_str(id.get()).ok())
}

/// Reads it once more, now keeping track of where it goes wrong.
fn malformed(text: &str) -> Malformed {
    let id = id_of(text);
    let mut head = Head::knowing(peek(text).op);
    let mut track = serde_path_to_error::Track::new();
    let json = &mut serde_json::Deserializer::from_str(text);
    let tracked = serde_path_to_error::Deserializer::new(&mut *json, &mut track);
    let read = Read::<Body>::new(&mut head).deserialize(tracked);
    let error = match read {
        Err(why) => explained(&why, &track.path().to_string()),
        Ok(_) => match json.end() {
            Err(why) => explained(&why, "."),
            Ok(()) => ErrorBody::new(1001, "the request is not a JSON object with `op` and `id`"),
        },
    };
    Malformed { id, error: Box::new(error) }
}

/// Reads a body with known shape, keeping track of where it goes wrong.
fn from_json<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Box<ErrorBody>> {
    let text = std::str::from_utf8(bytes).map_err(|why| Box::new(not_utf8(why)))?;
    let json = &mut serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let read = T::deserialize(serde_path_to_error::Deserializer::new(&mut *json, &mut track));
    let value = read.map_err(|why| Box::new(explained(&why, &track.path().to_string())))?;
    json.end().map_err(|why| Box::new(explained(&why, ".")))?;
    Ok(value)
}

impl CreateKey {
    /// Reads the body of `POST /v1/keys`.
    ///
    /// # Errors
    /// [`ErrorBody`] as [`Body::parse`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Box<ErrorBody>> {
        from_json(bytes)
    }
}

impl SignIn {
    /// Reads the body of `POST /v1/sign_in`.
    ///
    /// # Errors
    /// [`ErrorBody`] as [`Body::parse`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Box<ErrorBody>> {
        from_json(bytes)
    }
}

fn explained(why: &serde_json::Error, path: &str) -> ErrorBody {
    let text = why.to_string();
    let (number, text) = match text.strip_prefix('\u{1}').and_then(|rest| rest.split_once('\u{1}')) {
        Some((number, rest)) => (number.parse().unwrap_or(1001), rest.to_owned()),
        None => (1001, text),
    };
    let field = match (path, named_field(&text)) {
        _ if number == 1002 => Some("op".to_owned()),
        ("." | "", None) => None,
        ("." | "", Some(name)) => Some(name.to_owned()),
        (path, None) => Some(path.to_owned()),
        (path, Some(name)) if path.rsplit('.').next() == Some(name) => Some(path.to_owned()),
        (path, Some(name)) => Some(format!("{path}.{name}")),
    };
    let message = match &field {
        Some(field) if !text.contains(&format!("`{field}`")) => format!("{field}: {text}"),
        _ => text,
    };
    ErrorBody { field, ..ErrorBody::new(number, message) }
}

/// The field that serde says is unknown, missing or doubled.
fn named_field(text: &str) -> Option<&str> {
    let rest = ["unknown field `", "missing field `", "duplicate field `"].iter().find_map(|p| text.strip_prefix(p))?;
    rest.split_once('`').map(|(name, _)| name)
}

fn unknown_op(op: &str) -> ErrorBody {
    ErrorBody::new(1002, format!("there is no request {op:.40?}; there are {}", OPS.join(", "))).at("op")
}

/// The error for bytes that are not text.
pub(crate) fn not_utf8(why: std::str::Utf8Error) -> ErrorBody {
    ErrorBody::new(1007, format!("the message is not UTF-8 from byte {} on", why.valid_up_to()))
}
