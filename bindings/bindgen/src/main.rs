//! Writes the bindings of each language from a built library: `kapprum-bindgen generate LIBRARY -l LANGUAGE --out-dir DIR`.
//! A package of its own, so that what it needs never comes into the library.

fn main() {
    uniffi::uniffi_bindgen_main();
}
