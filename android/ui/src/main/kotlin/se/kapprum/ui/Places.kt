package se.kapprum.ui

import androidx.compose.runtime.Stable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.Saver
import androidx.compose.runtime.saveable.listSaver
import androidx.compose.runtime.setValue
import se.kapprum.core.TabKind

/** Somewhere one can go from a tab. Its words are what the system keeps while the process is away. */
sealed class Place(vararg parts: String) {
    val words: String = parts.joinToString("/")

    data class Child(val child: String, val day: String?) : Place("child", child, day.orEmpty())
    data class ChangeDay(val child: String, val placement: String, val day: String) : Place("change", child, placement, day)
    data class Report(val child: String?) : Place("report", child.orEmpty())
    data object SignIn : Place("sign-in")

    companion object {
        /** Null for words that name no place. */
        fun of(words: String): Place? {
            val parts = words.split('/')
            return when {
                parts[0] == "child" && parts.size in 2..3 -> Child(parts[1], parts.getOrNull(2)?.ifEmpty { null })
                parts[0] == "change" && parts.size == 4 -> ChangeDay(parts[1], parts[2], parts[3])
                parts[0] == "report" && parts.size <= 2 -> Report(parts.getOrNull(1)?.ifEmpty { null })
                words == "sign-in" -> SignIn
                else -> null
            }
        }
    }
}

/** Where one is: a tab, and what was opened on top of it. */
@Stable
class Places(tab: TabKind? = null, stack: List<Place> = emptyList(), group: String? = null) {
    var tab by mutableStateOf(tab)
    var stack by mutableStateOf(stack)
        private set

    /** The group last looked at. */
    var group by mutableStateOf(group)

    val top: Place? get() = stack.lastOrNull()

    fun go(place: Place) { if (place != top) stack = stack + place }

    /** Goes to [place] instead of the present one: another day of the same child is no step deeper. */
    fun replace(place: Place) { stack = stack.dropLast(1) + place }

    fun back() { stack = stack.dropLast(1) }

    fun choose(kind: TabKind) {
        stack = emptyList()
        tab = kind
    }

    companion object {
        val saver: Saver<Places, Any> = listSaver(
            { listOf(it.tab?.name, it.group) + it.stack.map { place -> place.words } },
            { saved -> Places(saved[0]?.let(TabKind::valueOf), saved.drop(2).mapNotNull { Place.of(it!!) }, saved[1]) },
        )
    }
}
