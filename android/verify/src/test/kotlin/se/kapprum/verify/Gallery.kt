package se.kapprum.verify

import androidx.compose.material3.ExperimentalMaterial3Api
import androidx.compose.material3.ModalBottomSheet
import androidx.compose.material3.rememberModalBottomSheetState
import androidx.compose.runtime.Composable
import androidx.compose.runtime.remember
import se.kapprum.core.Direction
import se.kapprum.core.Frame
import se.kapprum.core.Missing
import se.kapprum.core.Role
import se.kapprum.core.TabKind
import se.kapprum.design.Label
import se.kapprum.ui.AccountRow
import se.kapprum.ui.ChangeDayScreen
import se.kapprum.ui.ChildDayScreen
import se.kapprum.ui.DayForm
import se.kapprum.ui.DayPlan
import se.kapprum.ui.Extent
import se.kapprum.ui.FrameScreen
import se.kapprum.ui.GroupBoardScreen
import se.kapprum.ui.HallBoardScreen
import se.kapprum.ui.HomeScreen
import se.kapprum.ui.JustTapped
import se.kapprum.ui.Message
import se.kapprum.ui.OpeningScreen
import se.kapprum.ui.OutboxScreen
import se.kapprum.ui.Problem
import se.kapprum.ui.Remedy
import se.kapprum.ui.ReportAbsenceScreen
import se.kapprum.ui.ReportForm
import se.kapprum.ui.SettingsScreen
import se.kapprum.ui.Shown
import se.kapprum.ui.SignInScreen
import se.kapprum.ui.SignOutDialog
import se.kapprum.ui.SignOutQuestion
import se.kapprum.ui.StartErrorScreen
import se.kapprum.ui.Wording
import se.kapprum.ui.boardTouch
import se.kapprum.ui.palette
import se.kapprum.ui.touch

/** One screen in one state. On a board what acts on a child is as large as a hand. */
class Exhibit(val name: String, val board: Boolean = false, val content: @Composable () -> Unit)

private val failed = Shown.Failed(Problem(Wording.Said("Det gick inte att läsa. Försök igen.")))
private val locked = Shown.Missed(Missing.LOCKED, "Uppgifterna är låsta tills appen har hämtat nytt. Se till att det finns nät.")
private val noRight = Shown.Missed(Missing.NO_RIGHT, "Du får inte se det här.")
private val refused = Problem(Wording.Said("Sista tiden att anmäla var i går kl. 23.59. Ring 0521-72 10 00."), Remedy.NONE)

@Composable
private fun Framed(frame: Frame?, tab: TabKind?, message: Message? = null, content: @Composable () -> Unit) =
    FrameScreen(frame, tab, {}, {}, message, {}, {}, if (tab == TabKind.GROUPS) boardTouch else touch, content)

@Composable
private fun HomeAt(home: Shown<se.kapprum.core.Home>, frame: Frame? = Samples.frame, message: Message? = null) =
    Framed(frame, TabKind.HOME, message) { HomeScreen("Hem", home, {}, {}) }

@Composable
private fun ChildDayAt(view: Shown<se.kapprum.core.ChildDay>) = Framed(Samples.frame, TabKind.HOME) { ChildDayScreen(view, {}, {}, { _, _ -> }, {}) }

@OptIn(ExperimentalMaterial3Api::class)
@Composable
private fun Report(form: ReportForm, view: Shown<se.kapprum.core.ReportAbsence> = Shown.Ready(Samples.report), refusal: Problem? = null) {
    HomeAt(Shown.Ready(Samples.home))
    ModalBottomSheet({}, sheetState = rememberModalBottomSheetState(true), containerColor = palette.surfaceRaised, contentColor = palette.ink, dragHandle = null) {
        ReportAbsenceScreen(view, form, refusal, false, {}, {})
    }
}

@Composable
private fun ChangeDayAt(view: Shown<se.kapprum.core.ChangeDay>, form: DayForm?, refusal: Problem? = null) =
    Framed(Samples.frame, TabKind.HOME) { ChangeDayScreen(view, form, refusal, false, {}, {}, {}) }

@Composable
private fun OutboxAt(view: Shown<se.kapprum.core.Outbox>) = Framed(Samples.frame, TabKind.OUTBOX) { OutboxScreen("Skickat", view, {}, {}) }

@Composable
private fun GroupAt(view: Shown<se.kapprum.core.GroupBoard>, frame: Frame = Samples.staff, person: String? = null, message: Message? = null) =
    Framed(frame, TabKind.GROUPS, message) { GroupBoardScreen("Grupper", frame.groups, "g1", {}, view, person, {}, {}, {}) }

@Composable
private fun HallAt(view: Shown<se.kapprum.core.HallBoard>, frame: Frame = Samples.wallFrame, just: JustTapped? = null) =
    HallBoardScreen("Ekorren", view, frame.notice, just, {}, {})

@Composable
private fun Settings() = Framed(Samples.frame, TabKind.SETTINGS) {
    SettingsScreen("Inställningar", null, {}, listOf(AccountRow("1", "Lilla Edets kommun", Role.GUARDIAN), AccountRow("2", "Trollhättans Stad", Role.STAFF)), {}, {}, "1.0", {}, {})
}

