//! A service of several tenants in axum: `tenant.rs` is the part to copy, with `keys.rs`.

pub mod fetch;
pub mod keys;
pub mod tenant;

use std::sync::Arc;

use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::tenant::{Denied, Tenant, Verifier};

/// The service.
pub fn service(verifier: Verifier) -> Router {
    Router::new()
        .route("/whoami", get(whoami))
        .route("/tenants/{tenant_id}/invoices", get(invoices))
        .with_state(Arc::new(verifier))
}

async fn whoami(tenant: Tenant) -> Json<Value> {
    Json(json!({
        "tenant_id": tenant.tenant_id,
        "member_id": tenant.member_id,
        "roles": tenant.roles,
        "permissions": tenant.permissions,
    }))
}

async fn invoices(tenant: Tenant, Path(of): Path<String>) -> Result<Json<Value>, Denied> {
    if !tenant.may("invoices:read") {
        return Err(Denied::NotAllowed);
    }
    Ok(Json(json!({ "tenant_id": of, "invoices": [] })))
}
