package se.kapprum.verify

import java.io.File
import kotlinx.coroutines.runBlocking
import se.kapprum.core.Ask
import se.kapprum.core.AtPlacement
import se.kapprum.core.BoardRow
import se.kapprum.core.Command
import se.kapprum.core.Direction
import se.kapprum.core.Feed
import se.kapprum.core.GroupBoard
import se.kapprum.core.Kapprum
import se.kapprum.core.Language
import se.kapprum.core.Screen

/**
 * Measures what the border between Kotlin and the core costs; prints one "key value" a line, in milliseconds.
 * - `ffi_board_p99_ms`: a board of 150 children, from asking for its feed to the snapshot in Kotlin
 * - `ffi_tap_p99_ms`: from a tap to the changed snapshot in Kotlin, saved on disk
 * - `start_to_first_view_ms`: opening a file that exists to the first view, the library being loaded
 */
fun main(): Unit = World("--pupils", "60", "--crowd", "146", "--quiet").use { world ->
    val home = File.createTempFile("kapprum", "").also { it.delete(); it.mkdirs() }
    runBlocking {
        var kapprum = Kapprum.open(home.path, Language.SWEDISH, Uptime)
        val profile = kapprum.signIn(world.invite("maja"), null).profile
        kapprum.foreground(true)
        val group = kapprum.feed(profile, Ask.Frame).screen { (it as? Screen.Frame)?.v1?.groups?.firstOrNull()?.group }
        val ask = Ask.GroupBoard(group, null)
        val whole = kapprum.feed(profile, ask).screen { it.board(140) }
        System.err.println("${whole.rows.size} children on the board")

        // Nothing else goes on while it is measured.
        kapprum.foreground(false)
        report("ffi_board_p99_ms", measured(300) { kapprum.feed(profile, ask).screen { it.board(140) } })

        val feed = kapprum.feed(profile, ask)
        val waiting = ArrayDeque(feed.next().let { checkNotNull(it).board(140)!!.rows }.filter { it.action?.direction == Direction.IN })
        report("ffi_tap_p99_ms", measured(waiting.size.coerceAtMost(120)) {
            val row = waiting.removeFirst()
            kapprum.send(profile, listOf(Command.CheckIn(AtPlacement(row.child, row.placement!!, null))), null)
            while (feed.next()!!.board(1)!!.rows.first(row::same).action?.direction == Direction.IN) Unit
        })
        feed.end()
        feed.close()

        report("start_to_first_view_ms", measured(15) {
            kapprum.shutDown()
            kapprum.close()
            val start = System.nanoTime()
            kapprum = Kapprum.open(home.path, Language.SWEDISH, Uptime)
            kapprum.feed(profile, ask).screen { it.board(140) }
            System.nanoTime() - start
        })
        kapprum.shutDown()
    }
    home.deleteRecursively()
}

private fun BoardRow.same(other: BoardRow) = child == other.child && placement == other.placement

private fun Screen.board(least: Int): GroupBoard? = (this as? Screen.GroupBoard)?.v1?.takeIf { it.rows.size >= least }

/** The first snapshot of which [pick] makes something; the feed ends with it. */
private suspend fun <T : Any> Feed.screen(pick: (Screen) -> T?): T = use { feed ->
    try {
        var found: T? = null
        while (found == null) found = pick(checkNotNull(feed.next()))
        found
    } finally {
        feed.end()
    }
}

/** Nanoseconds of each of [times] goes, after a tenth as many to warm up; what [what] returns as Long is its own measure. */
private inline fun measured(times: Int, what: () -> Any): List<Long> = (0 until times).map {
    val start = System.nanoTime()
    val own = what()
    own as? Long ?: (System.nanoTime() - start)
}.drop(times / 10).sorted()

private fun report(key: String, sorted: List<Long>) =
    println("$key %.2f".format(java.util.Locale.ROOT, sorted[(sorted.size * 99 / 100).coerceAtMost(sorted.size - 1)] / 1e6))
