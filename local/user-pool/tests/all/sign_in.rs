//! Sign-in, challenges and refresh: what fires when, and what is refused.
