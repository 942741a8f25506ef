package se.kapprum.ui

import androidx.compose.runtime.Composable
import androidx.compose.runtime.State
import androidx.compose.runtime.produceState
import androidx.compose.runtime.withFrameNanos
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import se.kapprum.core.Ask
import se.kapprum.core.Command
import se.kapprum.core.KapprumInterface
import se.kapprum.core.Missing
import se.kapprum.core.Reason
import se.kapprum.core.Screen
import se.kapprum.design.Label

/** What a screen has to draw right now. */
sealed interface Shown<out T> {
    data object Loading : Shown<Nothing>
    data class Ready<T>(val value: T) : Shown<T>
    data class Missed(val why: Missing, val text: String) : Shown<Nothing>
    data class Failed(val problem: Problem) : Shown<Nothing>
}

/** A short word at the screen's lower edge, with what it can take back. */
data class Message(val text: Wording, val undo: List<String> = emptyList(), val tapped: String? = null, val serial: Long = 0)

/** What became of something that was sent. */
sealed interface Sent {
    data class Saved(val commands: List<String>) : Sent
    data class Refused(val problem: Problem) : Sent
}

/**
 * The core as one person's screens use it. Feeds become flows that end when the screen leaves; what is sent outlives
 * the screen that sent it; every error becomes a [Problem] in [problem].
 */
class Core(private val kapprum: KapprumInterface, val profile: UInt, private val scope: CoroutineScope) {
    private val shownMessage = MutableStateFlow<Message?>(null)
    private val drafts = Channel<Pair<Ask, Command?>>(Channel.UNLIMITED)
    private var serial = 0L

    val message: StateFlow<Message?> = shownMessage

    init {
        scope.launch { for ((ask, command) in drafts) attempt { kapprum.keepDraft(profile, ask, command) } }
    }

    /** The snapshots of one view. Rust answers on its own threads, so they are awaited off the drawing thread. */
    fun screens(ask: Ask): Flow<Screen> = flow {
        val feed = kapprum.feed(profile, ask)
        try {
            while (true) emit(feed.next() ?: break)
        } finally {
            feed.end()
            feed.close()
        }
    }.flowOn(Dispatchers.Default)

    /** Saves [commands]; when this returns [Sent.Saved] no crash can lose them. */
    suspend fun send(commands: List<Command>, tapped: String? = null): Sent = try {
        val parts = withContext(Dispatchers.Default) { kapprum.send(profile, commands, tapped) }
        val refusal = parts.firstNotNullOfOrNull { it.reason }
        if (refusal == null) Sent.Saved(parts.flatMap { it.commands }) else Sent.Refused(Problem(Wording.Said(refusal)))
    } catch (cancelled: CancellationException) {
        throw cancelled
    } catch (error: Exception) {
        Sent.Refused(problem(error))
    }

    /** Saves [commands] from a tap that has no form to show a refusal in: either way a message tells. */
    fun tap(commands: List<Command>, tapped: String? = null, saved: Wording? = Wording.Of(Label.Saved), then: (Sent) -> Unit = {}) {
        scope.launch {
            val sent = send(commands, tapped)
            when (sent) {
                is Sent.Saved -> if (saved != null) say(saved, sent.commands, tapped)
                is Sent.Refused -> say(sent.problem.text)
            }
            then(sent)
        }
    }

    /** Saves a form's [commands]; the form hears what became of it, also when it was turned meanwhile. */
    fun submit(commands: List<Command>, then: (Sent) -> Unit) { scope.launch { then(send(commands)) } }

    fun undo(commands: List<String>, tapped: String? = null) {
        scope.launch {
            attempt {
                val undone = commands.map { kapprum.undo(profile, it, tapped) }
                say(Wording.Of(if (undone.all { it }) Label.Undone else Label.UndoTooLate))
            }
        }
    }

    fun dismiss(command: String) { scope.launch { attempt { kapprum.dismiss(profile, command) } } }

    fun dismissLost() { scope.launch { attempt { kapprum.dismissLost(profile) } } }

    fun sync() { scope.launch { attempt { kapprum.sync(Reason.ASKED) } } }

    suspend fun draft(ask: Ask): Command? = attempt { kapprum.draft(profile, ask) }

    /** Keeps what a form holds, in the order in which it is told; null when it is sent or thrown away. */
    fun keepDraft(ask: Ask, command: Command?) { drafts.trySend(ask to command) }

    fun say(text: Wording, undo: List<String> = emptyList(), tapped: String? = null) { shownMessage.value = Message(text, undo, tapped, ++serial) }

    fun hush(said: Message) { shownMessage.compareAndSet(said, null) }

    fun hush() { shownMessage.value = null }

    private suspend fun <T> attempt(work: suspend () -> T): T? = try {
        withContext(Dispatchers.Default) { work() }
    } catch (cancelled: CancellationException) {
        throw cancelled
    } catch (error: Exception) {
        say(problem(error).text)
        null
    }
}

/**
 * The newest snapshot of [ask] for as long as the caller is on the screen. [pick] takes the one variant it draws.
 * [round] starts the feed anew, after a failure.
 */
@Composable
fun <T : Any> Core.shown(ask: Ask, round: Int = 0, pick: (Screen) -> T?): State<Shown<T>> =
    produceState<Shown<T>>(Shown.Loading, this, ask, round) {
        value = Shown.Loading
        screens(ask)
            .catch { error -> value = Shown.Failed(problem(error)) }
            .collect { screen ->
                value = when {
                    screen is Screen.Nothing && screen.why == Missing.LOADING -> Shown.Loading
                    screen is Screen.Nothing -> Shown.Missed(screen.why, screen.text)
                    else -> pick(screen)?.let { Shown.Ready(it) } ?: Shown.Failed(Problem(Wording.Of(Label.NotShown)))
                }
            }
    }

/** False for a moment, so that what is there at once comes without a flash of placeholders. */
@Composable
fun patience(): State<Boolean> = produceState(false) {
    val start = withFrameNanos { it }
    while (withFrameNanos { it } - start < 150_000_000L) Unit
    value = true
}
