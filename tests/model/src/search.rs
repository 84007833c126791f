//! Search: visits every state of a world, breadth first, so that the first story of a violation is a shortest
//! one; then looks for states from which the world never comes to a good rest.

use crate::graph::Graph;
use crate::packing::Key;

/// A small world: its states, and everything that may happen in each.
pub(crate) trait World {
    /// A state.
    type State: Copy;
    /// Something that happens, for stories.
    type Event: Copy;

    /// The state in which every story begins.
    fn start(&self) -> Self::State;
    /// Everything that may happen next. Nothing happens after a violation.
    fn next(&self, state: &Self::State, next: &mut Vec<Next<Self>>);
    /// The packed state; states that differ in nothing that matters have the same one.
    fn pack(&self, state: &Self::State) -> Key;
    /// The state of a key.
    fn unpack(&self, key: Key) -> Self::State;
    /// The violation in this state, as an index of [`World::violations`].
    fn violation(&self, state: &Self::State) -> Option<usize>;
    /// The names of the violations.
    fn violations(&self) -> &'static [&'static str];
    /// Returns true for a state that must come to a good rest, once there are no more faults.
    fn must_settle(&self, state: &Self::State) -> bool;
    /// Returns true for a good rest.
    fn is_good(&self, state: &Self::State) -> bool;
    /// Returns true for a good rest in which nothing is on its way any more.
    fn is_final(&self, state: &Self::State) -> bool;
    /// Returns true when a step between these states wrote nothing.
    fn is_unchanged(&self, one: &Self::State, other: &Self::State) -> bool;
    /// Returns true for a state that makes a good example of a bad rest: nothing is on its way.
    fn is_calm(&self, state: &Self::State) -> bool;
    /// The event as a sentence.
    fn tell(&self, event: Self::Event) -> String;
    /// The state as a line.
    fn show(&self, state: &Self::State) -> String;
    /// Returns true when the world was too small for something that could have happened.
    fn is_cramped(&self) -> bool;
}

/// Something that happens, and the state after it.
pub(crate) struct Next<W: World + ?Sized> {
    pub(crate) state: W::State,
    pub(crate) event: W::Event,
    /// A fault or an act of a user: it may happen, but nothing may depend on it.
    pub(crate) is_fault: bool,
}

/// A violation: where it is, and the number of steps of its shortest story.
#[derive(Clone, Copy)]
struct Found {
    state: u32,
    steps: usize,
}

/// Result of a search.
pub(crate) struct Outcome {
    /// The number of states.
    pub(crate) states: usize,
    /// The violations, each with its shortest story.
    pub(crate) violations: Vec<Violation>,
    /// The world was too small for something that could have happened.
    pub(crate) cramped: bool,
    /// The search stopped at the limit.
    pub(crate) stopped: bool,
}

/// A violation, and the shortest story that leads to it.
pub(crate) struct Violation {
    pub(crate) name: String,
    pub(crate) steps: usize,
    pub(crate) story: Vec<String>,
}

/// Searches the world. Stops where it has more states than `limit`.
pub(crate) fn search<W: World>(world: &W, limit: usize) -> Outcome {
    let mut graph = Graph::new(world.pack(&world.start()));
    let mut next = Vec::new();
    let mut found: Vec<Option<Found>> = vec![None; world.violations().len()];
    let (mut at, mut level_end, mut depth) = (0, 1, 0);
    while at < graph.len() && graph.len() <= limit {
        if at == level_end {
            depth += 1;
            level_end = graph.len();
        }
        let state = world.unpack(graph.key(at));
        if let Some(violation) = world.violation(&state) {
            found[violation].get_or_insert(Found { state: at as u32, steps: depth });
        }
        world.next(&state, &mut next);
        for step in next.drain(..) {
            graph.add(world.pack(&step.state), at as u32);
        }
        at += 1;
    }
    let stopped = graph.len() > limit;
    let named = world.violations().iter().zip(&found);
    let mut violations: Vec<_> = named
        .filter_map(|(name, found)| Some((*name, (*found)?)))
        .map(|(name, found)| violation(world, &graph, name.to_owned(), found))
        .collect();
    if !stopped {
        violations.extend(unsettled(world, &graph));
    }
    Outcome { states: graph.len(), violations, cramped: world.is_cramped(), stopped }
}

