//! `cargo xtask fuzz`: builds the targets of `fuzz/` with coverage counters, on the compiler that is there, and lets libFuzzer look for bytes
//! that break them. What it learns stays below `target/`; the committed corpora change only if somebody asks for it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use cargo_metadata::{Dependency, DependencyKind, Package};
use clap::Args;

use crate::failure::Failure;
use crate::house::{House, quietly, show, starts};
use crate::tools;

/// What to try.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Which targets; all of them, if none is named
    targets: Vec<String>,
    /// Each of them for so long
    #[arg(long, default_value_t = 1)]
    minutes: u64,
    /// So many at a time; as many as there are processors, two at most
    #[arg(long)]
    jobs: Option<usize>,
    /// Only this input: a file that a failure left
    #[arg(long, value_name = "FILE", requires = "targets")]
    replay: Option<PathBuf>,
    /// Adds to the committed corpora what was reached beyond them, in as few bytes as do it
    #[arg(long)]
    keep: bool,
}

/// Whoever sets this wants to be a compiler that leaves the counters out of what is not ours.
const COMPILER: &str = "TENANTRY_FUZZ_COMPILER";
/// Into which folder a target writes what it begins with (`fuzz/src/lib.rs`).
const SEEDS: &str = "TENANTRY_FUZZ_SEEDS";

/// What libFuzzer needs to see which code an input reaches.
const COUNTERS: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];
/// Ours that only stand around what is fuzzed, and others' that read what somebody sends.
const NOT_COUNTED: [&str; 6] = [
    "tenantry-tests",
    "tenantry-user-pool",
    "tenantry-laptop",
    "tenantry-pool",
    "tenantry-registrar",
    "tenantry-tenant-session",
];
const COUNTED: [&str; 5] = ["serde_json", "idna", "base64", "csv", "csv-core"];

/// A committed corpus has at most so many files and bytes.
const MOST_FILES: usize = 100;
const MOST_BYTES: usize = 200_000;
/// What was found once stays, whatever else reaches the same code today.
const FOUND: &str = "found-";
/// As long as an input gets.
const LONGEST: usize = 4_096;
/// How often it says how far it is.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);

/// Cargo calls this program in the compiler's place: with the arguments that it would give it, and the counters for ours alone. Counting what
/// the AWS SDK does takes long to build, is slow, and tells nothing of our decisions.
pub(crate) fn as_compiler() -> Option<ExitCode> {
    env::var_os(COMPILER)?;
    let mut arguments = env::args_os().skip(1);
    let compiler = arguments.next()?;
    let package = env::var("CARGO_PKG_NAME").unwrap_or_default();
    let arguments: Vec<OsString> = if is_counted(&package) { arguments.collect() } else { without_counters(arguments) };
    let status = Command::new(&compiler).args(arguments).env_remove(COMPILER).status();
    Some(match status {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(cause) => {
            eprintln!("error: {}: {cause}", compiler.display());
            ExitCode::FAILURE
        }
    })
}

fn is_counted(package: &str) -> bool {
    (package.starts_with("tenantry-") && !NOT_COUNTED.contains(&package)) || COUNTED.contains(&package)
}

fn without_counters(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    arguments.filter(|argument| !COUNTERS.iter().any(|counter| argument == counter)).collect()
}

