//! An add-on in, the `CustomResourceDefinition` of its kind out.
