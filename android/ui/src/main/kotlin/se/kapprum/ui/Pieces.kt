package se.kapprum.ui

import androidx.compose.foundation.BorderStroke
import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.RowScope
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.sizeIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.ButtonDefaults
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.dp
import se.kapprum.design.Icons
import se.kapprum.design.Label
import se.kapprum.design.Tokens
import se.kapprum.design.ToneColors

val touch: Dp = Tokens.Target.touch
val boardTouch: Dp = Tokens.Target.board
val cardShape = RoundedCornerShape(Tokens.Corner.large)
val controlShape = RoundedCornerShape(Tokens.Corner.medium)

/** A screen's heading, with the way back where there is one, above what it holds. */
@Composable
fun Titled(title: String, onBack: (() -> Unit)? = null, under: String? = null, content: @Composable () -> Unit) {
    Column(Modifier.fillMaxSize()) {
        Row(Modifier.fillMaxWidth().padding(start = if (onBack == null) 20.dp else 4.dp, end = 20.dp, top = 8.dp, bottom = 4.dp), verticalAlignment = Alignment.CenterVertically) {
            if (onBack != null) IconButton(onBack, Modifier.size(touch)) { Icon(Icons.Back, words(Label.Back)) }
            Column(Modifier.weight(1f).heightIn(min = 56.dp).padding(vertical = 4.dp), Arrangement.Center) {
                if (title.isEmpty()) Box(Modifier.heightIn(min = 32.dp))
                else Fitting(title, Modifier.semantics { heading() }, style = MaterialTheme.typography.headlineMedium)
                if (under != null) Text(under, color = palette.inkMuted, style = MaterialTheme.typography.bodyLarge)
            }
        }
        content()
    }
}

/** The heading of a screen without a view: none while it is on its way, since it would only flash by. */
@Composable
fun nameless(shown: Shown<*>): String = if (shown is Shown.Loading) "" else words(Label.AppName)

/** Draws what there is: [content], or a quiet picture of its shape, or why there is nothing and what to do. */
@Composable
fun <T> Draw(shown: Shown<T>, onAgain: () -> Unit, waiting: @Composable () -> Unit, content: @Composable (T) -> Unit) {
    when (shown) {
        is Shown.Ready -> content(shown.value)
        is Shown.Loading -> if (patience().value) waiting()
        is Shown.Missed -> Column(Modifier.verticalScroll(rememberScrollState())) { Quiet(shown.text, Icons.Lock) }
        is Shown.Failed -> Column(Modifier.verticalScroll(rememberScrollState())) { Trouble(shown.problem, onAgain) }
    }
}

/** A sentence where nothing else is to be shown. */
@Composable
fun Quiet(text: String, icon: ImageVector, modifier: Modifier = Modifier) {
    Column(modifier.fillMaxWidth().padding(32.dp), Arrangement.spacedBy(16.dp), Alignment.CenterHorizontally) {
        Box(Modifier.size(72.dp).background(palette.neutral.container, RoundedCornerShape(24.dp)), Alignment.Center) {
            Icon(icon, null, Modifier.size(36.dp), tint = palette.neutral.strong)
        }
        Text(text, textAlign = TextAlign.Center, style = MaterialTheme.typography.bodyLarge)
    }
}

/** What went wrong and the button that helps. */
@Composable
fun Trouble(problem: Problem, onAgain: () -> Unit) {
    Column(Modifier.fillMaxWidth(), horizontalAlignment = Alignment.CenterHorizontally) {
        Quiet(words(problem.text), Icons.Warning)
        if (problem.remedy == Remedy.TRY_AGAIN) QuietButton(words(Label.TryAgain), onAgain)
    }
}

/** A refusal beside what was typed: that stays. */
@Composable
fun Refusal(problem: Problem?) {
    if (problem != null) Strip(words(problem.text), Icons.Refused, palette.critical)
}

/** A coloured line with an icon. */
@Composable
fun Strip(text: String, icon: ImageVector, colors: ToneColors, modifier: Modifier = Modifier) {
    Row(
        modifier.fillMaxWidth().background(colors.container, controlShape).padding(horizontal = 14.dp, vertical = 12.dp),
        Arrangement.spacedBy(12.dp), Alignment.CenterVertically,
    ) {
        Icon(icon, null, Modifier.size(24.dp), tint = colors.strong)
        Text(text, Modifier.weight(1f), color = colors.ink, style = MaterialTheme.typography.bodyMedium)
    }
}

