package se.kapprum.app

import android.content.Context
import android.os.SystemClock
import android.provider.Settings
import se.kapprum.core.BootTime
import se.kapprum.core.Device

/** The clock nobody can set: time since the device started, sleep included, and which start it was. */
class Uptime(context: Context) : Device {
    private val resolver = context.contentResolver

    override fun bootTime() = BootTime(
        Settings.Global.getInt(resolver, Settings.Global.BOOT_COUNT, 0).toString(), SystemClock.elapsedRealtime(),
    )
}
