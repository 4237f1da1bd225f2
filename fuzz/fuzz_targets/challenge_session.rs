#![no_main]

libfuzzer_sys::fuzz_target!(init: tenantry_fuzz::begin("challenge_session"), |bytes: &[u8]| tenantry_fuzz::strike(bytes));
