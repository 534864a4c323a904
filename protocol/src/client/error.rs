//! What can go wrong between a client and its server.

use crate::message::ErrorBody;

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The address cannot be used.
    #[error("the address {0:?} cannot be used: expected something like http://127.0.0.1:8080")]
    BadAddress(String),
    /// No connection came about.
    #[error("no connection to {address}: {why}")]
    Connect {
        /// Where to.
        address: String,
        /// What the network said.
        why: String,
    },
    /// The server answered, and said no: to the handshake, or to an HTTP request.
    #[error(transparent)]
    Refused(#[from] Box<ErrorBody>),
    /// The connection is gone. What was in flight may or may not have happened: send it again with
    /// the same id.
    #[error("the connection is gone{}", .0.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    Closed(Option<Box<ErrorBody>>),
    /// No answer came in time. It may or may not have happened: send it again with the same id.
    #[error("no answer came in time; the outcome is not known yet")]
    TimedOut,
    /// A request with this id is already in flight on this connection.
    #[error("a request with this id is already in flight on this connection")]
    InFlight,
    /// What came back cannot be read.
    #[error("what came back cannot be read: {0}")]
    Unreadable(String),
}

impl Error {
    /// Whether the same request, sent again with the same id, can succeed without a person.
    #[must_use]
    pub fn is_worth_retrying(&self) -> bool {
        match self {
            Error::Refused(why) => why.is_worth_retrying(),
            Error::Closed(Some(why)) => !matches!(why.number, 4001..=4007),
            Error::Connect { .. } | Error::Closed(None) | Error::TimedOut => true,
            Error::BadAddress(_) | Error::InFlight | Error::Unreadable(_) => false,
        }
    }
}