fn violation<W: World>(world: &W, graph: &Graph, name: String, found: Found) -> Violation {
    Violation { name, steps: found.steps, story: story(world, graph, found.state) }
}

/// Looks backwards from every good rest, along steps that are no faults, for the states that reach none: with
/// strong fairness, every other state does. Also looks for a good rest that does not last.
fn unsettled<W: World>(world: &W, graph: &Graph) -> Vec<Violation> {
    let (before, restless) = steps_back(world, graph);
    let mut good: Vec<_> = (0..graph.len()).map(|at| world.is_good(&world.unpack(graph.key(at)))).collect();
    let mut todo: Vec<_> = (0..graph.len()).filter(|at| good[*at]).collect();
    while let Some(at) = todo.pop() {
        for &earlier in before.of(at) {
            let earlier = earlier as usize;
            if !good[earlier] {
                good[earlier] = true;
                todo.push(earlier);
            }
        }
    }
    let is_trap = |at: &usize| !good[*at] && world.must_settle(&world.unpack(graph.key(*at)));
    let first = (0..graph.len()).find(is_trap);
    let calm = (0..graph.len()).filter(is_trap).find(|at| world.is_calm(&world.unpack(graph.key(*at))));
    let named = |name: &str, at: Option<usize>| {
        at.map(|at| (name.to_owned(), Found { state: at as u32, steps: graph.depth(at) }))
    };
    let all = [named("no good rest", calm.or(first)), named("a good rest that goes on writing", restless)];
    all.into_iter().flatten().map(|(name, found)| violation(world, graph, name, found)).collect()
}

/// The steps without a fault among states that must settle, backwards.
struct StepsBack {
    /// The end of each state's part of `from`.
    ends: Vec<u32>,
    from: Vec<u32>,
}

impl StepsBack {
    fn of(&self, at: usize) -> &[u32] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.from[start as usize..self.ends[at] as usize]
    }
}

/// Returns the steps back, and the first good rest after which something is written.
fn steps_back<W: World>(world: &W, graph: &Graph) -> (StepsBack, Option<usize>) {
    let mut ends = vec![0_u32; graph.len() + 1];
    let mut restless = None;
    let mut next = Vec::new();
    // Twice: first the number of steps to each state, then the steps.
    let mut visit = |each: &mut dyn FnMut(usize, usize)| {
        for at in 0..graph.len() {
            let state = world.unpack(graph.key(at));
            if !world.must_settle(&state) {
                continue;
            }
            world.next(&state, &mut next);
            for step in next.drain(..).filter(|step| !step.is_fault) {
                if restless.is_none() && world.is_final(&state) && !world.is_unchanged(&state, &step.state) {
                    restless = Some(at);
                }
                let to = graph.position(world.pack(&step.state));
                if let Some(to) = to.filter(|to| *to != at && world.violation(&step.state).is_none()) {
                    each(at, to);
                }
            }
        }
    };
    visit(&mut |_, to| ends[to] += 1);
    let mut sum = 0;
    for end in &mut ends {
        let count = *end;
        *end = sum;
        sum += count;
    }
    let mut from = vec![0_u32; sum as usize];
    visit(&mut |at, to| {
        from[ends[to] as usize] = at as u32;
        ends[to] += 1;
    });
    (StepsBack { ends, from }, restless)
}

/// Returns the shortest way to a state, one line for each step.
fn story<W: World>(world: &W, graph: &Graph, at: u32) -> Vec<String> {
    let mut state = world.start();
    let mut next = Vec::new();
    let mut lines = Vec::new();
    for key in graph.path(at) {
        world.next(&state, &mut next);
        let Some(step) = next.drain(..).find(|step| world.pack(&step.state) == key) else {
            lines.push("the story cannot be told: the same state has different next states".to_owned());
            break;
        };
        lines.push(format!("{:<66} {}", world.tell(step.event), world.show(&step.state)));
        state = step.state;
    }
    lines
}
