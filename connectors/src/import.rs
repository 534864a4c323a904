//! A catalogue file brought to a server: all of it or nothing.

use crate::catalogue::{Catalogue, Finding, Format, ReadOptions, Severity, StockLine, read};
use crate::{parts, terms};
use onhand_engine::catalogue::Item;
use onhand_engine::goods::Terms;
use onhand_engine::ids::LocationCode;
use onhand_protocol::client::{self, Client};
use onhand_protocol::http_client::HttpClient;
use onhand_protocol::limits;
use onhand_protocol::message::{Body, Count, DefineItems, Get, ItemInput, ItemsDefined, Request, SignIn};
use onhand_protocol::value::{Amount, Gtin, Id, Quantity, Text};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Counts sent at a time.
const COUNTS_AT_ONCE: usize = 256;

/// What to import, where to, and how.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// The product file, plain or gzip.
    pub file: PathBuf,
    /// The server, such as `http://127.0.0.1:7070`.
    pub server: String,
    /// A key of role admin.
    pub key: String,
    /// Who imports, where the server requires people.
    pub person: Option<SignIn>,
    /// How to read what the file leaves open.
    pub read: ReadOptions,
    /// Only say what would happen; the server is not asked.
    pub dry_run: bool,
    /// What becomes of the file's stock.
    pub stock: Stock,
}

/// What becomes of the stock in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stock {
    /// It stays out: live counts are not overwritten.
    #[default]
    LeaveOut,
    /// Each becomes a count, as if somebody had counted it now.
    Count,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The file was read.
    Read {
        /// So many items.
        items: usize,
    },
    /// The items are on their way.
    Sending {
        /// So many bytes.
        bytes: usize,
    },
    /// Stock is being counted.
    Counting {
        /// So many are done.
        done: usize,
        /// Of so many.
        total: usize,
    },
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The file has errors (1016); nothing was imported.
    Refused,
    /// A dry run: it would be imported.
    WouldImport,
    /// All of it was imported.
    Imported,
}

/// What an import did, for people and machines.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The file.
    pub file: String,
    /// Its layout.
    pub format: Option<Format>,
    /// How it ended.
    pub outcome: Outcome,
    /// Lines after the header.
    pub lines: u64,
    /// Items it defines.
    pub items: usize,
    /// Items that were new to the server.
    pub added: u32,
    /// Items that the server had.
    pub changed: u32,
    /// Counts of stock in the file.
    pub stock_lines: usize,
    /// Those that became counts on the server.
    pub stock_counted: usize,
    /// Findings that forbid importing.
    pub errors: usize,
    /// Findings to look at.
    pub warnings: usize,
    /// Findings for the record.
    pub notes: usize,
    /// All findings, by line.
    pub findings: Vec<Finding>,
}

/// Why an import ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be opened or read.
    #[error("{file}: {error}")]
    File {
        /// Which.
        file: String,
        /// Why.
        error: std::io::Error,
    },
    /// The server cannot be reached, or refused: nothing was imported.
    #[error(transparent)]
    Client(#[from] client::Error),
    /// The items are in; their stock is only partly counted. Importing again finishes it.
    #[error("the items were imported, but only {done} of {total} counts of stock: {error}; import again to finish")]
    Stock {
        /// So many were counted.
        done: usize,
        /// Of so many.
        total: usize,
        /// What went wrong.
        error: client::Error,
    },
}

