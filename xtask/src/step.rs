//! One step of a task: says what it runs, runs it, says how long it took.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// A step that failed, and which.
pub(crate) struct Failed(pub(crate) String);

/// A line of progress.
pub(crate) fn say(text: &str) {
    println!("==> {text}");
}

/// Cargo, in the workspace's root.
pub(crate) fn cargo(words: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(words);
    command
}

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}

/// Runs a command to its end.
pub(crate) fn step(name: &str, command: &mut Command) -> Result<(), Failed> {
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let program = PathBuf::from(command.get_program());
    let program = program.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    say(&format!("{name}: {program} {}", words.join(" ")));
    let begun = Instant::now();
    let status = command.status().map_err(|error| Failed(format!("{name}: cannot run {program}: {error}")))?;
    let seconds = begun.elapsed().as_secs();
    if !status.success() {
        return Err(Failed(format!("{name} failed after {seconds} s ({status})")));
    }
    say(&format!("{name}: passed in {seconds} s"));
    Ok(())
}
