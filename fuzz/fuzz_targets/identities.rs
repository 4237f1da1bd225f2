#![no_main]

libfuzzer_sys::fuzz_target!(init: tenantry_fuzz::begin("identities"), |bytes: &[u8]| tenantry_fuzz::strike(bytes));
