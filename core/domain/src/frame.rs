//! The frame around every screen: where one can go, how the data stands, what waits.
//!
//! It is the one place that tells of the data itself; screens go on showing what they have.

use kapprum_words::Words;
use serde::{Deserialize, Serialize};

use crate::actor::{Account, Role};
use crate::attendance::board_card::BoardSettings;
use crate::home::grants;
use crate::id::{GroupId, RecordId};
use crate::organisation::{Group, Municipality, Unit};
use crate::saying;
use crate::scope::Scope;
use crate::screen::{Around, midnight};
use crate::time::{HOUR, Timestamp};
use crate::world::{Seen, Unread, arrived};

/// What stands around every screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Where one can go.
    pub tabs: Vec<Tab>,
    /// The groups one works with, or that hang on the wall; by unit and name.
    pub groups: Vec<GroupChoice>,
    /// About the data itself; none: all is well.
    pub notice: Option<Notice>,
    /// What waits to be sent, if anything.
    pub waiting: Option<String>,
    /// The accounts that are used together.
    pub accounts: Vec<AccountLine>,
}

/// A place to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tab {
    /// Which.
    pub kind: TabKind,
    /// Its name.
    pub label: String,
    /// A short word on it.
    pub badge: Option<String>,
}

/// The places of the app; a shell gives each an icon and the screen behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TabKind {
    /// One's children.
    Home,
    /// The groups one works with.
    Groups,
    /// The board in the hall, alone on its screen.
    Wall,
    /// What was sent and what waits.
    Outbox,
    /// Settings, which the shell draws by itself.
    Settings,
}

/// A group to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupChoice {
    /// The group.
    pub group: GroupId,
    /// Its name.
    pub name: String,
    /// Its unit's name.
    pub unit: String,
}

/// A word about the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// How much it matters.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
    /// What a tap does about it.
    pub help: Option<Help>,
}

/// How much a word matters; a shell gives each a colour and an icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Good to know.
    Neutral,
    /// To be looked at.
    Attention,
    /// Something is lost or stands still.
    Critical,
}

/// What helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Help {
    /// Ask the server again.
    Sync,
    /// Sign in again.
    SignIn,
    /// Get the newer app.
    Update,
    /// Take note of what was lost.
    DismissLost,
}

/// An account by the name of its municipality.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLine {
    /// The account.
    pub account: Account,
    /// The municipality; empty until it is known.
    pub name: String,
}

/// Why an account exchanges nothing at present. The worst of several is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// No contact with the server.
    Offline,
    /// The phone's own store failed.
    Broken,
    /// The phone is full.
    Full,
    /// The app is older than its server takes.
    Outdated,
    /// The session has ended.
    SignedOut,
}

