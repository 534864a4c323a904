//! The rows of a report, and how many there may be.

use super::{GROUPS_MAX, Group, Value};
use crate::money::Currency;
use std::collections::BTreeMap;

/// The most rows of one report.
pub const ROWS_MAX: usize = 50_000;

/// What a row is of. Amounts of two currencies are never added.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Of every amount in the row.
    pub currency: Currency,
    values: [Option<Value>; GROUPS_MAX],
}

/// There would be more than [`ROWS_MAX`] rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// Rows by what they are of, in its order.
#[derive(Clone, Debug)]
pub struct Rows<S>(BTreeMap<Key, S>);

impl<S> Default for Rows<S> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl Key {
    pub(super) fn of(currency: Currency, groups: &[Group], value: impl Fn(Group) -> Value) -> Self {
        let mut values = [const { None }; GROUPS_MAX];
        for (place, group) in values.iter_mut().zip(groups) {
            *place = Some(value(*group));
        }
        Self { currency, values }
    }

    /// What it is of, in the order of the report's groupings.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.values.iter().flatten()
    }
}

impl<S: Default> Rows<S> {
    pub(super) fn row(&mut self, key: Key) -> Result<&mut S, Full> {
        if self.0.len() >= ROWS_MAX && !self.0.contains_key(&key) {
            return Err(Full);
        }
        Ok(self.0.entry(key).or_default())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those in the order of a measure, the largest first, and where it is equal in that of what they are of;
    /// without one in that alone.
    pub fn sorted(self, by: Option<impl Fn(&S) -> i64>) -> Vec<(Key, S)> {
        let mut rows: Vec<(Key, S)> = self.0.into_iter().collect();
        if let Some(measure) = by {
            rows.sort_by_key(|(_, sums)| std::cmp::Reverse(measure(sums)));
        }
        rows
    }
}
