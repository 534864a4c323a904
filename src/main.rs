//! The one program: its command line and wiring.
//!
//! Responsible for: reading the command line, putting the parts together, exit codes.
//!
//! Not responsible for: anything a part does itself.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks to a person")]

mod audit;
mod chain;
mod cli;
mod data;
mod demo;
mod fail;
mod feed;
mod key;
mod load;
mod masked;
mod remote;
mod running;
mod serve;
mod settle;
mod simulator;

use clap::Parser;
use cli::{Cli, Task};
use fail::Failure;
use masked::Masked;
use mimalloc::MiMalloc;
use onhand_engine::card_number;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let quiet = !matches!(cli.task, Task::Serve(_) | Task::Demo(_));
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(if quiet { "warn" } else { "info" }));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Masked(std::io::stderr()))
        .with_ansi(colours)
        .init();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("onhand: no event loop: {error}");
            return ExitCode::from(3);
        }
    };
    match runtime.block_on(run(cli.task)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let text = failure.to_string();
            if !text.is_empty() {
                eprintln!("{}", card_number::mask(&text));
            }
            failure.exit_code()
        }
    }
}

async fn run(task: Task) -> Result<(), Failure> {
    match task {
        Task::Demo(options) => demo::run(options).await,
        Task::Serve(options) => serve::run(options).await,
        Task::Key(task) => key::run(task).await,
        Task::Import(options) => feed::import(options).await,
        Task::Replay(options) => feed::replay(options).await,
        Task::Settle(options) => settle::run(options).await,
        Task::Simulator(options) => simulator::run(options).await,
        Task::Loadtest(options) => load::run(options).await,
        Task::Verify(options) => data::verify(&options),
        Task::Audit(options) => audit::run(&options),
        Task::Backup(options) => data::backup(&options),
        Task::Restore(options) => data::restore(&options),
    }
}
