//! Links of the pages lead somewhere: every relative link names a file of this tree, and every anchor a
//! heading, as GitHub names it. The boxes of diagrams name files that exist.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const PAGES: [&str; 6] =
    ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs", "sandbox/README.md"];

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages: Vec<_> = PAGES.iter().flat_map(|page| pages(&root.join(page))).collect();
    assert!(pages.len() > 30, "the pages were not found: {pages:?}");
    let (mut all, mut broken) = (0, Vec::new());
    for page in &pages {
        for link in links(&fs::read_to_string(page).unwrap()) {
            all += 1;
            broken.extend(problem(page, &link).map(|why| format!("{}: `{link}`: {why}", show(root, page))));
        }
    }
    assert!(all > 200, "the links were not found: {all}");
    assert!(broken.is_empty(), "correct the links:\n  {}\n", broken.join("\n  "));
}

#[test]
fn every_page_of_the_documentation_is_in_its_index() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let index = links(&fs::read_to_string(docs.join("README.md")).unwrap());
    let is_listed = |name: &str| index.iter().any(|link| link.split('#').next() == Some(name));
    let names = fs::read_dir(&docs).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let missing: Vec<_> =
        names.filter(|name| name.ends_with(".md") && name != "README.md" && !is_listed(name)).collect();
    assert!(missing.is_empty(), "add to docs/README.md: {missing:?}");
}

#[test]
fn every_box_of_a_diagram_names_a_file_or_a_folder_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = ["ARCHITECTURE.md", "docs/reading-the-code.md"];
    let paths: Vec<_> =
        pages.iter().flat_map(|page| drawn_paths(&fs::read_to_string(root.join(page)).unwrap())).collect();
    assert!(paths.len() > 15, "the diagrams were not found: {paths:?}");
    let missing: Vec<_> = paths.iter().filter(|path| !root.join(path).exists()).collect();
    assert!(missing.is_empty(), "correct the diagrams in {pages:?}: {missing:?}");
}

#[test]
fn these_checks_see_what_they_look_for() {
    let text = "[a](b.md#c-d) `[no](x)`\n```\n[no](y)\n```\n# Step 2: `a_b`, c!\n## Twice\n## Twice\n[e](https://f.test)";
    assert_eq!(links(text), ["b.md#c-d"]);
    assert_eq!(headings(text), ["step-2-a_b-c", "twice", "twice-1"]);
    assert_eq!(drawn_paths("src/a\n```mermaid\na[\"b<br/><i>src/b/c.rs</i>\"]\n```\n"), ["src/b/c.rs"]);
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/README.md");
    assert!(problem(&page, "no-such-page.md").is_some() && problem(&page, "../README.md").is_none());
    assert!(problem(&page, "../README.md#no-such-heading").is_some());
    assert!(problem(&page, "../README.md#kinds").is_none());
}

/// Returns the reason why a link of a page leads nowhere, if it does.
fn problem(page: &Path, link: &str) -> Option<String> {
    let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
    let target = if file.is_empty() { page.to_owned() } else { page.parent().unwrap().join(file) };
    if !target.exists() {
        return Some("no such file".to_owned());
    }
    let anchor = anchor.filter(|_| target.extension().is_some_and(|own| own == "md"))?;
    let headings = headings(&fs::read_to_string(&target).unwrap());
    (!headings.iter().any(|heading| heading == anchor))
        .then(|| format!("no such heading; there are: {}", headings.join(", ")))
}

/// Relative links of a page, in their order.
fn links(text: &str) -> Vec<String> {
    let prose: String = lines(text)
        .flat_map(|line| line.split('`').step_by(2).chain(["\n"]).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://")).map(str::to_owned).collect()
}

/// Anchors of the headings of a page, as GitHub makes them.
fn headings(text: &str) -> Vec<String> {
    let mut seen = BTreeMap::new();
    let titles = lines(text).filter(|line| line.starts_with('#'));
    titles
        .map(|title| {
            let kept = title.trim_start_matches('#').trim().to_lowercase();
            let slug: String = kept
                .chars()
                .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
                .map(|letter| if letter == ' ' { '-' } else { letter })
                .collect();
            let count = seen.entry(slug.clone()).and_modify(|count| *count += 1).or_insert(0);
            if *count == 0 { slug } else { format!("{slug}-{count}") }
        })
        .collect()
}

/// Paths of sources in the diagrams of a page.
fn drawn_paths(text: &str) -> Vec<String> {
    let diagrams = text.split("```mermaid\n").skip(1).filter_map(|rest| rest.split("```").next());
    let words = diagrams.flat_map(|diagram| {
        diagram.split(|letter: char| !letter.is_alphanumeric() && !"/._-".contains(letter))
    });
    let is_source = |word: &&str| word.starts_with("src/") || word.starts_with("interpreter/src/");
    words.filter(is_source).map(str::to_owned).collect()
}

/// Lines outside of fenced blocks.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// The page, or all pages below a folder.
fn pages(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return path
            .extension()
            .is_some_and(|own| own == "md")
            .then(|| path.to_owned())
            .into_iter()
            .collect();
    }
    fs::read_dir(path).unwrap().flat_map(|entry| pages(&entry.unwrap().path())).collect()
}

fn show(root: &Path, page: &Path) -> String {
    page.strip_prefix(root).unwrap_or(page).display().to_string()
}
