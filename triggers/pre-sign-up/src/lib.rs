//! pre_sign_up
