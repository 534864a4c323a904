//! Servers that fan out and nothing else: from npm, from PyPI, and the bare minimum.

use crate::bare;
use crate::child::{Server, first_line, on_path};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rival {
    Bare,
    WsTogether,
    WsEach,
    Websockets,
}

pub(crate) const RIVALS: [Rival; 4] = [Rival::Bare, Rival::WsTogether, Rival::WsEach, Rival::Websockets];

impl Rival {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare sockets",
            Self::WsTogether => "ws, a message a tick",
            Self::WsEach => "ws, a message a level",
            Self::Websockets => "websockets (Python)",
        }
    }
}

/// The packages, installed into a folder of their own.
pub(crate) struct Packages {
    folder: PathBuf,
    ws: Result<String, String>,
    websockets: Result<String, String>,
}

impl Packages {
    pub(crate) fn install(folder: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(folder).map_err(|why| why.to_string())?;
        let npm = Command::new("npm")
            .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
            .arg(folder)
            .arg("ws")
            .output();
        let ws = installed("npm install ws", npm).map(|()| ws_version(folder));
        let target = folder.join("python");
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"];
        let pip = Command::new("python3").args(pip).arg(&target).arg("websockets").output();
        let websockets = installed("pip install websockets", pip).map(|()| websockets_version(&target));
        std::fs::write(folder.join("server.mjs"), include_str!("ws_server.mjs")).map_err(|why| why.to_string())?;
        std::fs::write(folder.join("server.py"), include_str!("websockets_server.py"))
            .map_err(|why| why.to_string())?;
        Ok(Self { folder: folder.to_owned(), ws, websockets })
    }

    /// What a rival is, in words; or why it cannot take part.
    pub(crate) fn version(&self, rival: Rival) -> Result<String, String> {
        match rival {
            Rival::Bare => Ok("one thread, one write for each socket and tick".to_owned()),
            Rival::WsTogether | Rival::WsEach => self.ws.clone(),
            Rival::Websockets => self.websockets.clone(),
        }
    }

    /// Starts one; its items begin to change when so many clients are there.
    pub(crate) fn start(&self, rival: Rival, items: usize, clients: usize, every_ms: u128) -> Result<Server, String> {
        let words = [items.to_string(), clients.to_string(), every_ms.to_string()];
        let mut command = match rival {
            Rival::Bare => {
                let mut command = Command::new(std::env::current_exe().map_err(|why| why.to_string())?);
                command.arg(bare::CHILD).args(&words);
                command
            }
            Rival::WsTogether | Rival::WsEach => {
                let mode = if rival == Rival::WsEach { "each" } else { "together" };
                let mut command = Command::new("node");
                command.current_dir(&self.folder).arg("server.mjs").args(&words).arg(mode);
                command
            }
            Rival::Websockets => {
                let mut command = Command::new("python3");
                command.current_dir(&self.folder).env("PYTHONPATH", self.folder.join("python"));
                command.arg("server.py").args(&words);
                command
            }
        };
        Server::that_says(command.stdin(Stdio::null()), "listening on ")
    }
}

fn installed(what: &str, out: std::io::Result<std::process::Output>) -> Result<(), String> {
    match out {
        Ok(out) if out.status.success() => Ok(()),
        Ok(out) => {
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            Err(format!("{what} failed: {}", said.lines().next_back().unwrap_or_default()))
        }
        Err(why) => Err(format!("{what}: {why}")),
    }
}

fn ws_version(folder: &Path) -> String {
    let package = std::fs::read_to_string(folder.join("node_modules/ws/package.json")).unwrap_or_default();
    let package: serde_json::Value = serde_json::from_str(&package).unwrap_or_default();
    let node = on_path("node").map_or_else(|| "node".to_owned(), |node| first_line(&node, &["--version"]));
    format!("ws {} on node {node}", package["version"].as_str().unwrap_or("unknown"))
}

fn websockets_version(target: &Path) -> String {
    let names = std::fs::read_dir(target).into_iter().flatten().flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let version =
        names.filter_map(|name| Some(name.strip_prefix("websockets-")?.strip_suffix(".dist-info")?.to_owned())).next();
    let python = on_path("python3").map_or_else(|| "Python".to_owned(), |python| first_line(&python, &["--version"]));
    format!("websockets {} on {python}", version.unwrap_or_else(|| "unknown".to_owned()))
}
