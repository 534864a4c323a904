//! The report as one page that opens offline.

use super::report::Report;

/// The page.
#[must_use]
pub fn page(report: &Report) -> String {
    format!("<!doctype html><title>{}</title>", report.scenario)
}
