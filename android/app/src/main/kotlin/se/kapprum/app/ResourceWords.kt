package se.kapprum.app

import android.content.res.Resources
import se.kapprum.design.CountedLabel
import se.kapprum.design.Label
import se.kapprum.ui.Words

/** The shell's words from Android's resources. Counts go in as text: as numbers they would be written in the locale's own digits. */
class ResourceWords(private val resources: Resources) : Words {
    override fun of(label: Label, vararg values: String): String =
        if (values.isEmpty()) resources.getString(label.id()) else resources.getString(label.id(), *values)

    override fun counted(label: CountedLabel, count: Int): String = resources.getQuantityString(label.id(), count, count.toString())
}
