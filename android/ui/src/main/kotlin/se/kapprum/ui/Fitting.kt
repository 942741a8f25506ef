package se.kapprum.ui

import androidx.compose.foundation.layout.BoxWithConstraints
import androidx.compose.material3.LocalTextStyle
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.text.TextMeasurer
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.rememberTextMeasurer
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.times

/** Text of which no word is ever broken: where the longest is too long for the line, all of it becomes a little smaller. */
@Composable
fun Fitting(text: String, modifier: Modifier = Modifier, color: Color = Color.Unspecified, style: TextStyle = LocalTextStyle.current, align: TextAlign = TextAlign.Unspecified) {
    val measurer = rememberTextMeasurer(0)
    BoxWithConstraints {
        Text(text, modifier, color, style = if (constraints.hasBoundedWidth) fitting(text, style, constraints.maxWidth, measurer) else style, textAlign = align)
    }
}

private fun fitting(text: String, style: TextStyle, width: Int, measurer: TextMeasurer): TextStyle {
    val longest = text.split(' ', '-', '\u00A0').maxOf { measurer.measure("$it-", style, softWrap = false).size.width }
    if (longest <= width) return style
    val share = width / longest.toFloat()
    return style.copy(fontSize = style.fontSize * share, lineHeight = style.lineHeight * share)
}

/** The least width of a column: wider with larger letters, so that fewer stand side by side. */
@Composable
fun columnWidth(normal: Dp): Dp = LocalDensity.current.fontScale.coerceIn(1f, 1.6f) * normal
