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
    private val cores = mutableMapOf<UInt, Core>()

    val accounts: StateFlow<List<SignedIn>> = people

    /** The core as [profile] uses it; the same one for every screen. */
    fun core(profile: UInt): Core = cores.getOrPut(profile) { Core(kapprum, profile, scope) }

    /** Null when it went well. */
    suspend fun signIn(link: String, join: UInt?): Problem? = try {
        withContext(Dispatchers.Default) { kapprum.signIn(link, join) }
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

    fun speak(language: Language) = kapprum.speak(language)

    private suspend fun refresh() { people.value = withContext(Dispatchers.Default) { kapprum.accounts() } }
}
