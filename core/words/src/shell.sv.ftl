## Appen
app_name = Kapprum
privacy_cover = Kapprum är dolt
loading = Hämtar …
try_again = Försök igen
update_app = Uppdatera appen
cancel = Avbryt
close = Stäng
back = Tillbaka
save = Spara
done = Klar
edit = Ändra
undo = Ångra
dismiss = Ta bort
hide = Dölj

## Logga in
sign_in_title = Välkommen
sign_in_explanation = Öppna länken i din inbjudan. Eller klistra in den här.
sign_in_link = Länk från inbjudan
sign_in_paste = Klistra in
sign_in_clear = Töm fältet
sign_in_continue = Fortsätt
sign_in_working = Loggar in …
sign_in_no_invitation = Har du ingen inbjudan? Be förskolan eller skolan om en.
sign_in_error_used = Inbjudan är använd eller för gammal. Be förskolan eller skolan om en ny.

## Hem
report_absence = Kommer inte
report_absence_for = Anmäl att { $name } inte kommer
open_day_for = Visa dagen för { $name }

## Anmäl frånvaro
report_children = Vem?
report_whole_day = Hela dagen
report_part_of_day = Del av dagen
report_more_days = Flera dagar
report_from = Från och med
report_until = Till och med
report_until_further = Tills vidare
report_from_time = Borta från
report_until_time = Borta till
report_choose_child = Välj minst ett barn.
report_send = Skicka
report_withdraw = Kommer ändå
report_withdraw_question = Vill du ta tillbaka anmälan?
choose_day = Välj dag
earlier = Tidigare
later = Senare
time_unclear = Skriv en tid, till exempel 07.30.
time_order = Den andra tiden ska vara senare än den första.

## Ändra en dag
day_title = Ändra dagen
day_other_times = Andra tider
day_comes_not = Är ledig
day_comes_at = Kommer
day_goes_at = Går
day_add_interval = Lägg till en tid
day_remove_interval = Ta bort tiden
day_comment = Till personalen
day_comment_hint = Till exempel: Mormor hämtar

## När något är sparat
saved = Sparat
saved_offline = Sparat. Skickas när det finns nät. Ring om det är bråttom.
draft_kept = Det du skrev är kvar.
undone = Ångrat
undo_too_late = Det är för sent att ångra. Gör en ny ändring i stället.

## Gruppens tavla
group_choose = Välj grupp
group_none = Du har inga grupper än. De kommer när förskolan eller skolan har lagt in dig.
group_who = Vem är du?
group_who_explanation = Välj ditt namn. Då syns det vem som checkade in.
group_acting_as = Du är { $name }
group_change_person = Byt person

## Tavlan i hallen
hall_explanation = Tryck på barnets namn.
hall_question = Vad ska { $name } göra?
hall_came = Välkommen, { $name }!
hall_went_home = Hej då, { $name }!

## Inställningar
settings_title = Inställningar
settings_open = Öppna inställningar
settings_language = Språk
settings_language_device = Samma som enheten
language_swedish = Svenska
language_english = English
language_arabic = العربية
settings_about = Om Kapprum
settings_version = Version { $version }
settings_accessibility = Tillgänglighetsredogörelse
settings_licences = Licenser
settings_accounts = Konton
settings_add_account = Lägg till konto
role_guardian = Vårdnadshavare
role_student = Elev
role_staff = Personal
role_tablet = Avdelningens surfplatta
role_board = Tavla i hallen
sign_out = Logga ut
sign_out_question = Vill du logga ut?
sign_out_explanation = Uppgifterna tas bort från enheten. De finns kvar hos förskolan eller skolan.
sign_out_unsent = { $count ->
    [one] En sak är inte skickad än. Loggar du ut nu försvinner den.
   *[other] { $count } saker är inte skickade än. Loggar du ut nu försvinner de.
}
sign_out_wait = Vänta
sign_out_drop = Logga ut ändå

## När appen inte startar
start_title = Kapprum kunde inte starta
start_error_library = En del av appen saknas eller är av fel version. Uppdatera appen.
start_error_newer = En nyare version av appen har använts här. Uppdatera appen.
start_error_full = Det är fullt på enheten. Ta bort något och försök igen.
start_error_in_use = Kapprum är redan igång. Stäng det andra fönstret och försök igen.
start_error_key_store = Appens nycklar är låsta. Lås enheten, lås upp den och försök igen.
start_error_other = Något gick fel. Försök igen. Ring förskolan eller skolan om det är bråttom.
not_shown = Det här går inte att visa. Gå tillbaka och försök igen.

## Kontakten med servern
sign_in_again = Logga in igen

## Aviseringar
notification_hidden = Nytt i Kapprum
channel_absence = Frånvaro
channel_absence_description = När frånvaro anmäls, ändras eller nekas.
channel_check_in = Kom och gick
channel_check_in_description = När barnet kommer och går hem.
channel_messages = Meddelanden
channel_messages_description = När någon skriver till dig.
channel_news = Nyheter
channel_news_description = När förskolan eller skolan berättar något.
channel_reminders = Påminnelser
channel_reminders_description = När det är dags att göra något.
channel_sync = Hämtning
channel_sync_description = Medan appen hämtar och skickar.

## För skärmläsare
state_expected = Väntas
state_here = Här
state_gone = Har gått hem
state_absent = Borta
state_school = I skolan
state_off = Ledig
state_unknown = Visas inte
