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
