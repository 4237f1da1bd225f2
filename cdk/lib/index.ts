/**
 * Tenantry's constructs.
 *
 * @module
 */
export {};
