//! What can be trained: every action at the training twin of a shop, and none that would leave its ledger.

use crate::SHOP;
use crate::every_action::{every_action, give_back, take_back};
use onhand_engine::account::AccountAsk;
use onhand_engine::command::{Action, Channel, Command};
use onhand_engine::decide::decide;
use onhand_engine::ids::{AccountId, CommandId, LocationId};
use onhand_engine::refusal::Refusal;
use onhand_engine::returns::{GrantAsk, Payout};
use onhand_engine::time::Timestamp;
use onhand_engine::world::PlaceState;

fn refused(location: LocationId, action: Action) -> Option<Refusal> {
    let command = Command { id: CommandId(9), location, channel: Channel::Till, action };
    decide(&PlaceState::default(), &command, Timestamp(1)).err()
}

fn twin(location: LocationId) -> LocationId {
    location.training_twin().unwrap()
}

/// What the whole chain goes by is real, and what a driver or a provider does.
#[test]
fn what_can_be_trained() {
    let every = every_action();
    let real = |(name, action): &(&'static str, Action)| {
        let is_no_training = refused(twin(SHOP), action.clone()) == Some(Refusal::NotInTraining);
        // The same of one that cannot be as things are now.
        let known = Action::IfKnown { asked: Box::new(action.clone()), number: 3050 };
        assert_eq!(refused(twin(SHOP), known) == Some(Refusal::NotInTraining), is_no_training, "{name}");
        assert_ne!(refused(SHOP, action.clone()), Some(Refusal::NotInTraining), "{name}");
        is_no_training.then_some(*name)
    };
    let found: Vec<&str> = every.iter().filter_map(real).collect();
    assert_eq!(found, NOT_TRAINED);
}

/// What is not in this list is trained: a new action has to be put here, or be trained.
const NOT_TRAINED: [&str; 22] = [
    "allocate",
    "deallocate",
    "define_items",
    "define_location",
    "create_key",
    "revoke_key",
    "define_role",
    "define_user",
    "set_pin",
    "disable_user",
    "require_people",
    "suspend",
    "recall",
    "void_line",
    "set_labels",
    "set_return_limits",
    "define_price_book",
    "end_price_book",
    "define_promotions",
    "end_promotion",
    "take_payment",
    "settle_payments",
];

/// A sale of one ledger does not come back in the other, and no account of one pays in the other.
#[test]
fn nothing_crosses_from_one_ledger_to_the_other() {
    let (training, account) = (twin(SHOP), AccountId(1));
    let accounts = LocationId::of_account(account);
    let of = |sold_at| {
        let mut of = take_back(None);
        of.sale.of.location = sold_at;
        of
    };
    let grant = |sold_at, to| {
        let (command, of, payout) = (CommandId(7), *of(sold_at), Payout::default());
        Action::GrantReturn(Box::new(GrantAsk { command, to, of, payout }))
    };
    let exchange = |sold_at| {
        let find = |(_, action): (&str, Action)| match action {
            Action::Exchange { sell, disposition, .. } => {
                Some(Action::Exchange { back: of(sold_at), disposition, sell })
            }
            _ => None,
        };
        every_action().into_iter().find_map(find).unwrap()
    };
    let confirm = |at| Action::Account { account, ask: AccountAsk::Confirm { sale: CommandId(7), at } };
    for (at, action, crosses) in [
        (SHOP, give_back(Some(of(SHOP))), false),
        (SHOP, give_back(Some(of(training))), true),
        (training, give_back(Some(of(SHOP))), true),
        (training, give_back(Some(of(training))), false),
        (SHOP, exchange(SHOP), false),
        (SHOP, exchange(training), true),
        (training, exchange(SHOP), true),
        (training, exchange(training), false),
        (SHOP, grant(SHOP, SHOP), false),
        (SHOP, grant(SHOP, training), true),
        (SHOP, grant(training, SHOP), true),
        (training, grant(training, training), false),
        (accounts, confirm(SHOP), false),
        (accounts, confirm(training), true),
        (twin(accounts), confirm(SHOP), true),
        (twin(accounts), confirm(training), false),
        (accounts, Action::Account { account, ask: AccountAsk::Read }, false),
    ] {
        let found = matches!(refused(at, action.clone()), Some(Refusal::OtherLedger { .. }));
        assert_eq!(found, crosses, "{at:?} {action:?}");
    }
}
