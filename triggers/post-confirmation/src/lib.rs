//! post_confirmation
