package se.kapprum.ui

import androidx.compose.animation.animateContentSize
import androidx.compose.foundation.background
import androidx.compose.foundation.horizontalScroll
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.BoxWithConstraints
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxHeight
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.navigationBarsPadding
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.sizeIn
import androidx.compose.foundation.layout.statusBarsPadding
import androidx.compose.foundation.layout.systemBarsPadding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Badge
import androidx.compose.material3.BadgedBox
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.dp
import kotlinx.coroutines.delay
import se.kapprum.core.Frame
import se.kapprum.core.Help
import se.kapprum.core.Notice
import se.kapprum.core.Tab
import se.kapprum.core.TabKind
import se.kapprum.core.Tone
import se.kapprum.design.Icons
import se.kapprum.design.Label

private val tablet = 600.dp

/** What is around every screen: the tabs, how the data is, what waits, and a short word after each deed. */
@Composable
fun FrameScreen(
    frame: Frame?,
    tab: TabKind?,
    onTab: (TabKind) -> Unit,
    onHelp: (Help) -> Unit,
    message: Message?,
    onUndo: (Message) -> Unit,
    onSilence: (Message) -> Unit,
    undoTarget: Dp = touch,
    content: @Composable () -> Unit,
) {
    BoxWithConstraints(Modifier.fillMaxSize().background(palette.background)) {
        if (maxWidth < tablet) {
            Column(Modifier.fillMaxSize()) {
                Box(Modifier.weight(1f).fillMaxWidth().statusBarsPadding()) { content() }
                Said(message, onUndo, onSilence, undoTarget)
                // With large letters there is room for one of the two; the word after a deed soon leaves.
                if (message == null || LocalDensity.current.fontScale <= 1.3f) Condition(frame, onTab, onHelp)
                Surface(color = palette.surface, contentColor = palette.ink) {
                    Box(Modifier.fillMaxWidth().navigationBarsPadding().heightIn(min = 72.dp)) { Tabs(frame?.tabs.orEmpty(), tab, onTab) }
                }
            }
        } else {
            Row(Modifier.fillMaxSize().systemBarsPadding()) {
                Surface(Modifier.fillMaxHeight(), color = palette.surface, contentColor = palette.ink) { Rail(frame?.tabs.orEmpty(), tab, onTab) }
                Column(Modifier.weight(1f).fillMaxHeight()) {
                    Box(Modifier.weight(1f).fillMaxWidth()) { content() }
                    Said(message, onUndo, onSilence, undoTarget)
                    Condition(frame, onTab, onHelp)
                }
            }
        }
    }
}

/** How the data is and what waits: below the content, so that no line of it moves when this comes and goes. */
@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Condition(frame: Frame?, onTab: (TabKind) -> Unit, onHelp: (Help) -> Unit) {
    val notice = frame?.notice
    val waiting = frame?.waiting
    val colors = colors(notice?.tone ?: Tone.NEUTRAL, palette)
    Column(Modifier.fillMaxWidth().animateContentSize()) {
        if (notice != null || waiting != null) {
            FlowRow(
                Modifier.fillMaxWidth().background(colors.container).padding(start = 20.dp, end = 12.dp, top = 4.dp, bottom = 4.dp),
                horizontalArrangement = Arrangement.spacedBy(12.dp),
            ) {
                if (notice != null) {
                    Row(
                        Modifier.weight(1f).widthIn(min = 200.dp).heightIn(min = 36.dp).align(Alignment.CenterVertically).semantics { liveRegion = LiveRegionMode.Polite },
                        Arrangement.spacedBy(10.dp), Alignment.CenterVertically,
                    ) {
                        Icon(noticeIcon(notice), null, Modifier.size(22.dp), tint = colors.strong)
                        Text(notice.text, color = colors.ink, style = MaterialTheme.typography.bodySmall)
                    }
                }
                Row(Modifier.align(Alignment.CenterVertically)) {
                    if (waiting != null) Press(waiting, Icons.Waiting, { onTab(TabKind.OUTBOX) })
                    notice?.help?.let { help -> Press(words(helpLabel(help)), null, { onHelp(help) }) }
                }
            }
        }
    }
}

@Composable
private fun Press(text: String, icon: ImageVector?, onClick: () -> Unit) {
    TextButton(onClick, Modifier.heightIn(min = touch), shape = controlShape) {
        if (icon != null) Icon(icon, null, Modifier.padding(end = 6.dp).size(18.dp), tint = palette.attention.strong)
        Text(text, color = palette.accent, style = MaterialTheme.typography.labelLarge)
    }
}

private fun noticeIcon(notice: Notice): ImageVector = when (notice.help) {
    Help.SIGN_IN -> Icons.Lock
    Help.UPDATE, Help.DISMISS_LOST -> Icons.Warning
    Help.SYNC -> Icons.Offline
    null -> Icons.Info
}

