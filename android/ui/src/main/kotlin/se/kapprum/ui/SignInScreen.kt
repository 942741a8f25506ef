package se.kapprum.ui

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.imePadding
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.systemBarsPadding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.text.KeyboardActions
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalClipboardManager
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.ImeAction
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.text.style.TextDirection
import androidx.compose.ui.unit.dp
import se.kapprum.design.Icons
import se.kapprum.design.Label

/** The way in by an invitation's link. What was typed stays whatever happens. */
@Composable
fun SignInScreen(
    link: String,
    onLink: (String) -> Unit,
    working: Boolean,
    problem: Problem?,
    onContinue: () -> Unit,
    onBack: (() -> Unit)? = null,
) {
    val clipboard = LocalClipboardManager.current
    Box(Modifier.fillMaxSize().background(palette.background).systemBarsPadding().imePadding(), Alignment.TopCenter) {
        Column(Modifier.widthIn(max = 520.dp).verticalScroll(rememberScrollState()).padding(24.dp), Arrangement.spacedBy(16.dp)) {
            if (onBack != null) IconButton(onBack, Modifier.size(touch)) { Icon(Icons.Back, words(Label.Back)) }
            Emblem()
            Fitting(words(Label.SignInTitle), Modifier.semantics { heading() }, style = MaterialTheme.typography.displaySmall)
            Text(words(Label.SignInExplanation), style = MaterialTheme.typography.bodyLarge)
            OutlinedTextField(
                link, onLink, Modifier.fillMaxWidth(), enabled = !working,
                label = { Text(words(Label.SignInLink)) }, isError = problem != null, shape = controlShape, maxLines = 3,
                textStyle = MaterialTheme.typography.bodyLarge.copy(textDirection = TextDirection.Ltr),
                keyboardOptions = KeyboardOptions(autoCorrectEnabled = false, keyboardType = KeyboardType.Uri, imeAction = ImeAction.Go),
                keyboardActions = KeyboardActions(onGo = { onContinue() }),
                trailingIcon = if (link.isEmpty()) null else ({ IconButton({ onLink("") }, Modifier.size(touch)) { Icon(Icons.Close, words(Label.SignInClear)) } }),
            )
            Refusal(problem)
            if (link.isEmpty()) QuietButton(words(Label.SignInPaste), { clipboard.getText()?.text?.let { onLink(it.trim()) } }, Modifier.fillMaxWidth(), icon = Icons.Paste)
            MainButton(words(if (working) Label.SignInWorking else Label.SignInContinue), onContinue, Modifier.fillMaxWidth(), link.isNotBlank() && !working)
            Text(words(Label.SignInNoInvitation), color = palette.inkMuted, style = MaterialTheme.typography.bodyMedium)
        }
    }
}

/** Our peg on the wall. */
@Composable
fun Emblem() {
    Box(Modifier.size(72.dp).background(palette.accent, cardShape), Alignment.Center) {
        Icon(Icons.Mark, null, Modifier.size(44.dp), tint = palette.onAccent)
    }
}

/** While the core opens: calm, and without a word that would only flash by. */
@Composable
fun OpeningScreen() {
    Box(Modifier.fillMaxSize().background(palette.background), Alignment.Center) { Emblem() }
}

/** The core did not start: why, and what to do. */
@Composable
fun StartErrorScreen(problem: Problem, onAgain: () -> Unit, onUpdate: () -> Unit, onStartOver: () -> Unit = {}) {
    Box(Modifier.fillMaxSize().background(palette.background).systemBarsPadding(), Alignment.Center) {
        Column(
            Modifier.widthIn(max = 520.dp).verticalScroll(rememberScrollState()).padding(24.dp),
            Arrangement.spacedBy(20.dp), Alignment.CenterHorizontally,
        ) {
            Emblem()
            Fitting(words(Label.StartTitle), Modifier.semantics { heading() }, style = MaterialTheme.typography.headlineMedium, align = TextAlign.Center)
            Text(words(problem.text), textAlign = TextAlign.Center, style = MaterialTheme.typography.bodyLarge)
            if (problem.remedy == Remedy.START_OVER) MainButton(words(Label.SignInAgain), onStartOver, Modifier.fillMaxWidth())
            if (problem.remedy == Remedy.UPDATE) MainButton(words(Label.UpdateApp), onUpdate, Modifier.fillMaxWidth())
            QuietButton(words(Label.TryAgain), onAgain, Modifier.fillMaxWidth())
        }
    }
}
