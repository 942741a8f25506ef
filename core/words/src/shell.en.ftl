## The app
app_name = Kapprum
privacy_cover = Kapprum is hidden
loading = Loading …
try_again = Try again
update_app = Update the app
cancel = Cancel
close = Close
back = Back
save = Save
done = Done
edit = Change
undo = Undo
dismiss = Remove
hide = Hide

## Sign in
sign_in_title = Welcome
sign_in_explanation = Open the link in your invitation. Or paste it here.
sign_in_link = Link from the invitation
sign_in_paste = Paste
sign_in_clear = Empty the field
sign_in_continue = Continue
sign_in_working = Signing in …
sign_in_no_invitation = No invitation? Ask the preschool or school for one.
sign_in_error_used = The invitation is used or too old. Ask the preschool or school for a new one.

## Home
report_absence = Not coming
report_absence_for = Report that { $name } is not coming
open_day_for = Show the day of { $name }

## Report absence
report_children = Who?
report_whole_day = The whole day
report_part_of_day = Part of the day
report_more_days = Several days
report_from = From
report_until = Until and including
report_until_further = Until further notice
report_from_time = Away from
report_until_time = Away until
report_choose_child = Choose at least one child.
report_send = Send
report_withdraw = Coming after all
report_withdraw_question = Do you want to take the report back?
choose_day = Choose a day
earlier = Earlier
later = Later
time_unclear = Write a time, for example 07:30.
time_order = The second time must be later than the first.

## Change a day
day_title = Change the day
day_other_times = Other times
day_comes_not = Has the day off
day_comes_at = Comes
day_goes_at = Leaves
day_add_interval = Add a time
day_remove_interval = Remove the time
day_comment = To the staff
day_comment_hint = For example: Grandma picks up

## Once it is saved
saved = Saved
saved_offline = Saved. It is sent when there is network. Ring if it is urgent.
draft_kept = What you wrote is still here.
undone = Undone
undo_too_late = It is too late to undo. Make a new change instead.

## The group’s board
group_choose = Choose a group
group_none = You have no groups yet. They come when the preschool or school has added you.
group_who = Who are you?
group_who_explanation = Choose your name. It shows who checked in.
group_acting_as = You are { $name }
group_change_person = Someone else

## The board in the hall
hall_explanation = Tap the child’s name.
hall_question = What is { $name } going to do?
hall_came = Welcome, { $name }!
hall_went_home = Goodbye, { $name }!

## Settings
settings_title = Settings
settings_open = Open settings
settings_language = Language
settings_language_device = Same as the device
language_swedish = Svenska
language_english = English
language_arabic = العربية
settings_about = About Kapprum
settings_version = Version { $version }
settings_accessibility = Accessibility statement
settings_licences = Licences
settings_accounts = Accounts
settings_add_account = Add an account
role_guardian = Guardian
role_student = Student
role_staff = Staff
role_tablet = The department’s tablet
role_board = Board in the hall
sign_out = Sign out
sign_out_question = Do you want to sign out?
sign_out_explanation = The data is removed from this device. The preschool or school still has it.
sign_out_unsent = { $count ->
    [one] One thing is not sent yet. If you sign out now, it is gone.
   *[other] { $count } things are not sent yet. If you sign out now, they are gone.
}
sign_out_wait = Wait
sign_out_drop = Sign out anyway

## When the app does not start
start_title = Kapprum could not start
start_error_library = A part of the app is missing or of the wrong version. Update the app.
start_error_newer = A newer version of the app has been used here. Update the app.
start_error_full = This device is full. Remove something and try again.
start_error_in_use = Kapprum is already running. Close the other window and try again.
start_error_key_store = The app’s keys are locked. Lock the device, unlock it and try again.
start_error_other = Something went wrong. Try again. Ring the preschool or school if it is urgent.
not_shown = This can’t be shown. Go back and try again.

## The contact with the server
sign_in_again = Sign in again

## Notifications
notification_hidden = News in Kapprum
channel_absence = Absence
channel_absence_description = When absence is reported, changed or refused.
channel_check_in = Came and left
channel_check_in_description = When the child comes and goes home.
channel_messages = Messages
channel_messages_description = When someone writes to you.
channel_news = News
channel_news_description = When the preschool or school has something to tell.
channel_reminders = Reminders
channel_reminders_description = When it is time to do something.
channel_sync = Fetching
channel_sync_description = While the app fetches and sends.

## For screen readers
state_expected = Expected
state_here = Here
state_gone = Went home
state_absent = Away
state_school = At school
state_off = Day off
state_unknown = Not shown
