//! A temporary folder that is really on a disk: what is measured includes bringing bytes there.

use std::path::Path;
use tempfile::TempDir;

/// Makes it; gives it with the name of its file system.
pub(crate) fn folder(prefix: &str, within: Option<&Path>) -> Result<(TempDir, String), String> {
    let within = within.map_or_else(std::env::temp_dir, Path::to_owned);
    let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(&within);
    let folder = folder.map_err(|why| format!("{}: {why}", within.display()))?;
    let kind = kind(folder.path());
    if matches!(kind.as_str(), "tmpfs" | "ramfs") {
        return Err(format!("{} is memory, not a disk; give another folder with --dir", within.display()));
    }
    Ok((folder, kind))
}

/// The kind of the file system: that of the longest mount point above the folder.
fn kind(folder: &Path) -> String {
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let above = mounts.filter(|(point, _)| folder.starts_with(point));
    above.max_by_key(|(point, _)| point.len()).map_or("unknown", |(_, kind)| kind).to_owned()
}
