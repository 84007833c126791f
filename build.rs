//! Runs the interpreter over `catalog/`: a catalog with errors does not compile, and the binary carries the
//! files with the CRDs they become.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

use interpreter::catalog::{self, Catalog, Severity, Source};
use interpreter::crd;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let sources = [read("catalog/apis")?, read("catalog/addons")?].concat();
    let loaded = catalog::load(&sources);
    eprint!("{}", catalog::show(&loaded.problems, &sources));
    if loaded.problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err("the catalog has errors".into());
    }
    for problem in &loaded.problems {
        println!("cargo::warning={}:{}:{}: {}", problem.file, problem.line, problem.column, problem.message);
    }
    let out = env::var_os("OUT_DIR").ok_or("cargo sets no OUT_DIR")?;
    fs::write(Path::new(&out).join("catalog.rs"), files(&sources) + &crds(&loaded.catalog)?)?;
    Ok(())
}

/// The YAML files of a folder, by name; building again when one changes, comes or goes.
fn read(folder: &str) -> io::Result<Vec<Source>> {
    println!("cargo::rerun-if-changed={folder}");
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    let source = |path: &std::path::PathBuf| {
        println!("cargo::rerun-if-changed={}", path.display());
        Ok(Source { path: path.display().to_string(), text: fs::read_to_string(path)? })
    };
    paths.iter().map(source).collect()
}

fn files(sources: &[Source]) -> String {
    let row = |source: &Source| format!("({:?}, {:?}),\n", source.path, source.text);
    let rows: String = sources.iter().map(row).collect();
    format!("pub(super) const FILES: &[(&str, &str)] = &[\n{rows}];\n")
}

fn crds(catalog: &Catalog) -> Result<String> {
    let mut text = "pub(super) const CRDS: &[(&str, &str, &str)] = &[\n".to_owned();
    for addon in catalog.addons.values() {
        writeln!(
            text,
            "({:?}, {:?}, {:?}),",
            addon.name,
            crd::file_name(addon),
            crd::yaml(&crd::crd(addon))?
        )?;
    }
    Ok(text + "];\n")
}
