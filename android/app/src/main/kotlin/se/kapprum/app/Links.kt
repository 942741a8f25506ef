package se.kapprum.app

import android.content.Intent
import se.kapprum.ui.Place
import se.kapprum.ui.Target

/** Where a link leads: an invitation (`https://server/#invite=…`), or a place in the app (`kapprum:child/ID`); null for any other. */
fun target(intent: Intent?): Target? {
    if (intent?.action != Intent.ACTION_VIEW) return null
    val link = intent.dataString ?: return null
    val fragment = intent.data?.encodedFragment.orEmpty()
    return when {
        fragment.startsWith("invite=") && link.startsWith("kapprum://") -> Target.Invitation("https://" + link.removePrefix("kapprum://"))
        fragment.startsWith("invite=") -> Target.Invitation(link)
        link.startsWith("kapprum:") -> Place.of(link.removePrefix("kapprum:"))?.let { Target.To(it) }
        else -> null
    }
}
