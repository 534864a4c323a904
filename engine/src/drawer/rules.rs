//! What a location sets for its drawers: cash rounding, and the accounts its journals are posted to.

use crate::cash_rounding::CashRounding;
use crate::command::{Disposition, TenderKind};
use crate::ids::Label;
use std::collections::BTreeMap;

/// Where a posting goes. Each has a code by default, which a location may replace by its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// Cash in the drawer while the session is open. A closed session leaves nothing on it.
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

impl Account {
    /// Every account with its word on the wire and its code by default. None is ever changed: a
    /// location that uses other codes says so.
    pub const ALL: [(Account, &'static str, &'static str); 21] = [
        (Account::Drawer, "drawer", "1000"),
        (Account::Safe, "safe", "1010"),
        (Account::CardClearing, "card_clearing", "1100"),
        (Account::GiftCards, "gift_cards", "2100"),
        (Account::StoreCredit, "store_credit", "2110"),
        (Account::Vouchers, "vouchers", "2120"),
        (Account::OnAccount, "on_account", "1200"),
        (Account::OtherTenders, "other_tenders", "1190"),
        (Account::Revenue, "revenue", "4000"),
        (Account::Returns, "returns", "4090"),
        (Account::TaxPayable, "tax_payable", "2200"),
        (Account::CashRounding, "cash_rounding", "6900"),
        (Account::OverShort, "over_short", "6910"),
        (Account::PaidIn, "paid_in", "4900"),
        (Account::PaidOut, "paid_out", "6800"),
        (Account::Deposits, "deposits", "2130"),
        (Account::DepositFees, "deposit_fees", "4910"),
        (Account::Inventory, "inventory", "1300"),
        (Account::CostOfGoods, "cost_of_goods", "5000"),
        (Account::Shrink, "shrink", "5900"),
        (Account::SupplierClaims, "supplier_claims", "1310"),
    ];

    /// Its word on the wire and its code by default.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str) {
        let own = |(account, _, _): &&(Account, &str, &str)| *account == self;
        Self::ALL.iter().find(own).map_or(("", ""), |(_, word, code)| (word, code))
    }

    /// The account of a word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name, _)| *name == word).map(|(account, _, _)| *account)
    }

    /// Where the cost of goods goes that come back.
    #[must_use]
    pub const fn of_disposition(disposition: Disposition) -> Self {
        match disposition {
            Disposition::Resell => Account::Inventory,
            Disposition::Damaged => Account::Shrink,
            Disposition::ToSupplier => Account::SupplierClaims,
        }
    }

    /// Where a kind of tender is posted while its session is open.
    #[must_use]
    pub const fn of_tender(kind: TenderKind) -> Self {
        match kind {
            TenderKind::Cash => Account::Drawer,
            TenderKind::Card => Account::CardClearing,
            TenderKind::GiftCard => Account::GiftCards,
            TenderKind::StoreCredit => Account::StoreCredit,
            TenderKind::Voucher => Account::Vouchers,
            TenderKind::OnAccount => Account::OnAccount,
            TenderKind::Other => Account::OtherTenders,
            TenderKind::CashRounding => Account::CashRounding,
            TenderKind::Deposit => Account::Deposits,
        }
    }
}

/// What a location sets for its drawers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrawerRules {
    /// How cash is rounded; none: to the minor unit.
    pub rounding: Option<CashRounding>,
    /// The location's own codes of accounts.
    pub accounts: BTreeMap<Account, Label>,
}

impl DrawerRules {
    /// The code of an account here.
    #[must_use]
    pub fn code(&self, account: Account) -> &str {
        self.accounts.get(&account).map_or(account.names().1, |own| own.as_str())
    }
}
