//! The verbs of accounts. The shop takes the steps of a redemption one by one, as the server would.

use super::{LOCATION, Shop, reading::Reading};
use onhand_engine::account::{AccountAsk, AccountKind, Cause, Measure, RedemptionAsk, Statement, Take, Way};
use onhand_engine::command::{Action, Channel, Command, Tender};
use onhand_engine::ids::{AccountId, CommandId, Label, LocationId, Owner};
use onhand_engine::money::{Currency, Minor};
use std::fmt::Write as _;

pub(crate) const VERBS: [&str; 11] =
    ["issue", "assign", "load", "redeem", "disable", "account", "hold", "confirm", "let_go", "inquire", "settle"];

/// Sales have ids of their own, far from those of other commands.
const FIRST_SALE: u128 = 1 << 100;

impl Shop {
    pub(crate) fn of_account(&mut self, verb: &str, reading: &mut Reading) -> String {
        if let "inquire" | "settle" = verb {
            let sale = self.sale(&reading.word());
            let unpaid = vec![];
            let ask = if verb == "inquire" {
                RedemptionAsk::Inquire { sale }
            } else {
                RedemptionAsk::Settle { sale, unpaid }
            };
            return self.outcome(Channel::Till, Action::Redemption(ask));
        }
        let account = self.account(&reading.word());
        let by_code = reading.value("by").is_none_or(|by| by == "code");
        let ask = match verb {
            "issue" => AccountAsk::Issue {
                kind: kind(&reading.word()),
                measure: measure(&reading.word()),
                amount: reading.minor(),
                expires: reading.value("for").map(|ttl| self.now.plus(super::reading::millis(&ttl))),
                owner: reading.value("owner").map(|name| Owner::new(&name).unwrap()),
            },
            "assign" => {
                let name = reading.word();
                AccountAsk::Assign { owner: (name != "nobody").then(|| Owner::new(&name).unwrap()) }
            }
            "load" => AccountAsk::Load {
                customer: None,
                measure: measure(&reading.word()),
                amount: reading.minor(),
                cause: match (reading.value("earned"), reading.value("refund")) {
                    (Some(sale), _) => Cause::Earned(self.sale(&sale)),
                    (_, Some(sale)) => Cause::Refund(self.sale(&sale)),
                    _ => Cause::Paid,
                },
            },
            "redeem" => AccountAsk::Redeem { measure: measure(&reading.word()), amount: reading.minor(), by_code },
            "disable" => AccountAsk::Disable { reason: Label::new(&reading.word()).unwrap() },
            "account" => AccountAsk::Read,
            "hold" => {
                let (sale, kind) = (self.sale(&reading.word()), kind(&reading.word()));
                let (measure, amount) = (measure(&reading.word()), reading.minor());
                let named = reading.value("way").unwrap_or("out".to_owned());
                let way = Way::ALL.into_iter().find(|way| way.name() == named).unwrap();
                let limit = reading.value("limit").map_or(Minor::ZERO, |limit| Minor(limit.parse().unwrap()));
                let take =
                    Take { account, kind, measure, amount, worth: amount, by_code, by_customer: false, way, limit };
                let fact = reading.value("standing").is_some_and(|standing| standing == "fact");
                AccountAsk::Hold { take, sale, at: LOCATION, fact }
            }
            "confirm" => AccountAsk::Confirm { sale: self.sale(&reading.word()), at: LOCATION },
            _ => AccountAsk::LetGo { sale: self.sale(&reading.word()), at: LOCATION, deadline: None },
        };
        self.commands += 1;
        let id = CommandId(1_000_000 + self.commands);
        let (location, channel) = (LocationId::of_account(account), Channel::Till);
        let text = self.outcome_of(Command { id, location, channel, action: Action::Account { account, ask } });
        self.with_holds(account, text)
    }

    /// The tenders that are taken from accounts: `from=GC1,..` names one for each tender of such a kind.
    pub(crate) fn takes(&mut self, reading: &mut Reading, tenders: &[Tender]) -> Box<[Take]> {
        let from = reading.value("from").unwrap_or_default();
        self.named(&from, tenders)
    }

    fn named(&mut self, names: &str, tenders: &[Tender]) -> Box<[Take]> {
        let names = names.split(',').filter(|name| !name.is_empty());
        let of_accounts = tenders.iter().filter_map(|t| AccountKind::of_tender(t.kind).map(|kind| (kind, t.amount)));
        let take = |(name, (kind, amount)): (&str, (AccountKind, _))| {
            let measure = Measure::Money(Currency::EUR);
            let (account, worth, way) = (self.account(name), amount, Way::Out);
            Take { account, kind, measure, amount, worth, by_code: true, by_customer: false, way, limit: Minor::ZERO }
        };
        names.zip(of_accounts).map(take).collect()
    }

    /// The accounts that tenders of a return name: `into=GC1,..`.
    pub(crate) fn credits(&mut self, reading: &mut Reading, tenders: &[Tender]) -> Box<[Take]> {
        let into = reading.value("into").unwrap_or_default();
        self.named(&into, tenders).iter().map(|take| Take { way: Way::In, by_code: false, ..*take }).collect()
    }

    /// The id of a sale; a new name is a new sale.
    pub(crate) fn sale(&mut self, name: &str) -> CommandId {
        CommandId(FIRST_SALE + place(&mut self.paid_sales, name))
    }

    fn account(&mut self, name: &str) -> AccountId {
        AccountId(place(&mut self.accounts, name))
    }

    fn with_holds(&self, account: AccountId, mut text: String) -> String {
        let state = self.world.places[&LocationId::of_account(account)].store.accounts.list.get(&account);
        for (sale, hold) in state.iter().flat_map(|state| &state.holds) {
            let name = &self.paid_sales[usize::try_from(sale.0 - FIRST_SALE).unwrap()];
            let _ = write!(text, " | {name} held={}", hold.amount.0);
            let short = hold.short.0;
            text += &if short == 0 { String::new() } else { format!(" short={short}") };
        }
        text
    }
}

pub(crate) fn said(statement: &Statement) -> String {
    let Statement { kind, measure, ledger, held, disabled, owner, .. } = statement;
    let mut text = format!("{} {} balance={}", kind.name(), measure.name(), ledger.balance().0);
    for (name, sum) in [
        ("issued", ledger.issued),
        ("loaded", ledger.loaded),
        ("refunded", ledger.refunded),
        ("redeemed", ledger.redeemed),
        ("short", ledger.short),
        ("held", *held),
    ] {
        text += &if sum.0 == 0 { String::new() } else { format!(" {name}={}", sum.0) };
    }
    text += &owner.as_ref().map_or(String::new(), |owner| format!(" owner={owner}"));
    text + if *disabled { " disabled" } else { "" }
}

pub(super) fn place(names: &mut Vec<String>, name: &str) -> u128 {
    let at = names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    at as u128
}

fn kind(name: &str) -> AccountKind {
    AccountKind::ALL.into_iter().find(|kind| kind.name() == name).unwrap()
}

fn measure(name: &str) -> Measure {
    if name == "points" { Measure::Points } else { Measure::Money(Currency::parse(name).unwrap()) }
}
