//! One byte for each member of the engine's closed lists. A byte, once given, is never given again.

use super::DecodeError;
use onhand_engine::account::{AccountKind, Way};
use onhand_engine::cash_rounding::{Direction, Tie};
use onhand_engine::catalogue::{LocationKind, Role};
use onhand_engine::command::{Channel, Disposition, Standing, TenderKind};
use onhand_engine::drawer::Movement;
use onhand_engine::drawer::journal::Posting;
use onhand_engine::drawer::rules::Account;
use onhand_engine::goods::Only;
use onhand_engine::payment::settlement::Mismatch;
use onhand_engine::payment::{Declined, Stage};
use onhand_engine::qty::Unit;
use onhand_engine::tax::{PriceBasis, TaxRounding};

/// A type that is one byte on disk.
pub(super) trait Coded: Sized {
    fn code(self) -> u8;
    fn from_code(code: u8) -> Result<Self, DecodeError>;
}

macro_rules! codes {
    ($name:ident { $($member:ident = $code:literal),+ $(,)? }) => {
        impl Coded for $name {
            fn code(self) -> u8 {
                match self { $($name::$member => $code),+ }
            }

            fn from_code(code: u8) -> Result<Self, DecodeError> {
                match code {
                    $($code => Ok($name::$member),)+
                    other => Err(DecodeError(format!("{} has no member {other}", stringify!($name)))),
                }
            }
        }
    };
}

codes!(Channel { Till = 0, Web = 1, Marketplace = 2 });
codes!(Standing { Request = 0, Fact = 1 });
codes!(TenderKind { Cash = 0, Card = 1, GiftCard = 2, StoreCredit = 3, Voucher = 4, OnAccount = 5, Other = 6, CashRounding = 7, Deposit = 8 });
codes!(AccountKind { GiftCard = 0, StoreCredit = 1, Loyalty = 2, Coupon = 3, CustomerCoupon = 4, CustomerReturns = 5, CustomerRefunds = 6 });
codes!(Way { Out = 0, In = 1, Open = 2 });
codes!(Disposition { Resell = 0, Damaged = 1, ToSupplier = 2 });
codes!(Only { Store = 0, Online = 1 });
codes!(Unit { Each = 0, Kilogram = 1, Litre = 2, Metre = 3 });
codes!(PriceBasis { TaxInclusive = 0, TaxExclusive = 1 });
codes!(TaxRounding { Line = 0, Document = 1 });
codes!(LocationKind { Shop = 0, Warehouse = 1 });
codes!(Role { Admin = 0, Till = 1, Web = 2, Analyst = 3, Operations = 4, Driver = 5 });
codes!(Mismatch {
    UnknownPayment = 0,
    AnotherTransaction = 1,
    NotCaptured = 2,
    Amount = 3,
    Twice = 4,
    UnknownRefund = 5,
    Missing = 6,
    MissingRefund = 7,
});
codes!(Stage {
    Asked = 0,
    Sent = 1,
    Unknown = 2,
    Approved = 3,
    Capturing = 4,
    Captured = 5,
    Voiding = 6,
    Voided = 7,
    Declined = 8,
    Cancelled = 9,
});
codes!(Declined { Owed = 0, Again = 1, Otherwise = 2 });
codes!(Movement { PaidIn = 0, PaidOut = 1, Drop = 2 });
codes!(Direction { Nearest = 0, Up = 1, Down = 2 });
codes!(Tie { Up = 0, Down = 1 });
codes!(Account {
    Drawer = 0,
    Safe = 1,
    CardClearing = 2,
    GiftCards = 3,
    StoreCredit = 4,
    Vouchers = 5,
    OnAccount = 6,
    OtherTenders = 7,
    Revenue = 8,
    Returns = 9,
    TaxPayable = 10,
    CashRounding = 11,
    OverShort = 12,
    PaidIn = 13,
    PaidOut = 14,
    Deposits = 15,
    DepositFees = 16,
    Inventory = 17,
    CostOfGoods = 18,
    Shrink = 19,
    SupplierClaims = 20,
});
codes!(Posting {
    Float = 0,
    Sales = 1,
    Returns = 2,
    Tax = 3,
    Taken = 4,
    Refunded = 5,
    Rounding = 6,
    PaidIn = 7,
    PaidOut = 8,
    Drop = 9,
    Variance = 10,
    Emptied = 11,
    Deposited = 12,
    DepositsBack = 13,
    DepositsUsed = 14,
    DepositsKept = 15,
    Cost = 16,
    CostBack = 17,
    CostUnknown = 18,
});
