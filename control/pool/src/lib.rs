//! What a user pool's app clients must be set to, so that nobody gets around their tenant's policy; and the calls that see to it.

pub mod survey;
