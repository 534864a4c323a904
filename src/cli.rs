//! The command line, as clap reads it.

use crate::fail::Failure;
use clap::{Args, Parser, Subcommand, ValueEnum};
use onhand_connectors::payments::STRIPE;
use onhand_engine::catalogue::Role;
use onhand_engine::ids::{Label, LocationCode, UserCode};
use onhand_engine::money::Currency;
use onhand_engine::time::Timestamp;
use onhand_loadtest::load::Rate;
use onhand_loadtest::load::gate::Gate;
use onhand_loadtest::load::goods::Scenario;
use onhand_loadtest::load::plan::Profile;
use onhand_loadtest::replay::Speed;
use onhand_protocol::message::{Pin, SignIn};
use onhand_protocol::time;
use onhand_protocol::value::Text;
use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  onhand demo
  onhand key create --role admin --data /var/lib/onhand
  onhand serve --data /var/lib/onhand --listen 127.0.0.1:7070 --origin https://shop.example
  onhand simulator --server http://127.0.0.1:7071 --key ohk_...
  onhand stripe --server http://127.0.0.1:7071 --key ohk_... --secret-file /etc/onhand/stripe
  onhand import catalogue.csv --server http://127.0.0.1:7070 --dry-run
  onhand verify --data /var/lib/onhand --json
  onhand audit --data /var/lib/onhand --user ann --since 2026-01-31

Exit codes:
  0  it worked
  1  it ran and found something wrong: findings, refused lines, a server that said no
  2  the command line was not understood
  3  it could not run: data directory, address or server; the message has a number, and
     docs/errors/NUMBER.md says what to do

ONHAND_KEY may stand for --key, ONHAND_PIN for --pin. RUST_LOG=debug writes more to standard error.";

/// One live count of every item, for every till and the website. Never sells the last one twice.
#[derive(Parser)]
#[command(name = "onhand", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Subcommand)]
pub(crate) enum Task {
    /// Start a small chain with simulated cashiers and shoppers, and print the addresses of its pages.
    Demo(Demo),
    /// Run the server on a data directory until SIGTERM.
    Serve(Serve),
    /// Make, list, rotate and revoke API keys.
    #[command(subcommand)]
    Key(KeyTask),
    /// Read a catalogue (our CSV, Shopify's, WooCommerce's, or the Complete Journey products) into a server, all or nothing.
    Import(Import),
    /// Feed recorded sales to a server, as its tills would.
    Replay(Replay),
    /// Match a provider's settlement with the payments of a location, one to one, and name what does not match.
    Settle(Settle),
    /// Take card payments from a server as a provider that is none would, for demos and tests.
    Simulator(Simulator),
    /// Take card payments from a server to Stripe.
    Stripe(Stripe),
    /// Put a server under load at a planned rate, and audit what it did.
    Loadtest(Loadtest),
    /// Check a data directory without a server: hash chain, snapshots, invariants.
    Verify(Verify),
    /// List who did what, where, at which device and when, and check the log's hash chain as verify does.
    Audit(Audit),
    /// Copy a data directory to a new place, whole and checked.
    Backup(Backup),
    /// Make a data directory from a backup.
    Restore(Restore),
}

#[derive(Args)]
pub(crate) struct Demo {
    /// Keep the demo's data here and go on from it next time; otherwise it is gone afterwards. The books of its simulated
    /// payment provider are in a file beside it.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Where to listen; port 0 takes any free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7070")]
    pub(crate) listen: SocketAddr,
    /// Where to listen for drivers of payments; port 0 takes any free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) payments: SocketAddr,
}

#[derive(Args)]
pub(crate) struct Serve {
    /// The data directory; made when it does not exist.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Where to listen; port 0 takes any free one.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// A website whose pages may ask for shopper tokens, for example https://shop.example. Repeat for more.
    #[arg(long, value_name = "URL")]
    pub(crate) origin: Vec<String>,
    /// Where to listen for the drivers of card payments, which reach nothing else; port 0 takes any free one.
    /// Not given: there are none.
    #[arg(long, value_name = "ADDR")]
    pub(crate) payments: Option<SocketAddr>,
}

