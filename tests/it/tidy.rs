//! Style as a test: what a reviewer should not have to say twice.

use std::path::{Path, PathBuf};

/// Longest source file, in lines.
const LINES_MAX: usize = 600;

/// Where a clock may be read: one module per program.
const CLOCKS: &[&str] =
    &["actors/src/clock.rs", "gateway/src/clock.rs", "loadtest/src/clock.rs", "protocol/src/client/clock.rs"];

struct Source {
    path: String,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under the folders with one of these endings, paths relative to the root.
fn files(folders: &[&str], endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in folders {
        walk(&root().join(folder), endings, &mut found);
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(path: &Path, endings: &[&str], found: &mut Vec<Source>) {
    if !path.exists() {
        return;
    }
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            walk(&entry.unwrap().path(), endings, found);
        }
        return;
    }
    let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
    if endings.contains(&ending.as_str()) {
        let relative = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        found.push(Source { path: relative, text: std::fs::read_to_string(path).unwrap() });
    }
}

const CODE: &[&str] = &[
    "engine/src",
    "protocol/src",
    "persistence/src",
    "actors/src",
    "gateway/src",
    "connectors/src",
    "loadtest/src",
    "src",
    "xtask/src",
];

/// The file without its comments and without its tests, so that only what runs is judged.
fn code_lines(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let own_tests = source.path.ends_with("tests.rs") || source.path.contains("/tests/");
    source
        .text
        .lines()
        .enumerate()
        .take_while(move |(_, line)| !own_tests && line.trim() != "#[cfg(test)]")
        .map(|(at, line)| (at + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn files_are_short() {
    let everything = ["tests", "benches", "web"].iter().chain(CODE).copied().collect::<Vec<_>>();
    let sources = files(&everything, &["rs", "js", "css"]);
    assert!(sources.len() > 20, "the sources were not found");
    let long = |source: &Source| {
        let lines = source.text.lines().count();
        (lines > LINES_MAX).then(|| format!("{} has {lines} lines; split what it does", source.path))
    };
    none(&sources.iter().filter_map(long).collect::<Vec<_>>());
}

#[test]
fn every_library_says_what_it_is_responsible_for() {
    let mut wrong = Vec::new();
    for folder in CODE {
        let lib = root().join(folder).join("lib.rs");
        let file = if lib.is_file() { lib } else { root().join(folder).join("main.rs") };
        let text = std::fs::read_to_string(&file).unwrap();
        for words in ["//! Responsible for:", "//! Not responsible for:"] {
            if !text.contains(words) {
                wrong.push(format!("{folder}: its header lacks `{words}`"));
            }
        }
    }
    none(&wrong);
}

#[test]
fn nothing_forbidden_is_left_in_the_code() {
    let words = ["todo!(", "unimplemented!(", "dbg!(", ".do_send(", "TODO", "FIXME", "XXX"];
    let mut wrong = Vec::new();
    for source in files(CODE, &["rs"]) {
        for (at, line) in code_lines(&source) {
            for word in words.iter().filter(|word| line.contains(**word)) {
                wrong.push(format!("{}:{at}: {word}", source.path));
            }
            // A `matches!` that nobody looks at checks nothing.
            if line.trim_start().starts_with("matches!(") && line.trim_end().ends_with(");") {
                wrong.push(format!("{}:{at}: `matches!` without an assert", source.path));
            }
        }
    }
    none(&wrong);
}

#[test]
fn the_engine_has_no_floats_and_no_clock() {
    let mut wrong = Vec::new();
    for source in files(&["engine/src"], &["rs"]) {
        for (at, line) in code_lines(&source) {
            for word in
                ["f32", "f64", "std::time", "Instant", "SystemTime", "std::fs", "std::net", "async fn", "std::env"]
            {
                let is_word = line.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').any(|w| {
                    w == word
                        || (word.contains("::") && w.starts_with(word))
                        || (word == "async fn" && line.contains(word))
                });
                if is_word {
                    wrong.push(format!("{}:{at}: {word}", source.path));
                }
            }
        }
    }
    none(&wrong);
}

#[test]
fn clocks_are_read_in_the_clock_modules_only() {
    let mut wrong = Vec::new();
    for source in files(CODE, &["rs"]) {
        if CLOCKS.contains(&source.path.as_str()) || source.path.starts_with("xtask/") {
            continue;
        }
        for (at, line) in code_lines(&source) {
            if line.contains("SystemTime::now") || line.contains("Instant::now") || line.contains("thread::sleep") {
                wrong.push(format!("{}:{at}: {}", source.path, line.trim()));
            }
        }
    }
    none(&wrong);
}

#[test]
fn links_in_the_documents_lead_somewhere() {
    let mut wrong = Vec::new();
    let top = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"];
    for document in files(&[&["docs"], &top[..]].concat(), &["md"]) {
        let folder = root().join(&document.path).parent().unwrap().to_owned();
        for target in links(&document.text) {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") || file.starts_with("mailto:") || file.starts_with('/') {
                continue;
            }
            if !folder.join(file).exists() {
                wrong.push(format!("{}: {target}", document.path));
            }
        }
    }
    none(&wrong);
}

#[test]
fn the_map_names_files_that_exist() {
    let map = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let named =
        map.split('`').skip(1).step_by(2).filter(|word| word.contains('/') && !word.contains(char::is_whitespace));
    let missing = |path: &&str| !path.starts_with('/') && !root().join(path).exists();
    none(&named.filter(missing).map(|path| format!("docs/ARCHITECTURE.md names {path}")).collect::<Vec<_>>());
}

/// The targets of `[text](target)` outside code blocks.
fn links(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let ends = line.match_indices("](").map(|(at, found)| &line[at + found.len()..]);
        targets.extend(ends.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned()));
    }
    targets
}

#[test]
fn every_number_has_a_page() {
    let missing = |(number, name, _): &(u16, &str, &str)| {
        let page = format!("docs/errors/{number}.md");
        (!root().join(&page).is_file()).then(|| format!("{page} is missing ({name})"))
    };
    none(&onhand_engine::refusal::NUMBERS.iter().filter_map(missing).collect::<Vec<_>>());
}
