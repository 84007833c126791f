//! Estimates how long `go build` takes, from the sizes of the packages that are not in Go's build cache, and
//! follows its progress.

use std::collections::HashMap;
use std::time::Duration;

use crate::program::{Build, Program};

/// Format of `go list` for [`GoPackage::parse`].
pub(crate) const LIST_FORMAT: &str = r#"{{.ImportPath}}	{{.Stale}}	{{.Name}}	{{.Dir}}	{{join .GoFiles ","}}"#;

/// Seconds of one core to compile a package, to compile a kilobyte of it, and to link a program; measured on
/// a core of a small cloud machine, for a cold build of all programs.
#[derive(Clone, Copy, Debug)]
struct Costs {
    package: f64,
    kilobyte: f64,
    link: f64,
}

const FULL: Costs = Costs { package: 0.15, kilobyte: 0.0021, link: 6.0 };
const LIGHT: Costs = Costs { package: 0.08, kilobyte: 0.0016, link: 6.0 };

/// Share of the build after which the measured speed counts as much as the expected one.
const TRUST: f64 = 0.1;

/// A package that the programs need, as `go list` prints it.
#[derive(Debug)]
pub(crate) struct GoPackage {
    path: String,
    is_stale: bool,
    is_main: bool,
    /// Paths of its files.
    pub(crate) files: Vec<String>,
}

impl GoPackage {
    /// Parses a line of `go list -f LIST_FORMAT`.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut columns = line.split('\t');
        let (path, stale, name, folder) =
            (columns.next()?, columns.next()?, columns.next()?, columns.next()?);
        let files = columns.next()?.split(',').filter(|file| !file.is_empty());
        Some(GoPackage {
            path: path.to_owned(),
            is_stale: stale == "true",
            is_main: name == "main",
            files: files.map(|file| format!("{folder}/{file}")).collect(),
        })
    }
}

/// The packages to compile, in the order of the programs that need them.
#[derive(Debug)]
pub(crate) struct BuildPlan {
    programs: Vec<&'static str>,
    /// Index of the first program that needs a package, and the seconds that it takes; until it is started.
    packages: HashMap<String, (usize, f64)>,
    cores: f64,
    total: f64,
    /// Seconds of one core for the packages that are compiled, and for the one that was started last.
    done: f64,
    current: f64,
}

impl BuildPlan {
    /// Creates a plan from the packages of `go list -deps`, which lists each program after the packages that
    /// it needs.
    pub(crate) fn new(
        programs: &[&Program],
        packages: &[GoPackage],
        kilobytes: impl Fn(&GoPackage) -> f64,
        variant: Build,
        cores: usize,
    ) -> Self {
        let costs = match variant {
            Build::Full => FULL,
            Build::Light => LIGHT,
        };
        let (mut program, mut planned) = (0, HashMap::new());
        for package in packages {
            let link = if package.is_main { costs.link } else { 0.0 };
            if package.is_stale {
                let seconds = costs.package + costs.kilobyte * kilobytes(package) + link;
                planned.insert(package.path.clone(), (program, seconds));
            }
            program += usize::from(package.is_main);
        }
        let total = planned.values().map(|(_, seconds)| seconds).sum();
        BuildPlan {
            programs: programs.iter().map(|program| program.name).collect(),
            packages: planned,
            cores: cores.max(1) as f64,
            total,
            done: 0.0,
            current: 0.0,
        }
    }

    /// Describes the whole build.
    pub(crate) fn summary(&self) -> String {
        format!(
            "compiling {} Go packages; that takes {} on {} cores",
            self.packages.len(),
            minutes(Duration::from_secs_f64(self.total / self.cores)),
            self.cores
        )
    }

    /// Notes that the compilation of a package starts. Other lines of `go build -v` are ignored.
    pub(crate) fn start(&mut self, package: &str) {
        if let Some((_, seconds)) = self.packages.remove(package) {
            self.done += self.current;
            self.current = seconds;
        }
    }

    /// Describes the progress after this time.
    pub(crate) fn progress(&self, elapsed: Duration) -> String {
        let expected = TRUST * self.total;
        let speed = (self.done + expected) / (elapsed.as_secs_f64() + expected / self.cores);
        let left = Duration::from_secs_f64((self.total - self.done).max(0.0) / speed.max(f64::EPSILON));
        // Go starts with packages that need no other, whichever program needs them, and goes on by program.
        let current = self.packages.values().map(|(program, _)| *program).min();
        let current = current.unwrap_or(self.programs.len().saturating_sub(1));
        let name = self.programs.get(current).copied().unwrap_or_default();
        format!("building {name} ({} of {}, {} left)", current + 1, self.programs.len(), minutes(left))
    }
}

fn minutes(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..90 => format!("about {} s", (seconds / 10 + 1) * 10),
        seconds => format!("about {} min", (seconds + 30) / 60),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::version::Version;

    const PROGRAMS: [Program; 2] = [program("one"), program("two")];

    const fn program(name: &'static str) -> Program {
        Program { name, package: name, version_arguments: &[], min_version: Version::new(1, 0) }
    }

    fn plan(list: &str) -> BuildPlan {
        let packages: Vec<GoPackage> = list.lines().map(|line| GoPackage::parse(line).unwrap()).collect();
        let programs: Vec<&Program> = PROGRAMS.iter().collect();
        BuildPlan::new(&programs, &packages, |_| 0.0, Build::Full, 2)
    }

    #[test]
    fn cached_packages_cost_nothing() {
        let plan = plan("a\tfalse\ta\t/a\ta.go\none\tfalse\tmain\t/one\tmain.go\nb\ttrue\tb\t/b\tb.go\n");
        assert_eq!(plan.summary(), "compiling 1 Go packages; that takes about 10 s on 2 cores");
    }

    #[test]
    fn progress_names_the_program_and_the_time_left() {
        let list = "a\ttrue\ta\t/a\t\none\ttrue\tmain\t/one\t\nb\ttrue\tb\t/b\t\ntwo\ttrue\tmain\t/two\t\n";
        let mut plan = plan(list);
        assert_eq!(plan.progress(Duration::ZERO), "building one (1 of 2, about 10 s left)");
        plan.start("b");
        assert_eq!(plan.progress(Duration::ZERO), "building one (1 of 2, about 10 s left)");
        for package in ["a", "one", "# two", "two"] {
            plan.start(package);
        }
        assert_eq!(plan.progress(Duration::from_secs(300)), "building two (2 of 2, about 4 min left)");
    }

    #[test]
    fn a_package_has_its_files_with_their_paths() {
        let package = GoPackage::parse("a\ttrue\ta\t/a\tb.go,c.go").unwrap();
        assert_eq!(package.files, ["/a/b.go", "/a/c.go"]);
        assert!(GoPackage::parse("go: downloading k8s.io/api v0.36.3").is_none());
    }
}