#[derive(Subcommand)]
pub(crate) enum KeyTask {
    /// Make a key and print it, alone, on standard output. It is shown this once.
    Create {
        /// What it may do.
        #[arg(long, value_enum)]
        role: RoleName,
        /// Who holds it: a till, a website, a person.
        #[arg(long, value_name = "HOLDER", default_value = "unnamed", value_parser = Label::new)]
        name: Label,
        #[command(flatten)]
        at: Place,
    },
    /// List the keys: id, role, holder, since when, revoked or not. Never the secrets.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        at: Place,
    },
    /// Make a second key for the same holder and role, and print it. The old one lives until it is revoked.
    Rotate {
        /// The id of the old one, as `list` shows it.
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        at: Place,
    },
    /// Stop accepting a key; its connections are closed.
    Revoke {
        /// Its id, as `list` shows it.
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        at: Place,
    },
}

/// A data directory no server uses, or a running server.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Where {
    /// The data directory of a server that is not running.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The running server.
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
}

#[derive(Args)]
pub(crate) struct Place {
    #[command(flatten)]
    pub(crate) of: Where,
    /// An admin's key, for --server.
    #[arg(long, value_name = "K", env = "ONHAND_KEY", hide_env_values = true)]
    pub(crate) key: Option<String>,
    #[command(flatten)]
    pub(crate) person: Person,
}

/// Who stands at the command line, for a server that requires people.
#[derive(Args)]
pub(crate) struct Person {
    /// Your code, where the server requires people.
    #[arg(long, value_name = "CODE", value_parser = UserCode::new, requires = "pin")]
    user: Option<UserCode>,
    /// Your PIN; better in the environment, where others do not see it.
    #[arg(long, value_name = "PIN", env = "ONHAND_PIN", hide_env_values = true)]
    pin: Option<String>,
}

impl Person {
    /// What to sign in with, where somebody gave it.
    pub(crate) fn sign_in(&self) -> Result<Option<SignIn>, Failure> {
        let (Some(user), Some(pin)) = (&self.user, &self.pin) else { return Ok(None) };
        // Not clap's to look at, who says what it found.
        let pin = Pin::new(pin).map_err(|why| Failure::numbered(4020, format!("{why}.")))?;
        Ok(Some(SignIn { user: Text(user.clone()), pin }))
    }
}

/// A running server and the key it knows us by.
#[derive(Args)]
pub(crate) struct Server {
    /// The server, for example http://127.0.0.1:7070
    #[arg(long, value_name = "URL")]
    pub(crate) server: String,
    /// The key.
    #[arg(long, value_name = "K", env = "ONHAND_KEY", hide_env_values = true)]
    pub(crate) key: String,
}

