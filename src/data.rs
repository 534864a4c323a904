//! `onhand verify`, `backup` and `restore`: a data directory without a server.

use crate::cli::{Backup, Restore, Verify};
use crate::fail::Failure;

pub(crate) fn verify(_: &Verify) -> Result<(), Failure> {
    Err(Failure::could_not("verification is not in this build"))
}

pub(crate) fn backup(_: &Backup) -> Result<(), Failure> {
    Err(Failure::could_not("backup is not in this build"))
}

pub(crate) fn restore(_: &Restore) -> Result<(), Failure> {
    Err(Failure::could_not("restore is not in this build"))
}
