//! `onhand import` and `onhand replay`: what they found, said to a person or a machine.

use crate::cli::{Import, Replay};
use crate::fail::Failure;
use crate::remote;
use crate::running::{say, say_json};
use onhand_connectors::import::{self, ImportError, ImportOptions, Outcome, Progress, Stock};
use onhand_connectors::{Finding, ReadOptions, Severity};
use onhand_engine::qty::Qty;
use onhand_loadtest::replay::transactions::{Reason, Skipped};
use onhand_loadtest::replay::{self, Summary};

/// So many lines of one reason are shown to a person; a machine gets all.
const SHOWN_MAX: usize = 20;

pub(crate) async fn import(task: Import) -> Result<(), Failure> {
    let options = ImportOptions {
        file: task.file,
        server: task.server.unwrap_or_default(),
        key: task.key.unwrap_or_default(),
        person: task.person.sign_in()?,
        read: ReadOptions { currency: task.currency, tax_class: task.tax_class, location: task.location },
        dry_run: task.dry_run,
        stock: if task.stock { Stock::Count } else { Stock::LeaveOut },
    };
    let summary = import::import(&options, tell).await.map_err(import_failure)?;
    if task.json {
        say_json(&summary)?;
    } else {
        for severity in [Severity::Error, Severity::Warning, Severity::Note] {
            findings(summary.findings.iter().filter(|finding| finding.severity == severity))?;
        }
        let what = match summary.outcome {
            Outcome::Refused => "nothing was imported: mend the errors and import again".to_owned(),
            Outcome::WouldImport => "a dry run: nothing was sent".to_owned(),
            Outcome::Imported => {
                format!(
                    "imported: {} new, {} changed, {} counted",
                    summary.added, summary.changed, summary.stock_counted
                )
            }
        };
        let (errors, warnings, notes) = (summary.errors, summary.warnings, summary.notes);
        say(&format!(
            "{}: {} lines, {} items, {errors} errors, {warnings} warnings, {notes} notes; {what}",
            summary.file, summary.lines, summary.items
        ))?;
    }
    if summary.outcome == Outcome::Refused { Err(Failure::Found) } else { Ok(()) }
}

/// Progress goes to standard error, so that standard output stays the result.
fn tell(progress: Progress) {
    match progress {
        Progress::Read { items } => eprintln!("read {items} items"),
        Progress::Sending { bytes } => eprintln!("sending {} KiB in one request", bytes.div_ceil(1024)),
        Progress::Counting { done, total } => eprintln!("counted {done} of {total}"),
    }
}

fn findings<'a>(all: impl Iterator<Item = &'a Finding>) -> Result<(), Failure> {
    let mut shown = 0;
    let mut more = 0;
    for finding in all {
        if shown == SHOWN_MAX {
            more += 1;
            continue;
        }
        shown += 1;
        let Finding { line, severity, field, problem, mend } = finding;
        let severity = format!("{severity:?}").to_lowercase();
        let field = if field.is_empty() { String::new() } else { format!("{field}: ") };
        say(&format!("line {line}: {severity}: {field}{problem}; {mend}"))?;
    }
    if more > 0 { say(&format!("... and {more} more like these; --json lists them all")) } else { Ok(()) }
}

fn import_failure(error: ImportError) -> Failure {
    match error {
        ImportError::Client(error) => remote::failure(error),
        ImportError::File { .. } => Failure::could_not(error.to_string()),
        ImportError::Stock { .. } => Failure::Refused(error.to_string()),
    }
}

pub(crate) async fn replay(task: Replay) -> Result<(), Failure> {
    let mut options = replay::Options::new(task.file, task.server.server, task.server.key, task.currency);
    options.speed = task.speed;
    options.stock = task.stock.map(|units| Qty::units(i64::from(units)));
    let bar = replay::progress_bar();
    let outcome = replay::replay(&options, &bar).await;
    bar.finish_and_clear();
    let summary = outcome.map_err(replay_failure)?;
    if task.json {
        say_json(&summary)?
    } else {
        print(&summary)?
    }
    // Lines that cannot be a sale are the file's affair; what the server refused is a finding.
    let nothing_sold = summary.lines > 0 && summary.lines_sold == 0;
    if nothing_sold || summary.skipped.contains_key(&Reason::Refused) { Err(Failure::Found) } else { Ok(()) }
}

fn print(summary: &Summary) -> Result<(), Failure> {
    for (reason, count) in &summary.skipped {
        say(&format!("{count} lines passed over: {}", reason.text()))?;
        let these: Vec<&Skipped> = summary.skipped_lines.iter().filter(|one| one.reason == *reason).collect();
        for one in these.iter().take(SHOWN_MAX) {
            say(&format!("  line {}: {}", one.line, one.value))?;
        }
        if these.len() > SHOWN_MAX {
            say(&format!("  ... and {} more; --json lists them all", these.len() - SHOWN_MAX))?;
        }
    }
    for sku in summary.items_added.iter().take(SHOWN_MAX) {
        say(&format!("item {sku} was sold but not in the catalogue: it was added without a name or price"))?;
    }
    let [half, most, all] = summary.latency_us;
    say(&format!(
        "{} sales recorded, {} repeated (nothing changed), {} of {} lines in the books",
        summary.sales_recorded, summary.sales_repeated, summary.lines_sold, summary.lines
    ))?;
    say(&format!(
        "{:.1} s, {:.0} sales/s, answered within {half} us (half), {most} us (99 of 100), {all} us (all)",
        summary.seconds, summary.sales_per_second
    ))
}

fn replay_failure(error: replay::Error) -> Failure {
    match error {
        replay::Error::Client(error) => remote::failure(error),
        replay::Error::Location(_) => Failure::Refused(error.to_string()),
        replay::Error::File { .. } => Failure::could_not(error.to_string()),
    }
}
