//! The wire's types to the engine's ([`command`]) and back ([`reply`], [`refused`], [`level`], reads).
//! Nowhere else does one become the other.

mod account;
mod amounts;
mod answer;
mod basket;
mod compact;
mod define;
mod drawer;
mod enter;
mod giving;
mod goods;
mod layaway;
mod payment;
mod people;
mod priced;
mod quantities;
mod read;
mod refusal;
mod report;
mod rules;
mod scan;
mod training;
mod undertaxed;
mod unfit;
mod unreceipted;

pub use account::account_statement;
pub use answer::{Asked, Audience, level, level_message, reply, told};
pub use basket::baskets;
pub use compact::sale;
pub use define::key;
pub use drawer::z;
pub use enter::{Entered, command, quote};
pub use giving::{command_about, unknown_sale};
pub use layaway::layaways;
pub use payment::payment;
pub use people::{by, people, set_pin, signed_in};
pub use read::{event, item, key_id, key_message, location, reservation, tax_gaps, totals};
pub use refusal::{refusal, refused};
pub use report::{sales_row, tender_row};
pub use rules::{price_book_message, promotion_message};
pub use scan::scan;

use onhand_engine::account::AccountKind;
use onhand_engine::catalogue::{Item, KeyId, Location};
use onhand_engine::gtin::Gtin;
use onhand_engine::ids::{AccountId, Label, LocationCode, LocationId, SkuCode, SkuId, UserCode};
use onhand_engine::people::UserNo;
use onhand_engine::returns::unreceipted::Limits;
use onhand_engine::rules::Rules;
use onhand_engine::time::Timestamp;
use onhand_engine::zone::Zone;
use std::sync::Arc;

/// The address book: codes to numbers and back, and the selling rules.
pub trait Names {
    /// The item of a code.
    fn item(&self, code: &SkuCode) -> Option<Arc<Item>>;
    /// The item of a bar code.
    fn item_by_gtin(&self, gtin: Gtin) -> Option<Arc<Item>>;
    /// The item of a number.
    fn item_numbered(&self, sku: SkuId) -> Option<Arc<Item>>;
    /// The location of a code.
    fn location(&self, code: &LocationCode) -> Option<Arc<Location>>;
    /// The location of a number.
    fn location_numbered(&self, id: LocationId) -> Option<Arc<Location>>;
    /// Whether there are price books, promotions or dated rates: without any, the catalogue's price and the
    /// location's rate are all there is to know.
    fn has_rules(&self) -> bool {
        false
    }
    /// The selling rules as they stand.
    fn rules(&self) -> Arc<Rules> {
        Arc::default()
    }
    /// What limits returns without a receipt at a location.
    fn return_limits(&self, _: LocationId) -> Limits {
        Limits::default()
    }
    /// The time zone of a name, as it is known today.
    fn zone(&self, _: &str) -> Option<Arc<Zone>> {
        None
    }
    /// Engine time, for what holds for a while.
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
    /// The code of a user's number. Where only commands are read, nobody needs to be known.
    fn user_numbered(&self, _: UserNo) -> Option<UserCode> {
        None
    }
    /// Who holds a key; the same.
    fn holder(&self, _: KeyId) -> Option<Label> {
        None
    }
    /// The accounts that are a customer's.
    fn accounts_of(&self, _: &str) -> Vec<(AccountId, AccountKind)> {
        Vec::new()
    }
    /// The item of a code that was not looked at yet.
    fn item_called(&self, code: &str) -> Option<Arc<Item>> {
        self.item(&SkuCode::new(code).ok()?)
    }
    /// The location of a code that was not looked at yet.
    fn location_called(&self, code: &str) -> Option<Arc<Location>> {
        self.location(&LocationCode::new(code).ok()?)
    }
}
