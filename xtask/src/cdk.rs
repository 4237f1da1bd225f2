//! The CDK app: its own checks, its templates, and how the cdk command is called in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::house::{House, quietly, show};
use crate::installs::{node, node_modules_in_place, program, venv};
use crate::steps::time;

/// A team's first `cdk synth` must not take longer, without Rust and with nothing built.
const SYNTH_LIMIT: Duration = Duration::from_mins(1);

/// Configurations whose templates are looked at beside the default one's, which has none.
const CONFIGURATIONS: &str = "tests/judges/deploy/configurations";

/// What cfn-lint finds and we mean so, each with its reason.
const MEANT_SO: &[(&str, &str)] = &[
    ("W3005", "CDK makes a function wait for its role's policies, and names the role with them"),
    ("W6001", "the identity stack repeats the table's name, so that tenantctl's settings stand in one place"),
    ("W8003", "what was synthesized without the functions' code must not deploy: its rule is false on purpose"),
];

/// Where the app is, with its packages installed.
pub(crate) fn folder(house: &House) -> Result<PathBuf, Failure> {
    node()?;
    let folder = house.root.join("cdk");
    node_modules_in_place(&folder)?;
    Ok(folder)
}

/// A command of the app's own packages, in its folder.
pub(crate) fn tool(folder: &Path, name: &str) -> Command {
    let extension = if cfg!(windows) { ".cmd" } else { "" };
    let mut command = Command::new(folder.join(format!("node_modules/.bin/{name}{extension}")));
    // A tool of a build neither reports on itself nor looks for newer versions of itself.
    command.current_dir(folder).env("CDK_DISABLE_CLI_TELEMETRY", "true").env("CDK_DISABLE_VERSION_CHECK", "1");
    command
}

/// Format, lint, types, and the tests beside the constructs.
pub(crate) fn check(house: &House) -> Result<String, Failure> {
    let folder = folder(house)?;
    show(tool(&folder, "biome").args(["check", "--error-on-warnings", "."]))?;
    show(tool(&folder, "tsc").arg("--noEmit"))?;
    show(tool(&folder, "vitest").args(["run", "--reporter=dot"]))?;
    // Every public member has its sentence, and every link its end.
    show(tool(&folder, "typedoc").args(["--emit", "none", "--treatWarningsAsErrors"]))?;
    Ok(String::new())
}

/// Synthesizes the default app and each configuration, and lints every template.
pub(crate) fn templates(house: &House) -> Result<String, Failure> {
    let folder = folder(house)?;
    let output = house.metadata.target_directory.as_std_path().join("cdk");
    if output.exists() {
        fs::remove_dir_all(&output).map_err(|cause| Failure::because(output.display(), cause))?;
    }
    let began = Instant::now();
    synth(&folder, &output.join("default"), None)?;
    let took = began.elapsed();
    if took > SYNTH_LIMIT {
        return Err(Failure::new(format!("`cdk synth` took {}, more than {}", time(took), time(SYNTH_LIMIT))));
    }
    let configurations = house.root.join(CONFIGURATIONS);
    for configuration in sorted(&configurations)? {
        let name = configuration.file_stem().unwrap_or_default();
        synth(&folder, &output.join(name), Some(&configuration))?;
    }
    let templates = templates_in(&output)?;
    let requirements = house.root.join("xtask/tools/cfn-lint.txt");
    let mut lint = Command::new(program(&venv(house, "cfn-lint", &requirements)?, "cfn-lint"));
    lint.arg("--non-zero-exit-code").arg("informational").arg("--include-checks").arg("I");
    for (rule, _) in MEANT_SO {
        lint.arg("--ignore-checks").arg(rule);
    }
    println!("$ cfn-lint over {} templates", templates.len());
    quietly(lint.arg("--template").args(&templates))?;
    for (rule, reason) in MEANT_SO {
        println!("   ignored: {rule}, because {reason}");
    }
    Ok(format!("{} templates without a finding; the default synth took {}", templates.len(), time(took)))
}

fn synth(folder: &Path, output: &Path, configuration: Option<&Path>) -> Result<(), Failure> {
    let mut command = tool(folder, "cdk");
    command.args(["synth", "--quiet", "--no-notices", "--ci", "--output"]).arg(output);
    if let Some(path) = configuration {
        command.arg("--context").arg(format!("tenantry={}", path.display()));
    }
    // Synthesis asks no account for anything: what it makes is the same on every machine.
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    show(&mut command)
}

/// The templates below a folder, in nested assemblies too.
fn templates_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in sorted(folder)? {
        if path.is_dir() {
            found.extend(templates_in(&path)?);
        } else if path.to_string_lossy().ends_with(".template.json") {
            found.push(path);
        }
    }
    Ok(found)
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(|cause| Failure::because(folder.display(), cause))?;
    let mut paths: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}