/// Runs them.
pub(crate) fn run(house: &House, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let known = targets(house)?;
    if let Some(stranger) = arguments.targets.iter().find(|target| !known.contains(target)) {
        return Err(Failure::new(format!("there is no target {stranger}; there are: {}", known.join(", "))));
    }
    let wanted = if arguments.targets.is_empty() { known } else { arguments.targets.clone() };
    let bench = Bench::build(house, &arguments.targets)?;
    if let Some(file) = &arguments.replay {
        let [target] = wanted.as_slice() else {
            return Err(Failure::new("one input is of one target: cargo xtask fuzz TARGET --replay FILE"));
        };
        return tools::become_it(Command::new(bench.program(target)).arg(file));
    }
    let jobs = arguments.jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from).min(2)).max(1);
    println!("{} targets, {} min each, {jobs} at a time; corpora and logs: {}", wanted.len(), arguments.minutes, {
        bench.ground.display()
    });
    let time = Duration::from_secs(60 * arguments.minutes);
    let (waiting, done) = (Mutex::new(wanted.iter().collect::<VecDeque<_>>()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(target) = taken(&waiting) {
                    let ran = bench.run(target, time);
                    match &ran {
                        Ok(ran) => println!("{target}: {}", ran.sentence()),
                        Err(failure) => println!("{target}: {failure}"),
                    }
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((target, ran));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(target, _)| wanted.iter().position(|wanted| wanted == *target));
    println!("\n{:<22} {:>12} {:>9} {:>7} {:>7} {:>11}", "target", "executions", "a second", "cov", "ft", "slowest");
    let mut broken = false;
    for (target, ran) in &done {
        match ran {
            Ok(ran) => println!("{target:<22} {}", ran.row()),
            Err(failure) => println!("{target:<22} {failure}"),
        }
        broken |= !matches!(ran, Ok(Ran { crash: None, .. }));
    }
    for (target, ran) in &done {
        if let Ok(Ran { crash: Some(crash), .. }) = ran {
            println!("\n{target}: BROKEN\n{}", crash.words);
            match &crash.file {
                Some(file) => {
                    println!("the input: {0}\nreplay: cargo xtask fuzz {target} --replay {0}", file.display());
                }
                None => println!("it left no input; the log: {}", bench.folder(target).join("log").display()),
            }
        }
    }
    if arguments.keep && !broken {
        for target in &wanted {
            println!("{target}: {}", bench.keep(house, target)?);
        }
    }
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn taken<'a>(waiting: &Mutex<VecDeque<&'a String>>) -> Option<&'a String> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

/// The targets, by their files.
fn targets(house: &House) -> Result<Vec<String>, Failure> {
    let mut names: Vec<String> = files(&house.root.join("fuzz").join("fuzz_targets"))?
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |cause: std::io::Error| Failure::because(folder.display(), cause);
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(failed)?;
    files.sort();
    Ok(files)
}

/// Built targets, and where they work.
struct Bench {
    programs: PathBuf,
    /// A folder for each target: its corpus, what broke it, its log.
    ground: PathBuf,
    committed: PathBuf,
    dictionary: PathBuf,
}

impl Bench {
    /// These programs; all of them, if none is named.
    fn build(house: &House, targets: &[String]) -> Result<Self, Failure> {
        needs_a_compiler_of_cpp()?;
        lock_agrees(house)?;
        let triple = triple(house)?;
        let (fuzz, build) = (house.root.join("fuzz"), house.metadata.target_directory.as_std_path().join("fuzz"));
        println!("building the targets with coverage counters: minutes at first, as the AWS SDK is built anew");
        let mut cargo = house.cargo(&["build", "--release", "--locked", "--target", &triple, "--manifest-path"]);
        cargo.arg(fuzz.join("Cargo.toml")).arg("--target-dir").arg(&build);
        cargo.args(if targets.is_empty() { &["--bins"][..] } else { &[] });
        for target in targets {
            cargo.args(["--bin", target]);
        }
        let itself = env::current_exe().map_err(|cause| Failure::because("this program's own file", cause))?;
        show(
            cargo
                .env("RUSTC_WRAPPER", itself)
                .env(COMPILER, "1")
                .env("CARGO_ENCODED_RUSTFLAGS", format!("{}\u{1f}--cfg\u{1f}fuzzing", COUNTERS.join("\u{1f}"))),
        )?;
        Ok(Self {
            programs: build.join(triple).join("release"),
            ground: build.join("runs"),
            committed: fuzz.join("corpus"),
            dictionary: fuzz.join("dictionary"),
        })
    }

    fn program(&self, target: &str) -> PathBuf {
        self.programs.join(format!("{target}{}", env::consts::EXE_SUFFIX))
    }

    fn folder(&self, target: &str) -> PathBuf {
        self.ground.join(target)
    }

    /// Lets libFuzzer work for this long, and says now and then how far it is.
    fn run(&self, target: &str, time: Duration) -> Result<Ran, Failure> {
        let folder = self.folder(target);
        let (corpus, broken, seeds) = (folder.join("corpus"), folder.join("broken"), folder.join("seeds"));
        for folder in [&corpus, &broken, &seeds] {
            fs::create_dir_all(folder).map_err(|cause| Failure::because(folder.display(), cause))?;
        }
        empty(&seeds)?;
        let log = folder.join("log");
        let output = fs::File::create(&log).map_err(|cause| Failure::because(log.display(), cause))?;
        let mut command = Command::new(self.program(target));
        command.arg(&corpus).arg(&seeds).arg(self.committed.join(target)).env(SEEDS, &seeds);
        command.arg(format!("-max_total_time={}", time.as_secs())).arg(format!("-max_len={LONGEST}"));
        command.arg(format!("-dict={}", self.dictionary.display()));
        command.arg(format!("-artifact_prefix={}/", broken.display()));
        // A second without an answer is no answer. Between 50 ms and that, the target itself looks at the clock.
        command.args(["-timeout=10", "-print_final_stats=1", "-reload=0", "-rss_limit_mb=3072"]);
        let cloned = output.try_clone().map_err(|cause| Failure::because(log.display(), cause))?;
        command.stdin(Stdio::null()).stdout(cloned).stderr(output);
        let began = Instant::now();
        let mut process = command.spawn().map_err(|cause| Failure::because(target, cause))?;
        let mut told = Instant::now();
        let status = loop {
            if let Some(status) = process.try_wait().map_err(|cause| Failure::because(target, cause))? {
                break status;
            }
            thread::sleep(Duration::from_millis(200));
            if told.elapsed() >= SIGN_OF_LIFE {
                told = Instant::now();
                let pulse = read(&log)?.lines().rev().find_map(Pulse::of).unwrap_or_default();
                println!("   ... {target}, {} s: {pulse}", began.elapsed().as_secs());
            }
        };
        let said = read(&log)?;
        let mut ran = Ran::of(&said);
        if !status.success() {
            let file = artifact(&said).filter(|file| file.exists());
            ran.crash = Some(Crash { words: panic_words(&said), file });
        }
        Ok(ran)
    }

    /// The committed corpus with what the last runs reached beyond it and beyond the seeds.
    fn keep(&self, house: &House, target: &str) -> Result<String, Failure> {
        let (folder, committed) = (self.folder(target), self.committed.join(target));
        let least = folder.join("least");
        fs::create_dir_all(&least).map_err(|cause| Failure::because(least.display(), cause))?;
        empty(&least)?;
        // What the targets begin with follows from the fixtures, and is committed as those.
        let seeds = files(&folder.join("seeds"))?;
        for seed in &seeds {
            copy(seed, &least)?;
        }
        let mut merge = Command::new(self.program(target));
        merge.args(["-set_cover_merge=1", "-max_len=4096"]).arg(&least).arg(folder.join("corpus")).arg(&committed);
        quietly(merge.current_dir(&house.root))?;
        let mut kept = Vec::new();
        for file in files(&least)? {
            if !seeds.iter().any(|seed| seed.file_name() == file.file_name()) {
                let bytes = fs::read(&file).map_err(|cause| Failure::because(file.display(), cause))?;
                kept.push((bytes, file));
            }
        }
        kept.sort_by_key(|(bytes, _)| bytes.len());
        let places = spread(&kept.iter().map(|(bytes, _)| bytes.len()).collect::<Vec<_>>());
        for file in files(&committed)? {
            if !file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(FOUND)) {
                fs::remove_file(&file).map_err(|cause| Failure::because(file.display(), cause))?;
            }
        }
        let chosen: Vec<_> = places.iter().filter_map(|place| kept.get(*place)).collect();
        for (_, file) in &chosen {
            copy(file, &committed)?;
        }
        let (inputs, bytes) = (chosen.len(), chosen.iter().map(|(bytes, _)| bytes.len()).sum::<usize>());
        let all = kept.len();
        Ok(format!("{inputs} inputs of {bytes} bytes in fuzz/corpus/{target}, of {all} that reach something"))
    }
}

