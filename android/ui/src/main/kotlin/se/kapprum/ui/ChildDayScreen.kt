package se.kapprum.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.LazyRow
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.lazy.rememberLazyListState
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.unit.dp
import se.kapprum.core.AbsenceLine
import se.kapprum.core.ChildDay
import se.kapprum.core.PlacementDay
import se.kapprum.design.Icons
import se.kapprum.design.Label

/** One child's one day, and the way to the days around it. */
@Composable
fun ChildDayScreen(
    view: Shown<ChildDay>,
    onBack: () -> Unit,
    onDay: (String) -> Unit,
    onChange: (placement: String, day: String) -> Unit,
    onWithdraw: (absence: String) -> Unit,
    onAgain: () -> Unit = {},
) {
    val day = (view as? Shown.Ready)?.value
    Titled(day?.name ?: nameless(view), onBack, under = day?.heading ?: " ") {
        Draw(view, onAgain, { Placeholders(3, 120.dp) }) { shown ->
            LazyColumn(contentPadding = PaddingValues(bottom = 24.dp), verticalArrangement = Arrangement.spacedBy(12.dp)) {
                item("days") { Days(shown, onDay) }
                item("state") {
                    Row(Modifier.padding(horizontal = 20.dp, vertical = 4.dp), Arrangement.spacedBy(14.dp), Alignment.CenterVertically) {
                        StateMark(shown.state, size = 52.dp)
                        Text(shown.line, Modifier.weight(1f), style = MaterialTheme.typography.titleLarge)
                    }
                }
                items(shown.absences, key = { "absence ${it.absence}" }) { absence -> Inset { Absence(absence) { onWithdraw(absence.absence) } } }
                items(shown.placements, key = { "placement ${it.placement}" }) { placement -> Inset { Placement(placement) { onChange(placement.placement, shown.day) } } }
            }
        }
    }
}

@Composable
private fun Days(shown: ChildDay, onDay: (String) -> Unit) {
    val chosen = shown.days.indexOfFirst { it.day == shown.day }.coerceAtLeast(0)
    LazyRow(
        state = rememberLazyListState(chosen), contentPadding = PaddingValues(horizontal = 16.dp, vertical = 4.dp),
        horizontalArrangement = Arrangement.spacedBy(8.dp),
    ) {
        items(shown.days, key = { it.day }) { choice -> ChoiceChip(choice.label, choice.day == shown.day, { onDay(choice.day) }) }
    }
}

/** Keeps lines readable on a tablet. */
@Composable
private fun Inset(content: @Composable () -> Unit) {
    Column(Modifier.fillMaxWidth().padding(horizontal = 16.dp)) { Column(Modifier.widthIn(max = 640.dp)) { content() } }
}

@Composable
private fun Absence(line: AbsenceLine, onWithdraw: () -> Unit) {
    Card {
        Column(Modifier.padding(16.dp), Arrangement.spacedBy(8.dp)) {
            Line(line.line, Icons.Absent)
            Text(line.by, color = palette.inkMuted, style = MaterialTheme.typography.bodySmall)
            line.waiting?.let { WaitingLine(it) }
            if (line.change) QuietButton(words(Label.ReportWithdraw), onWithdraw, Modifier.fillMaxWidth(), icon = Icons.Undo)
        }
    }
}

@Composable
private fun Placement(day: PlacementDay, onChange: () -> Unit) {
    Card {
        Column(Modifier.padding(16.dp), Arrangement.spacedBy(8.dp)) {
            Text(day.place, color = palette.inkMuted, style = MaterialTheme.typography.bodyLarge)
            Text(day.times, style = MaterialTheme.typography.titleLarge)
            day.events.forEach { Line(it, Icons.Check) }
            day.comment?.let { Line(it, Icons.Comment) }
            day.clash?.let { Strip(it, Icons.Warning, palette.attention) }
            day.hint?.let { Text(it, color = palette.inkMuted, style = MaterialTheme.typography.bodySmall) }
            day.waiting?.let { WaitingLine(it) }
            if (day.change) QuietButton(words(Label.DayTitle), onChange, Modifier.fillMaxWidth(), icon = Icons.Edit)
        }
    }
}

@Composable
private fun Line(text: String, icon: ImageVector) {
    Row(horizontalArrangement = Arrangement.spacedBy(10.dp)) {
        Icon(icon, null, Modifier.size(22.dp), tint = palette.inkMuted)
        Text(text, Modifier.weight(1f), style = MaterialTheme.typography.bodyLarge)
    }
}
