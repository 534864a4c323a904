//! Layaway: goods set aside for a customer against deposits.

use super::body::{SaleLine, Tender, body};
use super::read::{EventLine, EventTender};
use super::replied::{fields, recorded};
use super::word::TenderType;
use crate::value::{Amount, Currency, Id, Label, LocationCode, OrderName, Owner, Position, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

body!(
    /// Set goods aside for a customer until they are paid, all or nothing. Give `ttl_s`: when it is late.
    OpenLayaway {
        /// Where.
        location: LocationCode,
        /// The till, 1 to 9999.
        till: u16,
        /// Its name, which is that of its order: no other order here may have it, ever.
        layaway: OrderName,
        /// Whom it is for.
        customer: Owner,
        /// The currency of every amount here.
        currency: Currency,
        /// The lines, priced now.
        lines: Vec<SaleLine>,
        /// How long until it is late, in seconds.
        ttl_s: u64,
        /// What is kept of the deposits if it is cancelled; default: nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fee: Option<Amount>,
        /// The first deposit, each amount above zero; it needs an open till session.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tenders: Vec<Tender>,
        /// The reservation whose goods they are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reservation: Option<Id>,
        /// The customer's group, for prices and promotions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<Label>,
    }
);
body!(
    /// Take a deposit for a layaway into the open session of a till: at most what is left to be paid.
    Deposit {
        /// Where.
        location: LocationCode,
        /// The till, 1 to 9999.
        till: u16,
        /// Which.
        layaway: OrderName,
        /// The currency of the amounts.
        currency: Currency,
        /// How it is paid, each amount above zero.
        tenders: Vec<Tender>,
    }
);
body!(
    /// Give a layaway up: its goods go free, its deposits go back but for the fee.
    CancelLayaway {
        /// Where.
        location: LocationCode,
        /// The till, 1 to 9999.
        till: u16,
        /// Which.
        layaway: OrderName,
        /// The currency of the amounts.
        currency: Currency,
        /// How the deposits go back, each amount above zero; default: as they were paid.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tenders: Vec<Tender>,
        /// Why.
        reason: Label,
    }
);
body!(
    /// The open layaways of a location, page by page.
    Layaways {
        /// Where.
        location: LocationCode,
        /// Go on after this one, from `next` of the page before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<OrderName>,
    }
);
recorded!(
    /// Goods are set aside.
    LayawayOpened {
        /// When it is late.
        due: Time,
        /// What is deposited.
        deposits: Amount,
        /// What is left to be paid.
        left: Amount,
    }
);
recorded!(
    /// A deposit is taken.
    Deposited {
        /// What is deposited.
        deposits: Amount,
        /// What is left to be paid.
        left: Amount,
    }
);
recorded!(
    /// A layaway is given up.
    LayawayCancelled {
        /// How its deposits go back.
        tenders: Vec<EventTender>,
        /// What is kept of them.
        kept: Amount,
    }
);
fields!(
    /// `GET /v1/layaways`: the open layaways of a location in the order of their names.
    LayawayList {
        /// The layaways.
        layaways: Vec<LayawayMessage>,
        /// Where to go on; none at the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<OrderName>,
    }
);
fields!(
    /// An open layaway.
    LayawayMessage {
        /// Its name, and that of its order.
        layaway: OrderName,
        /// Whom it is for.
        customer: Owner,
        /// When it was opened.
        opened: Time,
        /// When it is late, or became it.
        due: Time,
        /// Whether it is.
        late: bool,
        /// The currency of every amount.
        currency: Currency,
        /// What it costs, with tax.
        total: Amount,
        /// What is deposited.
        deposits: Amount,
        /// How that was paid.
        paid_with: Vec<EventTender>,
        /// What is left to be paid.
        left: Amount,
        /// What is kept of the deposits if it is cancelled.
        fee: Amount,
        /// Its lines, as agreed.
        lines: Vec<EventLine>,
    }
);
fields!(
    /// What a till session took for layaways, and gave back.
    ReportDeposits {
        /// Taken, by how it was paid.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        taken: Vec<DepositTally>,
        /// Given back.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        given_back: Vec<DepositTally>,
        /// Kept as fees.
        kept: Amount,
        /// What sales were paid with deposits.
        used: Amount,
    }
);
fields!(
    /// Deposits of one kind of tender.
    #[derive(Copy)]
    DepositTally {
        /// The kind.
        #[serde(rename = "type")]
        kind: TenderType,
        /// How often.
        count: u64,
        /// How much.
        amount: Amount,
    }
);
