package se.kapprum.ui

import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.ColorScheme
import androidx.compose.material3.LocalContentColor
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Shapes
import androidx.compose.material3.Typography
import androidx.compose.material3.darkColorScheme
import androidx.compose.material3.lightColorScheme
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.ReadOnlyComposable
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.font.FontFamily
import se.kapprum.design.Palette
import se.kapprum.design.Tokens
import se.kapprum.design.darkPalette
import se.kapprum.design.lightPalette

private val LocalPalette = staticCompositionLocalOf { lightPalette }
private val LocalFontFamily = staticCompositionLocalOf<FontFamily> { FontFamily.Default }

/** The colours of the theme around it. */
val palette: Palette @Composable @ReadOnlyComposable get() = LocalPalette.current

/** What a board is written with: read from two metres. */
val boardType: BoardType @Composable @ReadOnlyComposable get() = BoardType(LocalFontFamily.current)

/** The design on top of Material's components: our palette, our type, our shapes. Contrast is tested, so colours never come from the wallpaper. */
@Composable
fun KapprumTheme(dark: Boolean, family: FontFamily = FontFamily.Default, content: @Composable () -> Unit) {
    val palette = if (dark) darkPalette else lightPalette
    CompositionLocalProvider(LocalPalette provides palette, LocalFontFamily provides family) {
        MaterialTheme(scheme(palette), shapes, typography(family)) {
            CompositionLocalProvider(LocalContentColor provides palette.ink, content = content)
        }
    }
}

class BoardType(family: FontFamily) {
    val title = Tokens.Type.boardTitle.of(family)
    val name = Tokens.Type.boardName.of(family)
    val line = Tokens.Type.boardLine.of(family)
}

private fun TextStyle.of(family: FontFamily) = copy(fontFamily = family)

private val shapes = Shapes(
    extraSmall = RoundedCornerShape(Tokens.Corner.small), small = RoundedCornerShape(Tokens.Corner.small),
    medium = RoundedCornerShape(Tokens.Corner.medium), large = RoundedCornerShape(Tokens.Corner.large),
    extraLarge = RoundedCornerShape(Tokens.Corner.sheet),
)

private fun typography(family: FontFamily): Typography {
    val title = Tokens.Type.title.of(family)
    val heading = Tokens.Type.heading.of(family)
    val body = Tokens.Type.body.of(family)
    val strong = Tokens.Type.bodyStrong.of(family)
    val label = Tokens.Type.label.of(family)
    val caption = Tokens.Type.caption.of(family)
    return Typography(
        displayLarge = title, displayMedium = title, displaySmall = Tokens.Type.display.of(family),
        headlineLarge = title, headlineMedium = title, headlineSmall = heading,
        titleLarge = heading, titleMedium = strong, titleSmall = strong,
        bodyLarge = body, bodyMedium = body, bodySmall = caption,
        labelLarge = label, labelMedium = label, labelSmall = caption,
    )
}

private fun scheme(palette: Palette): ColorScheme {
    val base = if (palette.dark) darkColorScheme() else lightColorScheme()
    return base.copy(
        primary = palette.accent, onPrimary = palette.onAccent,
        primaryContainer = palette.accentContainer, onPrimaryContainer = palette.onAccentContainer,
        secondary = palette.accent, onSecondary = palette.onAccent,
        secondaryContainer = palette.accentContainer, onSecondaryContainer = palette.onAccentContainer,
        tertiary = palette.accent, onTertiary = palette.onAccent,
        background = palette.background, onBackground = palette.ink,
        surface = palette.surface, onSurface = palette.ink, surfaceVariant = palette.surfaceRaised, onSurfaceVariant = palette.inkMuted,
        surfaceTint = palette.surface, surfaceBright = palette.surfaceRaised, surfaceDim = palette.background,
        surfaceContainerLowest = palette.surface, surfaceContainerLow = palette.surfaceRaised, surfaceContainer = palette.surface,
        surfaceContainerHigh = palette.surfaceRaised, surfaceContainerHighest = palette.surfaceRaised,
        error = palette.critical.strong, onError = palette.critical.onStrong,
        errorContainer = palette.critical.container, onErrorContainer = palette.critical.ink,
        outline = palette.outline, outlineVariant = palette.divider, scrim = palette.scrim,
        inverseSurface = palette.inverse, inverseOnSurface = palette.onInverse, inversePrimary = palette.inverseAccent,
    )
}
