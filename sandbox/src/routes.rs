//! Maps a method and a path to an operation. Patterns come from the service description; `{name}` matches one
//! segment. Each segment is percent-decoded separately, so that an encoded slash does not split the path.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use percent_encoding::percent_decode_str;

use crate::service::{ApiOperation, Page, ServiceDescription};

/// Values of the `{name}` placeholders of a pattern.
pub(crate) type PathParams = BTreeMap<String, String>;

/// The route that a request matched.
#[derive(Clone, Debug)]
pub(crate) struct RouteMatch {
    pub(crate) operation: ApiOperation,
    /// The provider that the path belongs to; `None` for paths shared by all providers.
    pub(crate) provider: Option<String>,
    pub(crate) params: PathParams,
    /// The response, if it is a template.
    pub(crate) page: Option<Page>,
    pub(crate) public: bool,
}

/// All routes of a service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes(Vec<Route>);

#[derive(Clone, Debug)]
struct Route {
    operation: ApiOperation,
    provider: Option<String>,
    page: Option<Page>,
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
    /// Collects the routes of the service, both the shared ones and those of its providers.
    pub(crate) fn from_service(service: &ServiceDescription) -> Result<Self> {
        let shared = service
            .operations
            .iter()
            .flat_map(|(operation, pattern)| pattern.iter().map(|pattern| (*operation, None, pattern)));
        let own = service.providers.iter().flat_map(|(slug, provider)| {
            provider.operations.iter().map(|(operation, pattern)| (*operation, Some(slug.clone()), pattern))
        });
        let with_code = shared.chain(own).map(|(operation, provider, pattern)| {
            let public = service.public.contains(&operation);
            Ok(Route { public, ..Route::new(operation, provider, pattern)? })
        });
        let shared_pages = service.pages.iter().map(|page| Route::of_page(page, None));
        let own_pages = service.providers.iter().flat_map(|(slug, provider)| {
            provider.pages.iter().map(|page| Route::of_page(page, Some(slug.clone())))
        });
        let mut routes: Vec<Route> = with_code.chain(shared_pages).chain(own_pages).collect::<Result<_>>()?;
        // A literal segment takes precedence over a placeholder: `/addons/preorders` is no add-on.
        routes.sort_by_key(Route::placeholders);
        Ok(Self(routes))
    }

    /// Finds the route of a method and a percent-encoded path.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<RouteMatch> {
        let segments: Vec<String> = path
            .split('/')
            .skip(1)
            .map(|raw| percent_decode_str(raw).decode_utf8_lossy().into_owned())
            .collect();
        self.0.iter().filter(|route| route.method == method).find_map(|route| {
            let params = route.params(&segments)?;
            Some(RouteMatch {
                operation: route.operation,
                provider: route.provider.clone(),
                params,
                page: route.page.clone(),
                public: route.public,
            })
        })
    }
}

impl Route {
    fn new(operation: ApiOperation, provider: Option<String>, pattern: &str) -> Result<Self> {
        let (method, path) = pattern
            .split_once(' ')
            .with_context(|| format!("route {pattern:?} is not a method and a path separated by a space"))?;
        Ok(Self {
            operation,
            provider,
            page: None,
            public: false,
            method: method.to_owned(),
            segments: path.split('/').skip(1).map(segment).collect(),
        })
    }

    fn of_page(page: &Page, provider: Option<String>) -> Result<Self> {
        let route = Self::new(ApiOperation::Page, provider, &page.request)?;
        Ok(Self { page: Some(page.clone()), public: page.public, ..route })
    }

    fn placeholders(&self) -> usize {
        self.segments.iter().filter(|segment| matches!(segment, Segment::Placeholder(_))).count()
    }

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
