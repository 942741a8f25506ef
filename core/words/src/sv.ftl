## Tid
today = i dag
tomorrow = i morgon
yesterday = i går
date = { $weekday } { $day } { $month }
day_time = { $day } { $time }
weekday = { $number ->
    [0] måndag
    [1] tisdag
    [2] onsdag
    [3] torsdag
    [4] fredag
    [5] lördag
   *[6] söndag
}
month = { $number ->
    [1] januari
    [2] februari
    [3] mars
    [4] april
    [5] maj
    [6] juni
    [7] juli
    [8] augusti
    [9] september
    [10] oktober
    [11] november
   *[12] december
}

## Barnets dag
not_coming = Kommer inte { $day }
away_part = Borta { $span }
expected = Väntas { $span }
here_since = Här sedan { $time }
went_home = Gick hem { $time }
day_off = Ledig { $day }
at_school = I skolan { $day }
no_school = Ingen skola { $day }
clash = Ni har lagt olika tider: { $times }
off = ledig
no_times = Inga tider lagda
no_absence = Ingen frånvaro anmäld { $day }
and = { $first }. { $second }
as_in_week = Som i veckan: { $times }
change_by = Ändringen måste ha kommit fram senast { $day } kl. { $time }.
comment = Till personalen: { $text }
days_until = { $from } till och med { $until }
days_open = från { $from } tills vidare
days_part = { $from } { $span }
absent = Borta { $days }
not_told = Mer än namnet visas inte här.
reported_by = Anmält av { $name } { $when }
reported_by_you = Anmält av dig { $when }
reported_by_other = Anmält av någon annan { $when }
event_in = Kom { $time }
event_out = Gick { $time }

## Listor
tab_groups = Grupper
tab_wall = Tavlan
tab_settings = Inställningar
home_title = Hem
home_empty = Här visas dina barn när de har en plats i förskola eller skola.
board_title = { $group }, { $unit }
board_count = { $here } här, { $expected } väntas
board_away = { $away } borta av { $all }
board_empty = Inga barn i gruppen.
check_in = Kom
check_out = Gick hem
outbox_title = Skickat
outbox_empty = Inget väntar på att skickas.
outbox_waiting = { $count ->
    [one] 1 väntar
   *[other] { $count } väntar
}
report_title = Kommer inte
report_health = Skriv inget om hälsa. Att barnet är borta räcker.
report_for = Vilka dagar?

## Läge
waiting = Väntar på nät
waiting_long = Väntar på att servern ska förstå det. Uppdatera appen om det dröjer.
being_withdrawn = Tas tillbaka
received = Mottaget { $when }
withdrawn = Taget tillbaka
may_be_refused = Kan bli nekat: { $why }
refused = Nekat: { $why }
was_undone = Det var gjort, men servern har återställts och gjorde inte om det. { $state }
sent_gone = Borttaget från telefonen
loading = Hämtar …
old_data = Senast hämtat { $day } { $time }
locked = Låst för att det var länge sedan telefonen hade kontakt. Anslut till nätet.
offline = Inget nät. Det du gör sparas och skickas sedan.
offline_short = Inget nät
signed_out = Du är utloggad. Logga in igen, så skickas det som väntar.
outdated = Appen är för gammal. Uppdatera den, så skickas det som väntar.
phone_full = Telefonen är full. Ta bort något annat och försök igen.
phone_broken = Telefonen kan inte spara. Starta om den och försök igen.
no_right = Det här visas inte för dig.
lost = Uppgifterna i telefonen gick inte att läsa. { $count ->
    [0] Logga in igen.
    [one] En sak som inte var skickad är borta. Logga in igen och gör om den.
   *[other] { $count } saker som inte var skickade är borta. Logga in igen och gör om dem.
}

## Vad som skickats
sent_report = { $name } borta { $days }
sent_change_absence = Ändrad frånvaro för { $name }
sent_withdraw = { $name } kommer ändå
sent_week = Nya tider för { $name }
sent_day = Ändrad dag för { $name } { $day }
sent_in = { $name } kom
sent_out = { $name } gick hem
sent_undo = Ångrat för { $name }
sent_contact = Dina kontaktuppgifter

## Varför inte
why_no_right = Du har inte rätt till det här.
why_not_of_age = Be din vårdnadshavare. Du kan göra det själv när du har fyllt 18.
why_not_owner = Bara den som har platsen kan lägga tider. Be den andra vårdnadshavaren eller personalen.
why_not_yours = Någon annan har anmält det här. Be den eller personalen ändra det.
why_who_tapped = Välj vem du är först.
why_not_there = Det finns inte längre.
why_day_past = Dagen har varit. Välj { $day } eller senare.
why_locked = Tiderna är låsta. Välj { $day } eller senare.
why_not_begun = Platsen börjar { $day }. Välj den dagen eller senare.
why_pick_up_only = Du kan ändra hämtningen i dag. Andra tider lägger den som har platsen.
why_needs_last_day = Välj en sista dag.
why_checked_by_staff = Här checkar personalen in och ut. Säg till dem.
why_too_far = Det är för långt fram. Välj { $day } eller tidigare.
why_cut_off = Sista tiden att ändra var { $day } kl. { $time }. { $ring }
why_switched_off = Det går inte att göra här. { $ring }
why_kept_by_school = Skolan sköter dina kontaktuppgifter. { $ring }
ring = { $phone ->
    [none] Kontakta personalen.
   *[other] Ring { $phone }.
}
why_outside_hours = Det är öppet { $span }. Välj en tid däremellan.
why_closed = Det är stängt den dagen.
why_wrong_times = Tiderna går inte ihop. Kontrollera dem.
why_too_long = Texten är för lång. Högst { $most } tecken.
why_wrong_contact = Numret eller adressen ser inte rätt ut. Kontrollera dem.
why_internal = Något gick fel hos oss. Ring om det är bråttom.
why_withdrawn = Det togs tillbaka innan det hann göras.
why_id_reused = Något gick fel. Gör det en gång till.
why_superseded = Någon har ändrat samma sak senare. Det gäller nu.
why_too_old = Det är för gammalt. Kontrollera om det redan är gjort.
why_clock = Telefonens klocka går fel. Ställ den och försök igen.

## Fel
fault_offline = Inget nät. Försök igen när det finns.
fault_server = Servern svarar inte som den ska. Försök igen om en stund.
fault_link = Det är inte en länk från Kapprum. Kopiera hela länken i inbjudan.
fault_link_used = Länken är använd eller för gammal. Be om en ny.
fault_outdated = Appen är för gammal. Uppdatera den.
fault_in_use = Kapprum är redan öppet. Stäng det andra fönstret.
fault_unreadable = Uppgifterna i telefonen gick inte att läsa. Logga in igen.
fault_key = Telefonens nyckelring svarar inte. Lås upp telefonen och försök igen.
fault_closed = Kapprum är stängt. Öppna appen igen.
fault_too_large = Det är för mycket på en gång. Dela upp det.
fault_unsent = { $count ->
    [one] En sak är inte skickad. Loggar du ut nu försvinner den.
   *[other] { $count } saker är inte skickade. Loggar du ut nu försvinner de.
}
