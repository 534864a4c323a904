//! Lists the files of `web/` and the error pages, so that a new file is served without touching Rust.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let set = |name| env::var_os(name).map(PathBuf::from).ok_or_else(|| io::Error::other(format!("{name} is not set")));
    let root = set("CARGO_MANIFEST_DIR")?.join("..");
    let mut table = String::new();
    list(&mut table, "WEB", &root.join("web"), &["html", "css", "js", "svg", "png", "ico", "json", "webmanifest"])?;
    list(&mut table, "ERROR_PAGES", &root.join("docs").join("errors"), &["md"])?;
    fs::write(set("OUT_DIR")?.join("files.rs"), table)
}

/// Writes one table: the path below the folder, and the content.
fn list(table: &mut String, name: &str, folder: &Path, kinds: &[&str]) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    if folder.is_dir() {
        collect(folder, &mut files)?;
    }
    files.sort();
    let _ = writeln!(table, "static {name}: &[(&str, &[u8])] = &[");
    for file in files {
        let wanted = file.extension().and_then(|kind| kind.to_str()).is_some_and(|kind| kinds.contains(&kind));
        let Ok(path) = file.strip_prefix(folder) else { continue };
        if wanted {
            let path = path.to_string_lossy().replace('\\', "/");
            let _ = writeln!(table, "    ({path:?}, include_bytes!({:?})),", file.canonicalize()?);
        }
    }
    table.push_str("];\n");
    Ok(())
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden || path.ends_with("node_modules") {
            continue;
        }
        if path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            collect(&path, into)?;
        } else {
            into.push(path);
        }
    }
    Ok(())
}
