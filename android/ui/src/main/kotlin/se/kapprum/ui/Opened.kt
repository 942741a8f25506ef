package se.kapprum.ui

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.withContext
import se.kapprum.core.KapprumException
import se.kapprum.core.KapprumInterface
import se.kapprum.core.Language
import se.kapprum.core.SignedIn

/** How far the core has come. */
sealed interface Start {
    data object Opening : Start
    data class Failed(val problem: Problem) : Start
    data class Ready(val opened: Opened) : Start
}

/** What came of signing out. */
sealed interface SignOut {
    data object Done : SignOut
    data class Unsent(val count: Int) : SignOut
    data class Failed(val problem: Problem) : SignOut
}

/** The open core and who is signed in. It outlives every screen; [scope] ends with the process. */
class Opened(val kapprum: KapprumInterface, private val scope: CoroutineScope) {
    private val people = MutableStateFlow(kapprum.accounts())
    private val shown = MutableStateFlow(kapprum.profiles())
    private val cores = mutableMapOf<UInt, Core>()
    private var looking = false

    val accounts: StateFlow<List<SignedIn>> = people

    /** Whom to show something: also one whose data was lost, who is told so. */
    val profiles: StateFlow<List<UInt>> = shown

    /** The core as [profile] uses it; the same one for every screen. */
    fun core(profile: UInt): Core = cores.getOrPut(profile) { Core(kapprum, profile, scope) }

    /** Null when it went well. */
    suspend fun signIn(link: String, join: UInt?): Problem? = try {
        withContext(Dispatchers.Default) { kapprum.signIn(link, join) }
        look(looking) // the new account has not heard of it
        refresh()
        null
    } catch (cancelled: CancellationException) {
        throw cancelled
    } catch (error: Exception) {
        problem(error)
    }

    suspend fun signOut(account: String, dropUnsent: Boolean): SignOut = try {
        withContext(Dispatchers.Default) { kapprum.signOut(account, dropUnsent) }
        refresh()
        SignOut.Done
    } catch (unsent: KapprumException.Unsent) {
        SignOut.Unsent(unsent.count.toInt())
    } catch (cancelled: CancellationException) {
        throw cancelled
    } catch (error: Exception) {
        SignOut.Failed(problem(error))
    }

    /** Someone looks at the screens, or nobody does any more: news is waited for only while someone does. */
    fun look(looking: Boolean) {
        this.looking = looking
        tell { kapprum.foreground(looking) }
    }

    fun speak(language: Language) = tell { kapprum.speak(language) }

    /** A core that is closed already needs to hear nothing. */
    private fun tell(what: () -> Unit) = try {
        what()
    } catch (_: KapprumException.Closed) {
        Unit
    }

    private suspend fun refresh() {
        people.value = withContext(Dispatchers.Default) { kapprum.accounts() }
        shown.value = withContext(Dispatchers.Default) { kapprum.profiles() }
    }
}
