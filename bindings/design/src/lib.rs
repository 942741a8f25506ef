//! What both shells are drawn with, as data: colours, sizes, icons and static texts, written out for Kotlin, Android's
//! resources and Swift. What is written is never committed.

pub mod color;
pub mod icons;
pub mod palette;
pub mod scale;
pub mod state;
pub mod write;