/** What is on its way: an hourglass and the core's words. */
@Composable
fun WaitingLine(text: String) {
    Row(horizontalArrangement = Arrangement.spacedBy(6.dp), verticalAlignment = Alignment.CenterVertically) {
        Icon(Icons.Waiting, null, Modifier.size(18.dp), tint = palette.attention.strong)
        Text(text, color = palette.attention.ink, style = MaterialTheme.typography.bodySmall)
    }
}

/** A card that something stands on. */
@Composable
fun Card(modifier: Modifier = Modifier, content: @Composable () -> Unit) {
    Surface(modifier.fillMaxWidth(), cardShape, palette.surface, palette.ink, border = BorderStroke(1.dp, palette.divider)) { content() }
}

/** The outline of [count] cards while the first snapshot is on its way. */
@Composable
fun Placeholders(count: Int, height: Dp) {
    val said = words(Label.Loading)
    Column(Modifier.fillMaxWidth().semantics { contentDescription = said }.padding(16.dp), Arrangement.spacedBy(12.dp)) {
        repeat(count) { Box(Modifier.fillMaxWidth().heightIn(min = height).clip(cardShape).background(palette.surface)) }
    }
}

@Composable
fun MainButton(text: String, onClick: () -> Unit, modifier: Modifier = Modifier, enabled: Boolean = true, icon: ImageVector? = null) {
    Button(
        onClick, modifier.heightIn(min = 56.dp), enabled, controlShape,
        ButtonDefaults.buttonColors(disabledContainerColor = palette.neutral.container, disabledContentColor = palette.inkMuted),
    ) { Inside(text, icon) }
}

@Composable
fun QuietButton(text: String, onClick: () -> Unit, modifier: Modifier = Modifier, enabled: Boolean = true, icon: ImageVector? = null, critical: Boolean = false) {
    OutlinedButton(
        onClick, modifier.heightIn(min = touch), enabled, controlShape,
        ButtonDefaults.outlinedButtonColors(contentColor = if (critical) palette.critical.strong else palette.accent),
        border = BorderStroke(1.dp, if (critical) palette.critical.strong else palette.outline),
        contentPadding = PaddingValues(horizontal = 18.dp, vertical = 8.dp),
    ) { Inside(text, icon) }
}

@Composable
private fun RowScope.Inside(text: String, icon: ImageVector?) {
    if (icon != null) Icon(icon, null, Modifier.padding(end = 8.dp).size(22.dp))
    Text(text, Modifier.weight(1f, fill = false), textAlign = TextAlign.Center, style = MaterialTheme.typography.labelLarge)
}

/** One of several to choose from. */
@Composable
fun ChoiceChip(text: String, selected: Boolean, onClick: () -> Unit, modifier: Modifier = Modifier, enabled: Boolean = true, many: Boolean = false) {
    val container = if (selected) palette.accentContainer else palette.surface
    val ink = when {
        !enabled -> palette.inkMuted
        selected -> palette.onAccentContainer
        else -> palette.ink
    }
    Surface(
        modifier.sizeIn(minWidth = touch, minHeight = touch).clip(controlShape)
            .selectable(selected, enabled, if (many) Role.Checkbox else Role.RadioButton, onClick),
        controlShape, container, ink, border = BorderStroke(if (selected) 2.dp else 1.dp, if (selected) palette.accent else palette.outline),
    ) {
        Row(Modifier.padding(horizontal = 14.dp, vertical = 8.dp), Arrangement.spacedBy(6.dp, Alignment.CenterHorizontally), Alignment.CenterVertically) {
            // The place of the tick is kept, so that nothing moves as one chooses.
            if (many) Icon(if (selected) Icons.Check else Icons.Plus, null, Modifier.size(18.dp))
            Text(text, textAlign = TextAlign.Center, style = MaterialTheme.typography.labelLarge)
        }
    }
}

/** The heading of a part of a screen. */
@Composable
fun Part(text: String, modifier: Modifier = Modifier, color: Color = palette.ink) {
    Fitting(text, modifier.semantics { heading() }, color, MaterialTheme.typography.titleLarge)
}
