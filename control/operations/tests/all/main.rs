//! Operations against a real DynamoDB engine, over the SDK's own path.
#![expect(clippy::unwrap_used, reason = "what a test sets up either stands or fails the test")]

mod alignment;
mod authority;
mod clients;
mod doctor;
mod domains;
mod faults;
mod import;
mod invitations;
mod making;
mod members;
mod people;
mod pool_doctor;
mod pool_treatment;
mod table;
mod tenants;
mod unlock;
mod user_pool;
