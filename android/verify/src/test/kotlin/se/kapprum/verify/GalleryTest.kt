package se.kapprum.verify

import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.width
import androidx.compose.material3.Text
import androidx.compose.ui.Modifier
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.jetbrains.skia.Image

/** Every screen in every state and look: swept for faults, drawn, and some held against pictures that were looked at. */
class GalleryTest {
    private val goldens = Goldens()

    @Test
    fun everyScreenInEveryLook() {
        val pictures = Pictures.wanted
        val faults = mutableListOf<String>()
        for (exhibit in exhibits) for (look in looks) {
            val drawn = pictures != null || goldens.holds(exhibit, look)
            // With no picture to make, a look that differs only in colour teaches nothing new.
            if (look.dark && !drawn) continue
            live(look, exhibit.content) {
                settle()
                // What is on its way shows its shape only after a moment; on a busy machine that is a longer one.
                until("a heading on ${exhibit.name}") { headings(this).isEmpty() }
                faults += faults(this, exhibit.board).map { "${exhibit.name} on ${look.name}: $it" }
                if (drawn) picture().let { image ->
                    pictures?.add(exhibit.name, look, image)
                    goldens.compare(exhibit, look, image)?.let { faults += it }
                }
            }
        }
        pictures?.index()
        assertTrue(faults.isEmpty(), "${faults.size} faults:\n" + faults.joinToString("\n"))
        assertEquals(goldens.names.size, goldens.compared, "every golden belongs to a picture that is drawn")
    }

    @Test
    fun theSweepFindsFaults(): Unit = live(phone, {
        Column {
            Box(Modifier.size(60.dp).clickable {})
            Box(Modifier.height(30.dp).clickable {}) { Text("Low but wide enough") }
            Text("Much too long for this", Modifier.width(80.dp), maxLines = 1, overflow = TextOverflow.Ellipsis)
            Text("Wilhelminasgatan", Modifier.width(60.dp))
        }
    }) {
        settle()
        val found = faults(this, board = false)
        for (fault in listOf("no heading", "no name", "least 48", "cut off", "a word is broken")) assertTrue(found.any { fault in it }, "$fault in $found")
    }

    @Test
    fun aGoldenThatDiffersIsFound() {
        val image = { dark: Boolean ->
            var drawn: Image? = null
            live(phone.copy(dark = dark), exhibits.first { it.name == "home" }.content) { settle(); drawn = picture() }
            drawn!!
        }
        assertTrue(goldens.difference(image(false), image(true)) > 0.5)
        assertEquals(0.0, goldens.difference(image(false), image(false)))
    }
}

/** A folder of pictures with a page that shows them side by side. */
class Pictures(private val folder: File) {
    private val drawn = linkedMapOf<String, MutableList<Look>>()

    fun add(name: String, look: Look, image: Image) {
        drawn.getOrPut(name) { mutableListOf() } += look
        image.save(File(folder, "$name-${look.name}.png"))
    }

    fun of(name: String): List<Look> = drawn[name].orEmpty()

    fun index() {
        val rows = drawn.entries.joinToString("\n") { (name, looks) ->
            "<h2>$name</h2><div>" + looks.joinToString("") { "<figure><img loading=lazy src=\"$name-${it.name}.png\" width=\"${it.width / 2}\"><figcaption>${it.name}</figcaption></figure>" } + "</div>"
        }
        File(folder, "index.html").writeText(
            "<!doctype html><meta charset=utf-8><title>Kapprum on Android</title><style>body{font:15px sans-serif;background:#ddd;margin:24px}div{display:flex;flex-wrap:wrap;gap:16px}figure{margin:0}img{box-shadow:0 1px 6px #0005}</style>\n$rows\n",
        )
    }

    companion object {
        /** Null unless a folder was asked for. */
        val wanted: Pictures? = System.getProperty("kapprum.pictures").takeIf { it.isNotBlank() }?.let { Pictures(File(it)) }
    }
}
