package se.kapprum.ui

import androidx.compose.runtime.Stable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.Saver
import androidx.compose.runtime.saveable.listSaver
import androidx.compose.runtime.setValue
import se.kapprum.core.ChangeDay
import se.kapprum.core.Command
import se.kapprum.core.Interval

enum class DayPlan { AS_IN_WEEK, OTHER_TIMES, COMES_NOT }

/** What a guardian has chosen for one child's one day. Untouched it says what holds already. */
@Stable
class DayForm(plan: DayPlan = DayPlan.AS_IN_WEEK, times: List<TypedInterval> = emptyList(), comment: String = "") {
    var plan by mutableStateOf(plan)
    var times by mutableStateOf(times)
    var comment by mutableStateOf(comment)

    constructor(view: ChangeDay) : this(plan(view.times), view.times.orEmpty().map(::TypedInterval), view.comment)

    /** Chooses a plan; other times begin with what is usual. */
    fun choose(chosen: DayPlan, view: ChangeDay) {
        plan = chosen
        if (chosen == DayPlan.OTHER_TIMES && times.isEmpty()) times = view.usual.ifEmpty { listOf(view.open ?: Interval("08:00", "16:00")) }.map(::TypedInterval)
    }

    fun change(index: Int, typed: TypedInterval) { times = times.toMutableList().also { it[index] = typed } }

    fun add() { times = times + (times.lastOrNull()?.let { TypedInterval(stepped(it.end, 4), stepped(it.end, 8)) } ?: TypedInterval("08:00", "16:00")) }

    fun remove(index: Int) { times = times.filterIndexed { at, _ -> at != index } }

    /** The command; null while a time is half typed. */
    fun command(view: ChangeDay): Command.ChangeDay? {
        val chosen = when (plan) {
            DayPlan.AS_IN_WEEK -> null
            DayPlan.COMES_NOT -> emptyList()
            DayPlan.OTHER_TIMES -> times.map { it.interval ?: return null }.ifEmpty { return null }
        }
        return Command.ChangeDay(view.child, view.placement, view.day, chosen, comment)
    }

    fun restore(draft: Command.ChangeDay) {
        plan = plan(draft.times)
        times = draft.times.orEmpty().map(::TypedInterval)
        comment = draft.comment
    }

    companion object {
        val saver: Saver<DayForm, Any> = listSaver(
            { listOf(it.plan.ordinal, it.times.flatMap { time -> listOf(time.start, time.end) }, it.comment) },
            { saved ->
                @Suppress("UNCHECKED_CAST")
                DayForm(DayPlan.entries[saved[0] as Int], (saved[1] as List<String>).chunked(2).map { TypedInterval(it[0], it[1]) }, saved[2] as String)
            },
        )

        private fun plan(times: List<Interval>?) = when {
            times == null -> DayPlan.AS_IN_WEEK
            times.isEmpty() -> DayPlan.COMES_NOT
            else -> DayPlan.OTHER_TIMES
        }
    }
}
