package se.kapprum.ui

import androidx.compose.runtime.Composable
import androidx.compose.runtime.staticCompositionLocalOf
import se.kapprum.core.Language

/** A page outside the app. */
enum class Page { ACCESSIBILITY, LICENCES, STORE }

/** What only the system can do for the screens. */
interface Host {
    val version: String

    /** The language chosen for this app; null follows the device. */
    val language: Language?

    fun choose(language: Language?)

    /** Opens the core anew, after it failed to. */
    fun restart()

    /** Sets aside what can't be read and opens an empty core, to sign in anew. */
    fun startOver()

    fun show(page: Page)

    /** A board on the wall stays lit. */
    fun keepLit(lit: Boolean)
}

/** The system's way back, as a screen hears of it. */
typealias Back = @Composable (enabled: Boolean, onBack: () -> Unit) -> Unit

val LocalBack = staticCompositionLocalOf<Back> { { _, _ -> } }
