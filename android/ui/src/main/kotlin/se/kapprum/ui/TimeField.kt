package se.kapprum.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.IconButtonDefaults
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.platform.LocalLayoutDirection
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.LayoutDirection
import androidx.compose.ui.unit.dp
import se.kapprum.core.Interval
import se.kapprum.design.Icons
import se.kapprum.design.Label

/** Two times as they are being typed; an [interval] once both are times of day. */
data class TypedInterval(val start: String, val end: String) {
    constructor(interval: Interval) : this(interval.start, interval.end)

    val interval: Interval?
        get() {
            val from = timeOfDay(start)
            val until = timeOfDay(end)
            return if (from != null && until != null && from < until) Interval(from, until) else null
        }

    /** What keeps it from being one. */
    val hint: Label?
        get() = when {
            interval != null -> null
            timeOfDay(start) == null || timeOfDay(end) == null -> Label.TimeUnclear
            else -> Label.TimeOrder
        }
}

/** Reads "740", "7.40", "07:40" or "7"; digits of any script. Null while it is no time of day. */
fun timeOfDay(typed: String): String? {
    val digits = typed.trim().filter { it.isDigit() }.map { it.digitToInt() }.joinToString("")
    if (digits.isEmpty() || digits.length > 4 || typed.any { it.isLetter() }) return null
    val hour = (if (digits.length <= 2) digits else digits.dropLast(2)).toInt()
    val minute = if (digits.length <= 2) 0 else digits.takeLast(2).toInt()
    return if (hour < 24 && minute < 60) written(hour * 60 + minute) else null
}

/** [typed] so many quarters later or earlier, on the quarter; stays within the day. */
fun stepped(typed: String, quarters: Int): String {
    val time = timeOfDay(typed) ?: return typed
    val minutes = time.take(2).toInt() * 60 + time.takeLast(2).toInt()
    val from = if (quarters > 0) minutes / 15 else (minutes + 14) / 15
    return written(((from + quarters) * 15).coerceIn(0, 23 * 60 + 45))
}

/** Latin digits whatever the language. */
private fun written(minutes: Int): String =
    (minutes / 60).toString().padStart(2, '0') + ":" + (minutes % 60).toString().padStart(2, '0')

/** What is still missing before two times can be sent. */
@Composable
fun TimeHint(typed: TypedInterval) {
    typed.hint?.let { Strip(words(it), Icons.Info, palette.attention) }
}

/** A time to type, or to step by quarters. It runs from left to right in every language. */
@Composable
fun TimeField(label: String, typed: String, onTyped: (String) -> Unit, modifier: Modifier = Modifier) {
    Column(modifier, Arrangement.spacedBy(4.dp)) {
        Text(label, style = MaterialTheme.typography.labelLarge)
        CompositionLocalProvider(LocalLayoutDirection provides LayoutDirection.Ltr) {
            Row(Modifier.fillMaxWidth().widthIn(max = 360.dp), Arrangement.spacedBy(8.dp), Alignment.CenterVertically) {
                Step(Icons.Minus, words(Label.Earlier) + ", " + label) { onTyped(stepped(typed, -1)) }
                OutlinedTextField(
                    typed, { onTyped(it.take(5)) }, Modifier.weight(1f).semantics { contentDescription = label },
                    textStyle = MaterialTheme.typography.titleLarge.copy(textAlign = TextAlign.Center),
                    isError = timeOfDay(typed) == null, singleLine = true, shape = controlShape,
                    keyboardOptions = KeyboardOptions(keyboardType = KeyboardType.Number),
                )
                Step(Icons.Plus, words(Label.Later) + ", " + label) { onTyped(stepped(typed, 1)) }
            }
        }
    }
}

@Composable
private fun Step(icon: ImageVector, said: String, onClick: () -> Unit) {
    IconButton(onClick, Modifier.size(56.dp), colors = IconButtonDefaults.iconButtonColors(palette.accentContainer, palette.onAccentContainer)) {
        Icon(icon, said)
    }
}
