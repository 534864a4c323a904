//! The engine's answers and levels as the wire's bytes.

use super::{Names, account, basket, drawer, goods, layaway, payment, refusal};
use crate::card_code::CardCode;
use crate::message::{Band, Channel, ErrorBody, LevelMessage};
use crate::value::{LocationCode, Quantity, Sku, Time};
use crate::write::Object;
use onhand_engine::answer::{Answer, Excepted};
use onhand_engine::catalogue::Location;
use onhand_engine::command::{self, Action, Command, SkuQty};
use onhand_engine::ids::{CommandId, OrderId, ReceiptNo, Seq, SkuCode, TillNo};
use onhand_engine::level::Level;
use onhand_engine::money::{Currency, Minor};
use onhand_engine::refusal::Refusal;
use onhand_engine::time::Timestamp;
use std::sync::Arc;

/// What the asker said that stands again in the answer. A repeat says the same, or it would have
/// been refused, so the reply remains a pure function of the stored outcome.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The command.
    pub id: CommandId,
    location: Option<Arc<Location>>,
    currency: Option<Currency>,
    order: Option<OrderId>,
    /// Where the till of a drawer is, and which it is.
    pub(super) drawer: Option<(Arc<Location>, TillNo)>,
    /// The code of the card that is being issued.
    pub(super) code: Option<Box<CardCode>>,
    /// Whether it is decided where people train.
    pub(super) training: bool,
    /// What is against it as things are now.
    pub(super) against: Option<Box<ErrorBody>>,
}

impl Asked {
    /// Of a command and its location; none for commands of the chain.
    #[must_use]
    pub fn of(command: &Command, location: Option<Arc<Location>>) -> Self {
        let (currency, order) = match command.action.asked() {
            Action::Sell(sell) => (Some(sell.currency), None),
            Action::Return { currency, .. } => (Some(*currency), None),
            Action::Exchange { sell, .. } => (Some(sell.currency), None),
            Action::Allocate { order, .. } => (None, Some(order.clone())),
            _ => (None, None),
        };
        let drawer = match (command.action.asked(), &location) {
            (Action::Drawer { till, .. }, Some(location)) => Some((Arc::clone(location), *till)),
            _ => None,
        };
        let training = command.location.is_training();
        Self { id: command.id, location, currency, order, drawer, code: None, training, against: None }
    }
}

impl Asked {
    /// What is against it as things are now: it is only answered where it was done before.
    #[must_use]
    pub fn against(&self) -> Option<&ErrorBody> {
        self.against.as_deref()
    }

    /// Why it was refused, as an error of the wire.
    #[must_use]
    pub fn refusal(&self, why: &Refusal, names: &impl Names) -> ErrorBody {
        told(why, self.against(), names)
    }
}

/// A refusal as an error of the wire, where this was against the command before anybody decided it.
#[must_use]
pub fn told(why: &Refusal, against: Option<&ErrorBody>, names: &impl Names) -> ErrorBody {
    match (why, against) {
        (Refusal::NotAnyMore { .. }, Some(error)) => error.clone(),
        _ => refusal(why, names),
    }
}

