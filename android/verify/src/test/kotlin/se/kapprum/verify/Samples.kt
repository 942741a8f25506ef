package se.kapprum.verify

import se.kapprum.core.AbsenceLine
import se.kapprum.core.Account
import se.kapprum.core.AccountLine
import se.kapprum.core.BoardRow
import se.kapprum.core.ChangeDay
import se.kapprum.core.ChildDay
import se.kapprum.core.ChildLine
import se.kapprum.core.ChildState
import se.kapprum.core.Choice
import se.kapprum.core.DayChoice
import se.kapprum.core.Direction
import se.kapprum.core.Frame
import se.kapprum.core.GroupBoard
import se.kapprum.core.GroupChoice
import se.kapprum.core.HallBoard
import se.kapprum.core.Help
import se.kapprum.core.Home
import se.kapprum.core.Interval
import se.kapprum.core.Mark
import se.kapprum.core.Notice
import se.kapprum.core.Outbox
import se.kapprum.core.OutboxLine
import se.kapprum.core.PlacementDay
import se.kapprum.core.ReportAbsence
import se.kapprum.core.Role
import se.kapprum.core.StaffChoice
import se.kapprum.core.Tab
import se.kapprum.core.TabKind
import se.kapprum.core.Tap
import se.kapprum.core.Tile
import se.kapprum.core.Tone

/** Views as the core would hand them over, for states a test world reaches only with effort. */
object Samples {
    val longName = "Wilhelmina-Charlotta Aleksandra von Hammarskjöld-Ekenstierna af Björneborg"
    private val firstNames = listOf("Åsa", "Björn", "Aïcha", "Мирослава", "Łukasz", "ሰላም", "فاطمة", "Ville", "Đorđe", "Elsa", "Nils", "Saga", "Olle", "Tuva", "Liam", "Meja")
    private val lastNames = listOf("Öberg", "Andersson", "Nguyễn", "Lindqvist", "Ali", "Korhonen")
    private fun name(index: Int) = firstNames[index % firstNames.size] + " " + lastNames[index / firstNames.size % lastNames.size]

    private val tabs = listOf(
        Tab(TabKind.HOME, "Hem", null), Tab(TabKind.OUTBOX, "Skickat", "2"), Tab(TabKind.SETTINGS, "Inställningar", null),
    )
    val account = Account("tenant", "holder", Role.GUARDIAN)
    val frame = Frame(tabs, emptyList(), null, null, listOf(AccountLine(account, "Lilla Edets kommun")))
    val offline = frame.copy(notice = Notice(Tone.ATTENTION, "Inget nät. Senast hämtat i dag 10.30", Help.SYNC), waiting = "2 väntar")
    val signedOut = frame.copy(notice = Notice(Tone.CRITICAL, "Du är utloggad. Logga in för att skicka och hämta.", Help.SIGN_IN))
    val groups = listOf(GroupChoice("g1", "Ekorren", "Blåklockan"), GroupChoice("g2", "Igelkotten", "Blåklockan"), GroupChoice("g3", "Fritids Skogen", "Bergaskolan"))
    val staff = Frame(listOf(Tab(TabKind.GROUPS, "Grupper", null), Tab(TabKind.OUTBOX, "Skickat", null), Tab(TabKind.SETTINGS, "Inställningar", null)), groups, null, null, emptyList())

    val home = Home(
        title = "I dag, onsdag 25 november", empty = null,
        children = listOf(
            ChildLine(child = "c1", name = "Elsa Berg", state = ChildState.EXPECTED, line = "Kommer 07.30, går 16.00", report = true, waiting = null),
            ChildLine(child = "c2", name = "Nils Berg", state = ChildState.ABSENT, line = "Borta hela dagen", report = true, waiting = "Väntar på att skickas"),
            ChildLine(child = "c3", name = longName, state = ChildState.SCHOOL, line = "I skolan. Fritids 13.20–16.30", report = false, waiting = null),
        ),
    )
    val nobody = Home(title = "I dag", children = emptyList(), empty = "Här syns dina barn när förskolan eller skolan har lagt in dem.")