/// Reads a catalogue and, unless something in it forbids it, defines all its items in one request.
///
/// # Errors
/// [`ImportError`]. A file with mistakes is no error here: see [`Summary::outcome`].
pub async fn import(options: &ImportOptions, mut progress: impl FnMut(Progress)) -> Result<Summary, ImportError> {
    let file = options.file.display().to_string();
    let mut catalogue =
        read(&options.file, &options.read).map_err(|error| ImportError::File { file: file.clone(), error })?;
    progress(Progress::Read { items: catalogue.items.len() });
    let body = body(&catalogue);
    check_request(&mut catalogue, body.len(), options.stock);
    let mut summary = Summary::of(file, &catalogue);
    if summary.outcome == Outcome::Refused || options.dry_run {
        return Ok(summary);
    }
    if options.stock == Stock::Count && !catalogue.stock.is_empty() {
        let unknown = unknown_locations(options, &catalogue.stock).await?;
        if !unknown.is_empty() {
            catalogue.findings.extend(unknown.iter().map(no_such_location));
            return Ok(Summary::of(summary.file, &catalogue));
        }
    }
    let wrong = wrong_parts(options, &catalogue).await?;
    if !wrong.is_empty() {
        catalogue.findings.extend(wrong);
        return Ok(Summary::of(summary.file, &catalogue));
    }
    progress(Progress::Sending { bytes: body.len() });
    let defined = define(options, body).await?;
    (summary.added, summary.changed) = (defined.added, defined.changed);
    if options.stock == Stock::Count {
        summary.stock_counted = count(options, &catalogue.stock, &mut progress).await?;
    }
    summary.outcome = Outcome::Imported;
    Ok(summary)
}

/// What only shows once the whole request is known.
fn check_request(catalogue: &mut Catalogue, bytes: usize, stock: Stock) {
    let mut find = |severity, field, problem: String, mend: &str| {
        catalogue.findings.push(Finding { line: 0, severity, field, problem, mend: mend.to_owned() });
    };
    if bytes > limits::IMPORT_BYTES_MAX {
        let problem = format!("its items make {bytes} bytes, more than the server takes at once");
        find(Severity::Error, "", problem, "split the file");
    }
    let unplaced = catalogue.stock.iter().filter(|stock| stock.location.is_none()).count();
    match stock {
        Stock::LeaveOut if !catalogue.stock.is_empty() => {
            let problem = format!("its {} counts of stock are left out", catalogue.stock.len());
            find(
                Severity::Note,
                "on_hand",
                problem,
                "take them in by --stock, which overwrites what the server counts",
            );
        }
        Stock::Count if unplaced > 0 => {
            let problem = format!("{unplaced} counts of stock do not say where they are");
            find(Severity::Error, "location", problem, "name the location by --location");
        }
        Stock::LeaveOut | Stock::Count => {}
    }
}

fn no_such_location(location: &LocationCode) -> Finding {
    Finding {
        line: 0,
        severity: Severity::Error,
        field: "location",
        problem: format!("the server has no location {location}"),
        mend: "define it first, or correct the code".to_owned(),
    }
}

/// What is wrong with parts of kits that are not in the file: the server is asked for them, so that the error has
/// a line and a column.
async fn wrong_parts(options: &ImportOptions, catalogue: &Catalogue) -> Result<Vec<Finding>, client::Error> {
    let mut wrong = Vec::new();
    let http = HttpClient::new(&options.server, Some(&options.key));
    for (sku, in_kits) in parts::elsewhere(catalogue) {
        let known = match http.get(&format!("/v1/items/{}", in_path(sku.as_str()))).await {
            Ok(found) => {
                let item: ItemInput = found.json()?;
                Some((item.unit.into(), item.terms.is_some_and(|terms| !terms.parts.is_empty())))
            }
            Err(client::Error::Refused(error)) if error.number == 1003 => None,
            Err(error) => return Err(error),
        };
        wrong.extend(in_kits.iter().filter_map(|(line, part)| parts::check_known(*line, part, known)));
    }
    wrong.sort_by_key(|finding| finding.line);
    Ok(wrong)
}

