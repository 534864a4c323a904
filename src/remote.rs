//! A running server, as the command line speaks to it.

use crate::fail::Failure;
use onhand_protocol::client::Error;
use onhand_protocol::http_client::HttpClient;

/// A client, where both a server and a key were given.
pub(crate) fn client(server: Option<&str>, key: Option<&str>) -> Result<HttpClient, Failure> {
    let server = server.ok_or_else(|| Failure::could_not("give --server URL"))?;
    let key =
        key.ok_or_else(|| Failure::numbered(4001, "the server asks for a key: give --key K, or set ONHAND_KEY"))?;
    Ok(HttpClient::new(server, Some(key)))
}

/// What a server said, or that it said nothing.
pub(crate) fn failure(error: Error) -> Failure {
    match error {
        Error::Refused(why) => {
            Failure::Refused(format!("{} (error {} {}, see {})", why.message, why.number, why.name, why.help))
        }
        Error::TimedOut => Failure::numbered(5013, error.to_string()),
        other => Failure::could_not(other.to_string()),
    }
}
