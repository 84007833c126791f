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

impl Severity {
    /// Name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
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
    NotYaml = "CAT001" Error "The file is not valid YAML.";
    DuplicateKey = "CAT002" Error "An object contains the same key twice.";
    NeitherApiNorAddon = "CAT003" Error "The file is neither an API nor an add-on.";
    UnknownKey = "CAT004" Error "The format has no such key at this position.";
    MissingKey = "CAT005" Error "A required key is missing.";
    WrongType = "CAT006" Error "A value has the wrong type.";
    NotAllowed = "CAT007" Error "A value is not one of the allowed values.";
    Malformed = "CAT008" Error "A value does not have the required format.";
    NotInACrd = "CAT009" Error "A CustomResourceDefinition cannot express this; the message names a substitute.";
    TakenEntry = "CAT010" Error "Two entries have the same name, and neither replaces the other.";
    UnknownApi = "CAT011" Error "An add-on refers to an API that does not exist.";
    BrokenApi = "CAT012" Error "An API has errors, so the add-ons that use it are rejected too.";
    LeftBehind = "CAT013" Warning "A built-in add-on does not work with the API that replaces its own, so it keeps the built-in API.";
    UnusedApi = "CAT014" Warning "No add-on uses this API.";
    UnquotedNumber = "CAT016" Error "A number without quotes is read as another text than the file has, such as `1.10` as 1.1.";

    NotASelector = "CAT020" Error "A text that begins with `$` is not a valid JSONPath.";
    NotATemplate = "CAT021" Error "A text that contains `{{` is not a valid template; a template can only name values.";
    UnknownName = "CAT022" Error "An expression uses a name that does not exist.";
    NameNotHere = "CAT023" Error "An expression uses a name that is not known yet, or not at this position.";
    RendersAnObject = "CAT024" Error "A template renders an object as text.";
    NotAPattern = "CAT025" Error "A regular expression is not valid.";
    NotARequest = "CAT026" Error "A request does not have the form `METHOD host:/path?query`.";
    UnknownHost = "CAT027" Error "A request goes to a host that the API does not define.";
    WrongMethod = "CAT028" Error "The HTTP method does not fit the purpose of the request.";
    NotADuration = "CAT029" Error "A duration is too long, or too short for its purpose.";

    UnknownField = "CAT040" Error "The field does not exist.";
    PathConflict = "CAT041" Error "Two fields of the spec have paths that exclude each other.";
    TakenField = "CAT042" Error "A shared field is placed twice.";
    IncompleteField = "CAT043" Error "A field lacks its type or its description.";
    WrongBounds = "CAT044" Error "A bound does not fit the type, or no value fits between two bounds.";
    Unbounded = "CAT045" Error "A text, list or map has no upper bound; the API server rejects validation rules for it.";
    DefaultDoesNotFit = "CAT046" Error "A default, fixed or absent value is not valid for the field.";
    ValueDoesNotFit = "CAT047" Error "A value of `oneOf` or `values` is not valid for the field.";
    UnknownOffer = "CAT048" Error "A field takes its values from the offers, but no request reads them.";
    UnknownChange = "CAT049" Error "A field refers to a change that does not exist.";
    NotCovered = "CAT050" Error "A field refers to a change that does not cover it.";
    CoversNothing = "CAT051" Error "A change covers a field that does not exist.";
    SentTwice = "CAT052" Error "Two fields are sent as the same option.";
    NoOrder = "CAT053" Error "A direction or a comparison needs values that have an order.";
    NeverFilled = "CAT054" Error "A request needs a field that this entry neither places nor fixes.";
    ForNothing = "CAT055" Warning "A setting has no effect in combination with the others.";
    NeverSeen = "CAT056" Warning "A field can be changed, but its value at the cloud is not observed.";
    NoEffect = "CAT057" Warning "A field of the spec has no effect.";

    UnknownRead = "CAT060" Error "A read does not exist, or does not report whether the add-on is ready.";
    TakenName = "CAT061" Error "A read or a field has a name that is already in use.";
    StateTwice = "CAT062" Error "A state is listed both as done and as failed.";
    NotFoundAgain = "CAT063" Error "A change is not repeatable, and no request finds it after a lost answer.";
    NeedsItself = "CAT064" Error "A request needs a value that only its own answer provides.";
    UnusedRead = "CAT065" Warning "The read is not used.";
    UnusedChange = "CAT066" Warning "The change is not used.";

    IllegalName = "CAT070" Error "A name is not valid in Kubernetes.";
    TakenKind = "CAT071" Error "Two add-ons have the same kind, plural or singular in one group, or the same finalizer.";
    TakenShortName = "CAT072" Error "Two add-ons have the same short name.";
    ReservedName = "CAT073" Error "A name is reserved for Kubernetes or the operator.";

    UnknownParent = "CAT074" Error "A parent is not an add-on of the catalog, or no field of the spec names it.";

    HitsNothing = "CAT080" Error "The answer under `hits` does not match its row of the error table.";
    HitsEarlier = "CAT081" Error "The answer under `hits` matches an earlier row of the error table.";
    MissesNothing = "CAT082" Error "The answer under `misses` matches its row of the error table, but must not.";
    UnknownOperation = "CAT083" Error "A row of the error table refers to an operation that does not exist.";
    NoReason = "CAT084" Warning "A rejection has no reason for the resource's condition.";

    NameWithoutUid = "CAT090" Error "The add-on's name does not contain the resource's uid, so an add-on of this name may belong to another resource.";
    NoPlaceForTheName = "CAT091" Error "A request does not send the name or the mark that it is for: the add-on could not be found again.";
    UnknownCredential = "CAT092" Error "A credential is defined that no scheme needs.";
    CredentialInReach = "CAT093" Error "A shared field has the name of a credential, so expressions could expose the credential.";
    WrongParts = "CAT094" Error "A credential fills no part of its scheme, or a required part has no credential.";

    NoOutputs = "CAT100" Error "An add-on refers to outputs, but its API has no operation `outputs`.";
    TakenStatus = "CAT101" Error "A field of the status has a name that the operator itself writes.";
    NoScale = "CAT102" Error "The field that `kubectl scale` changes is not an integer of the spec.";
    TakenColumn = "CAT103" Error "Two columns of `kubectl get` have the same heading.";
    NoPlaceForTheSecret = "CAT104" Error "A cluster-scoped kind has a Secret, which needs a namespace.";
    IdleOutputs = "CAT105" Warning "No add-on uses the outputs that an API reads.";

    ExampleRefused = "CAT110" Error "An example is not valid.";
    NoExample = "CAT111" Warning "The add-on has no example.";

    BreaksResources = "CAT120" Error "A change would break existing resources, and has not been accepted.";
    HeldName = "CAT121" Error "A name belongs to a kind that runs in its last accepted version, or that still has resources.";
    UnreadableForm = "CAT122" Error "This version cannot read an entry that was accepted earlier.";
    BeyondThisVersion = "CAT123" Error "A change needs a feature that this version lacks, and existing resources would no longer be managed.";
    NotManaged = "CAT124" Error "This version does not manage the resources of a kind.";
    UnknownAnswer = "CAT130" Error "A recorded answer belongs to no request.";
    UnknownExpectation = "CAT131" Error "An example expects a result that is not possible.";
    NotReplayed = "CAT132" Error "An example does not become ready with the recorded answers.";
    NotAsExpected = "CAT133" Error "The result of an example differs from its expectation.";
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
