package se.kapprum.ui

import androidx.compose.foundation.BorderStroke
import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.sizeIn
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.lazy.grid.GridCells
import androidx.compose.foundation.lazy.grid.LazyVerticalGrid
import androidx.compose.foundation.lazy.grid.items
import androidx.compose.material3.Button
import androidx.compose.material3.ButtonDefaults
import androidx.compose.material3.Icon
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import kotlinx.coroutines.delay
import se.kapprum.core.Direction
import se.kapprum.core.HallBoard
import se.kapprum.core.Notice
import se.kapprum.core.Tile
import se.kapprum.design.Icons
import se.kapprum.design.Label

/** Who just tapped, and which way, for as long as it can be taken back on the wall. */
data class JustTapped(val child: String, val name: String, val direction: Direction)

/** The board on the wall: a child finds its name and taps it. Nothing else is there to press by mistake. */
@OptIn(ExperimentalLayoutApi::class)
@Composable
fun HallBoardScreen(
    title: String,
    view: Shown<HallBoard>,
    notice: Notice?,
    just: JustTapped?,
    onTap: (Tile) -> Unit,
    onUndo: () -> Unit,
    message: Message? = null,
    onSilence: (Message) -> Unit = {},
    onAgain: () -> Unit = {},
) {
    Column(Modifier.fillMaxSize().background(palette.background)) {
        FlowRow(
            Modifier.fillMaxWidth().padding(horizontal = 24.dp, vertical = 8.dp),
            horizontalArrangement = Arrangement.spacedBy(24.dp), verticalArrangement = Arrangement.spacedBy(8.dp),
        ) {
            Fitting((view as? Shown.Ready)?.value?.title ?: title, Modifier.semantics { heading() }, style = boardType.title)
            if (notice != null) Strip(notice.text, Icons.Offline, colors(notice.tone, palette), Modifier.widthIn(max = 480.dp).align(Alignment.CenterVertically))
        }
        Column(Modifier.weight(1f)) {
            Draw(view, onAgain, { Placeholders(3, 120.dp) }) { shown ->
                val empty = shown.empty
                if (empty != null) Quiet(empty, Icons.Board)
                LazyVerticalGrid(
                    GridCells.Adaptive(columnWidth(210.dp)), contentPadding = PaddingValues(horizontal = 24.dp, vertical = 8.dp),
                    horizontalArrangement = Arrangement.spacedBy(16.dp), verticalArrangement = Arrangement.spacedBy(16.dp),
                ) {
                    items(shown.tiles, key = { it.child + it.placement }) { tile -> ChildTile(tile, just?.child == tile.child) { onTap(tile) } }
                }
            }
        }
        Farewell(just, message, onUndo, onSilence)
    }
}

/** The lowest part of the board keeps its height, so that no tile moves under a hand. */
@Composable
private fun Farewell(just: JustTapped?, message: Message?, onUndo: () -> Unit, onSilence: (Message) -> Unit) {
    if (message != null) LaunchedEffect(message) {
        delay(6_000)
        onSilence(message)
    }
    Surface(Modifier.fillMaxWidth(), color = if (just == null) palette.surface else palette.inverse, contentColor = if (just == null) palette.ink else palette.onInverse) {
        Row(Modifier.heightIn(min = 112.dp).padding(horizontal = 24.dp, vertical = 8.dp), Arrangement.spacedBy(24.dp), Alignment.CenterVertically) {
            if (just == null) {
                Text(message?.let { words(it.text) } ?: words(Label.HallExplanation), Modifier.semantics { liveRegion = LiveRegionMode.Polite }, color = palette.ink, style = boardType.line)
            } else {
                Box(Modifier.weight(1f)) {
                    Fitting(
                        words(if (just.direction == Direction.IN) Label.HallCame else Label.HallWentHome, just.name),
                        Modifier.semantics { liveRegion = LiveRegionMode.Polite }, style = boardType.name,
                    )
                }
                Button(onUndo, Modifier.sizeIn(minWidth = 160.dp, minHeight = boardTouch), shape = controlShape, colors = ButtonDefaults.buttonColors(palette.inverseAccent, palette.inverse)) {
                    Icon(Icons.Undo, null, Modifier.padding(end = 12.dp).size(36.dp))
                    Text(words(Label.Undo), style = boardType.name)
                }
            }
        }
    }
}

@Composable
private fun ChildTile(tile: Tile, resting: Boolean, onTap: () -> Unit) {
    val look = look(tile.state)
    val colors = palette[look.tone]
    // Rests after a tap: a second pat of the same hand must not check the child out again.
    val pressable = tile.action != null && !resting
    val inside: @Composable () -> Unit = {
        Column(Modifier.fillMaxWidth().heightIn(min = 124.dp).padding(horizontal = 16.dp, vertical = 12.dp), Arrangement.SpaceBetween) {
            Fitting(tile.name, color = colors.ink, style = boardType.name)
            Row(Modifier.padding(top = 8.dp), Arrangement.spacedBy(10.dp), Alignment.CenterVertically) {
                Icon(look.icon, null, Modifier.size(40.dp), tint = colors.strong)
                Fitting(tile.line, color = colors.ink, style = boardType.line)
            }
        }
    }
    val border = BorderStroke(if (tile.action != null) 2.dp else 0.dp, if (tile.action != null) colors.strong else colors.container)
    if (pressable) Surface(onTap, Modifier.fillMaxWidth(), shape = cardShape, color = colors.container, border = border) { inside() }
    else Surface(Modifier.fillMaxWidth().semantics(mergeDescendants = true) {}, cardShape, colors.container, border = border) { inside() }
}
