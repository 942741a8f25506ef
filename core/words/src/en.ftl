## Time
today = today
tomorrow = tomorrow
yesterday = yesterday
date = { $weekday } { $day } { $month }
day_time = { $day } { $time }
weekday = { $number ->
    [0] Monday
    [1] Tuesday
    [2] Wednesday
    [3] Thursday
    [4] Friday
    [5] Saturday
   *[6] Sunday
}
month = { $number ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}

## The child's day
not_coming = Not coming { $day }
away_part = Away { $span }
expected = Expected { $span }
here_since = Here since { $time }
went_home = Went home { $time }
day_off = Day off { $day }
at_school = At school { $day }
no_school = No school { $day }
clash = You have laid different times: { $times }
off = day off
no_times = No times laid
no_absence = No absence reported { $day }
and = { $first }. { $second }
as_in_week = As in the week: { $times }
change_by = The change must have arrived by { $day } at { $time }.
comment = To the staff: { $text }
days_until = { $from } to { $until } inclusive
days_open = from { $from } until further notice
days_part = { $from } { $span }
absent = Away { $days }
not_told = No more than the name is shown here.
reported_by = Reported by { $name } { $when }
reported_by_you = Reported by you { $when }
reported_by_other = Reported by someone else { $when }
event_in = Came { $time }
event_out = Left { $time }

## Lists
tab_groups = Groups
tab_wall = Board
tab_settings = Settings
home_title = Home
home_empty = Your children show here once they have a place in preschool or school.
board_title = { $group }, { $unit }
board_count = { $here } here, { $expected } expected
board_away = { $away } away of { $all }
board_empty = No children in the group.
check_in = Came
check_out = Went home
outbox_title = Sent
outbox_empty = Nothing is waiting to be sent.
outbox_waiting = { $count ->
    [one] 1 waiting
   *[other] { $count } waiting
}
report_title = Not coming
report_health = Write nothing about health. That the child is away is enough.
report_for = Which days?

## State
waiting = Waiting for the network
waiting_long = Waiting for the server to understand it. Update the app if it takes long.
being_withdrawn = Being taken back
received = Received { $when }
withdrawn = Taken back
may_be_refused = May be refused: { $why }
refused = Refused: { $why }
was_undone = It was done, but the server has been restored and did not do it again. { $state }
sent_gone = Removed from this phone
loading = Loading …
old_data = Last fetched { $day } { $time }
locked = Locked, because this phone has had no contact for long. Connect to the network.
offline = No network. What you do is saved and sent later.
offline_short = No network
signed_out = You are signed out. Sign in again, and what waits is sent.
outdated = The app is too old. Update it, and what waits is sent.
phone_full = The phone is full. Remove something else and try again.
phone_broken = The phone can’t save. Restart it and try again.
no_right = This is not shown to you.
lost = The data on this phone could not be read. { $count ->
    [0] Sign in again.
    [one] One thing that was not sent is gone. Sign in again and redo it.
   *[other] { $count } things that were not sent are gone. Sign in again and redo them.
}

## What was sent
sent_report = { $name } away { $days }
sent_change_absence = Changed absence for { $name }
sent_withdraw = { $name } is coming after all
sent_week = New times for { $name }
sent_day = Changed day for { $name } { $day }
sent_in = { $name } came
sent_out = { $name } went home
sent_undo = Undone for { $name }
sent_contact = Your contact details

## Why not
why_no_right = You have no right to this.
why_not_of_age = Ask your guardian. You can do it yourself once you are 18.
why_not_owner = Only who has the place can lay its times. Ask the other guardian or the staff.
why_not_yours = Someone else reported this. Ask them or the staff to change it.
why_who_tapped = Choose who you are first.
why_not_there = It is not there any more.
why_day_past = That day is over. Choose { $day } or later.
why_locked = The times are locked. Choose { $day } or later.
why_not_begun = The place begins { $day }. Choose that day or later.
why_pick_up_only = You can change today's pick-up. Other times are laid by who has the place.
why_needs_last_day = Choose a last day.
why_checked_by_staff = Staff check in and out here. Tell them.
why_too_far = That is too far ahead. Choose { $day } or earlier.
why_cut_off = The last time to change was { $day } at { $time }. { $ring }
why_switched_off = This can't be done here. { $ring }
why_kept_by_school = The school keeps your contact details. { $ring }
ring = { $phone ->
    [none] Contact the staff.
   *[other] Ring { $phone }.
}
why_outside_hours = It is open { $span }. Choose a time between.
why_closed = It is closed that day.
why_wrong_times = The times don't fit together. Check them.
why_too_long = The text is too long. At most { $most } characters.
why_wrong_contact = The number or address does not look right. Check them.
why_internal = Something went wrong on our side. Ring if it is urgent.
why_withdrawn = It was taken back before it was done.
why_id_reused = Something went wrong. Do it once more.
why_superseded = Someone changed the same thing later. That is what holds now.
why_too_old = It is too old. Check whether it is done already.
why_clock = This phone's clock is wrong. Set it and try again.

## Faults
fault_offline = No network. Try again when there is.
fault_server = The server does not answer as it should. Try again in a while.
fault_link = This is not a link from Kapprum. Copy the whole link in the invitation.
fault_link_used = The link is used up or too old. Ask for a new one.
fault_outdated = The app is too old. Update it.
fault_in_use = Kapprum is open already. Close the other window.
fault_unreadable = The data on this phone could not be read. Sign in again.
fault_key = The phone’s key store does not answer. Unlock the phone and try again.
fault_closed = Kapprum is closed. Open the app again.
fault_too_large = That is too much at once. Split it.
fault_unsent = { $count ->
    [one] One thing is not sent. If you sign out now it is gone.
   *[other] { $count } things are not sent. If you sign out now they are gone.
}
