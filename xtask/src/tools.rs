//! What the tests and measurements need beside Rust.

use crate::step::say;
use std::path::PathBuf;
use std::process::Command;

/// Whether missing tools are installed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Install {
    /// What is missing is installed where that is possible.
    Missing,
    /// Nothing is installed.
    Nothing,
}

struct Tool {
    /// Any one of these programs will do.
    programs: &'static [&'static str],
    /// The Debian or Ubuntu packages that have it.
    packages: &'static [&'static str],
    /// Which promise needs it.
    what_for: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool {
        programs: &["chromium", "chromium-browser", "google-chrome"],
        // Without a font a page has no text to look at.
        packages: &["chromium", "fonts-liberation"],
        what_for: "the shop page and the widget in a browser",
    },
    Tool { programs: &["promtool"], packages: &["prometheus"], what_for: "that /metrics is what Prometheus expects" },
    Tool { programs: &["python3"], packages: &["python3"], what_for: "the client written from docs/PROTOCOL.md" },
];

/// What the measurement `peers` runs beside onhand.
const PEERS: &[Tool] = &[
    Tool { programs: &["redis-server"], packages: &["redis-server"], what_for: "Redis beside onhand" },
    Tool { programs: &["postgres"], packages: &["postgresql"], what_for: "PostgreSQL beside onhand" },
];

/// Where Debian keeps programs that are not meant to be typed: one folder for each version.
const POSTGRESQL: &str = "/usr/lib/postgresql";

/// Whether a program is on the path.
pub(crate) fn found(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).chain(postgresql()).any(|folder| folder.join(program).is_file())
}

fn postgresql() -> impl Iterator<Item = PathBuf> {
    let versions = std::fs::read_dir(POSTGRESQL).into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin"))
}

/// Installs what the tests need and lack, or says that they will be passed over.
pub(crate) fn ensure(install: Install) {
    ensure_all(TOOLS, install, "tests that need them say so and pass over");
}

/// Installs what the measurement `peers` needs and lacks.
pub(crate) fn ensure_peers() {
    ensure_all(PEERS, Install::Missing, "the measurement says which peer it lacks");
}

fn ensure_all(tools: &[Tool], install: Install, otherwise: &str) {
    let missing: Vec<&Tool> = tools.iter().filter(|tool| !tool.programs.iter().any(|name| found(name))).collect();
    if missing.is_empty() {
        let names: Vec<&str> = tools.iter().filter_map(|tool| tool.programs.first()).copied().collect();
        say(&format!("Tools: {} are here", names.join(", ")));
        return;
    }
    for tool in &missing {
        say(&format!("Tools: {} is missing; it shows {}", tool.programs.join(" or "), tool.what_for));
    }
    let packages: Vec<&str> = missing.iter().flat_map(|tool| tool.packages).copied().collect();
    let by_hand = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if install == Install::Nothing || !found("apt-get") || !is_root() {
        say(&format!("Tools: not installed; {otherwise}. By hand: {by_hand}"));
        return;
    }
    say(&format!("Tools: {by_hand}"));
    let installed = apt_get(&["update", "-qq"]) && apt_get(&install_words(&packages));
    if installed {
        say("Tools: installed");
    } else {
        say(&format!("Tools: apt-get failed; {otherwise}"));
    }
}

fn install_words<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    ["install", "-y", "-qq", "--no-install-recommends"].into_iter().chain(packages.iter().copied()).collect()
}

fn apt_get(words: &[&str]) -> bool {
    Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(words).status().is_ok_and(|s| s.success())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}
