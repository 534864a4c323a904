//! A CSV file as rows of text with their line numbers: gzip, byte order mark, separator and
//! encoding dealt with.

use crate::catalogue::{Finding, Severity};
use flate2::read::MultiGzDecoder;
use std::collections::HashMap;
use std::io::Read;

/// The most a file may unpack to, in bytes: a gzip file of a few kB can hold far more than memory.
const UNPACKED_MAX: u64 = 512 << 20;

/// A file's header and rows.
pub(crate) struct Table {
    columns: HashMap<String, usize>,
    pub(crate) rows: Vec<Row>,
    /// Lines after the header, those that cannot be read included.
    pub(crate) lines: u64,
    pub(crate) findings: Vec<Finding>,
}

/// One row; its cells are trimmed.
pub(crate) struct Row {
    /// The line it begins at, from 1.
    pub(crate) line: u64,
    cells: csv::StringRecord,
}

/// A column looked up once.
#[derive(Clone, Copy)]
pub(crate) struct Column(Option<usize>);

impl Table {
    /// Reads all of a file.
    ///
    /// # Errors
    /// The finding that makes it unreadable as a whole.
    pub(crate) fn open(bytes: &[u8]) -> Result<Self, Finding> {
        let unpacked = unpack(bytes)?;
        let text: &[u8] = unpacked.as_deref().unwrap_or(bytes);
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
            return Err(whole("it is UTF-16 text", "save it as \"CSV UTF-8\""));
        }
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).delimiter(delimiter(text)).trim(csv::Trim::All).from_reader(text);
        let header = reader.byte_headers().map_err(|e| whole(&e.to_string(), "save it again as CSV"))?;
        let columns = header
            .iter()
            .enumerate()
            .rev() // the first of two columns with one name wins
            .map(|(at, name)| (String::from_utf8_lossy(name).trim().to_lowercase(), at))
            .collect::<HashMap<_, _>>();
        let width = header.len();
        let mut table = Self { columns, rows: Vec::new(), lines: 0, findings: Vec::new() };
        for record in reader.into_byte_records() {
            table.lines += 1;
            match record {
                Ok(record) => table.push(record, width),
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    table.error(line, format!("it cannot be read as CSV: {error}"), "check its quotes and separators");
                }
            }
        }
        Ok(table)
    }

    fn push(&mut self, record: csv::ByteRecord, width: usize) {
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().all(<[u8]>::is_empty) {
            return;
        }
        if record.len() > width {
            let problem = format!("it has {} cells where the header has {width}", record.len());
            self.error(line, problem, "put text that contains the separator in double quotes");
            return;
        }
        match csv::StringRecord::from_byte_record(record) {
            Ok(cells) => self.rows.push(Row { line, cells }),
            Err(_) => self.error(line, "it is not UTF-8 text".into(), "save the file as \"CSV UTF-8\""),
        }
    }

    fn error(&mut self, line: u64, problem: String, mend: &str) {
        self.findings.push(Finding { line, severity: Severity::Error, field: "", problem, mend: mend.into() });
    }

    /// The column of the first of these names that the header has, whatever its case.
    pub(crate) fn column(&self, names: &[&str]) -> Column {
        Column(names.iter().find_map(|name| self.columns.get(&name.to_lowercase()).copied()))
    }

    /// Whether the header has all of these.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.columns.contains_key(&name.to_lowercase()))
    }
}

impl Row {
    /// The text in a column; empty when the row or the file lacks it.
    pub(crate) fn get(&self, column: Column) -> &str {
        column.0.and_then(|at| self.cells.get(at)).unwrap_or("")
    }
}

fn unpack(bytes: &[u8]) -> Result<Option<Vec<u8>>, Finding> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(None);
    }
    let mut unpacked = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(UNPACKED_MAX + 1).read_to_end(&mut unpacked);
    match read {
        Err(error) => Err(whole(&format!("it is a damaged gzip file: {error}"), "fetch or pack it again")),
        Ok(_) if unpacked.len() as u64 > UNPACKED_MAX => {
            Err(whole("it unpacks to more than 512 MiB", "split it into smaller files"))
        }
        Ok(_) => Ok(Some(unpacked)),
    }
}

/// Comma, or semicolon or tab where the header has those instead.
fn delimiter(text: &[u8]) -> u8 {
    let header = text.split(|byte| *byte == b'\n').next().unwrap_or(text);
    let count = |wanted: u8| header.iter().filter(|byte| **byte == wanted).count();
    if count(b',') > 0 {
        return b',';
    }
    if count(b';') >= count(b'\t') { b';' } else { b'\t' }
}

fn whole(problem: &str, mend: &str) -> Finding {
    Finding { line: 0, severity: Severity::Error, field: "", problem: problem.into(), mend: mend.into() }
}