/// Appends the reply to a command that was done.
pub fn reply(out: &mut Vec<u8>, asked: &Asked, seq: Seq, time: Timestamp, answer: &Answer, names: &impl Names) {
    let mut object = Object::begin(out);
    object.uuid("id", asked.id.0);
    object.word("ok", word(answer));
    object.number_text("seq", seq.0);
    object.time("time", time);
    if asked.training {
        object.flag("training", true);
    }
    match plain(answer) {
        Answer::Recorded { receipt, gross, oversold } => {
            document(&mut object, asked, *receipt, *gross);
            if !oversold.is_empty() {
                quantities(object.field("oversold"), oversold, names);
            }
        }
        Answer::RecordedWithExceptions(one) => {
            document(&mut object, asked, one.receipt, one.gross);
            excepted(&mut object, one, names);
        }
        Answer::ReturnedWithExceptions(one) => {
            document(&mut object, asked, one.receipt, one.gross);
            excepted(&mut object, one, names);
        }
        Answer::ExchangedWithExceptions { returned, sale } => {
            document(&mut object, asked, sale.receipt, sale.gross.minus(*returned));
            object.amount("returned", *returned);
            excepted(&mut object, sale, names);
        }
        Answer::Returned { receipt, gross } => document(&mut object, asked, *receipt, *gross),
        Answer::Exchanged { receipt, returned, gross } => {
            document(&mut object, asked, *receipt, gross.minus(*returned));
            object.amount("returned", *returned);
        }
        Answer::Reserved { deadline } => {
            object.uuid("reservation", asked.id.0);
            object.time("deadline", *deadline);
        }
        Answer::Extended { deadline } => object.time("deadline", *deadline),
        Answer::Allocated => object.text("order", asked.order.as_ref().map_or("", OrderId::as_str)),
        Answer::Counted { variance } => object.qty("variance", *variance),
        Answer::ItemsDefined { added, changed } => {
            object.number("added", u64::from(*added));
            object.number("changed", u64::from(*changed));
        }
        Answer::AccountIssued { account, balance } => {
            object.uuid("account", account.0);
            // A repeat comes with a code made anew, which is not the card's.
            if let Some(code) = asked.code.as_ref().filter(|code| code.account() == *account) {
                object.text("code", &code.to_string());
            }
            object.amount("balance", *balance);
        }
        Answer::AccountBooked { balance } => object.amount("balance", *balance),
        Answer::Account(said) => account::statement(&mut object, said),
        Answer::PaymentStarted { expires } => {
            object.uuid("payment", asked.id.0);
            object.time("expires", *expires);
        }
        Answer::PaymentsSettled(settled) => payment::settled(&mut object, settled),
        Answer::Payment(id, said) => {
            if let Some(location) = &asked.location {
                let message = payment::payment(*id, location, said);
                // A Vec takes whatever is written.
                let _ = serde_json::to_writer(object.field("payment"), &message);
            }
        }
        Answer::Released
        | Answer::Expired
        | Answer::Deallocated
        | Answer::Received
        | Answer::Adjusted
        | Answer::PolicySet
        | Answer::LocationDefined
        | Answer::KeyCreated
        | Answer::KeyRevoked
        | Answer::ReturnGranted(_)
        | Answer::DrawerRulesSet
        | Answer::StepTaken
        | Answer::LabelsSet
        | Answer::ReturnLimitsSet
        | Answer::PriceBookEnded
        | Answer::PromotionEnded
        | Answer::RoleDefined
        | Answer::UserDefined
        | Answer::PinSet
        | Answer::UserDisabled
        | Answer::PeopleRequired
        | Answer::PaymentStep => {}
        Answer::Layaway(told) => layaway::fields(&mut object, told),
        Answer::Basket(told) => basket::fields(&mut object, asked, told, names),
        Answer::Drawer(told) => drawer::fields(&mut object, asked, told),
        Answer::PriceBookDefined { prices } => object.number("prices", u64::from(*prices)),
        Answer::PromotionsDefined { added, changed } => {
            object.number("added", u64::from(*added));
            object.number("changed", u64::from(*changed));
        }
        // It holds what is told, and nothing like itself.
        Answer::Refunding(_) => {}
    }
    if let Answer::Refunding(one) = answer {
        // A Vec takes whatever is written.
        let _ = serde_json::to_writer(object.field("refunds"), &payment::parts(&one.parts));
    }
    object.end();
}

/// What is told beside what goes back to card payments.
const fn plain(answer: &Answer) -> &Answer {
    match answer {
        Answer::Refunding(one) => &one.told,
        other => other,
    }
}

/// What a person has to look at.
fn excepted(object: &mut Object<'_>, one: &Excepted, names: &impl Names) {
    if !one.oversold.is_empty() {
        quantities(object.field("oversold"), &one.oversold, names);
    }
    // A Vec takes whatever is written.
    let _ = serde_json::to_writer(object.field("exceptions"), &goods::exceptions(&one.exceptions, names));
}

const fn word(answer: &Answer) -> &'static str {
    match plain(answer) {
        Answer::Recorded { .. } | Answer::RecordedWithExceptions(_) => "recorded",
        Answer::Reserved { .. } => "reserved",
        Answer::Extended { .. } => "extended",
        // Only the timer asks for an expiry, and nobody waits for its answer.
        Answer::Released | Answer::Expired => "released",
        Answer::Allocated => "allocated",
        Answer::Deallocated => "deallocated",
        Answer::Received => "received",
        // Only servers ask one another for a grant.
        Answer::Returned { .. } | Answer::ReturnedWithExceptions(_) | Answer::ReturnGranted(_) => "returned",
        Answer::Exchanged { .. } | Answer::ExchangedWithExceptions { .. } => "exchanged",
        // It holds what is told.
        Answer::Refunding(_) => "returned",
        Answer::Adjusted => "adjusted",
        Answer::Counted { .. } => "counted",
        Answer::PolicySet => "policy_set",
        Answer::ItemsDefined { .. } => "items_defined",
        Answer::LocationDefined => "location_defined",
        Answer::KeyCreated => "key_created",
        Answer::KeyRevoked => "key_revoked",
        Answer::DrawerRulesSet => "drawer_rules_set",
        Answer::Layaway(told) => layaway::word(told),
        Answer::Basket(told) => basket::word(told),
        Answer::Drawer(told) => drawer::word(told),
        Answer::AccountIssued { .. } => "account_issued",
        Answer::AccountBooked { .. } => "account_booked",
        Answer::Account(_) => "account",
        // Only the server takes these steps.
        Answer::StepTaken => "settled",
        Answer::LabelsSet => "labels_set",
        Answer::ReturnLimitsSet => "return_limits_set",
        Answer::PriceBookDefined { .. } => "price_book_defined",
        Answer::PriceBookEnded => "price_book_ended",
        Answer::PromotionsDefined { .. } => "promotions_defined",
        Answer::PromotionEnded => "promotion_ended",
        Answer::RoleDefined => "role_defined",
        Answer::UserDefined => "user_defined",
        Answer::PinSet => "pin_set",
        Answer::UserDisabled => "user_disabled",
        Answer::PeopleRequired => "people_required",
        Answer::PaymentStarted { .. } => "payment_started",
        Answer::PaymentStep => "payment_noted",
        Answer::Payment(..) => "payment",
        Answer::PaymentsSettled(_) => "payments_settled",
    }
}