val exhibits: List<Exhibit> = listOf(
    Exhibit("opening") { OpeningScreen() },
    Exhibit("start-library-missing") { StartErrorScreen(Problem(Wording.Of(Label.StartErrorLibrary), Remedy.UPDATE), {}, {}) },
    Exhibit("start-newer-file") { StartErrorScreen(Problem(Wording.Of(Label.StartErrorNewer), Remedy.UPDATE), {}, {}) },
    Exhibit("start-disk-full") { StartErrorScreen(Problem(Wording.Of(Label.StartErrorFull)), {}, {}) },
    Exhibit("start-key-store") { StartErrorScreen(Problem(Wording.Of(Label.StartErrorKeyStore)), {}, {}) },
    Exhibit("start-in-use") { StartErrorScreen(Problem(Wording.Of(Label.StartErrorInUse)), {}, {}) },
    Exhibit("sign-in") { SignInScreen("", {}, false, null, {}) },
    Exhibit("sign-in-working") { SignInScreen("https://lillaedet.example/#invite=4f1c", {}, true, null, {}) },
    Exhibit("sign-in-error") { SignInScreen("https://lillaedet.example/#invite=4f1c", {}, false, Problem(Wording.Of(Label.SignInErrorUsed)), {}, {}) },
    Exhibit("home") { HomeAt(Shown.Ready(Samples.home)) },
    Exhibit("home-empty") { HomeAt(Shown.Ready(Samples.nobody)) },
    Exhibit("home-offline") { HomeAt(Shown.Ready(Samples.home), Samples.offline) },
    Exhibit("home-signed-out") { HomeAt(Shown.Ready(Samples.home), Samples.signedOut) },
    Exhibit("home-saved") { HomeAt(Shown.Ready(Samples.home), Samples.offline, Message(Wording.Of(Label.SavedOffline), listOf("1"))) },
    Exhibit("home-loading") { HomeAt(Shown.Loading) },
    Exhibit("home-locked") { HomeAt(locked) },
    Exhibit("home-error") { HomeAt(failed) },
    Exhibit("child-day") { ChildDayAt(Shown.Ready(Samples.childDay)) },
    Exhibit("child-day-no-right") { ChildDayAt(noRight) },
    Exhibit("child-day-loading") { ChildDayAt(Shown.Loading) },
    Exhibit("report") { Report(remember { ReportForm(setOf("c1")) }) },
    Exhibit("report-part") { Report(remember { ReportForm(setOf("c1", "c2"), extent = Extent.PART_OF_DAY) }) },
    Exhibit("report-more-days") { Report(remember { ReportForm(setOf("c1"), extent = Extent.MORE_DAYS, until = Samples.days[2].day) }) },
    Exhibit("report-refused") { Report(remember { ReportForm(setOf("c1")) }, refusal = refused) },
    Exhibit("change-day") { ChangeDayAt(Shown.Ready(Samples.changeDay), remember { DayForm(Samples.changeDay) }) },
    Exhibit("change-day-times") { ChangeDayAt(Shown.Ready(Samples.changeDay), remember { DayForm(Samples.changeDay).apply { choose(DayPlan.OTHER_TIMES, Samples.changeDay); add(); comment = "Mormor hämtar" } }) },
    Exhibit("change-day-refused") { ChangeDayAt(Shown.Ready(Samples.changeDay), remember { DayForm(DayPlan.COMES_NOT) }, refused) },
    Exhibit("change-day-instead") { ChangeDayAt(Shown.Ready(Samples.changeDay.copy(instead = "Sista tiden att ändra var i går kl. 23.59. Ring 0521-72 10 00.")), null) },
    Exhibit("outbox") { OutboxAt(Shown.Ready(Samples.outbox)) },
    Exhibit("outbox-empty") { OutboxAt(Shown.Ready(Samples.nothingSent)) },
    Exhibit("outbox-error") { OutboxAt(failed) },
    Exhibit("group", board = true) { GroupAt(Shown.Ready(Samples.board(40))) },
    Exhibit("group-empty", board = true) { GroupAt(Shown.Ready(Samples.board(0))) },
    Exhibit("group-offline", board = true) { GroupAt(Shown.Ready(Samples.board(40)), Samples.staff.copy(notice = Samples.offline.notice, waiting = "7 väntar")) },
    Exhibit("group-tapped", board = true) { GroupAt(Shown.Ready(Samples.board(40)), message = Message(Wording.Said("Åsa Öberg: Kom"), listOf("1"))) },
    Exhibit("group-who", board = true) { GroupAt(Shown.Ready(Samples.who)) },
    Exhibit("group-acting", board = true) { GroupAt(Shown.Ready(Samples.who), person = "s0") },
    Exhibit("group-loading", board = true) { GroupAt(Shown.Loading) },
    Exhibit("group-no-right", board = true) { GroupAt(noRight) },
    Exhibit("hall", board = true) { HallAt(Shown.Ready(Samples.hall(22))) },
    Exhibit("hall-tapped", board = true) { HallAt(Shown.Ready(Samples.hall(22)), just = JustTapped("c1", "Björn Ö", Direction.IN)) },
    Exhibit("hall-offline", board = true) { HallAt(Shown.Ready(Samples.hall(40)), Samples.wallFrame.copy(notice = Samples.offline.notice)) },
    Exhibit("hall-empty", board = true) { HallAt(Shown.Ready(Samples.hall(0))) },
    Exhibit("hall-loading", board = true) { HallAt(Shown.Loading) },
    Exhibit("settings") { Settings() },
    Exhibit("settings-sign-out") { Settings(); SignOutDialog(SignOutQuestion("1", null), {}, {}) },
    Exhibit("settings-unsent") { Settings(); SignOutDialog(SignOutQuestion("1", 3), {}, {}) },
)
