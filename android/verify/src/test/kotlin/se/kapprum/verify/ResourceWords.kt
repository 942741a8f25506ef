package se.kapprum.verify

import java.io.File
import javax.xml.parsers.DocumentBuilderFactory
import org.w3c.dom.Element
import se.kapprum.core.Language
import se.kapprum.design.CountedLabel
import se.kapprum.design.Label
import se.kapprum.ui.Words

/** The shell's words from the very files that Android reads them from. */
class ResourceWords(private val language: Language) : Words {
    private val root = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file(language)).documentElement
    private val plain = elements("string").associate { it.getAttribute("name") to unescaped(it.textContent) }
    private val counted = elements("plurals").associate { plural ->
        val items = plural.getElementsByTagName("item")
        plural.getAttribute("name") to (0 until items.length).map { items.item(it) as Element }.associate { it.getAttribute("quantity") to unescaped(it.textContent) }
    }

    override fun of(label: Label, vararg values: String): String = filled(plain.getValue(label.resource), values)

    override fun counted(label: CountedLabel, count: Int): String {
        val forms = counted.getValue(label.resource)
        return filled(forms[form(count)] ?: forms.getValue("other"), arrayOf(count.toString()))
    }

    private fun elements(name: String): List<Element> =
        root.getElementsByTagName(name).let { found -> (0 until found.length).map { found.item(it) as Element } }

    private fun filled(text: String, values: Array<out String>): String =
        values.foldIndexed(text) { index, filled, value -> filled.replace("%${index + 1}\$s", value) }.replace("%%", "%")

    private fun unescaped(text: String): String =
        Regex("""\\u([0-9a-fA-F]{4})""").replace(text) { it.groupValues[1].toInt(16).toChar().toString() }
            .replace("\\n", "\n").replace(Regex("""\\(['"@?\\])"""), "$1")

    /** The grammatical number of whole counts, after Unicode's rules for our three languages. */
    private fun form(count: Int): String = when {
        language != Language.ARABIC -> if (count == 1) "one" else "other"
        count in 0..2 -> listOf("zero", "one", "two")[count]
        count % 100 in 3..10 -> "few"
        count % 100 in 11..99 -> "many"
        else -> "other"
    }

    companion object {
        private val all = Language.entries.associateWith { lazy { ResourceWords(it) } }

        fun of(language: Language): Words = all.getValue(language).value

        private fun file(language: Language): File {
            val folder = when (language) {
                Language.SWEDISH -> "values"
                Language.ENGLISH -> "values-en"
                Language.ARABIC -> "values-ar"
            }
            return File(System.getProperty("kapprum.android"), "generated/res/$folder/strings.xml")
        }
    }
}