fn document(object: &mut Object<'_>, asked: &Asked, receipt: Option<(TillNo, ReceiptNo)>, gross: Minor) {
    if let (Some((till, no)), Some(location)) = (receipt, &asked.location) {
        match asked.training {
            false => object.receipt("receipt", location.code.as_str(), till, no),
            true => object.text("receipt", &format!("TRAINING-{}", receipt_text(&location.code, till, no))),
        }
    }
    object.amount("total", gross);
    if let Some(currency) = asked.currency {
        object.text("currency", currency.as_str());
    }
}

/// How a receipt is named: location, till, and the till's own gapless number.
pub(super) fn receipt_text(location: &onhand_engine::ids::LocationCode, till: TillNo, no: ReceiptNo) -> String {
    format!("{location}-{}-{}", till.0, no.0)
}

pub(super) fn quantities(out: &mut Vec<u8>, lines: &[SkuQty], names: &impl Names) {
    out.push(b'[');
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let mut object = Object::begin(out);
        let item = names.item_numbered(line.sku);
        object.text("sku", item.as_ref().map_or("", |item| item.code.as_str()));
        object.qty("qty", line.qty);
        object.end();
    }
    out.push(b']');
}

/// Who a level is for: `available` and `low` are those of the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Everyone with a key other than the website's: every count.
    Staff(Channel),
    /// The website and its shoppers: what they may know.
    Public(Channel),
}

impl Audience {
    const fn channel(self) -> Channel {
        match self {
            Audience::Staff(channel) | Audience::Public(channel) => channel,
        }
    }
}

/// Appends a level as one JSON object.
pub fn level(
    out: &mut Vec<u8>,
    location: &onhand_engine::ids::LocationCode,
    sku: &SkuCode,
    time: Timestamp,
    level: &Level,
    audience: Audience,
) {
    let channel = command::Channel::from(audience.channel());
    let mut object = Object::begin(out);
    object.text("location", location.as_str());
    object.text("sku", sku.as_str());
    object.number("version", level.version.0);
    object.time("time", time);
    object.qty("available", level.atp(channel));
    object.flag("low", level.is_low(channel));
    match audience {
        Audience::Public(_) => object.word("band", band_word(band(level, channel))),
        Audience::Staff(_) => {
            object.qty("on_hand", level.on_hand);
            object.qty("reserved", level.reserved);
            object.qty("allocated", level.allocated);
            object.qty("unavailable", level.unavailable);
            object.qty("incoming", level.incoming);
            object.qty("available_till", level.atp(command::Channel::Till));
            object.qty("available_web", level.atp(command::Channel::Web));
            object.qty("available_marketplace", level.atp(command::Channel::Marketplace));
        }
    }
    object.end();
}

/// The same as a value, for replies that are not frequent.
#[must_use]
pub fn level_message(
    location: LocationCode,
    sku: Sku,
    time: Timestamp,
    level: &Level,
    audience: Audience,
) -> LevelMessage {
    let channel = command::Channel::from(audience.channel());
    let staff = matches!(audience, Audience::Staff(_));
    let shown = |qty| staff.then_some(Quantity(qty));
    LevelMessage {
        location,
        sku,
        version: level.version.0,
        time: Time(time),
        available: Quantity(level.atp(channel)),
        low: level.is_low(channel),
        band: (!staff).then(|| band(level, channel)),
        on_hand: shown(level.on_hand),
        reserved: shown(level.reserved),
        allocated: shown(level.allocated),
        unavailable: shown(level.unavailable),
        incoming: shown(level.incoming),
        available_till: shown(level.atp(command::Channel::Till)),
        available_web: shown(level.atp(command::Channel::Web)),
        available_marketplace: shown(level.atp(command::Channel::Marketplace)),
    }
}

fn band(level: &Level, channel: command::Channel) -> Band {
    if !level.atp(channel).is_positive() {
        return Band::Out;
    }
    if level.is_low(channel) { Band::Low } else { Band::InStock }
}

const fn band_word(band: Band) -> &'static str {
    match band {
        Band::InStock => "in_stock",
        Band::Low => "low",
        Band::Out => "out",
    }
}
