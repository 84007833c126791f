//! Every kind of problem that a catalog can have, listed once, each with a stable code.

use serde::{Serialize, Serializer};

/// Effect of a problem on its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The entry is rejected and missing from the catalog.
    Error,
    /// The entry is accepted; a part of it has no effect.
    Warning,
}

macro_rules! codes {
    ($($variant:ident = $name:literal $severity:ident $meaning:literal;)*) => {
        /// Kind of a problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $meaning] $variant,)* }

        impl Code {
            /// All codes, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Stable name of the code, such as `CAT001`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns [`Severity::Error`] when a problem of this kind rejects its entry.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// Explanation of the code, in one line.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

codes! {
    NotYaml = "CAT001" Error "The file is not YAML.";
    DuplicateKey = "CAT002" Error "A key is written twice in one object.";
    NeitherApiNorAddon = "CAT003" Error "The file is neither an API nor an add-on.";
    UnknownKey = "CAT004" Error "The format has no such key here.";
    MissingKey = "CAT005" Error "A key is missing.";
    WrongType = "CAT006" Error "A value has the wrong type.";
    NotAllowed = "CAT007" Error "A value is none of those that are allowed.";
    Malformed = "CAT008" Error "A value does not have the form it must have.";
    NotInACrd = "CAT009" Error "A CustomResourceDefinition cannot say this; there is a substitute.";
    TakenEntry = "CAT010" Error "Two entries have one name, and neither says that it replaces the other.";
    UnknownApi = "CAT011" Error "An add-on needs an API that is not there.";
    BrokenApi = "CAT012" Error "An API has problems, and takes the add-ons that need it with it.";
    LeftBehind = "CAT013" Warning "A built-in add-on does not work with the API that replaces its own, and stays with the one that it had.";
    UnusedApi = "CAT014" Warning "No add-on needs this API.";
    UnknownSwitch = "CAT015" Warning "An added entry is behind a switch that the configuration does not have.";

    NotASelector = "CAT020" Error "A text that begins with `$` is not a JSONPath.";
    NotATemplate = "CAT021" Error "A text with `{{` in it is not a template that only names values.";
    UnknownName = "CAT022" Error "An expression names something that does not exist.";
    NameNotHere = "CAT023" Error "An expression names something that does not exist yet, or not at this place.";
    RendersAnObject = "CAT024" Error "A template makes a text of an object.";
    NotAPattern = "CAT025" Error "A regular expression does not parse.";
    NotARequest = "CAT026" Error "A request is not `METHOD host:/path?query`.";
    UnknownHost = "CAT027" Error "A request goes to a host that the API does not name.";
    WrongMethod = "CAT028" Error "The method does not fit what the request is for.";
    NotADuration = "CAT029" Error "A duration is too long, or too short for what it is for.";

    UnknownField = "CAT040" Error "There is no such field.";
    PathConflict = "CAT041" Error "Two fields stand in each other's way in the spec.";
    TakenField = "CAT042" Error "A shared field is placed twice.";
    IncompleteField = "CAT043" Error "A field lacks its type or its description.";
    WrongBounds = "CAT044" Error "A bound does not fit the type, or nothing fits between two bounds.";
    Unbounded = "CAT045" Error "A text, list or map has no upper bound; the API server refuses rules about it.";
    DefaultDoesNotFit = "CAT046" Error "A default, fixed or absent value is not one the field can have.";
    ValueDoesNotFit = "CAT047" Error "A value of `oneOf` or `values` is not one the field can have.";
    UnknownOffer = "CAT048" Error "A field must be one of what is offered, and no request tells what is.";
    UnknownChange = "CAT049" Error "A field is changed by a change that does not exist.";
    NotCovered = "CAT050" Error "A field is changed by a change that does not cover it.";
    CoversNothing = "CAT051" Error "A change covers a field that does not exist.";
    SentTwice = "CAT052" Error "Two fields are sent as one option.";
    NoOrder = "CAT053" Error "A direction or a comparison needs values that have an order.";
    NeverFilled = "CAT054" Error "A request needs a field that this entry neither places nor fixes.";
    ForNothing = "CAT055" Warning "A setting has no effect beside the others.";
    NeverSeen = "CAT056" Warning "A field can be changed, but nothing shows whether it was.";
    NoEffect = "CAT057" Warning "Nothing follows from what is written in a field.";

    UnknownRead = "CAT060" Error "There is no such read.";
    TakenName = "CAT061" Error "A read or a field has a name that already means something else.";
    StateTwice = "CAT062" Error "One state means that it is done and that it failed.";
    NotFoundAgain = "CAT063" Error "A change that is not repeatable must be found again after a lost answer.";
    NeedsItself = "CAT064" Error "A request needs what only its own answer gives.";
    UnusedRead = "CAT065" Warning "Nothing uses this read.";
    UnusedChange = "CAT066" Warning "Nothing uses this change.";

    IllegalName = "CAT070" Error "A name is not one that Kubernetes takes.";
    TakenKind = "CAT071" Error "Two add-ons have one kind, plural or singular in one group, or one finalizer.";
    TakenShortName = "CAT072" Error "Two add-ons have one short name.";
    ReservedName = "CAT073" Error "A name belongs to Kubernetes or to the operator.";

    UnknownParent = "CAT074" Error "A parent is no add-on of the catalog, or no field of the spec names it.";

    HitsNothing = "CAT080" Error "A row's recorded answer does not fit the row.";
    HitsEarlier = "CAT081" Error "A row's recorded answer already fits an earlier row.";
    MissesNothing = "CAT082" Error "The answer that a row must not fit, fits it.";
    UnknownOperation = "CAT083" Error "A row speaks of an operation that does not exist.";
    NoReason = "CAT084" Warning "A refusal has no reason for the user to read.";

    NameWithoutUid = "CAT090" Error "The name does not carry the resource's uid, so what bears it may be another's.";
    NoPlaceForTheName = "CAT091" Error "Nothing that is sent carries the name, so it could not be found again.";
    UnknownCredential = "CAT092" Error "A credential is named that no scheme needs.";
    CredentialInReach = "CAT093" Error "A shared field has the name of a credential, and expressions could show it.";
    WrongParts = "CAT094" Error "A credential fills no part of its scheme, or a part that the scheme needs has no credential.";

    NoOutputs = "CAT100" Error "Outputs are named, and no request reads any.";
    TakenStatus = "CAT101" Error "A field of the status is written by the operator itself.";
    NoScale = "CAT102" Error "What `kubectl scale` would change is no whole number of the spec.";
    TakenColumn = "CAT103" Error "Two columns of `kubectl get` have one heading.";
    NoPlaceForTheSecret = "CAT104" Error "A kind outside of namespaces has a Secret, which needs a namespace.";
    IdleOutputs = "CAT105" Warning "No add-on wants the outputs that an API reads.";

    ExampleRefused = "CAT110" Error "An example is not valid.";
    NoExample = "CAT111" Warning "There is no example to begin with.";

    BreaksResources = "CAT120" Error "A change would break resources that live, and nobody has acknowledged it.";
    HeldName = "CAT121" Error "A name belongs to a kind that goes on as it was accepted earlier, or whose resources are still there.";
    UnreadableForm = "CAT122" Error "What was accepted earlier cannot be read by this version.";
    BeyondThisVersion = "CAT123" Error "A change needs what this version cannot do, and there are resources that would be left alone.";
    UnknownAnswer = "CAT130" Error "An answer is recorded for something that is never asked.";
    UnknownExpectation = "CAT131" Error "An example expects what cannot be.";
    NotReplayed = "CAT132" Error "With the recorded answers an example does not become ready.";
    NotAsExpected = "CAT133" Error "Something else comes of an example than it expects.";
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
