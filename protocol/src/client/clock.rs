//! The one place here that reads a clock: for how long a client has patience.

use tokio::time::Instant;

#[expect(clippy::disallowed_methods, reason = "this is the clock module")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
