//! tenantctl
