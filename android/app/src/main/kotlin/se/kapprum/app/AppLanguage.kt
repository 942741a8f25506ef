package se.kapprum.app

import android.app.LocaleManager
import android.content.Context
import android.os.Build
import android.os.LocaleList
import java.util.Locale
import se.kapprum.core.Language

/** The language of this app alone, where the system has such a setting (Android 13); else the device's. */
class AppLanguage(private val context: Context) {
    private val locales: LocaleManager?
        get() = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) context.getSystemService(LocaleManager::class.java) else null

    /** What was chosen for the app; null follows the device. */
    val chosen: Language? get() = locales?.applicationLocales?.takeIf { !it.isEmpty }?.let { of(it[0]) }

    /** The one that screens are shown in. */
    val shown: Language get() = of(context.resources.configuration.locales[0])

    fun choose(language: Language?) {
        locales?.applicationLocales = if (language == null) LocaleList.getEmptyLocaleList() else LocaleList.forLanguageTags(tag(language))
    }

    private fun tag(language: Language) = when (language) {
        Language.SWEDISH -> "sv"
        Language.ENGLISH -> "en"
        Language.ARABIC -> "ar"
    }

    /** Swedish is what resources fall back to as well. */
    private fun of(locale: Locale): Language = Language.entries.firstOrNull { tag(it) == locale.language } ?: Language.SWEDISH
}