/// The frame over all accounts of a profile, and when it changes by itself.
pub fn frame(seen: &[Seen<'_>], around: &Around, words: &Words, now: Timestamp) -> Result<(Frame, Timestamp), Unread> {
    let (mut accounts, mut groups) = (Vec::new(), Vec::new());
    for one in seen {
        accounts.push(AccountLine { account: one.actor().account, name: municipality(one)? });
        groups.extend(groups_of(one)?);
    }
    groups.sort_by_cached_key(|one| (saying::alphabetical(&one.unit), saying::alphabetical(&one.name), one.group));
    groups.dedup_by_key(|one| one.group);
    let waiting = around.outbox.iter().filter(|entry| entry.state.is_open()).count();
    let waiting = i64::try_from(waiting).unwrap_or(i64::MAX);
    let tab = |kind, label, badge| Tab { kind, label, badge };
    let role = seen.first().map(|one| one.actor().account.role);
    let first = match role {
        Some(Role::Staff | Role::Tablet) => tab(TabKind::Groups, words.tab_groups(), None),
        Some(Role::Board) => tab(TabKind::Wall, words.tab_wall(), None),
        Some(Role::Guardian | Role::Student) | None => tab(TabKind::Home, words.home_title(), None),
    };
    let badge = (waiting > 0).then(|| waiting.to_string());
    let rest = [tab(TabKind::Outbox, words.outbox_title(), badge), tab(TabKind::Settings, words.tab_settings(), None)];
    let frame = Frame {
        tabs: [first].into_iter().chain(rest).collect(),
        groups,
        notice: notice(!seen.is_empty(), around, words, now),
        waiting: (waiting > 0).then(|| words.outbox_waiting(waiting)),
        accounts,
    };
    Ok((frame, until(around, now)))
}

fn municipality(seen: &Seen<'_>) -> Result<String, Unread> {
    let municipality = arrived(seen.all::<Municipality>(Scope::Tenant))?.and_then(|mut all| all.pop());
    Ok(municipality.map(|one| one.name).unwrap_or_default())
}

/// The groups of staff by their grants, of a board by what it holds. One that is still on its way comes later.
fn groups_of(seen: &Seen<'_>) -> Result<Vec<GroupChoice>, Unread> {
    let mut found = Vec::new();
    match seen.actor().account.role {
        Role::Board => {
            for (scope, _) in seen.rights().iter() {
                let Scope::Board(group) = scope else { continue };
                let settings = seen.get::<BoardSettings>(scope, RecordId(group.0));
                let settings = arrived(settings)?.flatten();
                let (name, unit) = settings.map(|one| (one.name, one.unit)).unwrap_or_default();
                found.push(GroupChoice { group, name, unit });
            }
        }
        Role::Staff | Role::Tablet => {
            let grants = grants(seen)?;
            let mut groups: Vec<GroupId> = grants.iter().flat_map(|grant| grant.right.works_with()).copied().collect();
            groups.retain(|group| seen.holds(Scope::Group(*group)));
            groups.sort();
            groups.dedup();
            for (scope, _) in seen.rights().iter().filter(|(scope, _)| matches!(scope, Scope::Unit(_))) {
                let Some(all) = arrived(seen.all::<Group>(scope))? else { continue };
                let unit = arrived(seen.all::<Unit>(scope))?.and_then(|mut all| all.pop());
                let unit = unit.map(|unit| unit.name).unwrap_or_default();
                let held = all.into_iter().filter(|one| groups.binary_search(&one.group).is_ok());
                found.extend(held.map(|one| GroupChoice { group: one.group, name: one.name, unit: unit.clone() }));
            }
        }
        Role::Guardian | Role::Student => {}
    }
    Ok(found)
}

/// What keeps someone from acting comes first, then what they should know.
fn notice(here: bool, around: &Around, words: &Words, now: Timestamp) -> Option<Notice> {
    let tell = |tone, text, help| Some(Notice { tone, text, help });
    if let Some(count) = around.lost {
        // With nobody here there is first someone to come back.
        let help = if here { Help::DismissLost } else { Help::SignIn };
        return tell(Tone::Critical, saying::lost(words, count), Some(help));
    }
    match around.trouble {
        Some(Trouble::SignedOut) => return tell(Tone::Critical, words.signed_out(), Some(Help::SignIn)),
        Some(Trouble::Outdated) => return tell(Tone::Critical, words.outdated(), Some(Help::Update)),
        Some(Trouble::Full) => return tell(Tone::Critical, words.phone_full(), Some(Help::Sync)),
        Some(Trouble::Broken) => return tell(Tone::Critical, words.phone_broken(), Some(Help::Sync)),
        Some(Trouble::Offline) | None => {}
    }
    if around.locked {
        return tell(Tone::Attention, words.locked(), Some(Help::Sync));
    }
    let old = around.contact.filter(|at| at.plus(HOUR) < now);
    let old = old.map(|at| words.old_data(&saying::day(words, at.day(), now.day()), &saying::moment(words, at)));
    match (around.trouble, old) {
        (Some(_), Some(old)) => tell(Tone::Attention, words.and(&words.offline_short(), &old), Some(Help::Sync)),
        (Some(_), None) => tell(Tone::Neutral, words.offline(), Some(Help::Sync)),
        (None, _) if !around.whole => tell(Tone::Neutral, words.loading(), None),
        (None, Some(old)) => tell(Tone::Neutral, old, Some(Help::Sync)),
        (None, None) => None,
    }
}

fn until(around: &Around, now: Timestamp) -> Timestamp {
    let grows_old = around.contact.map(|contact| contact.plus(HOUR + 1));
    grows_old.filter(|moment| *moment > now).map_or(midnight(now), |moment| moment.min(midnight(now)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::absence::Days;
    use crate::command::Command;
    use crate::id::{CommandId, PersonId};
    use crate::organisation::GroupKind;
    use crate::outbox::{Entry, EntryState};
    use crate::small_world::*;

    fn whole() -> Around {
        Around { whole: true, ..Around::default() }
    }

    fn look(account: Account, around: &Around, now: Timestamp) -> (Frame, Timestamp) {
        SmallWorld::new().look(account, now, |seen| frame(&[*seen], around, &words(), now).unwrap())
    }

    #[test]
    fn each_role_has_its_places() {
        for (account, first, label, groups) in [
            (guardian(ANNA), TabKind::Home, "Hem", vec![]),
            (staff(MAJA), TabKind::Groups, "Grupper", vec![("Blåklinten", "Solrosen")]),
            (tablet(), TabKind::Groups, "Grupper", vec![("Blåklinten", "Solrosen")]),
            (board(), TabKind::Wall, "Tavlan", vec![("Blåklinten", "Solrosen")]),
        ] {
            let frame = look(account, &whole(), at("07:00")).0;
            let kinds: Vec<_> = frame.tabs.iter().map(|tab| tab.kind).collect();
            assert_eq!(kinds, [first, TabKind::Outbox, TabKind::Settings], "{label}");
            assert_eq!(frame.tabs[0].label, label);
            let found: Vec<_> = frame.groups.iter().map(|one| (one.name.as_str(), one.unit.as_str())).collect();
            assert_eq!(found, groups, "{label}");
            assert_eq!(frame.accounts[0].account, account);
        }
        assert_eq!(look(guardian(ANNA), &whole(), at("07:00")).0.accounts[0].name, "Vänersborg");
    }

    #[test]
    fn a_principal_chooses_among_the_groups_of_the_unit_and_a_stranger_has_none() {
        let principal = PersonId(uuid::Uuid::from_u128(91));
        let mut world = SmallWorld::new();
        world.employ(principal, SCHOOL, true, &[]);
        world.employ(BO, PRESCHOOL, false, &[(OTHER, GroupKind::Department)]);
        let groups = |person| {
            let frame = world
                .look(staff(person), at("07:00"), |seen| frame(&[*seen], &whole(), &words(), at("07:00")).unwrap().0);
            frame.groups.into_iter().map(|one| one.name).collect::<Vec<_>>()
        };
        assert_eq!(groups(principal), ["1A", "Kojan", "Mentor", "Svenska"]);
        assert_eq!(groups(BO), ["Smultronet"]);
        assert!(groups(ANNA).is_empty());
    }

    #[test]
    fn the_notice_tells_the_worst_and_what_helps() {
        let (now, lately, long_ago) = (at("12:00"), Some(at("11:30")), Some(at("10:30")));
        for (around, expected) in [
            (whole(), None),
            (Around { contact: lately, ..whole() }, None),
            (Around::default(), Some((Tone::Neutral, "Hämtar …", None))),
            (
                Around { contact: long_ago, ..whole() },
                Some((Tone::Neutral, "Senast hämtat i dag 10.30", Some(Help::Sync))),
            ),
            (
                Around { trouble: Some(Trouble::Offline), contact: lately, ..whole() },
                Some((Tone::Neutral, "Inget nät. Det du gör sparas och skickas sedan.", Some(Help::Sync))),
            ),
            (
                Around { trouble: Some(Trouble::Offline), contact: long_ago, ..whole() },
                Some((Tone::Attention, "Inget nät. Senast hämtat i dag 10.30", Some(Help::Sync))),
            ),
            (
                Around { trouble: Some(Trouble::SignedOut), contact: long_ago, ..whole() },
                Some((Tone::Critical, "Du är utloggad. Logga in igen, så skickas det som väntar.", Some(Help::SignIn))),
            ),
            (
                Around { locked: true, trouble: Some(Trouble::Offline), ..whole() },
                Some((
                    Tone::Attention,
                    "Låst för att det var länge sedan telefonen hade kontakt. Anslut till nätet.",
                    Some(Help::Sync),
                )),
            ),
            (
                Around { lost: Some(0), trouble: Some(Trouble::SignedOut), ..whole() },
                Some((
                    Tone::Critical,
                    "Uppgifterna i telefonen gick inte att läsa. Logga in igen.",
                    Some(Help::DismissLost),
                )),
            ),
            (
                Around { lost: Some(2), ..Around::default() },
                Some((
                    Tone::Critical,
                    "Uppgifterna i telefonen gick inte att läsa. 2 saker som inte var skickade är borta. Logga in igen och gör om dem.",
                    Some(Help::DismissLost),
                )),
            ),
        ] {
            let notice = look(guardian(ANNA), &around, now).0.notice;
            assert_eq!(notice.as_ref().map(|one| (one.tone, one.text.as_str(), one.help)), expected);
        }
    }

    #[test]
    fn what_waits_is_counted_on_its_place_and_data_grows_old_by_itself() {
        let days = Days { from: today(), until: Some(today()), part: None };
        let entry = |state| Entry {
            id: CommandId(uuid::Uuid::from_u128(1)),
            command: Some(Command::ReportAbsence { child: EBBA, days }),
            state,
            created: at("07:00"),
            undone: false,
        };
        let outbox =
            vec![entry(EntryState::Waiting(None)), entry(EntryState::Done(at("07:01"))), entry(EntryState::Parked)];
        let around = Around { outbox, contact: Some(at("07:10")), ..whole() };
        let (frame, until) = look(guardian(ANNA), &around, at("07:30"));
        assert_eq!((frame.waiting.as_deref(), frame.tabs[1].badge.as_deref()), (Some("2 väntar"), Some("2")));
        assert_eq!(frame.notice, None);
        assert!(look(guardian(ANNA), &around, until).0.notice.is_some(), "at its time the data is old");
        assert_eq!(look(guardian(ANNA), &around, until).1, later(1, "00:00"));
    }
}
