package se.kapprum.verify

import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.ui.platform.LocalLayoutDirection
import androidx.compose.ui.text.font.FontFamily
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.platform.Font
import androidx.compose.ui.unit.LayoutDirection
import java.io.File
import se.kapprum.core.Language
import se.kapprum.ui.KapprumTheme
import se.kapprum.ui.LocalWords

/** One way to look at a screen: a device and its settings. */
data class Look(
    val name: String, val width: Int, val height: Int,
    val dark: Boolean = false, val fontScale: Float = 1f, val language: Language = Language.SWEDISH, val density: Float = 1f,
)

val phone = Look("phone", 360, 640, density = 2f)
val wall = Look("tablet-wide", 1280, 800)

val looks = listOf(
    phone,
    Look("phone-dark", 360, 640, dark = true, density = 2f),
    Look("phone-arabic", 360, 640, language = Language.ARABIC, density = 2f),
    Look("phone-large-letters", 360, 640, fontScale = 2f, density = 2f),
    Look("phone-tall", 412, 915, density = 2f),
    Look("phone-sideways", 640, 360, density = 2f),
    Look("tablet", 800, 1280),
    wall,
    Look("tablet-wide-dark", 1280, 800, dark = true),
    Look("tablet-wide-large-letters", 1280, 800, fontScale = 2f),
)

/** The same letters on every machine: pictures are compared. */
private val letters = FontFamily(
    listOf("Regular" to FontWeight.Normal, "Bold" to FontWeight.SemiBold)
        .map { (name, weight) -> Font(File("/usr/share/fonts/truetype/noto/NotoSans-$name.ttf"), weight) },
)

@Composable
fun Stage(look: Look, content: @Composable () -> Unit) = CompositionLocalProvider(
    LocalLayoutDirection provides if (look.language == Language.ARABIC) LayoutDirection.Rtl else LayoutDirection.Ltr,
    LocalWords provides ResourceWords.of(look.language),
) { KapprumTheme(look.dark, letters, content) }
