package se.kapprum.ui

import se.kapprum.core.KapprumException
import se.kapprum.core.StorageCode
import se.kapprum.design.CountedLabel
import se.kapprum.design.Label

/** Words of the core, or a label of the shell. */
sealed interface Wording {
    data class Said(val text: String) : Wording
    data class Of(val label: Label) : Wording
    data class Counted(val label: CountedLabel, val count: Int) : Wording
}

/** What went wrong, as a sentence that says what to do, and what can be done from here. */
data class Problem(val text: Wording, val remedy: Remedy = Remedy.TRY_AGAIN)

enum class Remedy { NONE, TRY_AGAIN, UPDATE, SIGN_IN, START_OVER }

/** The one place where errors of the core become something to show. */
fun problem(error: Throwable): Problem = when (error) {
    is KapprumException.Refused -> Problem(Wording.Said(error.reason), Remedy.NONE)
    is KapprumException.Unsent -> Problem(Wording.Counted(CountedLabel.SignOutUnsent, error.count.toInt()), Remedy.NONE)
    is KapprumException.Offline -> Problem(Wording.Said(error.reason))
    is KapprumException.SignedOut -> Problem(Wording.Said(error.reason), Remedy.SIGN_IN)
    is KapprumException.Outdated -> Problem(Wording.Said(error.reason), Remedy.UPDATE)
    is KapprumException.Storage -> Problem(Wording.Said(error.reason))
    is KapprumException.Closed -> Problem(Wording.Said(error.reason))
    else -> Problem(Wording.Of(Label.NotShown))
}

/** Why the core did not start. Without a core there are no sentences of its own, so all of these are labels. */
fun startProblem(error: Throwable): Problem = when {
    error is KapprumException.Storage -> when (error.code) {
        StorageCode.IN_USE -> Problem(Wording.Of(Label.StartErrorInUse))
        StorageCode.FULL -> Problem(Wording.Of(Label.StartErrorFull))
        StorageCode.KEY -> Problem(Wording.Of(Label.StartErrorKeyStore))
        StorageCode.UNREADABLE -> Problem(Wording.Said(error.reason), Remedy.START_OVER)
        StorageCode.OTHER -> Problem(Wording.Said(error.reason))
    }
    error is KapprumException.Outdated -> Problem(Wording.Of(Label.StartErrorNewer), Remedy.UPDATE)
    error is LinkageError || error.mismatched() -> Problem(Wording.Of(Label.StartErrorLibrary), Remedy.UPDATE)
    else -> Problem(Wording.Of(Label.StartErrorOther))
}

/** The bindings check the library's version as they load, and say only in words that it is another one. */
private fun Throwable.mismatched(): Boolean =
    generateSequence(this) { it.cause }.any { it.message.orEmpty().contains("UniFFI") || it is LinkageError }
