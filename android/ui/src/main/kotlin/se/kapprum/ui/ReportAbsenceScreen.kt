package se.kapprum.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.imePadding
import androidx.compose.foundation.layout.navigationBarsPadding
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import se.kapprum.core.ReportAbsence
import se.kapprum.design.Icons
import se.kapprum.design.Label

/**
 * Says that children do not come. Today and the whole day are chosen from the start, so that "Send" is the only tap
 * most people need; what is more seldom lies below it and asks nothing until it is chosen.
 */
@Composable
fun ReportAbsenceScreen(
    view: Shown<ReportAbsence>,
    form: ReportForm,
    refusal: Problem?,
    sending: Boolean,
    onSend: () -> Unit,
    onClose: () -> Unit,
    onAgain: () -> Unit = {},
) {
    val shown = (view as? Shown.Ready)?.value
    Column(Modifier.fillMaxWidth().navigationBarsPadding().imePadding()) {
        Column(Modifier.weight(1f, fill = false).verticalScroll(rememberScrollState()).padding(horizontal = 20.dp), Arrangement.spacedBy(16.dp)) {
            Row(Modifier.fillMaxWidth().padding(top = 8.dp), verticalAlignment = Alignment.CenterVertically) {
                Box(Modifier.weight(1f)) {
                    Fitting(shown?.title ?: words(Label.ReportAbsence), Modifier.semantics { heading() }, style = MaterialTheme.typography.headlineMedium)
                }
                IconButton(onClose, Modifier.size(touch)) { Icon(Icons.Close, words(Label.Close)) }
            }
            if (shown == null) Box(Modifier.heightIn(min = 360.dp)) { Draw(view, onAgain, { Placeholders(2, 120.dp) }) {} } else Choices(shown, form)
        }
        if (shown != null) Column(Modifier.padding(horizontal = 20.dp, vertical = 12.dp), Arrangement.spacedBy(12.dp)) {
            Refusal(refusal)
            val ready = form.commands(shown).isNotEmpty()
            MainButton(words(if (form.children.isEmpty()) Label.ReportChooseChild else Label.ReportSend), onSend, Modifier.fillMaxWidth(), ready && !sending)
        }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Choices(view: ReportAbsence, form: ReportForm) {
    Column(verticalArrangement = Arrangement.spacedBy(16.dp)) {
        Group(words(Label.ReportChildren)) {
            view.children.forEach { choice ->
                ChoiceChip(choice.name, choice.child in form.children && choice.instead == null, { form.toggle(choice.child) }, enabled = choice.instead == null, many = true)
            }
        }
        view.children.filter { it.instead != null }.forEach { Strip(it.name + ": " + it.instead, Icons.Info, palette.info) }
        Group(if (form.extent == Extent.MORE_DAYS) words(Label.ReportFrom) else view.question) {
            val first = form.firstDay(view)
            view.days.forEach { choice -> ChoiceChip(choice.label, choice.day == first, { form.day = choice.day }) }
        }
        Group(null) {
            ChoiceChip(words(Label.ReportWholeDay), form.extent == Extent.WHOLE_DAY, { form.extent = Extent.WHOLE_DAY })
            ChoiceChip(words(Label.ReportPartOfDay), form.extent == Extent.PART_OF_DAY, { form.extent = Extent.PART_OF_DAY })
            ChoiceChip(words(Label.ReportMoreDays), form.extent == Extent.MORE_DAYS, { form.extent = Extent.MORE_DAYS })
        }
        when (form.extent) {
            Extent.WHOLE_DAY -> Unit
            Extent.PART_OF_DAY -> {
                TimeField(words(Label.ReportFromTime), form.part.start, { form.part = form.part.copy(start = it) })
                TimeField(words(Label.ReportUntilTime), form.part.end, { form.part = form.part.copy(end = it) })
                TimeHint(form.part)
            }
            Extent.MORE_DAYS -> Group(words(Label.ReportUntil)) {
                val first = form.firstDay(view).orEmpty()
                view.days.filter { it.day > first }.forEach { choice ->
                    ChoiceChip(choice.label, !form.untilFurther && form.until == choice.day, { form.until = choice.day; form.untilFurther = false })
                }
                ChoiceChip(words(Label.ReportUntilFurther), form.untilFurther, { form.untilFurther = true })
            }
        }
        Text(view.health, color = palette.inkMuted, style = MaterialTheme.typography.bodyMedium)
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Group(title: String?, chips: @Composable () -> Unit) {
    Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
        if (title != null) Text(title, style = MaterialTheme.typography.titleMedium)
        FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) { chips() }
    }
}
