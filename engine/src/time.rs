//! Time is a parameter: the engine is told, it never looks.

/// Engine time: milliseconds since 1970-01-01T00:00:00Z. The order of events is the engine's, not a
/// device's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

/// A length of time in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl Timestamp {
    /// This moment and a while.
    #[must_use]
    pub const fn plus(self, while_ms: Millis) -> Self {
        Self(self.0.saturating_add(while_ms.0))
    }
}

/// A time in which something holds, from its first moment to just before its last. An end that is not
/// named is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Period {
    /// It begins here.
    pub from: Option<Timestamp>,
    /// It is over here.
    pub until: Option<Timestamp>,
}

impl Period {
    /// Whether a moment is in it.
    #[must_use]
    pub fn has(&self, moment: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= moment) && self.until.is_none_or(|until| moment < until)
    }

    /// Whether it begins before it is over.
    #[must_use]
    pub fn is_in_order(&self) -> bool {
        !matches!((self.from, self.until), (Some(from), Some(until)) if from >= until)
    }
}
