//! Servers as child processes: started on loopback, stopped when they go out of scope.
#![allow(dead_code, reason = "each measurement needs some of it")]

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// What ends it in good order.
    stop: Signal,
}

impl Server {
    /// Starts one that says where it listens: the line with this beginning has the address behind it.
    pub(crate) fn that_says(command: &mut Command, beginning: &str) -> Result<Self, String> {
        let name = name(command);
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(|why| format!("{name}: {why}"))?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix(beginning) {
                let address = address.trim().parse().map_err(|_| format!("{name} says {line}"))?;
                return Ok(Self { child, address, stop: Signal::TERM });
            }
        }
        let _ = child.wait();
        Err(format!("{name} ended without saying where it listens"))
    }

    /// Starts one that was told where to listen, and waits until it does.
    pub(crate) fn listening_on(command: &mut Command, address: SocketAddr, stop: Signal) -> Result<Self, String> {
        let name = name(command);
        let mut child = command.spawn().map_err(|why| format!("{name}: {why}"))?;
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = child.try_wait().map_err(|why| why.to_string())?;
            if ended.is_some() || begun.elapsed() > PATIENCE {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{name} does not listen on {address}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { child, address, stop })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if pid.is_none_or(|pid| kill_process(pid, self.stop).is_err()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn name(command: &Command) -> String {
    PathBuf::from(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// An address on loopback that nobody listens on.
pub(crate) fn free_address() -> Result<SocketAddr, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|why| why.to_string())?;
    listener.local_addr().map_err(|why| why.to_string())
}

/// A program on the path.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// The first line that a program prints when it runs like this.
pub(crate) fn first_line(program: &Path, words: &[&str]) -> String {
    let out = Command::new(program).args(words).output();
    let text = out.map(|out| String::from_utf8_lossy(&out.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").trim().to_owned()
}
