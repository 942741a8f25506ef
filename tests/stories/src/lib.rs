//! What the stories share: a town at work at a told time, and who signs in to it.
#![allow(clippy::unwrap_used, reason = "a story that can't be set up must fail loudly")]

use std::sync::Arc;

use kapprum_client::profile::ProfileId;
use kapprum_domain::absence::Days;
use kapprum_domain::actor::Role;
use kapprum_domain::command::Command;
use kapprum_domain::id::{ChildId, DeviceId, GroupId, HolderId};
use kapprum_domain::time::{Day, HOUR, Span, Timestamp};
use kapprum_town::harness::{Device, Running, ToldClock};
use kapprum_town::{Town, story};
use kapprum_words::Language;

/// The first profile of a device; the stories have one each.
pub const OWN: ProfileId = ProfileId(0);

/// A small town at work on a Tuesday morning.
pub struct Story {
    /// Everything lies here.
    pub folder: tempfile::TempDir,
    /// The server.
    pub running: Running,
    /// The time that server and devices are told.
    pub clock: Arc<ToldClock>,
}

impl Story {
    /// Begins at 07:00 on Tuesday, 24 November 2026.
    pub async fn begin() -> Self {
        Self::begin_with(|_| {}).await
    }

    /// As [`Story::begin`], with something else about the town.
    pub async fn begin_with(change: impl FnOnce(&mut Town)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ToldClock::at(morning());
        let mut town = Town::small(tuesday());
        change(&mut town);
        let running = Running::start(town, folder.path(), clock.clone()).await;
        Self { folder, running, clock }
    }

    /// A person signs in on an own device.
    pub async fn person(&self, name: &str, holder: impl Into<HolderId>, role: Role) -> Device {
        let token = self.running.invite(holder, role);
        self.device(name, &token).await
    }

    /// A shared device is paired.
    pub async fn paired(&self, name: &str, device: DeviceId, role: Role, group: GroupId) -> Device {
        let token = self.running.pair(device, role, group);
        self.device(name, &token).await
    }

    async fn device(&self, name: &str, token: &str) -> Device {
        let device = Device::open(&self.folder.path().join(name), self.clock.clone(), Language::English).unwrap();
        device.sign_in(&self.running.url(), token).await.unwrap();
        device
    }
}

/// The day of the stories.
pub fn tuesday() -> Day {
    Day::new(2026, 11, 24).unwrap()
}

/// Its morning.
pub fn morning() -> Timestamp {
    tuesday().start().plus(7 * HOUR)
}

/// A span by its ends.
pub fn span(start: &str, end: &str) -> Span {
    Span::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

/// A child will not come on one day.
pub fn absent(child: ChildId, day: Day) -> Command {
    Command::ReportAbsence { child, days: Days { from: day, until: Some(day), part: None } }
}

/// Love's ordinary week: Monday to Friday, half past seven to four.
pub fn ordinary_week() -> Command {
    let days = std::array::from_fn(|day| if day < 5 { vec![span("07:30", "16:00")] } else { Vec::new() });
    Command::SetWeek { child: story::love(), placement: story::loves_placement(), from: tuesday(), days }
}
