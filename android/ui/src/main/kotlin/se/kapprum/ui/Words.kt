package se.kapprum.ui

import androidx.compose.runtime.Composable
import androidx.compose.runtime.staticCompositionLocalOf
import se.kapprum.design.CountedLabel
import se.kapprum.design.Label

/** The shell's few own words in the language of the screen; the app takes them from its resources. */
interface Words {
    fun of(label: Label, vararg values: String): String

    /** [label] in the grammatical number of [count], which it shows as written. */
    fun counted(label: CountedLabel, count: Int): String
}

val LocalWords = staticCompositionLocalOf<Words> { error("no words provided") }

@Composable
fun words(label: Label, vararg values: String): String = LocalWords.current.of(label, *values)

@Composable
fun words(text: Wording): String = when (text) {
    is Wording.Said -> text.text
    is Wording.Of -> words(text.label)
    is Wording.Counted -> LocalWords.current.counted(text.label, text.count)
}
