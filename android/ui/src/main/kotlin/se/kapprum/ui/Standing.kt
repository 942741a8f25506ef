package se.kapprum.ui

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.material3.Icon
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.dp
import se.kapprum.core.ChildState
import se.kapprum.core.Tone
import se.kapprum.design.Palette
import se.kapprum.design.StateLook
import se.kapprum.design.ToneColors

fun look(state: ChildState): StateLook = when (state) {
    ChildState.EXPECTED -> StateLook.Expected
    ChildState.HERE -> StateLook.Here
    ChildState.GONE -> StateLook.Gone
    ChildState.ABSENT -> StateLook.Absent
    ChildState.SCHOOL -> StateLook.School
    ChildState.OFF -> StateLook.Off
    ChildState.UNKNOWN -> StateLook.Unknown
}

fun colors(tone: Tone, palette: Palette): ToneColors = when (tone) {
    Tone.NEUTRAL -> palette.neutral
    Tone.ATTENTION -> palette.attention
    Tone.CRITICAL -> palette.critical
}

/** The round mark of a child's state. */
@Composable
fun StateMark(state: ChildState, modifier: Modifier = Modifier, size: Dp = 48.dp) {
    val look = look(state)
    val colors = palette[look.tone]
    val said = words(look.label)
    Box(modifier.size(size).background(colors.container, CircleShape).semantics { contentDescription = said }, Alignment.Center) {
        Icon(look.icon, null, Modifier.size(size * 0.54f), tint = colors.strong)
    }
}
