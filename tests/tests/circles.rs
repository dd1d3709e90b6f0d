//! No two modules of the core need each other, however long the way round: each folder can be read from the
//! bottom up.
//!
//! It is seen from the `use` lines. A module and those inside it are one: between them imports may go both
//! ways, as they must, and what goes out of a module counts for the module that it is in. A name that one
//! module passes on from another is followed to where it is.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Names from the root of the crate down; the root itself is empty.
type Module = Vec<String>;

/// The text of each module.
type Sources = BTreeMap<Module, String>;

fn core() -> Sources {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("core/src");
    let mut sources = Sources::new();
    read(&folder, &Module::new(), &mut sources);
    sources
}

/// The modules in a folder, which is that of `parent`.
fn read(folder: &Path, parent: &Module, sources: &mut Sources) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let inside = [&parent[..], &[name.to_owned()]].concat();
        if path.is_dir() {
            read(&path, &inside, sources);
        } else if name != "tests" {
            let module = if ["lib", "mod"].contains(&name) { parent.clone() } else { inside };
            sources.insert(module, fs::read_to_string(&path).unwrap());
        }
    }
}

/// The paths that each module imports, each with the name that it has there.
type Imports = BTreeMap<Module, Vec<(Vec<String>, String)>>;

fn imports(text: &str) -> Vec<(Vec<String>, String)> {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let code: Vec<_> = text.lines().map(|line| line.split("//").next().unwrap_or_default().trim()).collect();
    let mut found = vec![];
    for (index, line) in code.iter().enumerate() {
        let after_visibility = match line.strip_prefix("pub") {
            Some(rest) => rest.trim_start_matches(|c| c != ' ').trim_start(),
            None => line,
        };
        let after_visibility = if line.starts_with("pub(in ") {
            line.split_once(')').map_or("", |(_, rest)| rest.trim_start())
        } else {
            after_visibility
        };
        if let Some(first) = after_visibility.strip_prefix("use ") {
            let rest = code[index + 1..].iter().copied();
            let whole: Vec<_> = std::iter::once(first).chain(rest).collect();
            let whole = whole.join(" ");
            expand(&[], whole.split(';').next().unwrap_or_default(), &mut found);
        }
    }
    found
}

/// The paths of a tree such as `json::{self, Field}`, after those segments.
fn expand(before: &[String], tree: &str, found: &mut Vec<(Vec<String>, String)>) {
    let tree = tree.trim();
    if let Some((path, group)) = tree.split_once('{') {
        let segments = path.split("::").map(str::trim).filter(|segment| !segment.is_empty());
        let before = [before, &segments.map(String::from).collect::<Vec<_>>()].concat();
        let group = group.trim_end().strip_suffix('}').expect("a group ends");
        let (mut depth, mut begin) = (0, 0);
        for (at, byte) in group.bytes().chain([b',']).enumerate() {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                b',' if depth == 0 => {
                    let part = group.get(begin..at).unwrap_or_default();
                    if !part.trim().is_empty() {
                        expand(&before, part, found);
                    }
                    begin = at + 1;
                }
                _ => {}
            }
        }
        return;
    }
    let (path, name) = tree.split_once(" as ").map_or((tree, None), |(path, name)| (path, Some(name.trim())));
    let mut path: Vec<_> =
        before.iter().cloned().chain(path.split("::").map(|segment| segment.trim().to_owned())).collect();
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let name = name.map_or_else(|| path.last().cloned().unwrap_or_default(), String::from);
    found.push((path, name));
}

