//! The core's types, described: the compiler holds each description against the type itself.
//! Here what goes as a plain text, number or list.

mod accounts;
mod asking;
mod boards;
mod families;
mod frame;
mod outbox;
mod screens;

use kapprum_client::profile::ProfileId;
use kapprum_domain::care_schedule::Week;
use kapprum_domain::id::{ChildId, CommandId, DeviceId, GroupId, HolderId, PersonId, PlacementId, RecordId, TenantId};
use kapprum_domain::time::{Day, Span, TimeOfDay};
use uuid::Uuid;

use crate::error::KapprumError;

/// From a time of day to a later one, both `HH:MM`.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Interval {
    /// When it begins.
    pub start: TimeOfDay,
    /// When it ends.
    pub end: TimeOfDay,
}

macro_rules! texts {
    ($($name:ident),* $(,)?) => {$(
        uniffi::custom_type!($name, String, {
            remote,
            lower: |value| value.to_string(),
            try_lift: |text| text.parse().map_err(|_| KapprumError::malformed()),
        });
    )*};
}

texts!(
    ChildId,
    CommandId,
    DeviceId,
    GroupId,
    HolderId,
    PersonId,
    PlacementId,
    RecordId,
    TenantId,
    Uuid,
    Day,
    TimeOfDay
);

uniffi::custom_type!(ProfileId, u32, { remote, lower: |profile| profile.0, try_lift: |number| Ok(ProfileId(number)) });

uniffi::custom_type!(Span, Interval, {
    remote,
    lower: |span| Interval { start: span.start(), end: span.end() },
    try_lift: |ends| Span::new(ends.start, ends.end).ok_or_else(KapprumError::malformed),
});

uniffi::custom_type!(Week, Vec<Vec<Span>>, {
    remote,
    lower: |week| week.to_vec(),
    try_lift: |days| Week::try_from(days).map_err(|_| KapprumError::malformed()),
});