/// Which of these, the shortest first, a committed corpus has room for: some of every length, since what reaches far is long.
fn spread(lengths: &[usize]) -> Vec<usize> {
    let files = lengths.len().min(MOST_FILES);
    let mut bytes = 0;
    let fits = |place: &usize| {
        bytes += lengths.get(*place).copied().unwrap_or_default();
        bytes <= MOST_BYTES
    };
    (0..files).map(|nth| nth * lengths.len() / files).take_while(fits).collect()
}

fn copy(file: &Path, folder: &Path) -> Result<(), Failure> {
    let to = folder.join(file.file_name().unwrap_or_default());
    fs::copy(file, &to).map(drop).map_err(|cause| Failure::because(to.display(), cause))
}

fn empty(folder: &Path) -> Result<(), Failure> {
    for file in files(folder)? {
        fs::remove_file(&file).map_err(|cause| Failure::because(file.display(), cause))?;
    }
    Ok(())
}

fn read(log: &Path) -> Result<String, Failure> {
    let bytes = fs::read(log).map_err(|cause| Failure::because(log.display(), cause))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// libFuzzer is C++.
fn needs_a_compiler_of_cpp() -> Result<(), Failure> {
    let named = env::var_os("CXX");
    let known = named.map_or_else(|| vec!["c++".into(), "g++".into(), "clang++".into()], |cxx| vec![cxx]);
    if known.iter().any(|compiler| starts(compiler, &["--version"])) {
        return Ok(());
    }
    let sentence =
        "a C++ compiler is missing, and libFuzzer is built with one: install g++ or clang, or name yours in CXX";
    Err(Failure::new(sentence))
}

/// What the fuzzers build is what the workspace builds: the same versions, and of our rooms what their manifests name now.
fn lock_agrees(house: &House) -> Result<(), Failure> {
    let (root, fuzz) = (locked(&house.root.join("Cargo.lock"))?, locked(&house.root.join("fuzz").join("Cargo.lock"))?);
    let ours: BTreeMap<&str, BTreeSet<String>> = house
        .metadata
        .workspace_packages()
        .into_iter()
        .map(|package| (package.name.as_str(), needed(package)))
        .collect();
    let behind = fuzz.iter().find(|((name, version), knows)| {
        let same = root.contains_key(&(name.clone(), version.clone())) || ITS_OWN.contains(&name.as_str());
        !same || ours.get(name.as_str()).is_some_and(|needs| needs != *knows)
    });
    match behind {
        None => Ok(()),
        Some(((name, version), _)) => Err(Failure::new(format!(
            "fuzz/Cargo.lock is behind Cargo.lock at {name} {version}: `cp Cargo.lock fuzz/ && cargo tree --manifest-path fuzz/Cargo.toml` brings it up"
        ))),
    }
}

/// What the fuzzers have beyond the workspace.
const ITS_OWN: [&str; 4] = ["tenantry-fuzz", "libfuzzer-sys", "arbitrary", "jobserver"];

fn needed(package: &Package) -> BTreeSet<String> {
    let built = |dependency: &&Dependency| dependency.kind != DependencyKind::Development;
    package.dependencies.iter().filter(built).map(|dependency| dependency.name.clone()).collect()
}

/// The packages of a lock file, each with the names of what it needs.
fn locked(file: &Path) -> Result<BTreeMap<(String, String), BTreeSet<String>>, Failure> {
    let text = fs::read_to_string(file).map_err(|cause| Failure::because(file.display(), cause))?;
    let lock: toml::Table = text.parse().map_err(|cause| Failure::because(file.display(), cause))?;
    let text = |value: Option<&toml::Value>| value.and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    Ok(packages
        .map(|package| {
            let needs = package.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
            // `name`, or `name version` where there are several.
            let needs = needs.filter_map(|need| need.as_str()?.split(' ').next()).map(str::to_owned).collect();
            ((text(package.get("name")), text(package.get("version"))), needs)
        })
        .collect())
}

/// The processor and system of this machine, as the compiler calls them. With `--target`, what runs while building has no counters.
fn triple(house: &House) -> Result<String, Failure> {
    let said = quietly(Command::new("rustc").current_dir(&house.root).arg("-vV"))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Failure::new("rustc does not say for which machine it compiles"))
}

