package se.kapprum.ui

import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import kotlinx.coroutines.launch

/** Where a link or a notification leads. */
sealed interface Target {
    data class Invitation(val link: String) : Target
    data class To(val place: Place) : Target
}

/** The whole app: opening, why it did not open, signing in, or a person's screens. [target] is what the app was asked for. */
@Composable
fun KapprumApp(start: Start, host: Host, target: Target? = null, onTarget: () -> Unit = {}) {
    when (start) {
        is Start.Opening -> OpeningScreen()
        is Start.Failed -> StartErrorScreen(start.problem, host::restart, { host.show(Page.STORE) }, host::startOver)
        is Start.Ready -> {
            val accounts by start.opened.accounts.collectAsState()
            val profiles by start.opened.profiles.collectAsState()
            val profile = accounts.lastOrNull()?.profile ?: profiles.firstOrNull()
            if (profile == null) SignInHost(start.opened, null, target, onTarget, {}, null)
            else PersonHost(start.opened, start.opened.core(profile), host, target, onTarget)
        }
    }
}

/** Signing in, to stay or as one more account of the same person. */
@Composable
fun SignInHost(opened: Opened, join: UInt?, target: Target?, onTarget: () -> Unit, onDone: () -> Unit, onBack: (() -> Unit)?) {
    var link by rememberSaveable { mutableStateOf("") }
    var working by rememberSaveable { mutableStateOf(false) }
    var problem by rememberSaveableProblem()
    val scope = rememberCoroutineScope()
    LaunchedEffect(Unit) { working = false } // a call under way ended with the screen that made it
    LaunchedEffect(target) {
        if (target is Target.Invitation) {
            link = target.link
            problem = null
            onTarget()
        }
    }
    SignInScreen(
        link, { link = it; problem = null }, working, problem,
        onContinue = {
            if (!working && link.isNotBlank()) scope.launch {
                working = true
                problem = opened.signIn(link.trim(), join)
                working = false
                if (problem == null) onDone()
            }
        },
        onBack,
    )
}
