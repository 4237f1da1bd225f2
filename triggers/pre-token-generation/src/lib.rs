//! pre_token_generation
