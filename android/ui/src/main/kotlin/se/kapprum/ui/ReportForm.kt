package se.kapprum.ui

import androidx.compose.runtime.Stable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.Saver
import androidx.compose.runtime.saveable.listSaver
import androidx.compose.runtime.setValue
import se.kapprum.core.Command
import se.kapprum.core.Days
import se.kapprum.core.ReportAbsence

enum class Extent { WHOLE_DAY, PART_OF_DAY, MORE_DAYS }

/** What a guardian has chosen in the form for absence. It outlives rotation by its [saver], and the process by [command]. */
@Stable
class ReportForm(
    children: Set<String> = emptySet(),
    day: String? = null,
    extent: Extent = Extent.WHOLE_DAY,
    part: TypedInterval = TypedInterval("08:00", "12:00"),
    until: String? = null,
    untilFurther: Boolean = false,
) {
    var children by mutableStateOf(children)
    var day by mutableStateOf(day)
    var extent by mutableStateOf(extent)
    var part by mutableStateOf(part)
    var until by mutableStateOf(until)
    var untilFurther by mutableStateOf(untilFurther)

    fun toggle(child: String) { children = if (child in children) children - child else children + child }

    /** One command a child; empty while something is missing. */
    fun commands(view: ReportAbsence): List<Command.ReportAbsence> {
        val days = days(view) ?: return emptyList()
        return view.children.filter { it.instead == null && it.child in children }.map { Command.ReportAbsence(it.child, days) }
    }

    fun firstDay(view: ReportAbsence): String? = (view.days.firstOrNull { it.day == day } ?: view.days.firstOrNull())?.day

    private fun days(view: ReportAbsence): Days? {
        val from = firstDay(view) ?: return null
        return when (extent) {
            Extent.WHOLE_DAY -> Days(from, from, null)
            Extent.PART_OF_DAY -> part.interval?.let { Days(from, from, it) }
            Extent.MORE_DAYS -> when {
                untilFurther -> Days(from, null, null)
                else -> until?.takeIf { it >= from }?.let { Days(from, it, null) }
            }
        }
    }

    /** Takes up what was typed before the app was ended. */
    fun restore(draft: Command.ReportAbsence) {
        val days = draft.days
        val part = days.part
        children = children + draft.child
        day = days.from
        extent = if (part != null) Extent.PART_OF_DAY else if (days.until == days.from) Extent.WHOLE_DAY else Extent.MORE_DAYS
        if (part != null) this.part = TypedInterval(part)
        until = days.until
        untilFurther = days.until == null
    }

    companion object {
        val saver: Saver<ReportForm, Any> = listSaver(
            { listOf(it.children.toList(), it.day, it.extent.ordinal, it.part.start, it.part.end, it.until, it.untilFurther) },
            { saved ->
                @Suppress("UNCHECKED_CAST")
                ReportForm(
                    (saved[0] as List<String>).toSet(), saved[1] as String?, Extent.entries[saved[2] as Int],
                    TypedInterval(saved[3] as String, saved[4] as String), saved[5] as String?, saved[6] as Boolean,
                )
            },
        )
    }
}
