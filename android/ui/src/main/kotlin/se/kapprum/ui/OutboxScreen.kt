package se.kapprum.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.unit.dp
import se.kapprum.core.Mark
import se.kapprum.core.Outbox
import se.kapprum.core.OutboxLine
import se.kapprum.design.Icons
import se.kapprum.design.Label

/** What was sent from here: on its way, done, or refused with the reason. */
@Composable
fun OutboxScreen(title: String, view: Shown<Outbox>, onUndo: (String) -> Unit, onDismiss: (String) -> Unit, onAgain: () -> Unit = {}) {
    Titled((view as? Shown.Ready)?.value?.title ?: title) {
        Draw(view, onAgain, { Placeholders(3, 88.dp) }) { shown ->
            val empty = shown.empty
            if (empty != null) Quiet(empty, Icons.Sent)
            LazyColumn(
                Modifier.widthIn(max = 640.dp), contentPadding = PaddingValues(start = 16.dp, end = 16.dp, top = 8.dp, bottom = 24.dp),
                verticalArrangement = Arrangement.spacedBy(12.dp),
            ) {
                items(shown.lines, key = { it.id }) { line -> Line(line, { onUndo(line.id) }, { onDismiss(line.id) }) }
            }
        }
    }
}

@Composable
private fun Line(line: OutboxLine, onUndo: () -> Unit, onDismiss: () -> Unit) {
    val (icon, colors) = when (line.mark) {
        Mark.WAITING -> Icons.Waiting to palette.attention
        Mark.DONE -> Icons.Check to palette.good
        Mark.WITHDRAWN -> Icons.Undo to palette.neutral
        Mark.REFUSED -> Icons.Refused to palette.critical
    }
    Card {
        Row(Modifier.padding(16.dp), Arrangement.spacedBy(14.dp)) {
            Icon(icon, null, Modifier.padding(top = 2.dp).size(26.dp), tint = colors.strong)
            Column(Modifier.weight(1f), Arrangement.spacedBy(4.dp)) {
                Text(line.what, style = MaterialTheme.typography.titleMedium)
                Text(line.state, color = colors.strong, style = MaterialTheme.typography.bodyMedium)
                Row(Modifier.padding(top = 4.dp), Arrangement.spacedBy(8.dp)) {
                    if (line.undo) QuietButton(words(Label.Undo), onUndo, icon = Icons.Undo)
                    if (line.dismiss) QuietButton(words(Label.Hide), onDismiss, icon = Icons.Close)
                }
            }
        }
    }
}