/// The module that has what `path` leads to from `module`; `None`: it is of another crate.
fn target(imports: &Imports, module: &Module, path: &[String], hops: usize) -> Option<Module> {
    let mut at = match path.first()?.as_str() {
        "crate" => Module::new(),
        "self" => module.clone(),
        "super" => module[..module.len() - 1].to_vec(),
        first if imports.contains_key(&[&module[..], &[first.to_owned()]].concat()) => {
            [&module[..], &[first.to_owned()]].concat()
        }
        _ => return None,
    };
    for (index, segment) in path.iter().enumerate().skip(1) {
        let inside = [&at[..], std::slice::from_ref(segment)].concat();
        if segment == "super" {
            at.pop();
        } else if imports.contains_key(&inside) {
            at = inside;
        } else {
            let passed_on = imports[&at].iter().find(|(_, name)| name == segment);
            let Some((way, _)) = passed_on.filter(|_| hops > 0) else { return Some(at) };
            let way = [&way[..], &path[index + 1..]].concat();
            return target(imports, &at, &way, hops - 1).or(Some(at));
        }
    }
    Some(at)
}

/// The first circle of neighbours in one folder: each module, and the one that it imports from.
fn circle(sources: &Sources) -> Option<Vec<String>> {
    let mut edges: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    let imports: Imports = sources.iter().map(|(module, text)| (module.clone(), imports(text))).collect();
    for (module, paths) in &imports {
        for (path, _) in paths {
            let Some(target) = target(&imports, module, path, 10) else { continue };
            let shared = module.iter().zip(&target).take_while(|(one, other)| one == other).count();
            if shared < module.len() && shared < target.len() {
                edges.entry(module[..=shared].to_vec()).or_default().insert(target[..=shared].to_vec());
            }
        }
    }
    assert!(edges.len() > 20, "the imports are found: {edges:?}");
    edges.keys().find_map(|module| {
        let mut way = vec![module.clone()];
        leads_back(&edges, &mut way, &mut BTreeSet::new())
            .then(|| way.iter().map(|module| module.join("::")).collect())
    })
}

/// Whether the way can be continued to where it began; it is continued so then.
fn leads_back(
    edges: &BTreeMap<Module, BTreeSet<Module>>,
    way: &mut Vec<Module>,
    seen: &mut BTreeSet<Module>,
) -> bool {
    let begin = way[0].clone();
    let Some(next) = way.last().and_then(|last| edges.get(last)) else { return false };
    for module in next {
        way.push(module.clone());
        if *module == begin || seen.insert(module.clone()) && leads_back(edges, way, seen) {
            return true;
        }
        way.pop();
    }
    false
}

#[test]
fn no_modules_of_the_core_import_each_other_in_a_circle() {
    assert_eq!(circle(&core()), None);
}

#[test]
fn a_circle_is_found_however_it_is_closed() {
    for (module, line, expected) in [
        ("json/limits", "use super::fill::Filler;", &["json::fill", "json::limits"][..]),
        ("json/limits", "use super::Filler;", &["json::fill", "json::limits"]),
        ("json/limits", "use crate::json::{self, Filler as Other};", &["json::fill", "json::limits"]),
        (
            "json/node",
            "pub(super) use super::tree::{\n    count,\n    tree,\n};",
            &["json::node", "json::tree"],
        ),
        ("json/scan", "pub(in crate::json) use super::value::Sink;", &["json::scan", "json::value"]),
        ("http/words", "use crate::http::Error as _, super::Head;", &["http::head", "http::words"]),
        ("text", "use crate::session::Session;", &["session", "text"]),
        ("json/tokenizer/escape", "use super::grammar::State;", &["json::tokenizer::escape"]),
    ] {
        let mut sources = core();
        let text = sources.get_mut(&module.split('/').map(String::from).collect::<Vec<_>>()).unwrap();
        let line = line.replace(" as _, ", " as _;\nuse ");
        text.insert_str(0, &(line.clone() + "\n"));
        let found = circle(&sources).unwrap_or_else(|| panic!("{module}: {line}"));
        assert!(expected.iter().all(|one| found.iter().any(|other| other == one)), "{line}: {found:?}");
    }
}

#[test]
fn comments_and_what_only_tests_import_close_no_circle() {
    let mut sources = core();
    let limits = sources.get_mut(&vec!["json".to_owned(), "limits".to_owned()]).unwrap();
    *limits +=
        "// use super::fill::Filler;\n#[cfg(test)]\nmod tests {\n    use super::super::fill::Filler;\n}\n";
    assert_eq!(circle(&sources), None);
}
