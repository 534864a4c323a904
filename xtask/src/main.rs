//! The one menu of tasks.
//!
//! Responsible for: `cargo xtask test`, `lint` and `bench`, and for installing what the tests need.
//!
//! Not responsible for: what is tested (the crates and `tests/`), or releases.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks to a person")]
#![allow(clippy::disallowed_methods, reason = "it measures how long its steps took")]

mod bench;
mod step;
mod tools;

use std::process::ExitCode;
use step::{Failed, cargo};

const HELP: &str = "\
The one menu of tasks.

Usage: cargo xtask <TASK> [OPTIONS]

Tasks:
  test [FILTER]    Install what the tests need, check format and bans, run every test of the workspace.
                   A filter runs only the tests whose name contains it.
  lint             Format, clippy without warnings, cargo deny (where it is installed).
  bench [NAME] [OPTIONS]
                   Without a name: list the measurements and what each one shows.
                   With a name: run it, optimised; its own options follow (--help lists them).
  help             This text.

Options:
  --no-install     (test) Do not install missing tools; tests that need them say that they were passed over.

Examples:
  cargo xtask test
  cargo xtask test last_item
  cargo xtask bench log
  cargo xtask bench peers --html peers.html

Exit codes: 0 all passed, 1 something failed, 2 the command line was not understood.";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test", rest @ ..] => match options(rest) {
            Some((install, filter)) => test(install, filter),
            None => return misunderstood(&words),
        },
        ["lint"] => lint(),
        ["bench"] => bench::list(),
        ["bench", name, options @ ..] if !name.starts_with('-') => bench::run(name, options),
        [] | ["help" | "--help" | "-h"] | [_, "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => return misunderstood(&words),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(what)) => {
            eprintln!("xtask: {what}");
            ExitCode::FAILURE
        }
    }
}

fn misunderstood(words: &[&str]) -> ExitCode {
    eprintln!("xtask: `{}` is not a task. See `cargo xtask help`.", words.join(" "));
    ExitCode::from(2)
}

/// Whether to install tools, and the filter.
fn options<'a>(words: &[&'a str]) -> Option<(tools::Install, Option<&'a str>)> {
    let mut install = tools::Install::Missing;
    let mut filter = None;
    for word in words {
        match *word {
            "--no-install" => install = tools::Install::Nothing,
            word if word.starts_with('-') || filter.is_some() => return None,
            word => filter = Some(word),
        }
    }
    Some((install, filter))
}

/// Everything that must pass. One profile for all tests, so that nothing is built twice.
fn test(install: tools::Install, filter: Option<&str>) -> Result<(), Failed> {
    tools::ensure(install);
    step::step("Format", &mut cargo(&["fmt", "--all", "--check"]))?;
    // Our own bans are errors; what a newer clippy merely warns about is for `lint`.
    step::step("Bans", &mut cargo(&["clippy", "--workspace", "--all-targets", "--quiet"]))?;
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"]);
    if let Some(filter) = filter {
        tests.args(["--", filter]);
    }
    step::step("Tests", &mut tests)
}

fn lint() -> Result<(), Failed> {
    step::step("Format", &mut cargo(&["fmt", "--all", "--check"]))?;
    step::step("Clippy", &mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    if !tools::found("cargo-deny") {
        step::say("cargo deny is not installed: licences and advisories were not checked (cargo install cargo-deny)");
        return Ok(());
    }
    step::step("Licences, advisories, bans", &mut cargo(&["deny", "check"]))
}