/// What a run did.
#[derive(Debug, Default, PartialEq, Eq)]
struct Ran {
    pulse: Pulse,
    executions: u64,
    a_second: u64,
    /// In microseconds; nothing if nothing took a millisecond.
    slowest: Option<u64>,
    crash: Option<Crash>,
}

#[derive(Debug, PartialEq, Eq)]
struct Crash {
    words: String,
    file: Option<PathBuf>,
}

impl Ran {
    /// From what libFuzzer, and the target, said.
    fn of(said: &str) -> Self {
        let stat = |name: &str| {
            let line = said.lines().rev().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name));
            line.and_then(|line| line.trim_start_matches([':', ' ']).parse().ok())
        };
        let pulse = said.lines().rev().find_map(Pulse::of).unwrap_or_default();
        Self {
            executions: stat("number_of_executed_units").unwrap_or(pulse.executions),
            a_second: stat("average_exec_per_sec").unwrap_or(0),
            slowest: said
                .lines()
                .rev()
                .find_map(|line| line.strip_prefix("slowest: ")?.split(' ').next()?.parse().ok()),
            crash: None,
            pulse,
        }
    }

    fn slowest(&self) -> String {
        self.slowest.map_or_else(|| "< 1 ms".to_owned(), |us| format!("{}.{} ms", us / 1_000, us % 1_000 / 100))
    }

    fn sentence(&self) -> String {
        let end = if self.crash.is_some() { "BROKEN" } else { "nothing broke" };
        format!("{} executions, {}, {} at most; {end}", self.executions, self.pulse.reached(), self.slowest())
    }

    fn row(&self) -> String {
        let Pulse { cov, ft, .. } = self.pulse;
        let end = if self.crash.is_some() { "  BROKEN" } else { "" };
        format!("{:>12} {:>9} {cov:>7} {ft:>7} {:>11}{end}", self.executions, self.a_second, self.slowest())
    }
}

