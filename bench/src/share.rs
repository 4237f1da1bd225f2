//! A share of a processor, as Lambda gives it by memory: a control group (v2 or v1) for each process.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Memory with which a function has one vCPU [AWS Lambda, "Configure Lambda function memory"].
const WHOLE_MB: u32 = 1_769;
/// Lambda's period.
const PERIOD_US: u32 = 20_000;

/// How shares are given on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Shares {
    parent: PathBuf,
    version: Version,
    quota_us: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

impl Shares {
    /// For functions of this memory; the reason, where this machine gives none.
    pub(crate) fn of(memory_mb: u32) -> Result<Self, String> {
        let quota_us = PERIOD_US * memory_mb / WHOLE_MB;
        let mut reasons = Vec::new();
        for (parent, version) in [("/sys/fs/cgroup", Version::Two), ("/sys/fs/cgroup/cpu", Version::One)] {
            let shares = Self { parent: parent.into(), version, quota_us };
            match shares.group().and_then(|group| group.limit()) {
                Ok(()) => return Ok(shares),
                Err(reason) => reasons.push(reason),
            }
        }
        Err(reasons.join("; "))
    }

    /// A new group without a limit.
    pub(crate) fn group(&self) -> Result<Group, String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = self.parent.join(format!("tenantry-bench-{}-{number}", std::process::id()));
        if self.version == Version::Two {
            // If this is not allowed, the file that is looked for below is not there.
            let _as_before = write(&self.parent.join("cgroup.subtree_control"), "+cpu");
        }
        fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let group = Group { folder, version: self.version, quota_us: self.quota_us };
        let limit = group.file();
        if limit.exists() { Ok(group) } else { Err(format!("{} is not there", limit.display())) }
    }
}

/// A group. Dropping it removes it, once its process has ended.
#[derive(Debug)]
pub(crate) struct Group {
    folder: PathBuf,
    version: Version,
    quota_us: u32,
}

impl Group {
    /// Takes a process in, with all of its threads.
    pub(crate) fn take_in(&self, process: u32) -> Result<(), String> {
        write(&self.folder.join("cgroup.procs"), &process.to_string())
    }

    /// From now on its processes have no more than their share.
    pub(crate) fn limit(&self) -> Result<(), String> {
        match self.version {
            Version::Two => write(&self.file(), &format!("{} {PERIOD_US}", self.quota_us)),
            Version::One => {
                write(&self.folder.join("cpu.cfs_period_us"), &PERIOD_US.to_string())?;
                write(&self.file(), &self.quota_us.to_string())
            }
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.join(match self.version {
            Version::One => "cpu.cfs_quota_us",
            Version::Two => "cpu.max",
        })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // An empty group that stayed would hold nothing and slow nobody.
        let _stays = fs::remove_dir(&self.folder);
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
