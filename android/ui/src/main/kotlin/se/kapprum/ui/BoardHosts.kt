package se.kapprum.ui

import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableIntStateOf
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import kotlinx.coroutines.delay
import se.kapprum.core.Ask
import se.kapprum.core.AtPlacement
import se.kapprum.core.BoardRow
import se.kapprum.core.Command
import se.kapprum.core.Direction
import se.kapprum.core.Frame
import se.kapprum.core.GroupChoice
import se.kapprum.core.Screen
import se.kapprum.core.Tap

private fun check(tap: Tap, at: AtPlacement): Command = when (tap.direction) {
    Direction.IN -> Command.CheckIn(at)
    Direction.OUT -> Command.CheckOut(at)
}

@Composable
fun GroupHost(core: Core, title: String, groups: List<GroupChoice>, places: Places) {
    val group = groups.firstOrNull { it.group == places.group } ?: groups.firstOrNull()
    var person by rememberSaveable { mutableStateOf<String?>(null) }
    var round by remember { mutableIntStateOf(0) }
    val board: Shown<se.kapprum.core.GroupBoard> = if (group == null) Shown.Loading
        else core.shown(Ask.GroupBoard(group.group, null), round) { (it as? Screen.GroupBoard)?.v1 }.value
    GroupBoardScreen(
        title, groups, group?.group, { places.group = it }, board, person, { person = it },
        onTap = { row -> row.check()?.let { (command, said) -> core.tap(listOf(command), person, said) } },
        onUndo = { row ->
            val placement = row.placement
            val event = row.undo
            if (placement != null && event != null) core.tap(listOf(Command.UndoCheck(AtPlacement(row.child, placement, null), event)), person)
        },
    ) { round++ }
}

/** What a tap on the row sends, and the words that tell of it: the button's and whose row it was. */
private fun BoardRow.check(): Pair<Command, Wording>? {
    val tap = action ?: return null
    val placement = placement ?: return null
    return check(tap, AtPlacement(child, placement, null)) to Wording.Said("$name: ${tap.label}")
}

@Composable
fun HallHost(core: Core, group: GroupChoice, frame: Frame?) {
    var round by remember { mutableIntStateOf(0) }
    val board by core.shown(Ask.HallBoard(group.group), round) { (it as? Screen.HallBoard)?.v1 }
    var just by remember { mutableStateOf<Pair<JustTapped, List<String>>?>(null) }
    val message by core.message.collectAsState()
    LaunchedEffect(just) {
        if (just != null) {
            delay(6_000)
            just = null
        }
    }
    HallBoardScreen(
        group.name, board, frame?.notice, just?.first,
        onTap = { tile ->
            val tap = tile.action
            if (tap != null) {
                val tapped = JustTapped(tile.child, tile.name, tap.direction)
                just = tapped to emptyList() // the tile rests at once; what can be taken back comes with the answer
                core.tap(listOf(check(tap, AtPlacement(tile.child, tile.placement, group.group))), saved = null) { sent ->
                    just = if (sent is Sent.Saved) tapped to sent.commands else null
                }
            }
        },
        onUndo = {
            just?.second?.takeIf { it.isNotEmpty() }?.let(core::undo)
            just = null
        },
        message, core::hush,
    ) { round++ }
}
