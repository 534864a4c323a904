//! Closed vocabularies: the wire's words for the engine's.

use onhand_engine::drawer::{journal, rules};
use onhand_engine::{cash_rounding, catalogue, command, date, goods, people, qty, tax};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $engine:path { $($(#[$word:meta])* $variant:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$word])* $variant,)+
        }

        impl From<$name> for $engine {
            fn from(word: $name) -> Self {
                match word {
                    $($name::$variant => Self::$variant,)+
                }
            }
        }

        impl From<$engine> for $name {
            fn from(word: $engine) -> Self {
                use $engine as Engine;
                match word {
                    $(Engine::$variant => Self::$variant,)+
                }
            }
        }
    };
}

word!(
    /// Where the demand comes from.
    Channel, command::Channel {
        /// A till in a shop.
        Till,
        /// The chain's own website.
        Web,
        /// Somebody else's marketplace.
        Marketplace,
    }
);
word!(
    /// Where alone an item is sold.
    Only, goods::Only {
        /// At tills.
        Store,
        /// On the website and marketplaces.
        Online,
    }
);
word!(
    /// A day of the week.
    DayOfWeek, date::Weekday {
        /// The first.
        Monday,
        /// The second.
        Tuesday,
        /// The third.
        Wednesday,
        /// The fourth.
        Thursday,
        /// The fifth.
        Friday,
        /// The sixth.
        Saturday,
        /// The seventh.
        Sunday,
    }
);
word!(
    /// A means of payment.
    TenderType, command::TenderKind {
        /// Notes and coins.
        Cash,
        /// A card at the terminal.
        Card,
        /// A gift card.
        GiftCard,
        /// Store credit.
        StoreCredit,
        /// A voucher.
        Voucher,
        /// On account.
        OnAccount,
        /// Anything else.
        Other,
        /// No money: what cash rounding makes up.
        CashRounding,
        /// What was deposited for the sale's layaway: all of it.
        Deposit,
    }
);
word!(
    /// What becomes of goods that come back.
    Disposition, command::Disposition {
        /// Back on the shelf.
        Resell,
        /// On hand, not for sale.
        Damaged,
        /// Goes to the supplier; does not come on hand.
        ToSupplier,
    }
);
word!(
    /// How an item is counted.
    Unit, qty::Unit {
        /// Pieces: whole numbers only.
        Each,
        /// Kilograms, to the gram.
        #[serde(rename = "kg")]
        Kilogram,
        /// Litres, to the millilitre.
        #[serde(rename = "l")]
        Litre,
        /// Metres, to the millimetre.
        #[serde(rename = "m")]
        Metre,
    }
);
word!(
    /// What a location is for.
    LocationKind, catalogue::LocationKind {
        /// It has tills and opening hours.
        Shop,
        /// It ships.
        Warehouse,
    }
);
word!(
    /// Whether shelf prices contain the tax.
    Basis, tax::PriceBasis {
        /// The price contains the tax.
        #[serde(rename = "inclusive")]
        TaxInclusive,
        /// The tax comes on top.
        #[serde(rename = "exclusive")]
        TaxExclusive,
    }
);
word!(
    /// Where tax is rounded.
    Rounding, tax::TaxRounding {
        /// Each line on its own.
        Line,
        /// Once per document and rate; the lines share that amount.
        Document,
    }
);
word!(
    /// To which multiple of its step an amount is rounded.
    Direction, cash_rounding::Direction {
        /// The nearest.
        Nearest,
        /// The next larger one.
        Up,
        /// The next smaller one.
        Down,
    }
);
word!(
    /// Where an amount goes that lies exactly between two multiples.
    Tie, cash_rounding::Tie {
        /// To the larger one.
        Up,
        /// To the smaller one.
        Down,
    }
);
word!(
    /// Where a posting goes.
    Account, rules::Account {
        /// Cash in the drawer while the session is open.
        Drawer,
        /// Cash in the safe.
        Safe,
        /// Card tenders that the bank still owes.
        CardClearing,
        /// What the shop owes holders of gift cards.
        GiftCards,
        /// What the shop owes customers with store credit.
        StoreCredit,
        /// Vouchers taken as money.
        Vouchers,
        /// What customers owe on account.
        OnAccount,
        /// Means of payment that are none of these, or that nobody named.
        OtherTenders,
        /// Revenue without tax.
        Revenue,
        /// Revenue given back.
        Returns,
        /// Tax that is owed.
        TaxPayable,
        /// Cash rounding.
        CashRounding,
        /// What a count found more or less than the books.
        OverShort,
        /// Cash put in that is no sale.
        PaidIn,
        /// Cash taken out that is no refund.
        PaidOut,
        /// What the shop owes customers who have deposited it for goods.
        Deposits,
        /// Deposits kept as fees.
        DepositFees,
        /// What the goods on the shelves had cost.
        Inventory,
        /// What the goods that were sold had cost.
        CostOfGoods,
        /// What goods had cost that came back and cannot be sold again.
        Shrink,
        /// What suppliers owe for goods that go back to them.
        SupplierClaims,
    }
);
word!(
    /// Why something is posted.
    Posting, journal::Posting {
        /// The float came out of the safe.
        Float,
        /// Revenue of sales.
        Sales,
        /// Revenue given back, and the tax on it.
        Returns,
        /// Tax of sales.
        Tax,
        /// Means of payment taken in sales, without change.
        Taken,
        /// Means of payment given back for returns.
        Refunded,
        /// Cash rounding.
        Rounding,
        /// Deposits for layaways.
        Deposited,
        /// Deposits that went back.
        DepositsBack,
        /// Deposits that paid a sale.
        DepositsUsed,
        /// Deposits kept as fees.
        DepositsKept,
        /// Cash put in.
        PaidIn,
        /// Cash taken out.
        PaidOut,
        /// Cash moved to the safe while the session was open.
        Drop,
        /// Counted minus expected.
        Variance,
        /// What was left in the drawer went to the safe.
        Emptied,
        /// What goods had cost that were sold.
        Cost,
        /// What goods had cost that came back.
        CostBack,
        /// Lines of which nobody knows what they had cost: their number, and no amount.
        CostUnknown,
    }
);
word!(
    /// What a person may be allowed to do.
    Capability, people::Capability {
        /// Sells, and holds goods for a customer.
        Sell,
        /// Takes goods back and gives money for them.
        Return,
        /// Cancels a whole finished sale.
        Void,
        /// Sells at another price than the price list's.
        OverridePrice,
        /// Gives a discount that no promotion gives.
        Discount,
        /// Opens the drawer without a sale; puts cash in and takes cash out.
        Drawer,
        /// Opens and closes a till session.
        CloseSession,
        /// Binds goods to orders and lets them go.
        Orders,
        /// Books goods in.
        Receive,
        /// Corrects stock.
        AdjustStock,
        /// Counts stock.
        Count,
        /// Defines items, locations, and their rules.
        ManageCatalogue,
        /// Makes and revokes keys.
        ManageKeys,
        /// Defines users and roles.
        ManagePeople,
        /// Approves what another person may not do alone.
        Approve,
        /// Takes a line out of a basket before it is paid.
        VoidLine,
        /// Gives money back by other means than it was paid by.
        RefundOtherwise,
        /// Lifts what limits returns without a receipt.
        LiftReturnLimits,
    }
);
