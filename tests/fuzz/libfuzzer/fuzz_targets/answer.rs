#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kapprum_fuzz::answer(bytes));
