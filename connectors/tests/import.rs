//! What an import does before it speaks to a server.
#![allow(clippy::unwrap_used)]

use onhand_connectors::{ImportError, ImportOptions, Outcome, Progress, ReadOptions, Stock, import};
use std::path::PathBuf;

/// Nobody listens there: whoever asks fails.
const NOBODY: &str = "http://127.0.0.1:1";

fn options(folder: &tempfile::TempDir, text: &str) -> ImportOptions {
    let file: PathBuf = folder.path().join("items.csv");
    std::fs::write(&file, text).unwrap();
    let (server, key) = (NOBODY.to_owned(), "ohk_test".to_owned());
    ImportOptions {
        file,
        server,
        key,
        person: None,
        read: ReadOptions::default(),
        dry_run: false,
        stock: Stock::LeaveOut,
    }
}

const GOOD: &str = "sku,name,tax_class,on_hand\nA,Tea,standard,3\nB,Cup,standard,\n";

#[tokio::test]
async fn one_mistake_keeps_all_items_from_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(&folder, "sku,name,tax_class\nA,Tea,standard\nA,Tea,standard\n");
    let summary = import(&options, |_| ()).await.unwrap();
    assert_eq!((summary.outcome, summary.errors, summary.added), (Outcome::Refused, 1, 0));
}

#[tokio::test]
async fn a_dry_run_does_not_ask_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    let options = ImportOptions { dry_run: true, ..options(&folder, GOOD) };
    let summary = import(&options, |progress| seen.push(progress)).await.unwrap();
    assert_eq!((summary.outcome, summary.items, summary.notes), (Outcome::WouldImport, 2, 1));
    assert_eq!(seen, [Progress::Read { items: 2 }]);
    let json = serde_json::to_value(&summary).unwrap();
    assert_eq!((&json["outcome"], &json["format"]), (&"would_import".into(), &"onhand".into()));
    assert_eq!(json["findings"][0]["severity"], "note");
}

#[tokio::test]
async fn stock_needs_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let options = ImportOptions { stock: Stock::Count, ..options(&folder, GOOD) };
    let summary = import(&options, |_| ()).await.unwrap();
    assert_eq!((summary.outcome, summary.findings[0].field), (Outcome::Refused, "location"));
}

#[tokio::test]
async fn a_server_that_is_not_there_and_a_file_that_is_not_there_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let options = options(&folder, GOOD);
    assert!(matches!(import(&options, |_| ()).await, Err(ImportError::Client(_))));
    let missing = ImportOptions { file: folder.path().join("none.csv"), ..options };
    assert!(import(&missing, |_| ()).await.unwrap_err().to_string().contains("none.csv"));
}
