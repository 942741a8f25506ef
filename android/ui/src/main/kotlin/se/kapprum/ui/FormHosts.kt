package se.kapprum.ui

import androidx.compose.material3.ExperimentalMaterial3Api
import androidx.compose.material3.ModalBottomSheet
import androidx.compose.material3.rememberModalBottomSheetState
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.MutableState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableIntStateOf
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.saveable.Saver
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.runtime.snapshotFlow
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.flow.filterNotNull
import se.kapprum.core.Ask
import se.kapprum.core.Command
import se.kapprum.core.Frame
import se.kapprum.core.Help
import se.kapprum.core.Screen
import se.kapprum.design.Label

/** What to say of something saved: away from the network, that it waits, and what to do if it can't. */
fun saved(frame: Frame?): Label = if (frame?.notice?.help == Help.SYNC) Label.SavedOffline else Label.Saved

/** A problem that is still there after rotation. */
@Composable
fun rememberSaveableProblem(): MutableState<Problem?> = rememberSaveable(stateSaver = problemSaver) { mutableStateOf(null) }

private val problemSaver = Saver<Problem?, List<String>>(
    { problem ->
        when (val text = problem?.text) {
            is Wording.Said -> listOf(text.text, "", problem.remedy.name)
            is Wording.Of -> listOf("", text.label.name, problem.remedy.name)
            is Wording.Counted, null -> null
        }
    },
    { (said, label, remedy) -> Problem(if (label.isEmpty()) Wording.Said(said) else Wording.Of(Label.valueOf(label)), Remedy.valueOf(remedy)) },
)

/**
 * A form's draft: taken up once when the form opens, and told to the core on every change, so that neither rotation
 * nor the end of the process loses what was typed.
 */
@Composable
private fun <T : Command> KeepDraft(core: Core, ask: Ask, restore: (Command) -> Unit, command: () -> T?) {
    var restored by rememberSaveable { mutableStateOf(false) }
    LaunchedEffect(core, ask) {
        if (!restored) core.draft(ask)?.let(restore)
        restored = true
        snapshotFlow(command).drop(1).filterNotNull().collect { core.keepDraft(ask, it) }
    }
}

@OptIn(ExperimentalMaterial3Api::class)
@Composable
fun ReportHost(core: Core, child: String?, saved: Label, onClose: () -> Unit) {
    val ask = Ask.ReportAbsence
    var round by remember { mutableIntStateOf(0) }
    val view by core.shown(ask, round) { (it as? Screen.ReportAbsence)?.v1 }
    val form = rememberSaveable(saver = ReportForm.saver) { ReportForm(setOfNotNull(child)) }
    var refusal by rememberSaveableProblem()
    var sending by remember { mutableStateOf(false) }
    val close = {
        core.keepDraft(ask, null)
        onClose()
    }
    LaunchedEffect(Unit) { core.hush() }
    (view as? Shown.Ready)?.value?.let { shown ->
        KeepDraft(core, ask, { draft -> if (draft is Command.ReportAbsence && (child == null || draft.child == child)) form.restore(draft) }) { form.commands(shown).firstOrNull() }
    }
    ModalBottomSheet(close, sheetState = rememberModalBottomSheetState(skipPartiallyExpanded = true), containerColor = palette.surfaceRaised, contentColor = palette.ink, dragHandle = null) {
        ReportAbsenceScreen(
            view, form, refusal, sending, onClose = close, onAgain = { round++ },
            onSend = {
                val commands = (view as? Shown.Ready)?.value?.let(form::commands).orEmpty()
                sending = true
                core.submit(commands) { sent ->
                    sending = false
                    when (sent) {
                        is Sent.Saved -> { core.say(Wording.Of(saved), sent.commands); close() }
                        is Sent.Refused -> refusal = sent.problem
                    }
                }
            },
        )
    }
}

@Composable
fun ChangeDayHost(core: Core, place: Place.ChangeDay, places: Places, saved: Label) {
    val ask = Ask.ChangeDay(place.child, place.placement, place.day)
    var round by remember { mutableIntStateOf(0) }
    val view by core.shown(ask, round) { (it as? Screen.ChangeDay)?.v1 }
    var refusal by rememberSaveableProblem()
    var sending by remember { mutableStateOf(false) }
    val shown = (view as? Shown.Ready)?.value
    val form = if (shown == null) null else rememberSaveable(saver = DayForm.saver) { DayForm(shown) }
    LaunchedEffect(Unit) { core.hush() } // a form needs the room; what was said stands in the outbox
    if (shown != null && form != null) {
        KeepDraft(core, ask, { draft ->
            if (draft is Command.ChangeDay) {
                form.restore(draft)
                core.say(Wording.Of(Label.DraftKept))
            }
        }) { form.command(shown) }
    }
    ChangeDayScreen(
        view, form, refusal, sending, onBack = places::back, onAgain = { round++ },
        onThrow = {
            core.keepDraft(ask, null)
            places.back()
        },
        onSave = {
            val command = shown?.let { form?.command(it) }
            if (command != null) {
                sending = true
                core.submit(listOf(command)) { sent ->
                    sending = false
                    when (sent) {
                        is Sent.Saved -> {
                            core.keepDraft(ask, null)
                            core.say(Wording.Of(saved), sent.commands)
                            places.back()
                        }
                        is Sent.Refused -> refusal = sent.problem
                    }
                }
            }
        },
    )
}
