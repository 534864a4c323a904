//! Short words for commands and places, shared by the property tests.
#![allow(dead_code)]

use onhand_engine::command::{Action, Channel, Command, Policy, Said, SaleLine, Sell, SkuQty, Standing};
use onhand_engine::decide::{Decision, decide};
use onhand_engine::event::{Event, Record};
use onhand_engine::fingerprint::Fingerprint;
use onhand_engine::ids::{CommandId, LocationId, Owner, SkuId};
use onhand_engine::money::{Currency, Minor};
use onhand_engine::people::By;
use onhand_engine::qty::Qty;
use onhand_engine::refusal::Refusal;
use onhand_engine::tax::{RatePpm, Taxed};
use onhand_engine::time::{Millis, Timestamp};
use onhand_engine::world::PlaceState;

pub(crate) const LOCATION: LocationId = LocationId(1);
pub(crate) const TEA: SkuId = SkuId(0);

pub(crate) fn line(sku: SkuId, units: i64) -> SkuQty {
    SkuQty { sku, qty: Qty::units(units) }
}

pub(crate) fn sale_line(sku: SkuId, units: i64) -> SaleLine {
    let net = Minor(units.saturating_mul(100));
    let taxed = Taxed { net, tax: Minor::ZERO, rate: RatePpm(0) };
    SaleLine { sku, qty: Qty::units(units), unit_price: Minor(100), taxed, unit_cost: None }
}

pub(crate) fn owner(name: &str) -> Owner {
    Owner::new(name).unwrap()
}

pub(crate) fn sell(lines: &[(SkuId, i64)]) -> Sell {
    Sell {
        standing: Standing::Request,
        till: None,
        currency: Currency::EUR,
        lines: lines.iter().map(|(sku, units)| sale_line(*sku, *units)).collect(),
        said: Said::default(),
        tenders: vec![],
        reservation: None,
        owner: None,
        order: None,
        session: None,
        takes: Box::default(),
        payments: Box::default(),
        pricing: None,
        goods: None,
    }
}

pub(crate) fn reserve(who: &str, lines: &[(SkuId, i64)]) -> Action {
    let lines = lines.iter().map(|(sku, units)| line(*sku, *units)).collect();
    Action::Reserve { owner: owner(who), ttl: Millis(60_000), lines, goods: None }
}

pub(crate) fn policy(sku: SkuId, safety: [i64; 3]) -> Action {
    Action::SetPolicy { sku, policy: Policy { safety_stock: safety.map(Qty::units), low_at: Qty::ZERO } }
}

/// A place with some tea.
pub(crate) fn with_tea(units: i64) -> PlaceState {
    let mut place = PlaceState::default();
    if units > 0 {
        run(&mut place, 1, Channel::Till, Action::Receive { lines: vec![line(TEA, units)], goods: None }).unwrap();
    }
    place
}

/// Decides at time 1 and applies.
pub(crate) fn run(place: &mut PlaceState, id: u128, channel: Channel, action: Action) -> Result<Event, Refusal> {
    match run_at(place, id, channel, action, Timestamp(1))? {
        Decision::Happens(event) => Ok(event),
        Decision::Already(answer) => panic!("happened already: {answer:?}"),
    }
}

pub(crate) fn run_at(
    place: &mut PlaceState,
    id: u128,
    channel: Channel,
    action: Action,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let command = Command { id: CommandId(id), location: LOCATION, channel, action };
    let decision = decide(place, &command, now)?;
    if let Decision::Happens(event) = &decision {
        let fingerprint = Fingerprint::of(&command);
        let (command, event) = (command.id, event.clone());
        place.apply(&Record { time: now, command, fingerprint, location: LOCATION, by: By::default(), event });
    }
    Ok(decision)
}

/// The number it was refused with; 0 for a success.
pub(crate) fn number<T>(result: &Result<T, Refusal>) -> u16 {
    result.as_ref().err().map_or(0, Refusal::number)
}
