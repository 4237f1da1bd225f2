//! THIRD-PARTY.md: what is linked into the functions and the tools, under which licence, by whom.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::Package;

use crate::failure::Failure;
use crate::functions;
use crate::house::{House, quietly};

/// The rooms whose programs people may ship.
const TOOLS: &[&str] = &["tenantry-tenantctl", "tenantry-user-pool", "tenantry-laptop"];

/// Where functions run.
const LAMBDA: &[&str] = &["--target=x86_64-unknown-linux-gnu", "--target=aarch64-unknown-linux-gnu"];

/// Where tools run.
const DESKS: &[&str] = &[
    "--target=x86_64-unknown-linux-gnu",
    "--target=aarch64-unknown-linux-gnu",
    "--target=x86_64-apple-darwin",
    "--target=aarch64-apple-darwin",
];

/// Writes the file.
pub(crate) fn write(house: &House) -> Result<String, Failure> {
    let path = file(house);
    fs::write(&path, text(house)?).map_err(|cause| Failure::because(path.display(), cause))?;
    Ok("THIRD-PARTY.md is written".to_owned())
}

/// Fails when the file is not what would be written.
pub(crate) fn check(house: &House) -> Result<String, Failure> {
    if fs::read_to_string(file(house)).is_ok_and(|there| text(house).is_ok_and(|text| text == there)) {
        Ok("THIRD-PARTY.md is current".to_owned())
    } else {
        text(house)?;
        Err(Failure::new("THIRD-PARTY.md is not current: `cargo xtask notices` writes it anew"))
    }
}

fn file(house: &House) -> PathBuf {
    house.root.join("THIRD-PARTY.md")
}

fn text(house: &House) -> Result<String, Failure> {
    let functions: Vec<&str> = functions::packages(house).into_iter().map(|package| package.name.as_str()).collect();
    let in_functions = linked(house, &functions, LAMBDA)?;
    let in_tools: Vec<&Package> = linked(house, TOOLS, DESKS)?
        .into_iter()
        .filter(|package| !in_functions.iter().any(|other| other.id == package.id))
        .collect();

    let mut page = String::from(
        "# Third-party notices\n\nWritten by `cargo xtask notices`. Where a crate offers a choice, Tenantry takes MIT, or \
         else Apache-2.0; the texts are at the end.\n",
    );
    section(&mut page, "Linked into the functions", &in_functions);
    section(&mut page, "Linked into the command line and the laptop alone", &in_tools);
    let all: Vec<&Package> = in_functions.into_iter().chain(in_tools).collect();
    texts(&mut page, house, &all)?;
    Ok(page)
}

/// The crates of others that are linked into these packages, each built as it is shipped.
fn linked<'a>(house: &'a House, packages: &[&str], targets: &[&str]) -> Result<Vec<&'a Package>, Failure> {
    let mut arguments = vec!["tree", "--locked", "--edges=normal,no-proc-macro", "--prefix=none", "--format={p}"];
    arguments.extend(targets);
    for package in packages {
        arguments.extend(["-p", package]);
    }
    let tree = quietly(&mut house.cargo(&arguments))?;
    let named: BTreeSet<(&str, &str)> = tree
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next()?.trim_start_matches('v')))
        })
        .collect();
    let mut found: Vec<&Package> = house
        .metadata
        .packages
        .iter()
        .filter(|package| package.source.is_some())
        .filter(|package| named.contains(&(package.name.as_str(), package.version.to_string().as_str())))
        .collect();
    found.sort_by(|a, b| (a.name.as_str(), &a.version).cmp(&(b.name.as_str(), &b.version)));
    Ok(found)
}

fn section(page: &mut String, heading: &str, packages: &[&Package]) {
    let _infallible = write!(
        page,
        "\n## {heading}\n\n{} crates.\n\n| crate | licence | copyright |\n|---|---|---|\n",
        packages.len()
    );
    for package in packages {
        let copyright = copyright(package);
        let _infallible = writeln!(
            page,
            "| {} {} | {} | {} |",
            package.name,
            package.version,
            licence(package),
            copyright.replace('|', "\\|"),
        );
    }
}

fn licence(package: &Package) -> String {
    package.license.clone().unwrap_or_else(|| "see its licence file".to_owned()).replace('/', " OR ").replace("  ", " ")
}

