package se.kapprum.ui

import androidx.compose.runtime.Composable
import androidx.compose.runtime.DisposableEffect
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableIntStateOf
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.saveable.rememberSaveableStateHolder
import androidx.compose.runtime.setValue
import kotlinx.coroutines.launch
import se.kapprum.core.Ask
import se.kapprum.core.Command
import se.kapprum.core.Frame
import se.kapprum.core.Help
import se.kapprum.core.Screen
import se.kapprum.core.TabKind

/** One person's screens: the frame, the tab, and what is open on top of it. */
@Composable
fun PersonHost(opened: Opened, core: Core, host: Host, target: Target?, onTarget: () -> Unit) {
    var round by remember { mutableIntStateOf(0) }
    val shown by core.shown(Ask.Frame, round) { (it as? Screen.Frame)?.v1 }
    val frame = (shown as? Shown.Ready)?.value
    val places = rememberSaveable(core.profile.toInt(), saver = Places.saver) { Places() }
    val message by core.message.collectAsState()
    val tabs = frame?.tabs.orEmpty()
    val tab = tabs.firstOrNull { it.kind == places.tab }?.kind ?: tabs.firstOrNull()?.kind

    LaunchedEffect(target) {
        when (target) {
            is Target.Invitation -> places.go(Place.SignIn) // the form takes the link itself
            is Target.To -> { places.go(target.place); onTarget() }
            null -> Unit
        }
    }
    LocalBack.current(places.top != null || tab != tabs.firstOrNull()?.kind) {
        val first = tabs.firstOrNull()?.kind
        if (places.top != null) places.back() else if (first != null) places.choose(first)
    }

    if (places.top == Place.SignIn) {
        return SignInHost(opened, core.profile, target, onTarget, { places.back() }, { places.back() })
    }
    if (tab == TabKind.WALL) return WallHost(core, frame, host)

    val failed = shown as? Shown.Failed
    FrameScreen(
        frame, tab, places::choose,
        onHelp = { help ->
            when (help) {
                Help.SIGN_IN -> places.go(Place.SignIn)
                Help.UPDATE -> host.show(Page.STORE)
                Help.DISMISS_LOST -> core.dismissLost()
                Help.SYNC -> core.sync()
            }
        },
        message, { core.hush(it); core.undo(it.undo, it.tapped) }, core::hush,
        undoTarget = if (tab == TabKind.GROUPS) boardTouch else touch,
    ) {
        if (failed != null) Trouble(failed.problem) { round++ } else Inside(opened, core, host, frame, tab, places)
    }
}

/** Keeps what each place had (where it was scrolled to, what was typed) while one is at another. */
@Composable
private fun Inside(opened: Opened, core: Core, host: Host, frame: Frame?, tab: TabKind?, places: Places) {
    val kept = rememberSaveableStateHolder()
    val page = places.stack.lastOrNull { it !is Place.Report }
    // What was left is not what is opened again: only the way back finds things as they were.
    var before by remember { mutableStateOf(places.stack) }
    LaunchedEffect(places.stack) {
        (before - places.stack.toSet()).forEach { kept.removeState(it.words) }
        before = places.stack
    }
    kept.SaveableStateProvider(page?.words ?: tab?.name.orEmpty()) {
        when (page) {
            is Place.Child -> ChildHost(core, page, places)
            is Place.ChangeDay -> ChangeDayHost(core, page, places, saved(frame))
            else -> TabHost(opened, core, host, frame, tab, places)
        }
    }
    val report = places.top as? Place.Report
    if (report != null) ReportHost(core, report.child, saved(frame)) { places.back() }
}

@Composable
private fun TabHost(opened: Opened, core: Core, host: Host, frame: Frame?, tab: TabKind?, places: Places) {
    val title = frame?.tabs?.firstOrNull { it.kind == tab }?.label.orEmpty()
    var round by remember { mutableIntStateOf(0) }
    when (tab) {
        TabKind.HOME -> {
            val home by core.shown(Ask.Home, round) { (it as? Screen.Home)?.v1 }
            HomeScreen(title, home, { places.go(Place.Child(it, null)) }, { places.go(Place.Report(it)) }) { round++ }
        }
        TabKind.GROUPS -> GroupHost(core, title, frame?.groups.orEmpty(), places)
        TabKind.OUTBOX -> {
            val outbox by core.shown(Ask.Outbox, round) { (it as? Screen.Outbox)?.v1 }
            OutboxScreen(title, outbox, { core.undo(listOf(it)) }, core::dismiss) { round++ }
        }
        TabKind.SETTINGS -> SettingsHost(opened, core, host, title, frame, places)
        TabKind.WALL, null -> Unit
    }
}

@Composable
private fun ChildHost(core: Core, place: Place.Child, places: Places) {
    var round by remember { mutableIntStateOf(0) }
    val day by core.shown(Ask.ChildDay(place.child, place.day), round) { (it as? Screen.ChildDay)?.v1 }
    ChildDayScreen(
        day, places::back,
        onDay = { places.replace(Place.Child(place.child, it)) },
        onChange = { placement, on -> places.go(Place.ChangeDay(place.child, placement, on)) },
        onWithdraw = { core.tap(listOf(Command.WithdrawAbsence(place.child, it))) },
    ) { round++ }
}

@Composable
private fun SettingsHost(opened: Opened, core: Core, host: Host, title: String, frame: Frame?, places: Places) {
    val accounts by opened.accounts.collectAsState()
    var question by remember { mutableStateOf<SignOutQuestion?>(null) }
    val scope = rememberCoroutineScope()
    val rows = accounts.filter { it.profile == core.profile }.map { signedIn ->
        AccountRow(signedIn.id, frame?.accounts?.firstOrNull { it.account == signedIn.account }?.name.orEmpty(), signedIn.account.role)
    }
    SettingsScreen(
        title, host.language, host::choose, rows, { places.go(Place.SignIn) }, { question = SignOutQuestion(it, null) },
        host.version, { host.show(Page.ACCESSIBILITY) }, { host.show(Page.LICENCES) },
    )
    question?.let { asked ->
        SignOutDialog(
            asked,
            onConfirm = {
                scope.launch {
                    when (val outcome = opened.signOut(asked.account, dropUnsent = asked.unsent != null)) {
                        is SignOut.Done -> question = null
                        is SignOut.Unsent -> question = asked.copy(unsent = outcome.count)
                        is SignOut.Failed -> { question = null; core.say(outcome.problem.text) }
                    }
                }
            },
            onWait = { question = null },
        )
    }
}

/** A board on the wall has no frame: nothing leads away from it. */
@Composable
private fun WallHost(core: Core, frame: Frame?, host: Host) {
    DisposableEffect(host) {
        host.keepLit(true)
        onDispose { host.keepLit(false) }
    }
    val group = frame?.groups?.firstOrNull() ?: return
    HallHost(core, group, frame)
}
