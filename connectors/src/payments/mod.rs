//! Drivers: they take card payments from a server, at its address for payments, to a provider.
//!
//! Responsible for: sending each payment once, reporting what came of it, inquiring where nobody knows,
//! capturing, voiding and giving back until it is done.
//!
//! A provider's settlement is read here too, to be matched by the server.
//!
//! Not responsible for: what may be sent and when (the server says), cards (providers and terminals).

mod bank;
mod driver;
mod settlement;
mod simulator;
mod stripe;

pub use crate::https::AddressError;
pub use bank::{Bank, BankError};
pub use driver::{Answer, Approved, Options, Provider, Ready, run};
pub use settlement::{Settled, read_settlement};
pub use simulator::Simulator;
pub use stripe::{STRIPE, Stripe, StripeError};
