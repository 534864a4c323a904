//! An error on its way to a client: small to hand around, numbered, with its HTTP face.

use onhand_protocol::message::ErrorBody;
use onhand_protocol::value::Sku;
use std::ops::Deref;

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault(Box<ErrorBody>);

impl Fault {
    pub(crate) fn new(number: u16, message: impl Into<String>) -> Self {
        Self(Box::new(ErrorBody::new(number, message)))
    }

    /// With the field it is about.
    pub(crate) fn at(self, field: &str) -> Self {
        Self(Box::new(self.0.at(field)))
    }

    /// With the time after which to try again.
    pub(crate) fn retry_after(mut self, ms: u64) -> Self {
        self.0.retry_ms = Some(ms);
        self
    }

    /// With the place in a file where the field is that it is about.
    pub(crate) fn placed(self, file: &[u8]) -> Self {
        Self(Box::new(self.0.placed(file)))
    }

    /// With the item it is about.
    pub(crate) fn about(mut self, sku: Sku) -> Self {
        self.0.sku = Some(sku);
        self
    }

    /// As the body of an HTTP answer (RFC 9457).
    pub(crate) fn problem(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0.problem()).unwrap_or_default()
    }

    pub(crate) fn body(&self) -> &ErrorBody {
        &self.0
    }
}

impl Deref for Fault {
    type Target = ErrorBody;

    fn deref(&self) -> &ErrorBody {
        &self.0
    }
}

impl From<ErrorBody> for Fault {
    fn from(body: ErrorBody) -> Self {
        Self(Box::new(body))
    }
}

impl From<Box<ErrorBody>> for Fault {
    fn from(body: Box<ErrorBody>) -> Self {
        Self(body)
    }
}

impl From<Fault> for Box<ErrorBody> {
    fn from(fault: Fault) -> Self {
        fault.0
    }
}
