//! Which operation a method and a path mean. Templates come from the service description; `{name}` stands for one segment, percent-decoded
//! by itself, so that an encoded slash never becomes a path. Knows no operation's meaning.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use percent_encoding::percent_decode_str;

use crate::service::{ApiOperation, ServiceDescription};

/// What the `{name}`s of a template stood for.
pub(crate) type PathParams = BTreeMap<String, String>;

/// A request that was recognised.
#[derive(Clone, Debug)]
pub(crate) struct RouteMatch {
    pub(crate) operation: ApiOperation,
    /// The provider whose own address this is; none for addresses shared by all.
    pub(crate) provider: Option<String>,
    pub(crate) params: PathParams,
    pub(crate) public: bool,
}

/// All templates of a service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes(Vec<Route>);

#[derive(Clone, Debug)]
struct Route {
    operation: ApiOperation,
    provider: Option<String>,
    public: bool,
    method: String,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug)]
enum Segment {
    Literal(String),
    Placeholder(String),
}

impl Routes {
    /// Reads every template of the service, the shared ones and those of its providers.
    pub(crate) fn from_service(service: &ServiceDescription) -> Result<Self> {
        let shared = service.operations.iter().flat_map(|(operation, pattern)| pattern.iter().map(|pattern| (*operation, None, pattern)));
        let own = service
            .providers
            .iter()
            .flat_map(|(slug, provider)| provider.operations.iter().map(|(operation, pattern)| (*operation, Some(slug.clone()), pattern)));
        let route = |(operation, provider, pattern): (ApiOperation, Option<String>, &String)| {
            let (method, path) = pattern.split_once(' ').with_context(|| format!("{pattern:?} is not a method and a path"))?;
            let public = service.public.contains(&operation);
            Ok(Route { operation, provider, public, method: method.to_owned(), segments: path.split('/').skip(1).map(segment).collect() })
        };
        Ok(Self(shared.chain(own).map(route).collect::<Result<_>>()?))
    }

    /// The operation of this method and raw path.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<RouteMatch> {
        let segments: Vec<String> = path.split('/').skip(1).map(|raw| percent_decode_str(raw).decode_utf8_lossy().into_owned()).collect();
        self.0.iter().filter(|route| route.method == method).find_map(|route| {
            let params = route.params(&segments)?;
            Some(RouteMatch { operation: route.operation, provider: route.provider.clone(), params, public: route.public })
        })
    }
}

impl Route {
    fn params(&self, segments: &[String]) -> Option<PathParams> {
        if self.segments.len() != segments.len() {
            return None;
        }
        let mut params = PathParams::new();
        for (expected, found) in self.segments.iter().zip(segments) {
            match expected {
                Segment::Literal(text) if text == found => {}
                Segment::Placeholder(name) if !found.is_empty() => {
                    params.insert(name.clone(), found.clone());
                }
                Segment::Literal(_) | Segment::Placeholder(_) => return None,
            }
        }
        Some(params)
    }
}

fn segment(text: &str) -> Segment {
    match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) => Segment::Placeholder(name.to_owned()),
        None => Segment::Literal(text.to_owned()),
    }
}
