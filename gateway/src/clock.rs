//! The one place of the gateway that looks at a clock: for time limits and rates, never for what is
//! decided. Engine time comes from the actors.

use std::time::Instant;

#[expect(clippy::disallowed_methods, reason = "this is the clock module")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
