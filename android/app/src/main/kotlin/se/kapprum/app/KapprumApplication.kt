package se.kapprum.app

import android.app.Application
import io.crates.keyring.Keyring
import java.io.File
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import se.kapprum.core.Kapprum
import se.kapprum.ui.Opened
import se.kapprum.ui.Start
import se.kapprum.ui.startProblem

/** Opens the core, off the main thread and once for the process: screens and the sync job share it. */
open class KapprumApplication : Application() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Main.immediate)
    private val home get() = File(noBackupFilesDir, "kapprum")
    private val current = MutableStateFlow<Start>(Start.Opening)

    val start: StateFlow<Start> = current

    override fun onCreate() {
        super.onCreate()
        Notifications(this).createChannels()
        SyncJob.schedule(this)
        open()
    }

    fun open() {
        current.value = Start.Opening
        scope.launch { current.value = withContext(Dispatchers.IO) { tryOpen() } }
    }

    /** Sets aside what can't be read, in place of what was set aside before, and opens an empty core. */
    fun startOver() {
        scope.launch {
            withContext(Dispatchers.IO) {
                val aside = File(noBackupFilesDir, "kapprum-unreadable")
                aside.deleteRecursively()
                home.renameTo(aside)
            }
            open()
        }
    }

    /** The core once it is open; null when it did not open. */
    suspend fun opened(): Opened? = (current.filter { it !is Start.Opening }.first() as? Start.Ready)?.opened

    /** Every way in which opening can fail ends in a screen that says what to do. */
    private fun tryOpen(): Start = try {
        keyStore()
        home.mkdirs()
        val kapprum = Kapprum.open(home.path, AppLanguage(this).shown, Uptime(this))
        Start.Ready(Opened(kapprum, scope))
    } catch (error: Exception) {
        Start.Failed(startProblem(error))
    } catch (error: LinkageError) {
        Start.Failed(startProblem(error))
    }

    /** The key store's Rust half needs the application before the core asks it for a key. */
    protected open fun keyStore() {
        System.loadLibrary("kapprum")
        Keyring.initializeNdkContext(this)
    }
}
