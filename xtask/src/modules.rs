//! Every source file is part of a program, a library or its tests: a test file that no `mod` names is never run, and nothing says so.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::house::House;

/// The files that nothing compiles, relative to the root.
pub(crate) fn forgotten(house: &House) -> Result<Vec<String>, Failure> {
    let mut compiled = BTreeSet::new();
    let mut there = BTreeSet::new();
    for package in house.metadata.workspace_packages() {
        for target in &package.targets {
            follow(target.src_path.as_std_path(), true, &mut compiled)?;
        }
        sources(&house.root.join(house.folder(package)), &mut there)?;
    }
    let relative = |path: &PathBuf| path.strip_prefix(&house.root).unwrap_or(path).to_string_lossy().replace('\\', "/");
    Ok(there.difference(&compiled).map(relative).collect())
}

/// A file and the modules that it names, and theirs.
fn follow(file: &Path, is_root: bool, compiled: &mut BTreeSet<PathBuf>) -> Result<(), Failure> {
    if !compiled.insert(file.to_path_buf()) {
        return Ok(());
    }
    let text = fs::read_to_string(file).map_err(|cause| Failure::because(file.display(), cause))?;
    let beside = file.parent().unwrap_or(Path::new(""));
    let is_root = is_root || file.ends_with("mod.rs");
    let folder = if is_root { beside.to_path_buf() } else { file.with_extension("") };
    for name in text.lines().filter_map(module) {
        let (plain, with_folder) = (folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs"));
        follow(if plain.is_file() { &plain } else { &with_folder }, false, compiled)?;
    }
    Ok(())
}

/// The name in `mod name;`, with whatever visibility.
fn module(line: &str) -> Option<&str> {
    let (visibility, name) = line.trim().strip_suffix(';')?.rsplit_once("mod ")?;
    let visibility = visibility.trim_end();
    let is_one =
        visibility.is_empty() || visibility == "pub" || (visibility.starts_with("pub(") && visibility.ends_with(')'));
    is_one.then_some(name)
}

fn sources(folder: &Path, found: &mut BTreeSet<PathBuf>) -> Result<(), Failure> {
    let because = |cause| Failure::because(folder.display(), cause);
    for entry in fs::read_dir(folder).map_err(because)? {
        let path = entry.map_err(because)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            // A folder with a manifest of its own is another package.
            let other = name == "node_modules" || name.starts_with("target") || name.starts_with('.');
            if !other && !path.join("Cargo.toml").is_file() {
                sources(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.insert(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_known_by_its_declaration() {
        for (line, name) in [
            ("mod fuzz;", Some("fuzz")),
            ("    pub(crate) mod fuzz;", Some("fuzz")),
            ("pub mod fuzz;", Some("fuzz")),
            ("mod tests {", None),
            ("// mod fuzz;", None),
            ("use super::mod_fuzz;", None),
        ] {
            assert_eq!(module(line), name, "{line}");
        }
    }

    #[test]
    fn a_file_that_no_module_names_is_found() {
        let folder = std::env::temp_dir().join(format!("tenantry-modules-{}", std::process::id()));
        fs::create_dir_all(folder.join("all/campaigns")).unwrap();
        for (file, text) in [
            ("all/main.rs", "mod campaigns;\nmod table;\n"),
            ("all/table.rs", ""),
            ("all/campaigns/mod.rs", "mod model;\n"),
            ("all/campaigns/model.rs", ""),
            ("all/campaigns/fuzz.rs", ""),
        ] {
            fs::write(folder.join(file), text).unwrap();
        }
        let (mut compiled, mut there) = (BTreeSet::new(), BTreeSet::new());
        follow(&folder.join("all/main.rs"), true, &mut compiled).unwrap();
        sources(&folder, &mut there).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        let forgotten: Vec<_> = there.difference(&compiled).collect();
        assert_eq!(forgotten, [&folder.join("all/campaigns/fuzz.rs")]);
    }
}
