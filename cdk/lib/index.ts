/**
 * Tenantry's constructs.
 *
 * @module
 */
export * from "./claims.ts";
export * from "./configuration.ts";
export * from "./constructs/code-key.ts";
export * from "./constructs/dedicated-pool.ts";
export * from "./constructs/identity-provider-binding.ts";
export * from "./constructs/observability.ts";
export * from "./constructs/observability-alarms.ts";
export * from "./constructs/observability-filters.ts";
export * from "./constructs/observability-queries.ts";
export * from "./constructs/registrar.ts";
export * from "./constructs/rust-function.ts";
export * from "./constructs/tenant.ts";
export * from "./constructs/tenant-client.ts";
export * from "./constructs/tenant-isolation.ts";
export * from "./constructs/tenant-table.ts";
export * from "./constructs/tenant-triggers.ts";
export * from "./constructs/tenant-user-pool.ts";
export * from "./constructs/trigger-function.ts";
export * from "./data-stack.ts";
export * from "./facts.ts";
export * from "./function-code.ts";
export * from "./identity-stack.ts";
export * from "./isolation-stack.ts";
export * from "./reasoned.ts";
export * from "./refusal.ts";
export * from "./sender.ts";
export * from "./tenantry-stage.ts";
