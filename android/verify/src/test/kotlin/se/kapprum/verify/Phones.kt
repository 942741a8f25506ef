package se.kapprum.verify

import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.LocalSaveableStateRegistry
import androidx.compose.runtime.saveable.SaveableStateRegistry
import androidx.compose.runtime.setValue
import java.io.File
import java.util.UUID
import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import se.kapprum.core.BootTime
import se.kapprum.core.Device
import se.kapprum.core.Kapprum
import se.kapprum.core.Language
import se.kapprum.core.Reason
import se.kapprum.ui.Back
import se.kapprum.ui.Host
import se.kapprum.ui.KapprumApp
import se.kapprum.ui.LocalBack
import se.kapprum.ui.Opened
import se.kapprum.ui.Page
import se.kapprum.ui.Start
import se.kapprum.ui.Target
import se.kapprum.ui.startProblem

/** A boot that lasts as long as this process. */
object Uptime : Device {
    private val boot = UUID.randomUUID().toString()

    override fun bootTime() = BootTime(boot, System.nanoTime() / 1_000_000)
}

/** The whole app on one device: its own folder, the real core, a screen, and what the system would do around it. */
class Phone(val look: Look, private val context: CoroutineContext, val home: File) : Host {
    private var scope = scope()
    private var there by mutableStateOf(true)
    private var registry = SaveableStateRegistry(null) { true }
    private var start by mutableStateOf<Start>(Start.Opening)
    private var goBack: (() -> Unit)? = null
    private val back: Back = { enabled, onBack -> if (enabled) goBack = onBack }
    private var spoken by mutableStateOf<Language?>(null)
    var target by mutableStateOf<Target?>(null)
    val shown = mutableListOf<Page>()
    var lit = false
        private set
    var startedOver = false
        private set
    lateinit var kapprum: Kapprum
        private set
    val screen = Live(look, context) {
        if (there) {
            CompositionLocalProvider(LocalSaveableStateRegistry provides registry, LocalBack provides back) {
                KapprumApp(start, this, target) { target = null }
            }
        }
    }

    /** Opens the core as the app does. */
    suspend fun open() {
        start = try {
            withContext(Dispatchers.Default) {
                kapprum = Kapprum.open(home.path, look.language, Uptime)
                ready()
            }
        } catch (error: Throwable) {
            Start.Failed(startProblem(error))
        }
    }

    suspend fun signIn(link: String) {
        if (!this::kapprum.isInitialized) open()
        start = withContext(Dispatchers.Default) {
            kapprum.signIn(link, null)
            ready()
        }
    }

    /** Waits until the server has answered what was sent: what is taken back on its way may have been done. */
    suspend fun answered() = withContext(Dispatchers.Default) { kapprum.sync(Reason.ASKED) }

    private fun ready() = Start.Ready(Opened(kapprum, scope).apply { look(true) })

    /** Turns the device: the activity is made anew, and keeps only what it saved. */
    suspend fun rotate() {
        val saved = registry.performSave()
        away()
        registry = SaveableStateRegistry(saved) { true }
        there = true
        screen.settle()
    }

    private suspend fun away() {
        there = false
        screen.settle()
    }

    /** Ends the process in whatever it was doing. Nothing is saved but what the core has on disk. */
    suspend fun die() {
        away()
        close(screenToo = false)
        registry = SaveableStateRegistry(null) { true }
        start = Start.Opening
        there = true
        scope = scope()
        open()
    }

    /** The system's way back. */
    suspend fun back() {
        checkNotNull(goBack) { "there is no way back" }()
        screen.settle()
    }

    suspend fun close(screenToo: Boolean = true) {
        if (screenToo) screen.close()
        scope.cancel()
        if (this::kapprum.isInitialized) withContext(Dispatchers.Default) {
            kapprum.shutDown()
            kapprum.close()
        }
    }

    private fun scope() = CoroutineScope(context + SupervisorJob(context[Job]))

    override val version = "1.0"
    override val language get() = spoken
    override fun choose(language: Language?) { spoken = language; kapprum.speak(language ?: Language.SWEDISH) }
    override fun restart() = Unit
    override fun startOver() { startedOver = true }
    override fun show(page: Page) { shown += page }
    override fun keepLit(lit: Boolean) { this.lit = lit }
}

/** Several devices in one town. */
class Story(private val context: CoroutineContext) {
    private val phones = mutableListOf<Phone>()

    fun phone(look: Look = se.kapprum.verify.phone, home: File = folder()): Phone = Phone(look.copy(density = 1f), context, home).also { phones += it }

    /** One whose pictures are kept: as sharp as [look] says. */
    fun device(look: Look): Phone = Phone(look, context, folder()).also { phones += it }

    fun folder(): File = File.createTempFile("kapprum", "").also { it.delete(); it.mkdirs() }

    suspend fun end() {
        phones.forEach {
            it.close()
            it.home.deleteRecursively()
        }
    }
}

fun story(tell: suspend Story.() -> Unit): Unit = runBlocking {
    val story = Story(coroutineContext)
    try {
        story.tell()
    } finally {
        story.end()
    }
}
