package se.kapprum.ui

import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.unit.dp
import se.kapprum.core.Language
import se.kapprum.core.Role as AccountRole
import se.kapprum.design.CountedLabel
import se.kapprum.design.Icons
import se.kapprum.design.Label

/** An account as settings list it. */
data class AccountRow(val id: String, val municipality: String, val role: AccountRole)

/** The question before an account leaves this device; [unsent] counts what would be lost. */
data class SignOutQuestion(val account: String, val unsent: Int?)

@Composable
fun SettingsScreen(
    title: String,
    language: Language?,
    onLanguage: (Language?) -> Unit,
    accounts: List<AccountRow>,
    onAdd: () -> Unit,
    onSignOut: (String) -> Unit,
    version: String,
    onAccessibility: () -> Unit,
    onLicences: () -> Unit,
) {
    Titled(title) {
        Column(Modifier.widthIn(max = 640.dp).verticalScroll(rememberScrollState()).padding(horizontal = 16.dp, vertical = 8.dp), Arrangement.spacedBy(12.dp)) {
            Part(words(Label.SettingsLanguage), Modifier.padding(start = 4.dp))
            Card {
                Column {
                    Tongue(words(Label.SettingsLanguageDevice), language == null) { onLanguage(null) }
                    Tongue(words(Label.LanguageSwedish), language == Language.SWEDISH) { onLanguage(Language.SWEDISH) }
                    Tongue(words(Label.LanguageEnglish), language == Language.ENGLISH) { onLanguage(Language.ENGLISH) }
                    Tongue(words(Label.LanguageArabic), language == Language.ARABIC) { onLanguage(Language.ARABIC) }
                }
            }
            Part(words(Label.SettingsAccounts), Modifier.padding(start = 4.dp, top = 12.dp))
            accounts.forEach { AccountCard(it) { onSignOut(it.id) } }
            QuietButton(words(Label.SettingsAddAccount), onAdd, Modifier.fillMaxWidth(), icon = Icons.Plus)
            Part(words(Label.SettingsAbout), Modifier.padding(start = 4.dp, top = 12.dp))
            Card {
                Column {
                    Entry(words(Label.SettingsAccessibility), onAccessibility)
                    HorizontalDivider(color = palette.divider)
                    Entry(words(Label.SettingsLicences), onLicences)
                }
            }
            Text(words(Label.SettingsVersion, version), Modifier.padding(4.dp), color = palette.inkMuted, style = MaterialTheme.typography.bodySmall)
        }
    }
}

@Composable
private fun Tongue(name: String, selected: Boolean, onClick: () -> Unit) {
    Row(
        Modifier.fillMaxWidth().selectable(selected, role = Role.RadioButton, onClick = onClick).heightIn(min = 56.dp).padding(horizontal = 16.dp, vertical = 8.dp),
        Arrangement.SpaceBetween, Alignment.CenterVertically,
    ) {
        Text(name, Modifier.weight(1f), style = if (selected) MaterialTheme.typography.titleMedium else MaterialTheme.typography.bodyLarge)
        if (selected) Icon(Icons.Check, null, tint = palette.accent)
    }
}

@Composable
private fun AccountCard(account: AccountRow, onSignOut: () -> Unit) {
    Card {
        Column(Modifier.padding(16.dp), Arrangement.spacedBy(8.dp)) {
            Text(account.municipality, style = MaterialTheme.typography.titleLarge)
            Text(words(roleLabel(account.role)), color = palette.inkMuted, style = MaterialTheme.typography.bodyLarge)
            QuietButton(words(Label.SignOut), onSignOut, icon = Icons.SignOut)
        }
    }
}

@Composable
private fun Entry(name: String, onClick: () -> Unit) {
    Row(
        Modifier.fillMaxWidth().clickable(role = Role.Button, onClick = onClick).heightIn(min = 56.dp).padding(horizontal = 16.dp, vertical = 8.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Box(Modifier.weight(1f)) { Fitting(name, style = MaterialTheme.typography.bodyLarge) }
        Icon(Icons.Forward, null, Modifier.size(22.dp), tint = palette.inkMuted)
    }
}

@Composable
fun SignOutDialog(question: SignOutQuestion, onConfirm: () -> Unit, onWait: () -> Unit) {
    val unsent = question.unsent
    AlertDialog(
        onDismissRequest = onWait,
        icon = { Icon(if (unsent == null) Icons.SignOut else Icons.Waiting, null) },
        title = { Text(words(Label.SignOutQuestion)) },
        text = { Text(modifier = Modifier.verticalScroll(rememberScrollState()), text = if (unsent == null) words(Label.SignOutExplanation) else LocalWords.current.counted(CountedLabel.SignOutUnsent, unsent)) },
        confirmButton = { QuietButton(words(if (unsent == null) Label.SignOut else Label.SignOutDrop), onConfirm, critical = unsent != null) },
        dismissButton = { QuietButton(words(if (unsent == null) Label.Cancel else Label.SignOutWait), onWait) },
        containerColor = palette.surfaceRaised,
    )
}

fun roleLabel(role: AccountRole): Label = when (role) {
    AccountRole.GUARDIAN -> Label.RoleGuardian
    AccountRole.STUDENT -> Label.RoleStudent
    AccountRole.STAFF -> Label.RoleStaff
    AccountRole.TABLET -> Label.RoleTablet
    AccountRole.BOARD -> Label.RoleBoard
}