private fun helpLabel(help: Help): Label = when (help) {
    Help.SIGN_IN -> Label.SignInAgain
    Help.UPDATE -> Label.UpdateApp
    Help.DISMISS_LOST -> Label.Hide
    Help.SYNC -> Label.TryAgain
}

/** The word after a deed, below the content so that it hides no button. Ten seconds to undo; where a child's whole hand undoes, as large as that. */
@Composable
private fun Said(message: Message?, onUndo: (Message) -> Unit, onSilence: (Message) -> Unit, undoTarget: Dp) {
    if (message == null) return
    LaunchedEffect(message) {
        delay(if (message.undo.isEmpty()) 6_000 else 10_000)
        onSilence(message)
    }
    Surface(Modifier.padding(horizontal = 12.dp, vertical = 6.dp).widthIn(max = 560.dp).fillMaxWidth(), controlShape, palette.inverse, palette.onInverse, shadowElevation = 6.dp) {
        Row(Modifier.padding(start = 18.dp, end = 6.dp, top = 4.dp, bottom = 4.dp), Arrangement.spacedBy(8.dp), Alignment.CenterVertically) {
            Text(words(message.text), Modifier.weight(1f).padding(vertical = 10.dp).semantics { liveRegion = LiveRegionMode.Polite }, style = MaterialTheme.typography.bodyMedium)
            if (message.undo.isNotEmpty()) {
                TextButton({ onUndo(message) }, Modifier.sizeIn(minWidth = undoTarget, minHeight = undoTarget), shape = controlShape) {
                    Text(words(Label.Undo), color = palette.inverseAccent, style = MaterialTheme.typography.labelLarge)
                }
            }
        }
    }
}

/** Side by side while the words fit; with large letters one strokes them sideways instead of losing any. */
@Composable
private fun Tabs(tabs: List<Tab>, chosen: TabKind?, onTab: (TabKind) -> Unit) {
    if (LocalDensity.current.fontScale > 1.3f) {
        Row(Modifier.horizontalScroll(rememberScrollState()).selectableGroup().padding(horizontal = 8.dp), Arrangement.spacedBy(4.dp)) {
            tabs.forEach { TabItem(it, it.kind == chosen, Modifier.widthIn(min = 96.dp)) { onTab(it.kind) } }
        }
    } else {
        Row(Modifier.fillMaxWidth().selectableGroup().padding(horizontal = 4.dp)) {
            tabs.forEach { TabItem(it, it.kind == chosen, Modifier.weight(1f)) { onTab(it.kind) } }
        }
    }
}

@Composable
private fun Rail(tabs: List<Tab>, chosen: TabKind?, onTab: (TabKind) -> Unit) {
    Column(
        Modifier.widthIn(min = 112.dp).verticalScroll(rememberScrollState()).selectableGroup().padding(horizontal = 4.dp, vertical = 16.dp),
        Arrangement.spacedBy(12.dp), Alignment.CenterHorizontally,
    ) {
        Icon(Icons.Mark, null, Modifier.padding(bottom = 8.dp).size(40.dp), tint = palette.accent)
        tabs.forEach { TabItem(it, it.kind == chosen, Modifier.widthIn(min = 104.dp)) { onTab(it.kind) } }
    }
}

@Composable
private fun TabItem(tab: Tab, selected: Boolean, modifier: Modifier, onClick: () -> Unit) {
    Column(
        modifier.clip(controlShape).selectable(selected, role = Role.Tab, onClick = onClick).heightIn(min = 72.dp).padding(horizontal = 2.dp, vertical = 6.dp),
        Arrangement.Center, Alignment.CenterHorizontally,
    ) {
        BadgedBox({ tab.badge?.let { Badge(containerColor = palette.critical.strong, contentColor = palette.critical.onStrong) { Text(it, style = MaterialTheme.typography.labelSmall) } } }) {
            Box(
                Modifier.clip(controlShape).background(if (selected) palette.accentContainer else palette.surface).padding(horizontal = 18.dp, vertical = 4.dp),
            ) { Icon(tabIcon(tab.kind), null, Modifier.size(26.dp), tint = if (selected) palette.onAccentContainer else palette.inkMuted) }
        }
        Text(
            tab.label, textAlign = TextAlign.Center, softWrap = false, color = if (selected) palette.ink else palette.inkMuted,
            style = MaterialTheme.typography.labelMedium.copy(fontSize = MaterialTheme.typography.bodySmall.fontSize),
        )
    }
}

private fun tabIcon(kind: TabKind): ImageVector = when (kind) {
    TabKind.HOME -> Icons.Home
    TabKind.GROUPS -> Icons.Group
    TabKind.WALL -> Icons.Board
    TabKind.OUTBOX -> Icons.Sent
    TabKind.SETTINGS -> Icons.Settings
}
