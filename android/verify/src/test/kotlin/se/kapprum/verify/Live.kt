package se.kapprum.verify

import androidx.compose.runtime.Composable
import androidx.compose.ui.ExperimentalComposeUiApi
import androidx.compose.ui.InternalComposeUiApi
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.asComposeCanvas
import androidx.compose.ui.input.pointer.PointerEventType
import androidx.compose.ui.input.pointer.PointerType
import androidx.compose.ui.platform.PlatformContext
import androidx.compose.ui.platform.WindowInfo
import androidx.compose.ui.scene.CanvasLayersComposeScene
import androidx.compose.ui.scene.ComposeSceneContext
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsOwner
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getAllSemanticsNodes
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.text.AnnotatedString
import androidx.compose.ui.unit.Density
import androidx.compose.ui.unit.IntSize
import java.io.File
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.jetbrains.skia.EncodedImageFormat
import org.jetbrains.skia.Image
import org.jetbrains.skia.Surface

/** A device without glass: draws frames on the test's own thread, knows what is on the screen, and taps by its words. */
@OptIn(ExperimentalComposeUiApi::class, InternalComposeUiApi::class)
class Live(val look: Look, context: CoroutineContext, private val content: @Composable () -> Unit) : AutoCloseable {
    private val owners = mutableListOf<SemanticsOwner>()
    private val width = (look.width * look.density).toInt()
    private val height = (look.height * look.density).toInt()
    private val window = object : WindowInfo {
        override val isWindowFocused = true
        override val containerSize = IntSize(width, height) // without it sheets and dialogs are laid out around (0, 0)
    }
    private val platform = object : PlatformContext by PlatformContext.Empty {
        override val windowInfo get() = window
        override val semanticsOwnerListener = object : PlatformContext.SemanticsOwnerListener {
            override fun onSemanticsOwnerAppended(semanticsOwner: SemanticsOwner) { owners += semanticsOwner }
            override fun onSemanticsOwnerRemoved(semanticsOwner: SemanticsOwner) { owners -= semanticsOwner }
            override fun onSemanticsChange(semanticsOwner: SemanticsOwner) = Unit
            override fun onLayoutChange(semanticsOwner: SemanticsOwner, semanticsNodeId: Int) = Unit
        }
    }
    private val scene = CanvasLayersComposeScene(
        density = Density(look.density, look.fontScale), size = IntSize(width, height),
        coroutineContext = context[ContinuationInterceptor]!!,
        composeSceneContext = object : ComposeSceneContext { override val platformContext get() = platform },
    )
    private val surface = Surface.makeRasterN32Premul(width, height)
    private val blind = Surface.makeRasterN32Premul(1, 1) // frames that nobody looks at cost no painting
    private var now = 0L

    init { scene.setContent { Stage(look, content) } }

    /** Draws the next frame, [time] nanoseconds later. */
    fun frame(time: Long = 16_666_667L) {
        now += time
        scene.render(blind.canvas.asComposeCanvas(), now)
    }

    fun picture(): Image {
        surface.canvas.clear(0xFFFFFFFF.toInt())
        scene.render(surface.canvas.asComposeCanvas(), now)
        return surface.makeImageSnapshot()
    }

    /** Draws frames until [done], letting what waits for the core resume in between. */
    suspend fun until(what: String, done: () -> Boolean) {
        try {
            withTimeout(10_000) {
                while (true) {
                    frame()
                    if (done()) break
                    delay(4)
                }
            }
        } catch (late: TimeoutCancellationException) {
            throw AssertionError("never: $what; on screen: ${words()}", late)
        }
    }

    suspend fun see(text: String) = until("'$text'") { sees(text) }

    suspend fun seeNot(text: String) = until("'$text' gone") { !sees(text) }

    fun sees(text: String): Boolean = words().any { text in it }

