//! What a catalog can say and this engine cannot do yet. A kind that needs it is not worked on at all, rather than half.

pub(super) use interpreter::resource::lacking;
