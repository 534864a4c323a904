//! Who may do what: the one place that says so. Deny by default.
//!
//! Here it is what a device may, by its key. Where people are required, what the person signed in may
//! comes on top, and never instead: `People::check` looks at it where the command is decided.

use crate::fault::Fault;
use crate::keys::Principal;
use onhand_engine::catalogue::Role;
use onhand_protocol::message::{Body, Channel};
use onhand_protocol::value::Id;

/// The longest time a shopper may hold something, in milliseconds.
pub(crate) const SHOPPER_TTL_MS_MAX: u64 = 15 * 60_000;
/// The most lines a shopper may hold at once.
pub(crate) const SHOPPER_LINES_MAX: usize = 20;
/// The most units of one item that a shopper may hold, in thousandths.
pub(crate) const SHOPPER_QTY_MILLI_MAX: i64 = 20_000;

/// Where a connection came in. Payments have an address of their own, for drivers only: nothing of theirs
/// can be reached at the general one, and nothing else at theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// Everything but the drivers' part.
    General,
    /// The drivers' part.
    Payments,
}

impl Address {
    /// Whether somebody may be here.
    pub(crate) fn check(self, principal: &Principal) -> Result<(), Fault> {
        let is_driver = matches!(principal, Principal::Key { role: Role::Driver, .. });
        match self {
            Address::General if is_driver => {
                Err(Fault::new(3100, "a driver's key is good at the address for payments: `serve --payments`"))
            }
            Address::Payments if !is_driver => {
                Err(Fault::new(3100, "this address is for drivers of payments; all else is at the general one"))
            }
            _ => Ok(()),
        }
    }
}

/// What can be asked for, apart from the commands: those are named by their op.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// Levels, live or not.
    Levels,
    /// Items and locations.
    Catalogue,
    /// One reservation.
    Reservation,
    /// Price books, promotions, tax classes without a rate.
    Rules,
    /// What was sold.
    Totals,
    /// The feed of events.
    Events,
    /// Metrics.
    Metrics,
    /// Queues.
    Status,
    /// The list of keys.
    Keys,
    /// Suspended baskets and layaways.
    Baskets,
    /// Closed till sessions.
    Drawers,
    /// Users and roles.
    People,
    /// Central reports, and what goods cost the shop.
    Reports,
    /// Payments that are not ended.
    Payments,
    /// What a customer bought.
    Customers,
}

