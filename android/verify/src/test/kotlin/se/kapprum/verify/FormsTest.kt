package se.kapprum.verify

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull
import se.kapprum.core.Command
import se.kapprum.core.Days
import se.kapprum.core.Interval
import se.kapprum.design.Label
import se.kapprum.ui.DayForm
import se.kapprum.ui.DayPlan
import se.kapprum.ui.Extent
import se.kapprum.ui.Place
import se.kapprum.ui.ReportForm
import se.kapprum.ui.TypedInterval
import se.kapprum.ui.stepped
import se.kapprum.ui.timeOfDay

/** What forms make of what is typed. */
class FormsTest {
    private val day = Samples.days[0].day

    @Test
    fun timesAsPeopleTypeThem() {
        for ((typed, time) in listOf("740" to "07:40", "7.40" to "07:40", "07:40" to "07:40", "7" to "07:00", "٠٧٣٠" to "07:30", " 1600 " to "16:00")) assertEquals(time, timeOfDay(typed), typed)
        for (typed in listOf("", "sju", "25", "7:61", "12345", "7:")) assertEquals(if (typed == "7:") "07:00" else null, timeOfDay(typed), typed)
    }

    @Test
    fun stepsLandOnTheQuarterWithinTheDay() {
        assertEquals(listOf("07:45", "07:30", "08:45", "00:00", "23:45"), listOf(stepped("07:40", 1), stepped("07:40", -1), stepped("07:45", 4), stepped("00:05", -1), stepped("23:50", 2)))
        assertEquals("sju", stepped("sju", 1))
    }

    @Test
    fun aReportOfAWholeDayOfSomeAndWithoutEnd() {
        val form = ReportForm(setOf("c1"))
        fun days() = form.commands(Samples.report).map { it.days }
        assertEquals(listOf(Days(day, day, null)), days())
        form.extent = Extent.PART_OF_DAY
        assertEquals(listOf(Days(day, day, Interval("08:00", "12:00"))), days())
        form.part = TypedInterval("12", "8")
        assertEquals(emptyList(), days())
        assertEquals(Label.TimeOrder, form.part.hint)
        form.extent = Extent.MORE_DAYS
        assertEquals(emptyList(), days())
        form.until = Samples.days[2].day
        assertEquals(listOf(Days(day, Samples.days[2].day, null)), days())
        form.untilFurther = true
        assertEquals(listOf(Days(day, null, null)), days())
        form.toggle("c2")
        form.toggle("c3") // already reported: the view says what to do instead
        assertEquals(listOf("c1", "c2"), form.commands(Samples.report).map { it.child })
        val again = ReportForm()
        again.restore(Command.ReportAbsence("c1", Days(day, Samples.days[1].day, null)))
        assertEquals(Extent.MORE_DAYS, again.extent)
        assertEquals(Samples.days[1].day, again.until)
    }

    @Test
    fun aDayAsInTheWeekOtherwiseOrOff() {
        val form = DayForm(Samples.changeDay)
        fun times() = checkNotNull(form.command(Samples.changeDay)).times
        assertNull(times())
        form.choose(DayPlan.COMES_NOT, Samples.changeDay)
        assertEquals(emptyList(), times())
        form.choose(DayPlan.OTHER_TIMES, Samples.changeDay)
        assertEquals(Samples.changeDay.usual, times())
        form.add()
        assertEquals(Interval("17:00", "18:00"), times()!!.last())
        form.change(1, TypedInterval("x", "18"))
        assertNull(form.command(Samples.changeDay))
        form.remove(1)
        assertEquals(Samples.changeDay.usual, times())
    }

    @Test
    fun placesComeBackFromTheirWords() {
        for (place in listOf(Place.Child("c", null), Place.Child("c", day), Place.ChangeDay("c", "p", day), Place.Report(null), Place.Report("c"), Place.SignIn)) assertEquals(place, Place.of(place.words))
        for (words in listOf("", "child", "change/c/p", "../../etc")) assertNull(Place.of(words))
    }
}
