#![no_main]

libfuzzer_sys::fuzz_target!(init: tenantry_fuzz::begin("pre_sign_up"), |bytes: &[u8]| tenantry_fuzz::strike(bytes));