/// A code as a part of an address.
fn in_path(code: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    code.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

async fn define(options: &ImportOptions, body: Vec<u8>) -> Result<ItemsDefined, client::Error> {
    let mut http = HttpClient::new(&options.server, Some(&options.key));
    if let Some(person) = &options.person {
        http = http.signed_in(person).await?;
    }
    let body = bytes::Bytes::from(body);
    let id = Id::mint();
    let sent = match http.post("/v1/define_items", Some(id), body.clone()).await {
        // The outcome is not known: the same id makes asking again harmless.
        Err(client::Error::Closed(_) | client::Error::TimedOut) => {
            http.post("/v1/define_items", Some(id), body).await?
        }
        other => other?,
    };
    sent.json()
}

/// The body of the one request.
fn body(catalogue: &Catalogue) -> Vec<u8> {
    let mut kits = catalogue.kits.iter().peekable();
    let mut terms_of = |at: usize, item: &Item| {
        let parts = kits.next_if(|kit| kit.item == at).map_or(&[][..], |kit| &kit.parts);
        let is_said = item.terms.is_some() || !parts.is_empty();
        is_said.then(|| Box::new(terms::message(item.terms.as_deref().unwrap_or(&Terms::default()), parts)))
    };
    let items = catalogue.items.iter().enumerate().map(|(at, item)| ItemInput {
        sku: Text(item.code.clone()),
        name: item.name.to_string(),
        gtins: item.gtins.iter().copied().map(Gtin).collect(),
        unit: item.unit.into(),
        tax_class: Text(item.tax_class.clone()),
        price: item.price.map(Amount),
        category: item.category.to_string(),
        terms: terms_of(at, item),
        unit_cost: item.unit_cost.map(Amount),
    });
    // No map in it has a key that is not a string, so that writing it cannot fail.
    serde_json::to_vec(&DefineItems { items: items.collect() }).unwrap_or_default()
}

async fn unknown_locations(options: &ImportOptions, stock: &[StockLine]) -> Result<Vec<LocationCode>, client::Error> {
    let client = Client::connect(&options.server, &options.key).await?;
    let Some(first) = stock.first() else { return Ok(Vec::new()) };
    let mut unknown = Vec::new();
    for location in stock.iter().filter_map(|line| line.location.clone()).collect::<BTreeSet<_>>() {
        let get = Get { location: Text(location.clone()), sku: Text(first.sku.clone()) };
        let reply = client.call(&Request::new(Body::Get(get))).await?;
        if reply.result.is_err_and(|error| error.number == 1004) {
            unknown.push(location);
        }
    }
    Ok(unknown)
}

/// Connects, and signs in whoever imports.
async fn connect(options: &ImportOptions) -> Result<Client, client::Error> {
    let client = Client::connect(&options.server, &options.key).await?;
    if let Some(person) = &options.person {
        client.call(&Request::new(Body::SignIn(person.clone()))).await?.result?;
    }
    Ok(client)
}

async fn count(
    options: &ImportOptions,
    stock: &[StockLine],
    progress: &mut impl FnMut(Progress),
) -> Result<usize, ImportError> {
    let total = stock.len();
    let mut done = 0;
    let failed = |done, error| ImportError::Stock { done, total, error };
    let client = connect(options).await.map_err(|error| failed(done, error))?;
    for some in stock.chunks(COUNTS_AT_ONCE) {
        let requests: Vec<Request> = some.iter().filter_map(counted).collect();
        for reply in client.send_all(&requests).await {
            let result = reply.and_then(|reply| Ok(reply.result?));
            result.map_err(|error| failed(done, error))?;
            done += 1;
        }
        progress(Progress::Counting { done, total });
    }
    Ok(done)
}

fn counted(stock: &StockLine) -> Option<Request> {
    let location = Text(stock.location.clone()?);
    let (sku, counted) = (Text(stock.sku.clone()), Quantity(stock.qty));
    Some(Request::new(Body::Count(Count { location, sku, counted, on_hand_then: None })))
}

impl Summary {
    fn of(file: String, catalogue: &Catalogue) -> Self {
        Self {
            file,
            format: catalogue.format,
            outcome: if catalogue.is_clean() { Outcome::WouldImport } else { Outcome::Refused },
            lines: catalogue.lines,
            items: catalogue.items.len(),
            added: 0,
            changed: 0,
            stock_lines: catalogue.stock.len(),
            stock_counted: 0,
            errors: catalogue.count(Severity::Error),
            warnings: catalogue.count(Severity::Warning),
            notes: catalogue.count(Severity::Note),
            findings: catalogue.findings.clone(),
        }
    }
}
