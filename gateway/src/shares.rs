//! Fair shares of a worker's commands in flight, by who holds the key and by location. While a shard is
//! pressed nobody may have much more in flight than the others: a key with a thousand requests waits
//! rather than the till with one.

use crate::fault::Fault;
use onhand_engine::ids::LocationId;
use std::cell::Cell;

/// So many may always be in flight, however many share.
const ALWAYS: u32 = 4;

/// What one key, on all of its connections, or one location has in flight.
#[derive(Debug, Default)]
pub(crate) struct Share(Cell<u32>);

/// All shares of one kind.
#[derive(Debug, Default)]
struct Pool {
    in_flight: u32,
    /// Shares that have something in flight.
    active: u32,
}

impl Pool {
    fn take(&mut self, share: &Share) {
        let before = share.0.get();
        share.0.set(before + 1);
        self.in_flight += 1;
        self.active += u32::from(before == 0);
    }

    fn give_back(&mut self, share: &Share) {
        let Some(left) = share.0.get().checked_sub(1) else { return };
        share.0.set(left);
        self.in_flight = self.in_flight.saturating_sub(1);
        self.active = self.active.saturating_sub(u32::from(left == 0));
    }

    /// Whether a share is half as large again as the average one.
    fn is_over(&self, share: &Share) -> bool {
        let even = self.in_flight.checked_div(self.active).unwrap_or(0);
        share.0.get() >= (even + even / 2).max(ALWAYS)
    }
}

/// The shares of a worker.
#[derive(Debug, Default)]
pub(crate) struct Shares {
    keys: Pool,
    places: Pool,
    /// The virtual locations of accounts, then by number: locations are numbered without gaps, from the
    /// chain on.
    by_place: Vec<Share>,
}

impl Shares {
    /// Whether one more may go on its way while its shard is pressed.
    pub(crate) fn check(&mut self, key: &Share, location: LocationId, retry_ms: u64) -> Result<(), Fault> {
        let key_is_over = self.keys.is_over(key);
        let Self { places, by_place, .. } = self;
        let place_is_over = places.is_over(share_of(by_place, location));
        if !key_is_over && !place_is_over {
            return Ok(());
        }
        let whose = if key_is_over { "key" } else { "location" };
        let text = format!("too much is waiting, and this {whose} has its share of it; try again in {retry_ms} ms");
        Err(Fault::new(5001, text).retry_after(retry_ms))
    }

    /// A command goes on its way.
    pub(crate) fn take(&mut self, key: &Share, location: LocationId) {
        self.keys.take(key);
        let Self { places, by_place, .. } = self;
        places.take(share_of(by_place, location));
    }

    /// Its answer came.
    pub(crate) fn give_back(&mut self, key: &Share, location: LocationId) {
        self.keys.give_back(key);
        let Self { places, by_place, .. } = self;
        places.give_back(share_of(by_place, location));
    }
}

fn share_of(by_place: &mut Vec<Share>, location: LocationId) -> &Share {
    // From the top downwards the accounts' come first, and the chain's zero follows on them.
    // Whoever trains has a part of their shop's.
    let at = usize::try_from(location.real().0.wrapping_add(LocationId::ACCOUNT_PLACES)).unwrap_or(0);
    if by_place.len() <= at {
        by_place.resize_with(at + 1, Share::default);
    }
    &by_place[at]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use onhand_engine::ids::AccountId;

    #[test]
    fn a_key_with_much_in_flight_waits_rather_than_one_with_little() {
        let (mut shares, greedy, modest) = (Shares::default(), Share::default(), Share::default());
        let place = |number: u32| LocationId(number % 10);
        (0..100).for_each(|number| shares.take(&greedy, place(number)));
        assert!(shares.check(&greedy, place(1), 20).is_ok(), "alone it may have all there is");
        shares.take(&modest, place(1));
        assert_eq!(shares.check(&greedy, place(1), 20).unwrap_err().number, 5001);
        assert!(shares.check(&modest, place(2), 20).is_ok());
        (0..100).for_each(|number| shares.give_back(&greedy, place(number)));
        assert!(shares.check(&greedy, place(1), 20).is_ok(), "it was given back");
    }

    /// There is room for as many as there are, not for as large a number as they have.
    #[test]
    fn training_has_its_part_of_the_shops_share() {
        let (mut shares, key) = (Shares::default(), Share::default());
        let shop = LocationId(3);
        shares.take(&key, shop.training_twin().unwrap());
        shares.take(&key, shop);
        assert_eq!((share_of(&mut shares.by_place, shop).0.get(), shares.places.active), (2, 1));
        assert!(shares.by_place.len() < 100);
    }

    #[test]
    fn the_places_of_accounts_are_few() {
        let (mut shares, key) = (Shares::default(), Share::default());
        for account in 0..1_000 {
            shares.take(&key, LocationId::of_account(AccountId(account)));
        }
        shares.take(&key, LocationId::CHAIN);
        shares.take(&key, LocationId(1));
        assert_eq!(shares.by_place.len(), 66);
        assert_eq!(shares.places.active, 66);
    }

    #[test]
    fn a_busy_location_does_not_close_the_others() {
        let (mut shares, key) = (Shares::default(), Share::default());
        (0..50).for_each(|_| shares.take(&key, LocationId(1)));
        shares.take(&key, LocationId(2));
        let refused = shares.check(&key, LocationId(1), 20).unwrap_err();
        assert!(refused.body().message.contains("location"), "{refused:?}");
        assert!(shares.check(&key, LocationId(2), 20).is_ok());
        assert!(shares.check(&key, LocationId(3), 20).is_ok(), "who has nothing in flight has room");
    }
}