#[derive(Args)]
pub(crate) struct Settle {
    /// The provider's settlement: CSV with payment, transaction, type (charge or refund), amount; currency, refund.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) server: Server,
    /// Where the payments are.
    #[arg(long, value_name = "CODE", value_parser = LocationCode::new)]
    pub(crate) location: LocationCode,
    /// Whose settlement it is.
    #[arg(long, value_name = "NAME", value_parser = Label::new)]
    pub(crate) provider: Label,
    /// Its name, such as the day: the same name is the same settlement.
    #[arg(long, value_name = "NAME", value_parser = Label::new)]
    pub(crate) name: Label,
    /// Payments that began before this must be in it or in an earlier one: a day, from midnight UTC, or a time.
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub(crate) until: Timestamp,
    /// The currency of its amounts.
    #[arg(long, value_name = "CODE", value_parser = currency)]
    pub(crate) currency: Currency,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Simulator {
    /// The server's address for payments, and a driver's key.
    #[command(flatten)]
    pub(crate) server: Server,
    /// Whose payments it takes.
    #[arg(long, value_name = "NAME", default_value = "simulator", value_parser = Label::new)]
    pub(crate) provider: Label,
    /// Only at this location. Repeat for more.
    #[arg(long, value_name = "CODE", value_parser = LocationCode::new)]
    pub(crate) location: Vec<LocationCode>,
    /// Keep its books here, so that they outlive it.
    #[arg(long, value_name = "FILE")]
    pub(crate) bank: Option<PathBuf>,
    /// How long a customer takes to show the card, in milliseconds.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) delay_ms: u64,
    /// How long its terminals may say nothing before nobody knows, in milliseconds.
    #[arg(long, value_name = "N", default_value_t = 60_000)]
    pub(crate) answer_ms: u64,
    /// Take amounts with their approval, as simple terminals do.
    #[arg(long)]
    pub(crate) immediate: bool,
}

#[derive(Args)]
pub(crate) struct Stripe {
    /// The server's address for payments, and a driver's key.
    #[command(flatten)]
    pub(crate) server: Server,
    /// The account's secret key is in this file, alone.
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: PathBuf,
    /// Where the API is. Plain http is for this machine only.
    #[arg(long, value_name = "URL", default_value = STRIPE)]
    pub(crate) api: String,
    /// Whose payments it takes.
    #[arg(long, value_name = "NAME", default_value = "stripe", value_parser = Label::new)]
    pub(crate) provider: Label,
    /// Only at this location. Repeat for more.
    #[arg(long, value_name = "CODE", value_parser = LocationCode::new)]
    pub(crate) location: Vec<LocationCode>,
    /// How long the API may say nothing before nobody knows, in milliseconds.
    #[arg(long, value_name = "N", default_value_t = 60_000)]
    pub(crate) answer_ms: u64,
}

#[derive(Args)]
pub(crate) struct Verify {
    /// The data directory; no server may be using it.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// As JSON: ok, findings, state_hash and counts.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Audit {
    /// The data directory; no server may be using it.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Only what this user did or approved.
    #[arg(long, value_name = "CODE", value_parser = UserCode::new)]
    pub(crate) user: Option<UserCode>,
    /// Only from this time on: a day such as 2026-01-31, from midnight UTC, or a time such as 2026-01-31T09:05:07Z.
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub(crate) since: Option<Timestamp>,
    /// As JSON, a line for each action, as GET /v1/events has them; the verdict goes to standard error.
    #[arg(long)]
    pub(crate) json: bool,
}

fn since(text: &str) -> Result<Timestamp, String> {
    let time = time::parse(text).or_else(|| time::parse(&format!("{text}T00:00:00Z")));
    time.ok_or_else(|| "a time is a day such as 2026-01-31, or RFC 3339 such as 2026-01-31T09:05:07Z".to_owned())
}

#[derive(Args)]
pub(crate) struct Backup {
    /// The data directory; no server may be using it.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Where the copy goes; must not exist yet.
    #[arg(long, value_name = "PATH")]
    pub(crate) to: PathBuf,
}

#[derive(Args)]
pub(crate) struct Restore {
    /// The backup.
    #[arg(long, value_name = "PATH")]
    pub(crate) from: PathBuf,
    /// The data directory to make; must not exist yet, or be empty.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum RoleName {
    /// Everything, keys and catalogue included.
    Admin,
    /// Sells, refunds, counts and receives.
    Till,
    /// Sells, reserves and allocates for the website.
    Web,
    /// Reads stock, totals and events.
    Analyst,
    /// Reads health, metrics and queues.
    Operations,
    /// Takes card payments to a provider, at the address that `serve --payments` gives.
    Driver,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Admin => Role::Admin,
            RoleName::Till => Role::Till,
            RoleName::Web => Role::Web,
            RoleName::Analyst => Role::Analyst,
            RoleName::Operations => Role::Operations,
            RoleName::Driver => Role::Driver,
        }
    }
}

#[derive(Args)]
pub(crate) struct Import {
    /// The product file, plain or gzip. Our own columns are sku, name, gtin, unit, tax_class, price, category, unit_cost,
    /// terms, parts, location, on_hand, in any order; parts makes a kit: 2 TEA | 1 MUG.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The server, for example http://127.0.0.1:7070
    #[arg(long, value_name = "URL", required_unless_present = "dry_run")]
    pub(crate) server: Option<String>,
    /// An admin's key.
    #[arg(long, value_name = "K", env = "ONHAND_KEY", hide_env_values = true, required_unless_present = "dry_run")]
    pub(crate) key: Option<String>,
    #[command(flatten)]
    pub(crate) person: Person,
    /// Read and check only; send nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The currency of its prices.
    #[arg(long, value_name = "ISO", default_value = "EUR", value_parser = currency)]
    pub(crate) currency: Currency,
    /// The tax class of items for which the file gives none.
    #[arg(long, value_name = "CLASS", value_parser = Label::new)]
    pub(crate) tax_class: Option<Label>,
    /// Where its stock lies, for files that do not say.
    #[arg(long, value_name = "CODE", value_parser = LocationCode::new)]
    pub(crate) location: Option<LocationCode>,
    /// Take in the file's stock too: each number becomes a count, as if counted now.
    #[arg(long)]
    pub(crate) stock: bool,
    /// As JSON: what was imported, and every finding.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Replay {
    /// The recorded sales, plain or gzip.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) server: Server,
    /// Receive so many of each item at each location before anything is sold.
    #[arg(long, value_name = "N")]
    pub(crate) stock: Option<u32>,
    /// So many times real time, or max.
    #[arg(long, value_name = "TIMES", default_value = "max")]
    pub(crate) speed: Speed,
    /// The currency of its values.
    #[arg(long, value_name = "ISO", default_value = "USD", value_parser = currency)]
    pub(crate) currency: Currency,
    /// As JSON: what was recorded, and every line that was passed over with its reason.
    #[arg(long)]
    pub(crate) json: bool,
}

