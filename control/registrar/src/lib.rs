//! The function behind the custom resources of the templates.
