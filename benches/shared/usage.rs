//! What the system says about a process: time on the processors, memory; and about the machine.
#![allow(dead_code, reason = "each measurement needs some of it")]

use std::collections::HashMap;

/// The kernel counts a process's time in hundredths of a second.
const TICKS_PER_S: f64 = 100.0;

/// Seconds that a process and those it started have spent on the processors.
pub(crate) fn processor_s(pid: u32) -> f64 {
    let (mut own, mut children) = (HashMap::new(), HashMap::<u32, Vec<u32>>::new());
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(one) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Some((parent, ticks)) = stat(one) else { continue };
        own.insert(one, ticks);
        children.entry(parent).or_default().push(one);
    }
    let mut sum = 0;
    let mut open = vec![pid];
    while let Some(one) = open.pop() {
        sum += own.get(&one).copied().unwrap_or(0);
        open.extend(children.get(&one).into_iter().flatten());
    }
    sum as f64 / TICKS_PER_S
}

/// The parent of a process, and its ticks with those of its children that have ended.
fn stat(pid: u32) -> Option<(u32, u64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11..15)?.iter().filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Some((fields.get(1)?.parse().ok()?, ticks))
}

/// Bytes of memory that a process has in use.
pub(crate) fn resident_bytes(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Where a measurement ran.
#[derive(serde::Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    /// Waiting and running programs over the last minute, when it began.
    pub(crate) load_before: String,
}

impl Machine {
    pub(crate) fn here() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
        let processors = read("/proc/cpuinfo");
        let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Self {
            processor: model.map_or("unknown", |(_, name)| name).to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: format!("{} {}", std::env::consts::OS, read("/proc/sys/kernel/osrelease")),
            load_before: load(),
        }
    }
}

/// Waiting and running programs over the last minute.
pub(crate) fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}
