//! What can go wrong on the command line, and the exit code it ends with.

use onhand_engine::refusal::name_of;
use onhand_persistence::log;
use std::fmt;
use std::path::Path;
use std::process::ExitCode;

/// Why a task did not succeed. Exit code 2 is clap's own.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It ran and found something wrong, which it has already said on standard output or error.
    Found,
    /// It ran and a server or the rules said no.
    Refused(String),
    /// It could not run.
    CouldNot {
        /// The number of the page that says what to do, where there is one.
        number: Option<u16>,
        /// What happened, as a sentence.
        message: String,
    },
}

impl Failure {
    /// It could not run, and there is a page about it.
    pub(crate) fn numbered(number: u16, message: impl Into<String>) -> Self {
        Self::CouldNot { number: Some(number), message: message.into() }
    }

    /// It could not run, for a reason of the operating system's.
    pub(crate) fn could_not(message: impl Into<String>) -> Self {
        Self::CouldNot { number: None, message: message.into() }
    }

    /// A log that could not be opened or read.
    pub(crate) fn log(data: &Path, error: &log::Error) -> Self {
        let data = data.display();
        match error {
            log::Error::InUse(_) => Self::numbered(
                5008,
                format!(
                    "another process uses the data directory {data}. Stop it first, or speak to it with --server URL."
                ),
            ),
            log::Error::Corrupt(what) => Self::numbered(
                5010,
                format!(
                    "the data directory {data} is damaged: {what}. `onhand verify --data {data}` says more; `onhand restore` brings back a backup."
                ),
            ),
            log::Error::Io { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                Self::numbered(5002, format!("there is no space left for the data directory {data}. Make some."))
            }
            log::Error::Io { .. } | log::Error::Storage(_) => {
                Self::could_not(format!("the data directory {data} cannot be used: {error}"))
            }
        }
    }

    /// A backup that could not be made a data directory of.
    pub(crate) fn backup(from: &Path, error: &log::Error) -> Self {
        match error {
            log::Error::Corrupt(what) => {
                Self::numbered(5010, format!("the backup {} is damaged: {what}. Take an earlier one.", from.display()))
            }
            other => Self::could_not(format!("it could not be restored: {other}")),
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Found | Self::Refused(_) => ExitCode::from(1),
            Self::CouldNot { .. } => ExitCode::from(3),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found => Ok(()),
            Self::Refused(message) | Self::CouldNot { number: None, message } => write!(f, "onhand: {message}"),
            Self::CouldNot { number: Some(number), message } => {
                write!(f, "onhand: {message}\nerror {number} ({}), see docs/errors/{number}.md", name_of(*number))
            }
        }
    }
}
