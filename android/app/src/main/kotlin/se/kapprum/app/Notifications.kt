package se.kapprum.app

import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import android.net.Uri
import se.kapprum.design.Label

/** The kinds of notice that people can turn off one by one. Their ids are kept by the system and never change. */
enum class Channel(val id: String, val title: Label, val description: Label, val importance: Int) {
    ABSENCE("absence", Label.ChannelAbsence, Label.ChannelAbsenceDescription, NotificationManager.IMPORTANCE_HIGH),
    CHECK_IN("checkin", Label.ChannelCheckIn, Label.ChannelCheckInDescription, NotificationManager.IMPORTANCE_DEFAULT),
    MESSAGES("messages", Label.ChannelMessages, Label.ChannelMessagesDescription, NotificationManager.IMPORTANCE_DEFAULT),
    NEWS("news", Label.ChannelNews, Label.ChannelNewsDescription, NotificationManager.IMPORTANCE_LOW),
    REMINDERS("reminders", Label.ChannelReminders, Label.ChannelRemindersDescription, NotificationManager.IMPORTANCE_DEFAULT),
    SYNC("sync", Label.ChannelSync, Label.ChannelSyncDescription, NotificationManager.IMPORTANCE_MIN),
}

/** What is shown outside the app. A locked screen tells that there is something, never about whom. */
class Notifications(private val context: Context) {
    private val manager = checkNotNull(context.getSystemService(NotificationManager::class.java))

    fun createChannels() = manager.createNotificationChannels(
        Channel.entries.map { channel ->
            NotificationChannel(channel.id, context.getString(channel.title.id()), channel.importance).apply {
                description = context.getString(channel.description.id())
                lockscreenVisibility = Notification.VISIBILITY_PRIVATE
            }
        },
    )

    /** Shows [text], composed by the core; a tap leads to [place], which holds ids alone. */
    fun show(channel: Channel, id: Int, text: String, place: String) {
        val open = Intent(Intent.ACTION_VIEW, Uri.parse("kapprum:$place"), context, MainActivity::class.java)
        val intent = PendingIntent.getActivity(context, id, open, PendingIntent.FLAG_IMMUTABLE or PendingIntent.FLAG_UPDATE_CURRENT)
        val locked = builder(channel).setContentTitle(context.getString(Label.NotificationHidden.id())).build()
        manager.notify(
            id,
            builder(channel).setContentTitle(text).setVisibility(Notification.VISIBILITY_PRIVATE).setPublicVersion(locked)
                .setAutoCancel(true).setContentIntent(intent).build(),
        )
    }

    private fun builder(channel: Channel) =
        Notification.Builder(context, channel.id).setSmallIcon(R.drawable.notification).setColor(context.getColor(R.color.accent))
}