    val days = listOf("i dag", "i morgon", "fre 27 nov", "mån 30 nov", "tis 1 dec", "ons 2 dec").mapIndexed { index, label -> DayChoice("2026-11-${25 + index}", label) }
    val childDay = ChildDay(
        child = "c1", name = "Elsa Berg", day = days[0].day, heading = "Onsdag 25 november", state = ChildState.HERE, line = "Kom 07.34", days = days,
        placements = listOf(
            PlacementDay(placement = "p1", place = "Blåklockan, Ekorren", times = "07.30–16.00", clash = "Tiden ligger utanför öppettiden 06.30–17.30.", comment = "Mormor hämtar", events = listOf("Kom 07.34"), hint = "Ändra senast i dag 09.00.", change = true, waiting = null),
            PlacementDay(placement = "p2", place = "Bergaskolans fritids", times = "Är ledig", clash = null, comment = null, events = emptyList(), hint = null, change = true, waiting = "Väntar på att skickas"),
        ),
        absences = listOf(AbsenceLine(absence = "a1", line = "Borta 13.00–15.00", by = "Anmäld av Anna Berg i går 21.14", change = true, waiting = null)),
    )
    val report = ReportAbsence(
        title = "Anmäl frånvaro", health = "Skriv inget om hälsa.", question = "Vilka dagar?",
        children = listOf(Choice("c1", "Elsa Berg", null), Choice("c2", "Nils Berg", null), Choice("c3", "Saga Berg", "Är redan anmäld i dag. Ändra under barnets dag.")), days = days.take(5),
    )
    val changeDay = ChangeDay(
        child = "c1", placement = "p1", day = days[1].day, name = "Elsa Berg", heading = "Torsdag 26 november", place = "Blåklockan, Ekorren",
        ordinary = "Som i veckan: 07.30–16.00", usual = listOf(Interval("07:30", "16:00")), times = null, open = Interval("06:30", "17:30"),
        comment = "", comments = true, most = 200u, hint = "Ändra senast i dag 23.59.", instead = null,
    )

    val outbox = Outbox(
        title = "Skickat", empty = null,
        lines = listOf(
            OutboxLine(id = "o1", what = "Nils Berg kommer inte i dag", state = "Väntar på nät", mark = Mark.WAITING, undo = true, dismiss = false),
            OutboxLine(id = "o2", what = "Elsa Berg, torsdag: 08.00–15.00", state = "Sista tiden att ändra var i går kl. 23.59. Ring 0521-72 10 00.", mark = Mark.REFUSED, undo = false, dismiss = true),
            OutboxLine(id = "o3", what = "Elsa Berg kommer inte på fredag", state = "Mottaget i dag 07.12", mark = Mark.DONE, undo = true, dismiss = true),
            OutboxLine(id = "o4", what = "Saga Berg är ledig på måndag", state = "Ångrat", mark = Mark.WITHDRAWN, undo = false, dismiss = true),
        ),
    )
    val nothingSent = Outbox(title = "Skickat", lines = emptyList(), empty = "Här syns det du har skickat.")

    private val states = listOf(ChildState.EXPECTED, ChildState.HERE, ChildState.ABSENT, ChildState.EXPECTED, ChildState.GONE, ChildState.OFF)
    private fun line(state: ChildState, index: Int) = when (state) {
        ChildState.EXPECTED -> "Kommer 0${7 + index % 2}.${10 + index % 40}"
        ChildState.HERE -> "Kom 07.${10 + index % 40}, går 16.00"
        ChildState.GONE -> "Gick 14.30"
        ChildState.ABSENT -> "Borta hela dagen"
        ChildState.OFF -> "Ledig"
        else -> "I skolan"
    }
    private fun action(state: ChildState) = when (state) {
        ChildState.EXPECTED, ChildState.GONE -> Tap(Direction.IN, "Kom")
        ChildState.HERE -> Tap(Direction.OUT, "Gick")
        else -> null
    }

    fun board(children: Int) = GroupBoard(
        title = "Ekorren", count = "${children / 6} här, ${children / 2} väntas, ${children / 6} borta", who = emptyList(), empty = if (children == 0) "Inga barn i gruppen i dag." else null,
        rows = (0 until children).map { index ->
            val state = states[index % states.size]
            BoardRow(
                child = "c$index", placement = "p$index", name = if (index == 3) longName else name(index), state = state, line = line(state, index),
                comment = if (index % 4 == 1) "Mormor hämtar. Hon kan komma lite tidigare." else null, waiting = if (index == 1) "Väntar" else null,
                action = action(state), undo = if (state == ChildState.HERE) "e$index" else null,
            )
        },
    )
    val who = board(40).copy(who = listOf("Maja Lund", "Kerstin Ek", "Yusuf Ali", "Amanda Nyström").mapIndexed { index, name -> StaffChoice("s$index", name) })

    fun hall(children: Int) = HallBoard(
        title = "Ekorren", empty = if (children == 0) "Inga barn väntas i dag." else null,
        tiles = (0 until children).map { index ->
            val state = states[index % states.size]
            Tile(child = "c$index", placement = "p$index", name = if (index == 4) "Wilhelmina-Charlotta v" else name(index).substringBefore(' ') + " " + name(index).substringAfter(' ').take(1), state = state, line = line(state, index), action = action(state), undo = null)
        },
    )
    val wallFrame = Frame(listOf(Tab(TabKind.WALL, "Tavla", null)), groups.take(1), null, null, emptyList())
}