/// Whether a request may go on. The channel is checked too: a website's key cannot sell as a till.
pub(crate) fn check(principal: &Principal, body: &Body) -> Result<(), Fault> {
    check_op(principal, body.op())?;
    check_channel(principal, body)?;
    match (principal, body) {
        (Principal::Shopper { .. }, Body::Reserve(asked)) => {
            check_shopper_ttl(asked.ttl_s, asked.ttl_ms)?;
            // All reservations of an owner count as one's own, so nobody may guess another's name.
            if asked.owner.as_str().parse::<Id>().is_err() {
                return Err(Fault::new(4004, "a shopper's owner is a UUID that their page made").at("owner"));
            }
            if asked.lines.len() > SHOPPER_LINES_MAX {
                return Err(Fault::new(4004, "a shopper may hold 20 items at once").at("lines"));
            }
            if asked.lines.iter().any(|line| line.qty.0.milli() > SHOPPER_QTY_MILLI_MAX) {
                return Err(Fault::new(4004, "a shopper may hold 20 units of an item").at("lines"));
            }
            Ok(())
        }
        (Principal::Shopper { .. }, Body::Extend(asked)) => check_shopper_ttl(asked.ttl_s, asked.ttl_ms),
        // Who belongs to a group, pays no tax or gets something off is for the shop to say.
        (Principal::Shopper { .. }, Body::Quote(asked)) => {
            let of_the_shop = [
                ("group", asked.group.is_some()),
                ("tax_exempt", asked.tax_exempt.is_some()),
                ("discount", asked.discount.is_some()),
            ];
            match of_the_shop.into_iter().find(|(_, given)| *given) {
                Some((field, _)) => Err(Fault::new(4004, "the role shopper may not say this").at(field)),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// Whether a role may do this at all: known before the request is read.
pub(crate) fn check_op(principal: &Principal, op: &str) -> Result<(), Fault> {
    let allowed = match principal {
        Principal::Key { role, .. } => key_may(*role, op),
        Principal::Shopper { .. } => shopper_may(op),
    };
    if allowed { Ok(()) } else { Err(forbidden(principal, op)) }
}

/// Whether something may be read.
pub(crate) fn check_read(principal: &Principal, read: Read) -> Result<(), Fault> {
    let role = match principal {
        Principal::Key { role, .. } => *role,
        Principal::Shopper { .. } if matches!(read, Read::Levels | Read::Catalogue) => return Ok(()),
        Principal::Shopper { .. } => return Err(forbidden(principal, "read this")),
    };
    let allowed = match read {
        Read::Levels | Read::Catalogue => !matches!(role, Role::Operations | Role::Driver),
        Read::Reservation | Read::Customers => matches!(role, Role::Admin | Role::Till | Role::Web),
        Read::Rules => matches!(role, Role::Admin | Role::Till | Role::Analyst),
        Read::Totals | Read::Events | Read::Reports => matches!(role, Role::Admin | Role::Analyst),
        Read::Metrics => matches!(role, Role::Admin | Role::Analyst | Role::Operations),
        Read::Status => matches!(role, Role::Admin | Role::Operations),
        Read::Keys | Read::People => role == Role::Admin,
        Read::Baskets => matches!(role, Role::Admin | Role::Till),
        Read::Drawers => matches!(role, Role::Admin | Role::Till | Role::Analyst),
        Read::Payments => matches!(role, Role::Admin | Role::Till | Role::Web | Role::Driver),
    };
    if allowed { Ok(()) } else { Err(forbidden(principal, "read this")) }
}

/// Whether keys may be made and revoked.
pub(crate) fn check_keys(principal: &Principal) -> Result<(), Fault> {
    check_read(principal, Read::Keys)
}

fn key_may(role: Role, op: &str) -> bool {
    match op {
        "hello" | "ping" => true,
        "get" | "scan" | "subscribe" => !matches!(role, Role::Operations | Role::Driver),
        "unsubscribe" => true,
        "watch_metrics" => matches!(role, Role::Admin | Role::Analyst | Role::Operations),
        "sell" | "reserve" | "extend" | "release" | "allocate" | "deallocate" => {
            matches!(role, Role::Admin | Role::Till | Role::Web)
        }
        "return" | "return_sale" | "void_sale" | "exchange" | "receive" | "adjust" | "count" => {
            matches!(role, Role::Admin | Role::Till)
        }
        "account" => matches!(role, Role::Admin | Role::Till | Role::Web),
        "issue_account" | "load_account" | "redeem" | "disable_account" | "assign_account" => {
            matches!(role, Role::Admin | Role::Till)
        }
        "suspend" | "recall" | "void_line" | "baskets" | "open_layaway" | "deposit" | "cancel_layaway" | "layaways" => {
            matches!(role, Role::Admin | Role::Till)
        }
        "open_session" | "paid_in" | "paid_out" | "drop" | "no_sale" | "x_report" | "close_session" => {
            matches!(role, Role::Admin | Role::Till)
        }
        "set_policy" | "set_labels" | "set_drawer_rules" | "set_return_limits" | "define_location" | "define_items" => {
            role == Role::Admin
        }
        "define_price_book" | "end_price_book" | "define_promotions" | "end_promotion" => role == Role::Admin,
        "quote" => matches!(role, Role::Admin | Role::Till | Role::Web),
        "watch_prices" => !matches!(role, Role::Operations | Role::Driver),
        "start_payment" | "give_up_payment" => matches!(role, Role::Admin | Role::Till | Role::Web),
        "refund_payment" | "refund_otherwise" => matches!(role, Role::Admin | Role::Till),
        "payment" | "watch_payments" => matches!(role, Role::Admin | Role::Till | Role::Web | Role::Driver),
        "settle_payments" => role == Role::Admin,
        // Not even an administrator says what a provider did.
        "take_payment" | "report_payment" => role == Role::Driver,
        "sign_in" | "sign_out" => matches!(role, Role::Admin | Role::Till),
        "define_role" | "define_user" | "set_pin" | "disable_user" | "require_people" => role == Role::Admin,
        _ => false,
    }
}

fn shopper_may(op: &str) -> bool {
    matches!(op, "hello" | "ping" | "get" | "scan" | "subscribe" | "unsubscribe" | "reserve" | "extend" | "release")
        || matches!(op, "quote" | "watch_prices")
}

fn check_channel(principal: &Principal, body: &Body) -> Result<(), Fault> {
    let asked = match body {
        Body::Sell(asked) => asked.channel,
        Body::Reserve(asked) => asked.channel,
        Body::Allocate(asked) => asked.channel,
        Body::Suspend(asked) => asked.channel,
        Body::Quote(asked) => asked.channel,
        Body::StartPayment(asked) => asked.channel,
        _ => None,
    };
    let Some(channel) = asked else { return Ok(()) };
    let allowed = match principal {
        Principal::Shopper { .. } => channel == Channel::Web,
        Principal::Key { role: Role::Web, .. } => channel != Channel::Till,
        Principal::Key { role: Role::Till, .. } => channel == Channel::Till,
        Principal::Key { .. } => true,
    };
    if allowed {
        return Ok(());
    }
    Err(Fault::new(4004, format!("the role {} may not act for this channel", principal.role_name())).at("channel"))
}

fn check_shopper_ttl(ttl_s: Option<u64>, ttl_ms: Option<u64>) -> Result<(), Fault> {
    let ms = ttl_ms.unwrap_or(0).max(ttl_s.unwrap_or(0).saturating_mul(1_000));
    if ms > SHOPPER_TTL_MS_MAX {
        return Err(Fault::new(4004, "a shopper may hold something for 15 minutes at a time").at("ttl_s"));
    }
    Ok(())
}

fn forbidden(principal: &Principal, what: &str) -> Fault {
    Fault::new(4004, format!("the role {} may not {what}", principal.role_name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use onhand_engine::catalogue::KeyId;
    use onhand_engine::time::Timestamp;
    use onhand_protocol::message::OPS;

    /// Role by op, as documented. `shopper` is a token.
    const MAY: &[(&str, &str)] = &[
        ("admin", "*"),
        (
            "till",
            "hello ping get scan subscribe unsubscribe sell return return_sale void_sale exchange reserve extend release \
             receive adjust count allocate deallocate open_session paid_in paid_out drop no_sale x_report close_session \
             issue_account load_account redeem disable_account assign_account account quote watch_prices \
             sign_in sign_out suspend recall void_line baskets open_layaway deposit \
             cancel_layaway layaways start_payment give_up_payment refund_payment refund_otherwise payment \
             watch_payments",
        ),
        (
            "web",
            "hello ping get scan subscribe unsubscribe sell reserve extend release allocate deallocate account quote \
             watch_prices start_payment give_up_payment payment watch_payments",
        ),
        ("analyst", "hello ping get scan subscribe unsubscribe watch_metrics watch_prices"),
        ("operations", "hello ping unsubscribe watch_metrics"),
        ("driver", "hello ping unsubscribe payment watch_payments take_payment report_payment"),
        ("shopper", "hello ping get scan subscribe unsubscribe reserve extend release quote watch_prices"),
    ];

    #[test]
    fn the_table_of_rights() {
        for (role, ops) in MAY {
            for op in OPS {
                let is_drivers = matches!(*op, "take_payment" | "report_payment");
                let wanted = (*ops == "*" && !is_drivers) || ops.split_whitespace().any(|one| one == *op);
                let got = match Role::named(role) {
                    Some(role) => key_may(role, op),
                    None => shopper_may(op),
                };
                assert_eq!(got, wanted, "{role} {op}");
            }
        }
    }

    #[test]
    fn reads_by_role() {
        let shopper = Principal::Shopper { session: 1, expires: Timestamp(1) };
        let key = |role| Principal::Key { id: KeyId(1), role };
        for read in [
            Read::Rules,
            Read::Totals,
            Read::Events,
            Read::Status,
            Read::Keys,
            Read::People,
            Read::Metrics,
            Read::Reservation,
            Read::Reports,
            Read::Customers,
        ] {
            assert!(check_read(&shopper, read).is_err(), "{read:?}");
            assert!(check_read(&key(Role::Admin), read).is_ok(), "{read:?}");
        }
        assert!(check_read(&shopper, Read::Levels).is_ok());
        assert!(check_read(&key(Role::Web), Read::Totals).is_err());
        assert!(check_read(&key(Role::Till), Read::Reports).is_err());
        assert!(check_read(&key(Role::Analyst), Read::Reports).is_ok());
        assert!(check_read(&key(Role::Analyst), Read::Events).is_ok());
        assert!(check_read(&key(Role::Operations), Read::Status).is_ok());
        assert!(check_read(&key(Role::Operations), Read::Levels).is_err());
        for (role, may) in [(Role::Admin, true), (Role::Till, true), (Role::Analyst, false), (Role::Web, false)] {
            assert_eq!(check_read(&key(role), Read::Baskets).is_ok(), may, "{role:?}");
        }
        assert!(check_read(&shopper, Read::Baskets).is_err());
        assert!(check_read(&shopper, Read::Drawers).is_err());
        for (role, may) in [(Role::Admin, true), (Role::Till, true), (Role::Analyst, true), (Role::Web, false)] {
            assert_eq!(check_read(&key(role), Read::Drawers).is_ok(), may, "{role:?}");
        }
        assert!(check_read(&key(Role::Operations), Read::Drawers).is_err());
    }
}
