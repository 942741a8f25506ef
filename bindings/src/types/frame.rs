//! The frame around every screen.

use kapprum_domain::actor::Account;
use kapprum_domain::frame::{AccountLine, Frame, GroupChoice, Help, Notice, Tab, TabKind, Tone};
use kapprum_domain::id::GroupId;

/// What stands around every screen.
#[uniffi::remote(Record)]
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
#[uniffi::remote(Record)]
pub struct Tab {
    /// Which.
    pub kind: TabKind,
    /// Its name.
    pub label: String,
    /// A short word on it.
    pub badge: Option<String>,
}

/// The places of the app; a shell gives each an icon and the screen behind it.
#[uniffi::remote(Enum)]
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
#[uniffi::remote(Record)]
pub struct GroupChoice {
    /// The group.
    pub group: GroupId,
    /// Its name.
    pub name: String,
    /// Its unit's name.
    pub unit: String,
}

/// A word about the data.
#[uniffi::remote(Record)]
pub struct Notice {
    /// How much it matters.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
    /// What a tap does about it.
    pub help: Option<Help>,
}

/// How much a word matters; a shell gives each a colour and an icon.
#[uniffi::remote(Enum)]
pub enum Tone {
    /// Good to know.
    Neutral,
    /// To be looked at.
    Attention,
    /// Something is lost or stands still.
    Critical,
}

/// What helps.
#[uniffi::remote(Enum)]
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
#[uniffi::remote(Record)]
pub struct AccountLine {
    /// The account.
    pub account: Account,
    /// The municipality; empty until it is known.
    pub name: String,
}
