//! user_pool
