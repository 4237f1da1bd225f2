#![no_main]

libfuzzer_sys::fuzz_target!(init: tenantry_fuzz::begin("invitation_token"), |bytes: &[u8]| tenantry_fuzz::strike(bytes));
