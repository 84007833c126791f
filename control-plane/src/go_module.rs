//! Builds the programs of this crate's Go module in the user's cache, once per version. `programs` decides
//! which ones are needed.

use std::env;
use std::fs::{self, File, TryLockError};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::build_plan::{BuildPlan, GoPackage, LIST_FORMAT};
use crate::go_command::{self, progress};
use crate::program::{Build, Program};

// Embedded, so that the binary builds the same versions without its source tree.
const GO_MOD: &str = include_str!("../go.mod");
const GO_SUM: &str = include_str!("../go.sum");
const CONTROLLERS: &str = include_str!("../controllers/main.go");

/// Folder of the module below that of its programs.
const MODULE: &str = "module";

/// Number and size of the modules that the four programs need, for an estimate.
const DOWNLOADS: &str = "160, 90 MB";

/// Returns the paths of programs in the cache, and builds the missing ones together.
///
/// Only one process builds at a time; others wait and use its result.
pub(crate) fn find_or_build(programs: &[&Program], variant: Build) -> Result<Vec<PathBuf>> {
    if let Some(paths) = cached(programs, variant)? {
        return Ok(paths);
    }
    let folder = program_cache_dir(variant)?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let _lock = lock(&folder)?;
    let mut missing = Vec::new();
    for program in programs {
        if cached(&[program], variant)?.is_none() {
            missing.push(*program);
        }
    }
    if !missing.is_empty() {
        build(&missing, &folder, variant)?;
    }
    cached(programs, variant)?.context("`go build` has not written all programs")
}

/// Returns the paths of programs if the cache has all of them. Full programs serve as light ones.
pub(crate) fn cached(programs: &[&Program], variant: Build) -> Result<Option<Vec<PathBuf>>> {
    let mut folders = vec![program_cache_dir(Build::Full)?];
    if variant == Build::Light {
        folders.push(program_cache_dir(variant)?);
    }
    let find = |program: &&Program| {
        folders.iter().map(|folder| folder.join(program.name)).find(|path| path.is_file())
    };
    Ok(programs.iter().map(find).collect())
}

/// Returns the cache directory of this project.
pub(crate) fn cache_dir() -> Result<PathBuf> {
    let caches = env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    let caches = match caches {
        Some(folder) => folder,
        None => PathBuf::from(env::var_os("HOME").context("neither XDG_CACHE_HOME nor HOME is set")?)
            .join(".cache"),
    };
    Ok(caches.join("clever-operator"))
}

fn program_cache_dir(variant: Build) -> Result<PathBuf> {
    let versions = format!(
        "{}-etcd-{}",
        required_version("k8s.io/kubernetes")?,
        required_version("go.etcd.io/etcd/server/v3")?
    );
    let folder = match variant {
        Build::Full => versions,
        Build::Light => format!("{versions}-light"),
    };
    Ok(cache_dir()?.join("control-plane").join(folder))
}

/// Returns the version of `module` that `go.mod` requires.
fn required_version(module: &str) -> Result<&'static str> {
    GO_MOD
        .lines()
        .filter_map(|line| line.trim().trim_start_matches("require ").split_once(' '))
        .find(|(name, _)| *name == module)
        .and_then(|(_, version)| version.split_whitespace().next())
        .with_context(|| format!("go.mod does not require {module}"))
}

/// Locks a directory until the returned file is dropped or the process exits.
pub(crate) fn lock(folder: &Path) -> Result<File> {
    let file = File::create(folder.join("lock"))?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => {
            progress("waiting for another process that is building the programs")
        }
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    file.lock()?;
    Ok(file)
}

/// Builds in another directory and renames, so that an interrupted build leaves no incomplete program.
fn build(programs: &[&Program], folder: &Path, variant: Build) -> Result<()> {
    write_module(folder)?;
    let names: Vec<&str> = programs.iter().map(|program| program.name).collect();
    progress(&format!("building {} from source, once", names.join(", ")));
    let began = Instant::now();
    let mut plan = plan(programs, folder, variant)?;
    progress(&plan.summary());
    let unfinished = folder.join("unfinished");
    fs::create_dir_all(&unfinished)?;
    let mut go = go("build", folder, variant)?;
    go.args(["-v", "-o"]).arg(&unfinished).args(packages(programs)).stdout(Stdio::null());
    go_command::run(&mut go, &folder.join("build.log"), &mut plan, BuildPlan::start, BuildPlan::progress)?;
    for program in programs {
        fs::rename(unfinished.join(program.executable()), folder.join(program.name))?;
    }
    progress(&format!("built in {} s", began.elapsed().as_secs()));
    Ok(())
}

fn write_module(folder: &Path) -> Result<()> {
    let module = folder.join(MODULE);
    fs::create_dir_all(module.join("controllers"))?;
    fs::write(module.join("go.mod"), GO_MOD)?;
    fs::write(module.join("go.sum"), GO_SUM)?;
    Ok(fs::write(module.join("controllers/main.go"), CONTROLLERS)?)
}

/// Lists the packages to compile. Downloads the sources of the programs.
fn plan(programs: &[&Program], folder: &Path, variant: Build) -> Result<BuildPlan> {
    let list = folder.join("packages.txt");
    let mut go = go("list", folder, variant)?;
    go.args(["-deps", "-f", LIST_FORMAT]).args(packages(programs)).stdout(File::create(&list)?);
    let count = |modules: &mut u32, line: &str| *modules += u32::from(line.contains("downloading"));
    let report = |modules: &u32, _| match modules {
        0 => "looking for the sources".to_owned(),
        _ => format!("downloading the sources: {modules} modules of about {DOWNLOADS}"),
    };
    go_command::run(&mut go, &folder.join("list.log"), &mut 0, count, report)?;
    let list = fs::read_to_string(&list)?;
    let packages: Vec<GoPackage> = list.lines().filter_map(GoPackage::parse).collect();
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    Ok(BuildPlan::new(programs, &packages, kilobytes, variant, cores))
}

fn kilobytes(package: &GoPackage) -> f64 {
    let size = |file: &String| fs::metadata(file).map_or(0, |file| file.len());
    package.files.iter().map(size).sum::<u64>() as f64 / 1000.0
}

fn packages<'a>(programs: &'a [&Program]) -> impl Iterator<Item = &'a str> {
    programs.iter().map(|program| program.package)
}

/// Returns a `go` command with the flags that determine the keys of Go's build cache.
fn go(command: &str, folder: &Path, variant: Build) -> Result<Command> {
    let mut go = Command::new("go");
    go.current_dir(folder.join(MODULE)).args([
        command,
        "-mod=readonly",
        "-trimpath",
        "-ldflags",
        &linker_flags()?,
    ]);
    if variant == Build::Light {
        // No optimization, no inlining, and no debug information, which the linker drops anyway.
        go.arg("-gcflags=all=-N -l -dwarf=false");
    }
    go.env("CGO_ENABLED", "0").env("GOWORK", "off");
    if env::var_os("GOGC").is_none() {
        // The compiler runs once for each package. It mostly ends before it is worth collecting garbage.
        go.env("GOGC", "400");
    }
    Ok(go)
}

/// Returns the linker flags that set the version. Without them the servers report `v0.0.0-master`, which
/// breaks clients that compare versions.
fn linker_flags() -> Result<String> {
    let version = required_version("k8s.io/kubernetes")?;
    let mut numbers = version.trim_start_matches('v').split('.');
    let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let package = "k8s.io/component-base/version";
    Ok(format!(
        "-s -w -X {package}.gitVersion={version} -X {package}.gitMajor={major} -X {package}.gitMinor={minor}"
    ))
}
