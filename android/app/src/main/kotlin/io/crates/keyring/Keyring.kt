package io.crates.keyring

import android.content.Context

/** Class, companion and signature are what the Rust key store's JNI symbol is named after. Load the library first. */
class Keyring {
    companion object {
        external fun initializeNdkContext(context: Context)
    }
}