/// A line of libFuzzer's: `#1024  NEW  cov: 310 ft: 411 corp: 12/96b ...`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Pulse {
    executions: u64,
    cov: u64,
    ft: u64,
}

impl Pulse {
    fn of(line: &str) -> Option<Self> {
        let number = |name: &str| {
            let (_, after) = line.split_once(name)?;
            after.trim_start().split(' ').next()?.parse().ok()
        };
        let executions = line.strip_prefix('#')?.split(['\t', ' ', ':']).next()?.parse().ok()?;
        Some(Self { executions, cov: number(" cov:")?, ft: number(" ft:")? })
    }

    fn reached(self) -> String {
        format!("cov {} ft {}", self.cov, self.ft)
    }
}

impl std::fmt::Display for Pulse {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} executions, {}", self.executions, self.reached())
    }
}

/// What the panic said; what libFuzzer said, if nothing panicked.
fn panic_words(said: &str) -> String {
    let begins = |word: &str| said.lines().position(|line| line.contains(word));
    let Some(at) = begins("panicked at ").or_else(|| begins("ERROR: ")) else {
        return "it ended without a word".to_owned();
    };
    let mut lines = said.lines().skip(at);
    let first = lines.next().unwrap_or_default();
    let rest = lines.take_while(|line| !line.starts_with("note: ") && !line.starts_with("==")).take(20);
    let words = std::iter::once(first).chain(rest).map(|line| line.chars().take(2_000).collect::<String>());
    words.collect::<Vec<_>>().join("\n")
}

/// The file into which libFuzzer wrote what broke the target.
fn artifact(said: &str) -> Option<PathBuf> {
    said.lines().find_map(|line| Some(PathBuf::from(line.split_once("Test unit written to ")?.1.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "\
INFO: Seed: 7
#2\tINITED cov: 310 ft: 311 corp: 1/1b exec/s: 0 rss: 40Mb
slowest: 1900 us, 12 bytes
#1024\tNEW    cov: 412 ft: 520 corp: 12/96b lim: 4 exec/s: 512 rss: 41Mb L: 4/4 MS: 1 ChangeBit-
thread '<unnamed>' (7) panicked at tests/src/campaign/fuzz/nouns.rs:20:5:
assertion failed: it
does not hold
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
==7== ERROR: libFuzzer: deadly signal
Test unit written to target/fuzz/runs/address/broken/crash-00
stat::number_of_executed_units: 1100
stat::average_exec_per_sec:     550
";

    #[test]
    fn what_libfuzzer_says_is_read() {
        let ran = Ran::of(SAID);
        assert_eq!((ran.executions, ran.a_second, ran.slowest), (1_100, 550, Some(1_900)));
        assert_eq!(ran.pulse, Pulse { executions: 1_024, cov: 412, ft: 520 });
        assert_eq!(ran.slowest(), "1.9 ms");
        assert_eq!(artifact(SAID), Some(PathBuf::from("target/fuzz/runs/address/broken/crash-00")));
        let words = panic_words(SAID);
        assert!(words.ends_with("nouns.rs:20:5:\nassertion failed: it\ndoes not hold"), "{words}");
        assert_eq!(
            panic_words("==7== ERROR: libFuzzer: out-of-memory\nmore"),
            "==7== ERROR: libFuzzer: out-of-memory\nmore"
        );
        assert_eq!(Ran::of(""), Ran::default());
    }

    #[test]
    fn the_counters_are_of_what_is_fuzzed() {
        for (package, counted) in [
            ("tenantry-domain", true),
            ("tenantry-pre-sign-up", true),
            ("serde_json", true),
            ("tenantry-tests", false),
            ("aws-sdk-dynamodb", false),
        ] {
            assert_eq!(is_counted(package), counted, "{package}");
        }
        let arguments = ["--crate-name", "x", COUNTERS[0], "-O", COUNTERS[4]].map(OsString::from);
        assert_eq!(without_counters(arguments.into_iter()), ["--crate-name", "x", "-O"]);
    }

    #[test]
    fn the_fuzzers_build_what_the_workspace_builds() {
        lock_agrees(&House::open().unwrap()).unwrap_or_else(|failure| panic!("{failure}"));
    }

    #[test]
    fn a_committed_corpus_stays_small() {
        let places = spread(&[1; 500]);
        assert_eq!((places.len(), places.first(), places.last()), (MOST_FILES, Some(&0), Some(&495)));
        assert_eq!(spread(&[10, MOST_BYTES, MOST_BYTES]), [0]);
        assert_eq!(spread(&[1, 2]), [0, 1]);
        assert!(spread(&[]).is_empty());
    }
}
