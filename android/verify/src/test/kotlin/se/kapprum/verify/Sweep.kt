package se.kapprum.verify

import androidx.compose.ui.geometry.Rect
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.text.TextLayoutResult
import se.kapprum.core.Language
import se.kapprum.design.Label

/** What is wrong with what [live] shows: things too small to hit, without a name, without a heading, or with words cut off. */
fun faults(live: Live, board: Boolean): List<String> = sizes(live, board) + words(live) + headings(live)

private val loading = Language.entries.map { ResourceWords.of(it).of(Label.Loading) }

/** While a view is on its way its heading is not known yet. */
fun headings(live: Live): List<String> =
    if (live.words().none { it in loading } && live.nodes().none { it.config.contains(SemanticsProperties.Heading) } && live.words().isNotEmpty()) listOf("no heading") else emptyList()

private fun sizes(live: Live, board: Boolean): List<String> = live.nodes()
    .filter { it.config.contains(SemanticsActions.OnClick) && !it.config.contains(SemanticsProperties.EditableText) }
    .flatMap { node ->
        val said = node.said().joinToString(" ")
        // The layout node, not the touch bounds: those are clipped by what scrolls and padded to 48 dp by themselves.
        val width = node.layoutInfo.width / live.look.density
        val height = node.layoutInfo.height / live.look.density
        val least = if (board && node.touchesAChild()) 96f else 48f
        listOfNotNull(
            "no name: ${node.config}".takeIf { said.isBlank() && !node.behindASheet() },
            "'$said' is $width × $height dp, least $least".takeIf { !node.behindASheet() && (width < least || height < least) },
        )
    }

/** The dimmed part behind a sheet closes it; it is as large as the screen and named by the sheet itself. */
private fun SemanticsNode.behindASheet() = config.getOrNull(SemanticsProperties.Text) == null && config.contains(SemanticsActions.OnClick) && boundsInRoot.width > 0 && children.isEmpty() && config.getOrNull(SemanticsProperties.ContentDescription).orEmpty().any { it.contains("sheet", ignoreCase = true) }

/** On a board whatever acts on a child; tabs, groups and the frame's own buttons are for grown-ups' fingers. */
private fun SemanticsNode.touchesAChild(): Boolean = said().any { said -> onChildren.any { it in said } }

private val onChildren: List<String> =
    Samples.board(40).rows.map { it.name } + Samples.hall(40).tiles.map { it.name } + Language.entries.map { ResourceWords.of(it).of(Label.Undo) }

private fun words(live: Live): List<String> {
    val screen = Rect(0f, 0f, live.look.width * live.look.density, live.look.height * live.look.density)
    return live.nodes(merged = false).flatMap { node ->
        val found = mutableListOf<TextLayoutResult>()
        node.config.getOrNull(SemanticsActions.GetTextLayoutResult)?.action?.invoke(found)
        found.flatMap { layout ->
            val text = layout.layoutInput.text.text
            // Where it was laid out, whatever a scrolling parent shows of it.
            val left = node.positionInRoot.x
            val right = left + node.size.width
            listOfNotNull(
                "cut off: '$text'".takeIf { layout.isCutOff(node.strokes()) },
                "a word is broken: '$text'".takeIf { layout.breaksAWord() },
                "off the screen: '$text' ($left to $right)".takeIf { (left < -1f || right > screen.right + 1f) && !node.strokes() },
                "below the screen: '$text'".takeIf { node.positionInRoot.y + node.size.height > screen.bottom + 1f && !node.scrolls() },
            )
        }
    }
}

/** More than the point that rounding to whole points takes. What one strokes sideways is as wide as it likes to be. */
private fun TextLayoutResult.isCutOff(strokes: Boolean): Boolean =
    multiParagraph.didExceedMaxLines || multiParagraph.height > size.height + 1f || (0 until lineCount).any { isLineEllipsized(it) || getLineRight(it) - getLineLeft(it) > size.width + 1f && !strokes }

private fun TextLayoutResult.breaksAWord(): Boolean {
    val text = layoutInput.text.text
    return (0 until lineCount - 1).any { line ->
        val end = getLineEnd(line)
        end in 1 until text.length && text[end - 1].isLetterOrDigit() && text[end].isLetterOrDigit()
    }
}

private fun SemanticsNode.strokes() = ancestors().any { it.config.contains(SemanticsProperties.HorizontalScrollAxisRange) }

private fun SemanticsNode.scrolls() = ancestors().any { it.config.contains(SemanticsProperties.VerticalScrollAxisRange) }

private fun SemanticsNode.ancestors() = generateSequence(parent) { it.parent }