    /** Lets animations come to rest. */
    suspend fun settle() {
        repeat(5) { frame(50_000_000L); delay(1) }
        var frames = 0
        while (scene.hasInvalidations() && frames++ < 40) { frame(50_000_000L); delay(1) }
    }

    fun nodes(merged: Boolean = true): List<SemanticsNode> = owners.toList().flatMap { it.getAllSemanticsNodes(mergingEnabled = merged) }

    fun words(): List<String> = nodes().flatMap { it.said() }

    /** Taps what says just [text], once it is there and can be pressed; the topmost such. */
    suspend fun tap(text: String) {
        until("something to tap that says '$text'") { pressable(text) != null }
        settle() // what moves in is tapped where it comes to rest
        checkNotNull(pressable(text)).reveal()
        press(checkNotNull(pressable(text)).boundsInRoot.center)
    }

    /** Taps what would help, unless it was helped already: the core asks again by itself. */
    suspend fun tapIfStillThere(text: String) {
        settle()
        pressable(text)?.let { press(it.boundsInRoot.center) }
    }

    fun isDisabled(text: String): Boolean = nodes().any { text in it.said() && it.config.contains(SemanticsProperties.Disabled) }

    private fun pressable(text: String): SemanticsNode? = nodes().lastOrNull { node ->
        node.config.contains(SemanticsActions.OnClick) && !node.config.contains(SemanticsProperties.Disabled) && text in node.said()
    }

    /** Strokes the screen until it is wholly in sight. */
    private suspend fun SemanticsNode.reveal() {
        val missing = size.height - boundsInRoot.height
        val scroll = generateSequence(parent) { it.parent }.firstNotNullOfOrNull { it.config.getOrNull(SemanticsActions.ScrollBy)?.action }
        if (missing < 1f || scroll == null) return
        scroll(0f, positionInRoot.y - height / 3)
        settle()
    }

    /** Strokes the largest list until [text] is in it. */
    suspend fun scrollTo(text: String) {
        var strokes = 0
        while (!sees(text) && strokes++ < 60) {
            val lists = nodes().filter { it.config.contains(SemanticsActions.ScrollBy) && it.config.contains(SemanticsProperties.VerticalScrollAxisRange) }
            lists.maxBy { it.size.width * it.size.height }.config[SemanticsActions.ScrollBy].action?.invoke(0f, height / 4f)
            settle()
        }
        see(text)
    }

    suspend fun type(text: String, into: String) {
        val field = nodes().last { node -> node.config.contains(SemanticsActions.SetText) && node.said().any { into in it } }
        checkNotNull(field.config[SemanticsActions.SetText].action)(AnnotatedString(text))
        repeat(2) { frame(); delay(1) }
    }

    private suspend fun press(at: Offset) {
        scene.sendPointerEvent(PointerEventType.Press, at, timeMillis = now / 1_000_000, type = PointerType.Touch)
        repeat(2) { frame(); delay(1) }
        scene.sendPointerEvent(PointerEventType.Release, at, timeMillis = now / 1_000_000, type = PointerType.Touch)
        repeat(2) { frame(); delay(1) }
    }

    override fun close() {
        scene.close()
        surface.close()
        blind.close()
    }
}

/** Everything a screen reader could say of it. */
fun SemanticsNode.said(): List<String> =
    config.getOrNull(SemanticsProperties.ContentDescription).orEmpty() +
        config.getOrNull(SemanticsProperties.Text).orEmpty().map { it.text } +
        listOfNotNull(config.getOrNull(SemanticsProperties.EditableText)?.text, config.getOrNull(SemanticsProperties.StateDescription))

fun live(look: Look, content: @Composable () -> Unit, story: suspend Live.() -> Unit): Unit = runBlocking {
    Live(look, coroutineContext, content).use { it.story() }
}

fun Image.save(file: File) {
    file.parentFile.mkdirs()
    file.writeBytes(encodeToData(EncodedImageFormat.PNG)!!.bytes)
}
