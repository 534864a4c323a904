//! Items at locations with nothing left to promise to any channel, seen where levels are published.

use super::{Began, Ended, Spot, StockoutFigures, TOLD_MAX};
use hashbrown::HashMap;
use onhand_engine::level::Level;
use onhand_engine::time::Timestamp;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The open ones, and what began and ended since somebody asked last.
#[derive(Default)]
pub(crate) struct Stockouts {
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    /// Since when, at most one entry for each published level.
    open: HashMap<Spot, Timestamp>,
    news: StockoutFigures,
}

impl Stockouts {
    /// Takes over items without anything left, as they were recovered.
    pub(crate) fn load(&self, spots: impl Iterator<Item = Spot>, now: Timestamp) {
        self.book().open.extend(spots.map(|spot| (spot, now)));
    }

    /// A level takes the place of another. Nearly always nothing turns, and nothing is locked.
    #[inline]
    pub(crate) fn see(&self, spot: Spot, before: Option<&Level>, level: &Level, time: Timestamp) {
        let was_out = before.map(is_out);
        if was_out != Some(is_out(level)) {
            self.turn(spot, was_out, is_out(level), time);
        }
    }

    #[cold]
    fn turn(&self, spot: Spot, was_out: Option<bool>, out: bool, time: Timestamp) {
        let mut book = self.book();
        let Book { open, news } = &mut *book;
        if out {
            open.insert(spot, time);
            news.began += 1;
            if news.first_began.len() < TOLD_MAX {
                news.first_began.push(Began { time, spot, had_some: was_out == Some(false) });
            }
        } else if let Some(since) = open.remove(&spot) {
            news.ended += 1;
            if news.first_ended.len() < TOLD_MAX {
                news.first_ended.push(Ended { time, spot, after_ms: time.0.saturating_sub(since.0) });
            }
        }
    }

    /// What began and ended since the last time, and how many there are.
    pub(crate) fn take(&self) -> StockoutFigures {
        let mut book = self.book();
        let open = u64::try_from(book.open.len()).unwrap_or(u64::MAX);
        StockoutFigures { open, ..std::mem::take(&mut book.news) }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether no channel can be promised any of it.
#[inline]
pub(crate) fn is_out(level: &Level) -> bool {
    level.atp.iter().all(|atp| !atp.is_positive())
}
