package se.kapprum.ui

import androidx.compose.foundation.clickable
import androidx.compose.foundation.horizontalScroll
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.sizeIn
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.lazy.grid.GridCells
import androidx.compose.foundation.lazy.grid.LazyVerticalGrid
import androidx.compose.foundation.lazy.grid.items
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.ButtonDefaults
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.semantics.stateDescription
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import se.kapprum.core.BoardRow
import se.kapprum.core.Direction
import se.kapprum.core.GroupBoard
import se.kapprum.core.GroupChoice
import se.kapprum.core.StaffChoice
import se.kapprum.core.Tap
import se.kapprum.design.Icons
import se.kapprum.design.Label

/** A group's children for who receives them: each row has one big button for what happens next. */
@Composable
fun GroupBoardScreen(
    title: String,
    groups: List<GroupChoice>,
    chosen: String?,
    onGroup: (String) -> Unit,
    view: Shown<GroupBoard>,
    person: String?,
    onPerson: (String?) -> Unit,
    onTap: (BoardRow) -> Unit,
    onUndo: (BoardRow) -> Unit,
    onAgain: () -> Unit = {},
) {
    val board = (view as? Shown.Ready)?.value
    Titled(board?.title ?: title, under = board?.count ?: " ") {
        if (groups.size > 1) {
            Row(Modifier.horizontalScroll(rememberScrollState()).padding(horizontal = 16.dp), Arrangement.spacedBy(8.dp)) {
                groups.forEach { ChoiceChip(it.name, it.group == chosen, { onGroup(it.group) }) }
            }
        }
        Draw(view, onAgain, { Placeholders(6, 100.dp) }) { shown ->
            val acting = shown.who.firstOrNull { it.person == person }
            if (shown.who.isNotEmpty() && acting == null) WhoAreYou(shown.who) { onPerson(it) }
            else {
                if (acting != null) Acting(acting) { onPerson(null) }
                val empty = shown.empty
                if (empty != null) Quiet(empty, Icons.Group)
                LazyVerticalGrid(
                    GridCells.Adaptive(columnWidth(300.dp)), contentPadding = PaddingValues(start = 12.dp, end = 12.dp, top = 8.dp, bottom = 24.dp),
                    horizontalArrangement = Arrangement.spacedBy(8.dp), verticalArrangement = Arrangement.spacedBy(8.dp),
                ) {
                    items(shown.rows, key = { it.child + it.placement }) { row -> ChildRow(row, { onTap(row) }, { onUndo(row) }) }
                }
            }
        }
    }
}

/** On a department's tablet: who taps is asked once, and stays until changed. */
@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun WhoAreYou(who: List<StaffChoice>, onPerson: (String) -> Unit) {
    Column(Modifier.verticalScroll(rememberScrollState()).padding(16.dp), Arrangement.spacedBy(12.dp)) {
        Part(words(Label.GroupWho))
        Text(words(Label.GroupWhoExplanation), style = MaterialTheme.typography.bodyLarge)
        FlowRow(horizontalArrangement = Arrangement.spacedBy(12.dp), verticalArrangement = Arrangement.spacedBy(12.dp)) {
            who.forEach { ChoiceChip(it.name, false, { onPerson(it.person) }, Modifier.heightIn(min = 64.dp)) }
        }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Acting(person: StaffChoice, onChange: () -> Unit) {
    FlowRow(Modifier.fillMaxWidth().padding(horizontal = 16.dp), horizontalArrangement = Arrangement.spacedBy(12.dp)) {
        Text(words(Label.GroupActingAs, person.name), Modifier.align(Alignment.CenterVertically), style = MaterialTheme.typography.bodyLarge)
        QuietButton(words(Label.GroupChangePerson), onChange)
    }
}

@Composable
private fun ChildRow(row: BoardRow, onTap: () -> Unit, onUndo: () -> Unit) {
    var open by rememberSaveable(row.child) { mutableStateOf(false) }
    val more = row.comment != null || row.undo != null
    Card {
        Column {
            Row(Modifier.fillMaxWidth().heightIn(min = boardTouch), verticalAlignment = Alignment.CenterVertically) {
                val state = words(look(row.state).label)
                Row(
                    Modifier.weight(1f).heightIn(min = boardTouch)
                        .let { if (more) it.clickable { open = !open } else it }
                        .semantics(mergeDescendants = true) { stateDescription = state }
                        .padding(horizontal = 12.dp, vertical = 8.dp),
                    Arrangement.spacedBy(12.dp), Alignment.CenterVertically,
                ) {
                    StateMark(row.state, size = 44.dp)
                    Column(Modifier.weight(1f)) {
                        Fitting(row.name, style = MaterialTheme.typography.titleLarge)
                        Text(row.line, color = palette.inkMuted, style = MaterialTheme.typography.bodyMedium)
                        row.waiting?.let { WaitingLine(it) }
                    }
                    if (row.comment != null) Icon(Icons.Comment, null, Modifier.size(24.dp), tint = palette.info.strong)
                }
                row.action?.let { CheckButton(it, row.name, onTap) }
            }
            if (open) {
                row.comment?.let { Strip(it, Icons.Comment, palette.info, Modifier.padding(start = 12.dp, end = 12.dp, bottom = 12.dp)) }
                if (row.undo != null) {
                    QuietButton(words(Label.Undo), onUndo, Modifier.fillMaxWidth().heightIn(min = boardTouch).padding(start = 12.dp, end = 12.dp, bottom = 12.dp), icon = Icons.Undo)
                }
            }
        }
    }
}

/** Comes in: filled. Goes out: quieter, since nobody hurries a child away. */
@Composable
private fun CheckButton(tap: Tap, name: String, onTap: () -> Unit) {
    val coming = tap.direction == Direction.IN
    Button(
        onTap, Modifier.sizeIn(minWidth = boardTouch, minHeight = boardTouch).widthIn(max = 132.dp).padding(6.dp).semantics { contentDescription = tap.label + ", " + name },
        shape = controlShape, contentPadding = PaddingValues(8.dp),
        colors = if (coming) ButtonDefaults.buttonColors(palette.accent, palette.onAccent) else ButtonDefaults.buttonColors(palette.accentContainer, palette.onAccentContainer),
    ) {
        Column(horizontalAlignment = Alignment.CenterHorizontally) {
            Icon(if (coming) Icons.Check else Icons.Out, null, Modifier.size(28.dp))
            Text(tap.label, textAlign = TextAlign.Center, style = MaterialTheme.typography.labelLarge)
        }
    }
}
