//! SS 12000:2020 as real sources answer it: models that take what is sound of a row and report the rest.

pub mod activity;
pub mod duty;
pub mod group;
pub mod organisation;
pub mod person;
pub mod placement;
mod reading;
mod row;

pub use reading::Reading;
pub(crate) use reading::own_id;
pub(crate) use row::marks;
pub use row::{Row, Unsound};

use kapprum_domain::organisation::SchoolForm;
use kapprum_domain::time::Day;

/// First and last day of something, both inclusive.
pub type Period = (Option<Day>, Option<Day>);

/// The school form of a code; what the standard has beside the school years is [`SchoolForm::Other`].
pub fn school_form(code: &str) -> Option<SchoolForm> {
    Some(match code {
        "FS" => SchoolForm::Preschool,
        "FTH" => SchoolForm::AfterSchool,
        "OPPFTH" => SchoolForm::OpenAfterSchool,
        "FKLASS" => SchoolForm::PreschoolClass,
        "GR" | "SAM" => SchoolForm::Compulsory,
        "GRS" | "SP" => SchoolForm::Special,
        "GY" | "GYS" => SchoolForm::UpperSecondary,
        "KOMVUX" | "SARVUX" | "SFI" | "KU" | "YH" | "FHS" | "STF" | "KKU" | "HS" | "ABU" | "AU" => SchoolForm::Other,
        _ => return None,
    })
}