/// The copyright lines of its licence files, or else its authors.
fn copyright(package: &Package) -> String {
    let mut lines = BTreeSet::new();
    for file in licence_files(package) {
        let text = fs::read_to_string(file).unwrap_or_default();
        lines.extend(text.lines().filter_map(copyright_line).take(4));
    }
    if lines.is_empty() {
        lines.extend(package.authors.iter().map(|author| without_address(author)));
    }
    if lines.is_empty() {
        return format!("the {} authors", package.name);
    }
    lines.into_iter().collect::<Vec<_>>().join("; ")
}

fn copyright_line(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches(['#', '*', '/', '-', ' ']);
    let rest = line.strip_prefix("Copyright").or_else(|| line.strip_prefix("copyright"))?;
    let names_someone =
        rest.to_lowercase().contains("(c)") || rest.contains('©') || rest.chars().any(|c| c.is_ascii_digit());
    let boilerplate = rest.contains("[yyyy]") || rest.contains("{yyyy}") || rest.contains("<year>");
    (names_someone && !boilerplate).then(|| without_address(line).trim_end_matches('.').to_owned())
}

/// `Somebody <somebody@somewhere>` without the address.
fn without_address(line: &str) -> String {
    line.split('<').next().unwrap_or(line).trim().to_owned()
}

/// Files in a package's root that speak of its licence, in order of their names.
fn licence_files(package: &Package) -> Vec<PathBuf> {
    let Some(folder) = package.manifest_path.parent() else { return Vec::new() };
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && speaks_of_licence(path))
        .collect();
    files.sort();
    files
}

fn speaks_of_licence(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
    ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"].iter().any(|start| name.starts_with(start))
}

/// MIT once, a pointer to Apache-2.0, the others word for word, and every NOTICE that Apache-2.0 asks to pass on.
fn texts(page: &mut String, house: &House, packages: &[&Package]) -> Result<(), Failure> {
    let mut others: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages {
        let ours_to_choose = can_take_mit_or_apache(package.license.as_deref().unwrap_or_default());
        for file in licence_files(package) {
            let name = file.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
            if ours_to_choose && !name.starts_with("NOTICE") {
                continue;
            }
            let text = fs::read_to_string(&file).map_err(|cause| Failure::because(file.display(), cause))?;
            let text = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned();
            if text.contains("Apache License")
                && text.contains("TERMS AND CONDITIONS FOR USE")
                && !name.starts_with("NOTICE")
            {
                continue;
            }
            others.entry(text).or_default().push(format!("{} {}", package.name, package.version));
        }
    }
    let mit =
        fs::read_to_string(house.root.join("LICENSE-MIT")).map_err(|cause| Failure::because("LICENSE-MIT", cause))?;
    let permission =
        mit.split_once("Permission is").map_or(mit.as_str(), |(start, _)| mit.strip_prefix(start).unwrap_or(&mit));
    let _infallible = write!(
        page,
        "\n## Texts\n\n### Apache-2.0\n\nIn [LICENSE-APACHE](LICENSE-APACHE).\n\n### MIT\n\n```text\n{}\n```\n",
        permission.trim()
    );
    let mut others: Vec<_> = others.into_iter().collect();
    others.sort_by(|(_, a), (_, b)| a.cmp(b));
    for (text, crates) in others {
        let _infallible = write!(page, "\n### {}\n\n````text\n{text}\n````\n", crates.join(", "));
    }
    Ok(())
}

/// `MIT OR Apache-2.0`, `Apache-2.0/MIT`, `Zlib OR Apache-2.0 OR MIT`, but not `MIT AND BSD-3-Clause`.
fn can_take_mit_or_apache(expression: &str) -> bool {
    !expression.contains("AND")
        && expression.split([' ', '/', '(', ')']).any(|word| matches!(word, "MIT" | "Apache-2.0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_where_a_choice_is_ours() {
        for (expression, ours) in [
            ("MIT OR Apache-2.0", true),
            ("MIT/Apache-2.0", true),
            ("Unlicense OR MIT", true),
            ("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT", true),
            ("Apache-2.0 AND ISC", false),
            ("BSD-3-Clause", false),
            ("Unicode-3.0", false),
        ] {
            assert_eq!(can_take_mit_or_apache(expression), ours, "{expression}");
        }
    }

    #[test]
    fn takes_lines_that_name_someone() {
        for (line, taken) in [
            ("Copyright (c) 2014 The Rust Project Developers", true),
            ("   Copyright 2015-2024 Brian Smith.", true),
            ("// Copyright © Somebody", true),
            ("Copyright [yyyy] [name of copyright owner]", false),
            ("copyright notice that is included in or attached to the work", false),
            ("The above copyright notice and this permission notice", false),
        ] {
            assert_eq!(copyright_line(line).is_some(), taken, "{line}");
        }
    }
}
