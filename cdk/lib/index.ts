/**
 * Tenantry's constructs.
 *
 * @module
 */
export * from "./claims.ts";
export * from "./constructs/code-key.ts";
export * from "./constructs/rust-function.ts";
export * from "./constructs/tenant-table.ts";
export * from "./constructs/tenant-triggers.ts";
export * from "./constructs/tenant-user-pool.ts";
export * from "./constructs/trigger-function.ts";
export * from "./facts.ts";
export * from "./function-code.ts";
export * from "./refusal.ts";
export * from "./sender.ts";
