package se.kapprum.ui

import androidx.compose.foundation.BorderStroke
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.imePadding
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.RadioButton
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.unit.dp
import se.kapprum.core.ChangeDay
import se.kapprum.design.Icons
import se.kapprum.design.Label

/** One day's times: as in the week, others, or none; and a word to the staff. */
@Composable
fun ChangeDayScreen(
    view: Shown<ChangeDay>,
    form: DayForm?,
    refusal: Problem?,
    sending: Boolean,
    onSave: () -> Unit,
    onBack: () -> Unit,
    onThrow: () -> Unit,
    onAgain: () -> Unit = {},
) {
    val day = (view as? Shown.Ready)?.value
    Titled(day?.name ?: nameless(view), onBack, under = day?.heading ?: " ") {
        Draw(view, onAgain, { Placeholders(3, 72.dp) }) { shown ->
            val instead = shown.instead
            when {
                instead != null -> Quiet(instead, Icons.Lock)
                form == null -> Placeholders(3, 72.dp)
                else -> Column(Modifier.fillMaxSize().imePadding()) {
                    Column(
                        Modifier.weight(1f).widthIn(max = 640.dp).verticalScroll(rememberScrollState()).padding(horizontal = 20.dp, vertical = 8.dp),
                        Arrangement.spacedBy(12.dp),
                    ) { Fields(shown, form, refusal) }
                    Row(Modifier.fillMaxWidth().widthIn(max = 640.dp).padding(horizontal = 20.dp, vertical = 12.dp), Arrangement.spacedBy(12.dp), Alignment.CenterVertically) {
                        QuietButton(words(Label.Cancel), onThrow, Modifier.heightIn(min = 56.dp))
                        MainButton(words(Label.Save), onSave, Modifier.weight(1f), form.command(shown) != null && !sending)
                    }
                }
            }
        }
    }
}

@Composable
private fun Fields(view: ChangeDay, form: DayForm, refusal: Problem?) {
    Text(view.place, color = palette.inkMuted, style = MaterialTheme.typography.bodyLarge)
    Refusal(refusal)
    Column(Modifier.selectableGroup(), Arrangement.spacedBy(8.dp)) {
        Plan(view.ordinary, form.plan == DayPlan.AS_IN_WEEK) { form.choose(DayPlan.AS_IN_WEEK, view) }
        Plan(words(Label.DayOtherTimes), form.plan == DayPlan.OTHER_TIMES) { form.choose(DayPlan.OTHER_TIMES, view) }
        if (form.plan == DayPlan.OTHER_TIMES) Times(form)
        Plan(words(Label.DayComesNot), form.plan == DayPlan.COMES_NOT) { form.choose(DayPlan.COMES_NOT, view) }
    }
    view.hint?.let { Text(it, color = palette.inkMuted, style = MaterialTheme.typography.bodyMedium) }
    if (view.comments) {
        OutlinedTextField(
            form.comment, { form.comment = it.take(view.most.toInt()) }, Modifier.fillMaxWidth(),
            label = { Text(words(Label.DayComment)) }, placeholder = { Text(words(Label.DayCommentHint)) },
            minLines = 2, shape = controlShape,
        )
    }
}

@Composable
private fun Times(form: DayForm) {
    form.times.forEachIndexed { index, typed ->
        Card {
            Column(Modifier.padding(16.dp), Arrangement.spacedBy(12.dp)) {
                TimeField(words(Label.DayComesAt), typed.start, { form.change(index, typed.copy(start = it)) })
                TimeField(words(Label.DayGoesAt), typed.end, { form.change(index, typed.copy(end = it)) })
                TimeHint(typed)
                if (form.times.size > 1) QuietButton(words(Label.DayRemoveInterval), { form.remove(index) }, icon = Icons.Close)
            }
        }
    }
    if (form.times.size < 3) QuietButton(words(Label.DayAddInterval), form::add, icon = Icons.Plus)
}

@Composable
private fun Plan(title: String, selected: Boolean, onClick: () -> Unit) {
    Surface(
        Modifier.fillMaxWidth().clip(controlShape).selectable(selected, role = Role.RadioButton, onClick = onClick), controlShape,
        if (selected) palette.accentContainer else palette.surface, if (selected) palette.onAccentContainer else palette.ink,
        border = BorderStroke(if (selected) 2.dp else 1.dp, if (selected) palette.accent else palette.outline),
    ) {
        Row(Modifier.heightIn(min = 60.dp).padding(start = 14.dp, end = 16.dp, top = 8.dp, bottom = 8.dp), Arrangement.spacedBy(12.dp), Alignment.CenterVertically) {
            RadioButton(selected, null)
            Text(title, style = MaterialTheme.typography.titleMedium)
        }
    }
}
