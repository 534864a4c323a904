//! A shop's day as text: each line of `scenarios/*.txt` is a command, an arrow, and what came of it.
//!
//! Verbs and columns are listed in `scenarios/README.md`. After every command the whole state is
//! checked. `UPDATE_EXPECT=1 cargo test -p onhand-engine` writes what was found into the files.
#![allow(clippy::unwrap_used)]

mod shop;

use shop::Shop;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[test]
fn the_scenarios_hold() {
    let mut files: Vec<PathBuf> = folder().read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "txt"));
    files.sort();
    assert!(files.len() >= 12, "only {} scenarios found", files.len());
    let differences: String = files.iter().map(|path| differences(path)).collect();
    assert!(differences.is_empty(), "{differences}\nUPDATE_EXPECT=1 accepts what was found; review the diff");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// Plays a file and says where it differs; with `UPDATE_EXPECT=1` it is written anew instead.
fn differences(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let played = play(&text);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, written(&played)).unwrap();
        return String::new();
    }
    let mut found = String::new();
    for (number, line) in (1..).zip(&played) {
        let Line::Step { command, expected, outcome } = line else { continue };
        if words(expected) != words(outcome) {
            let name = path.file_name().unwrap().display();
            let _ = write!(found, "\n{name}:{number}: {command}\n  expected  {expected}\n  found     {outcome}\n");
        }
    }
    found
}

enum Line {
    /// A heading, a remark or nothing.
    Text(String),
    Step {
        command: String,
        expected: String,
        outcome: String,
    },
}

fn play(text: &str) -> Vec<Line> {
    let mut shop = Shop::open();
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.trim().is_empty() || line.starts_with('#') {
            lines.push(Line::Text(line.trim_end().to_owned()));
            continue;
        }
        let (command, expected) = line.split_once("->").unwrap_or((line, ""));
        let outcome = shop.play(command);
        let command = command.trim_end().to_owned();
        lines.push(Line::Step { command, expected: expected.trim().to_owned(), outcome });
    }
    lines
}

/// The file with the arrows under one another.
fn written(lines: &[Line]) -> String {
    let widths = lines.iter().map(|line| match line {
        Line::Step { command, outcome, .. } if !outcome.is_empty() => command.chars().count(),
        _ => 0,
    });
    let width = widths.max().unwrap_or(0);
    let mut text = String::new();
    for line in lines {
        let _ = match line {
            Line::Text(text_line) => writeln!(text, "{text_line}"),
            Line::Step { command, outcome, .. } if outcome.is_empty() => writeln!(text, "{command}"),
            Line::Step { command, outcome, .. } => writeln!(text, "{command:width$}  -> {outcome}"),
        };
    }
    text
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}
