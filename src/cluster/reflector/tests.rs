//! Events in, changes out; no API server.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use kube::api::DynamicObject;

use super::*;

fn widgets() -> ApiResource {
    Kind {
        group: "example.com".into(),
        version: "v1".into(),
        kind: "Widget".into(),
        plural: "widgets".into(),
        namespaced: true,
    }
    .resource()
}

/// `name@version`, with the name for a uid.
fn widget(text: &str) -> DynamicObject {
    let (name, version) = text.split_once('@').unwrap();
    let mut widget = DynamicObject::new(name, &widgets()).within("here");
    widget.metadata.uid = Some(name.into());
    widget.metadata.resource_version = Some(version.into());
    widget
}

fn recreated(text: &str) -> DynamicObject {
    let mut widget = widget(text);
    widget.metadata.uid = Some("another".into());
    widget
}

fn apply_all(events: Vec<Event<DynamicObject>>) -> Vec<String> {
    let mut store = StoreWriter::new(widgets());
    let changes = events.iter().flat_map(|event| store.apply(event));
    changes.map(|change| shown(&change)).collect()
}

fn shown(change: &Change<DynamicObject>) -> String {
    let version = |object: &DynamicObject| {
        let meta = &object.metadata;
        let (name, version) = (meta.name.as_ref(), meta.resource_version.as_ref());
        format!("{}@{}", name.unwrap(), version.unwrap())
    };
    match change {
        Change::Added(object) => format!("+{}", version(object)),
        Change::Modified { before, after } => format!("{}>{}", version(before), version(after)),
        Change::Deleted(object) => format!("-{}", version(object)),
    }
}

fn list_of(objects: Vec<DynamicObject>) -> Vec<Event<DynamicObject>> {
    let mut events = vec![Event::Init];
    events.extend(objects.into_iter().map(Event::InitApply));
    events.push(Event::InitDone);
    events
}

#[test]
fn a_first_list_adds_object_by_object() {
    let events = list_of(vec![widget("a@1"), widget("b@2")]);
    let mut changes = apply_all(events);
    changes.sort();
    assert_eq!(changes, ["+a@1", "+b@2"]);
}

#[test]
fn a_write_shows_the_object_before() {
    let mut events = list_of(vec![widget("a@1")]);
    events.push(Event::Apply(widget("a@2")));
    assert_eq!(apply_all(events), ["+a@1", "a@1>a@2"]);
}

#[test]
fn the_next_list_shows_what_a_gap_hid() {
    let mut events = list_of(vec![widget("a@1"), widget("b@2"), widget("c@3")]);
    events.extend(list_of(vec![widget("a@1"), widget("c@4")]));
    let changes = apply_all(events);
    assert_eq!(changes[3..], ["c@3>c@4", "-b@2"]);
}

#[test]
fn a_list_after_a_restore_from_a_backup_shows_older_versions() {
    let mut events = list_of(vec![widget("a@8")]);
    events.extend(list_of(vec![widget("a@5")]));
    events.extend(list_of(vec![recreated("a@2")]));
    assert_eq!(apply_all(events), ["+a@8", "a@8>a@5", "-a@5", "+a@2"]);
}

#[test]
fn an_object_that_came_back_under_another_uid_is_another_object() {
    let mut events = list_of(vec![widget("a@1")]);
    events.extend(list_of(vec![recreated("a@9")]));
    assert_eq!(apply_all(events), ["+a@1", "-a@1", "+a@9"]);
}

#[test]
fn a_deletion_shows_the_last_state() {
    let mut events = list_of(vec![widget("a@1")]);
    events.push(Event::Delete(widget("a@2")));
    assert_eq!(apply_all(events), ["+a@1", "-a@2"]);
}
