//! The measurements in `benches/`: the list, and one run at a time.

use crate::step::{Failed, cargo, root, step};
use crate::tools;

/// Name and first line of every measurement.
fn all() -> Result<Vec<(String, String)>, Failed> {
    let folder = root().join("benches");
    let read = |error: std::io::Error| Failed(format!("benches/: {error}"));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        let source = if path.is_dir() { path.join("main.rs") } else { path.clone() };
        let Ok(text) = std::fs::read_to_string(&source) else { continue };
        let Some(name) = path.file_stem() else { continue };
        let about = text.lines().find_map(|line| line.strip_prefix("//! ")).unwrap_or_default();
        found.push((name.to_string_lossy().into_owned(), about.to_owned()));
    }
    found.sort();
    Ok(found)
}

/// Prints the list.
pub(crate) fn list() -> Result<(), Failed> {
    println!("Measurements (cargo xtask bench NAME):");
    for (name, about) in all()? {
        println!("  {name:<16} {about}");
    }
    println!("\nEach prints its table. Rates depend on the machine: compare ratios of one run.");
    Ok(())
}

/// Runs one, with options of its own.
pub(crate) fn run(name: &str, options: &[&str]) -> Result<(), Failed> {
    if !all()?.iter().any(|(known, _)| known == name) {
        return Err(Failed(format!("there is no measurement `{name}`; `cargo xtask bench` lists them")));
    }
    if name == "peers" {
        tools::ensure_peers();
    }
    let words = ["bench", "--package", "onhand", "--bench", name, "--"];
    step(name, &mut cargo(&[&words, options].concat()))
}
