//! The whole of a product file: what it defines, and what was found in it.

use crate::check::Checker;
use crate::formats;
use crate::table::Table;
use onhand_engine::catalogue::Item;
use onhand_engine::ids::{Label, LocationCode, SkuCode};
use onhand_engine::money::Currency;
use onhand_engine::qty::Qty;
use serde::Serialize;
use std::io;
use std::path::Path;

/// How to read what a file leaves open.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// The currency of its prices; says how many decimals they may have.
    pub currency: Currency,
    /// The tax class of items for which the file gives none.
    pub tax_class: Option<Label>,
    /// Where its stock lies, for files that do not say.
    pub location: Option<LocationCode>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { currency: Currency::EUR, tax_class: None, location: None }
    }
}

/// Whose layout a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Our own: `sku,name,gtin,unit,tax_class,price,category[,unit_cost][,terms][,parts][,location,on_hand]`.
    Onhand,
    /// Shopify's product export.
    Shopify,
    /// WooCommerce's product export.
    WooCommerce,
    /// The products of the Complete Journey data set.
    CompleteJourney,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For the record: a line passed over on purpose, a value not taken.
    Note,
    /// Imported, but somebody should look.
    Warning,
    /// Nothing at all is imported until it is mended.
    Error,
}

/// Something about one line of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The line, from 1; 0 is the file as a whole.
    pub line: u64,
    /// How much it matters.
    pub severity: Severity,
    /// The column; empty when it is about the whole line.
    pub field: &'static str,
    /// What is the matter.
    pub problem: String,
    /// What to do about it.
    pub mend: String,
}

/// A count of one item at one location, as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockLine {
    /// Where; none when neither file nor options say.
    pub location: Option<LocationCode>,
    /// Which item.
    pub sku: SkuCode,
    /// How much.
    pub qty: Qty,
}

/// An item of a file that is made of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kit {
    /// Its place among the items.
    pub item: usize,
    /// Its line.
    pub line: u64,
    /// What one of it is made of.
    pub parts: Vec<KitPart>,
}

/// A part of a kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KitPart {
    /// The item.
    pub sku: SkuCode,
    /// How much of it.
    pub qty: Qty,
}

/// What a file defines.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// Its layout; none when it was not recognised.
    pub format: Option<Format>,
    /// Lines after the header.
    pub lines: u64,
    /// Its items. Their numbers are all zero: the server gives them.
    pub items: Vec<Item>,
    /// Those of them that are kits.
    pub kits: Vec<Kit>,
    /// Its stock, where it has any.
    pub stock: Vec<StockLine>,
    /// What was found, in the order of lines.
    pub findings: Vec<Finding>,
}

impl Catalogue {
    /// How many findings have this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether nothing forbids importing it.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.count(Severity::Error) == 0
    }
}

/// Reads a product file, plain or gzip.
///
/// # Errors
/// The file cannot be opened or read. What is wrong *in* it is in the findings.
pub fn read(path: &Path, options: &ReadOptions) -> io::Result<Catalogue> {
    Ok(read_bytes(&std::fs::read(path)?, options))
}

/// Reads the bytes of a product file, plain or gzip.
#[must_use]
pub fn read_bytes(bytes: &[u8], options: &ReadOptions) -> Catalogue {
    let mut check = Checker::new(options);
    let lines = match Table::open(bytes) {
        Ok(table) => {
            formats::read(&table, &mut check);
            table.lines
        }
        Err(finding) => {
            check.findings.push(finding);
            0
        }
    };
    Catalogue { lines, ..check.finish() }
}