const LOADTEST_HELP: &str = "\
Scenarios:
  steady     ordinary trade: popular items more often, baskets of one to three lines
  hot-sku    everybody buys the same item at the same location
  spread     8,000 places (1,000 items at 8 locations), all equally wanted
  last-item  1,000 items with one unit each; every connection asks for each of them
  baskets    five lines in each sale, all or nothing
  watchers   --connections sockets watch one item while 4 others sell it at --rate
  holiday    a quarter tills, a quarter shoppers who reserve and then buy, release or forget, half
             watchers; four phases of equal length: ramp up (0.2 to 1 times --rate), spike (4 times),
             flash drop (3 to 2 times; one item with few units is put on sale, 80 of 100 want it),
             cool down (1 to 0.5 times). What shoppers do with a reservation comes on top of the rate.

Latency counts from the planned time. What could not be sent within --patience is given up and counted;
nothing is kept for it, so the rate may be far beyond what the server takes.

Gates: p50, p90, p99, p999, max, staleness (the watchers' p99) and refusal (p99 of refusals, from sending)
with a time, at most; accepted (a second) at least; refused (a second), errors, unsent (given up) and
undersold (units left of the flash drop) at most. Exit code 1 when one fails or the auditor finds
something.

Example:
  onhand loadtest --server http://127.0.0.1:7070 --scenario spread --rate 5000 --duration 30 \\
    --gate p99=20ms --gate errors=0 --json run.json --html run.html
  onhand loadtest --server http://127.0.0.1:7070 --scenario hot-sku --rate 20000 --patience 1 \\
    --profile 10s:1x,30s:10x,15s:1x --connections 256 --in-flight 64 --gate refusal=50ms

Every run makes locations and items of its own; they stay on the server. Not for one in use.";

#[derive(Args)]
#[command(after_help = LOADTEST_HELP)]
pub(crate) struct Loadtest {
    #[command(flatten)]
    pub(crate) server: Server,
    /// What is asked: steady, hot-sku, spread, last-item, baskets, watchers or holiday.
    #[arg(long, value_name = "NAME")]
    pub(crate) scenario: Scenario,
    /// Requests a second, planned evenly; or max: always as many unanswered as allowed.
    #[arg(long, value_name = "R", default_value = "1000")]
    pub(crate) rate: Rate,
    /// Phases: for how long which multiple of the rate, such as 10s:1x,30s:10x,15s:1x.
    #[arg(long, value_name = "PHASES", conflicts_with = "duration")]
    pub(crate) profile: Option<Profile>,
    /// Planned requests that could not be sent for so many seconds are given up, and counted.
    #[arg(long, value_name = "S", default_value = "10", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) patience: u32,
    /// Connections; in watchers those who watch, in holiday a quarter tills, a quarter shoppers, half who watch.
    #[arg(long, value_name = "N", default_value = "64")]
    pub(crate) connections: NonZeroU16,
    /// Unanswered requests per connection.
    #[arg(long, value_name = "M", default_value = "16", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) in_flight: u16,
    /// Sales in one message; each is answered on its own.
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=128))]
    pub(crate) per_message: u16,
    /// Seconds, without preparing and auditing.
    #[arg(long, value_name = "S", default_value = "10")]
    pub(crate) duration: NonZeroU32,
    /// What the run must reach, such as p99=20ms. Repeat for more.
    #[arg(long, value_name = "GATE")]
    pub(crate) gate: Vec<Gate>,
    /// The JSON of an earlier run of the same scenario: its figures are shown beside this one's.
    #[arg(long, value_name = "FILE")]
    pub(crate) compare: Option<PathBuf>,
    /// Write everything measured here, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write a page with plots here; it opens without a network.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// What the codes of the run's locations and items begin with.
    #[arg(long, value_name = "TEXT", default_value = "LOAD")]
    pub(crate) prefix: String,
}

fn currency(text: &str) -> Result<Currency, String> {
    Currency::parse(text).ok_or_else(|| "a currency has three capital letters, such as EUR".to_owned())
}
