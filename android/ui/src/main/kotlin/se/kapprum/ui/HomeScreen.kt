package se.kapprum.ui

import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.lazy.grid.GridCells
import androidx.compose.foundation.lazy.grid.LazyVerticalGrid
import androidx.compose.foundation.lazy.grid.items
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import se.kapprum.core.ChildLine
import se.kapprum.core.Home
import se.kapprum.design.Icons
import se.kapprum.design.Label

/** A guardian's children today. One tap says that a child does not come; the card opens the child's day. */
@Composable
fun HomeScreen(title: String, home: Shown<Home>, onChild: (String) -> Unit, onReport: (String) -> Unit, onAgain: () -> Unit = {}) {
    Titled((home as? Shown.Ready)?.value?.title ?: title) {
        Draw(home, onAgain, { Placeholders(2, 168.dp) }) { view ->
            val empty = view.empty
            if (empty != null) Quiet(empty, Icons.Home)
            LazyVerticalGrid(
                GridCells.Adaptive(columnWidth(300.dp)),
                contentPadding = PaddingValues(start = 16.dp, end = 16.dp, top = 8.dp, bottom = 24.dp),
                horizontalArrangement = Arrangement.spacedBy(12.dp), verticalArrangement = Arrangement.spacedBy(12.dp),
            ) {
                items(view.children, key = { it.child }) { ChildCard(it, { onChild(it.child) }, { onReport(it.child) }) }
            }
        }
    }
}

@Composable
private fun ChildCard(line: ChildLine, onOpen: () -> Unit, onReport: () -> Unit) {
    Card {
        Column {
            Row(
                Modifier.fillMaxWidth().clickable(onClickLabel = words(Label.OpenDayFor, line.name), onClick = onOpen)
                    .heightIn(min = 96.dp).padding(start = 16.dp, end = 12.dp, top = 16.dp, bottom = 12.dp),
                Arrangement.spacedBy(14.dp), Alignment.CenterVertically,
            ) {
                StateMark(line.state, size = 52.dp)
                Column(Modifier.weight(1f)) {
                    Fitting(line.name, style = MaterialTheme.typography.titleLarge)
                    Text(line.line, style = MaterialTheme.typography.bodyLarge)
                    line.waiting?.let { WaitingLine(it) }
                }
                Icon(Icons.Forward, null, Modifier.size(24.dp), tint = palette.inkMuted)
            }
            Box(Modifier.fillMaxWidth().padding(start = 16.dp, end = 16.dp, bottom = 16.dp).heightIn(min = 48.dp)) {
                val said = words(Label.ReportAbsenceFor, line.name)
                if (line.report) {
                    QuietButton(words(Label.ReportAbsence), onReport, Modifier.fillMaxWidth().semantics { contentDescription = said }, icon = Icons.Absent)
                }
            }
        }
    }
}
