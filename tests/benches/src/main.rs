//! The one harness for speed: every figure against its goal, as a table and as JSON.
//!
//! What can be a ratio is one, measured against raw work in the same run. The server is a process of its own, and so
//! is the client whose memory counts. Beside the times stand instruction counts, which repeat.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a tool for the terminal that measures; what can't be measured must fail loudly"
)]

mod cold;
mod counts;
mod figures;
mod first_screen;
mod live;
mod load;
mod network;
mod scale;
mod store;
mod taps;
mod world;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use figures::Figures;
use world::World;

/// Measures the whole of it against the goals.
#[derive(Parser)]
struct Arguments {
    /// Write `{key: value}` here.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only these groups: cold, taps, live, load, counts; with --scale: growth, crowd, staff, august, importing, none.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Whole towns instead: 600, 20 000 and 170 000 pupils. Takes its time, and some gigabytes of the disk meanwhile.
    #[arg(long)]
    scale: bool,
    /// With --scale: one town of so many pupils beside that of 600, instead of the two large ones.
    #[arg(long, requires = "scale")]
    pupils: Option<usize>,
    #[command(subcommand)]
    part: Option<Part>,
}

/// What the harness runs as processes of their own.
#[derive(Subcommand)]
enum Part {
    /// The server.
    #[command(hide = true)]
    Serve { folder: PathBuf },
    /// An import.
    #[command(hide = true)]
    Import {
        folder: PathBuf,
        source: PathBuf,
        #[arg(long)]
        accept_ending: bool,
    },
    /// Devices that wait for news.
    #[command(hide = true)]
    Crowd { file: PathBuf },
    /// A client that fetches everything.
    #[command(hide = true)]
    Cold {
        server: String,
        token: String,
        folder: PathBuf,
        #[arg(long)]
        plain: bool,
    },
    /// Does one thing some times, for its instructions to be counted.
    #[command(hide = true)]
    Count { what: String, times: u32, folder: PathBuf },
}

fn main() {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    match arguments.part {
        Some(Part::Serve { folder }) => runtime.block_on(world::serve(&folder)),
        Some(Part::Cold { server, token, folder, plain }) => {
            runtime.block_on(cold::client(&server, &token, &folder, plain));
        }
        Some(Part::Count { what, times, folder }) => counts::work(&what, times, &folder),
        Some(Part::Import { folder, source, accept_ending }) => scale::import(&folder, &source, accept_ending),
        Some(Part::Crowd { file }) => runtime.block_on(scale::crowd(&file)),
        None => runtime.block_on(measure(arguments)),
    }
}

async fn measure(Arguments { json, only, scale, pupils, .. }: Arguments) {
    let mut figures = Figures::default();
    if scale {
        scale::measure(&only, pupils, &mut figures).await;
    } else {
        quick(&only, &mut figures).await;
    }
    figures.print();
    if let Some(path) = json {
        figures.write(&path);
    }
}

/// One municipality with much in few places.
async fn quick(only: &[String], figures: &mut Figures) {
    let wanted = |group: &str| only.is_empty() || only.iter().any(|one| one == group);
    eprintln!("a town of 100 000 records is made …");
    let world = World::start();
    if wanted("cold") {
        eprintln!("cold: a client that has nothing, against raw inserts …");
        cold::measure(&world, figures);
    }
    if wanted("taps") {
        eprintln!("taps: saving, replaying, purging, opening …");
        taps::measure(&world, figures).await;
    }
    if wanted("live") {
        eprintln!("live: from device to device …");
        live::measure(&world, figures).await;
        first_screen::measure(&world, figures).await;
    }
    if wanted("load") {
        eprintln!("load: many people at once …");
        load::measure(&world, figures).await;
    }
    if wanted("counts") {
        eprintln!("counts: instructions …");
        counts::measure(&world, figures).await;
    }
}
