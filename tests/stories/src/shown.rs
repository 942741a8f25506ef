//! What a screen shows, as plain lines, so that a story can say what a person reads.

use kapprum_domain::board::BoardRow;
use kapprum_domain::board::hall::Tile;
use kapprum_domain::home::ChildLine;
use kapprum_domain::home::child_day::{AbsenceLine, PlacementDay};
use kapprum_domain::report::Choice;
use kapprum_domain::screen::Screen;

/// The lines of a screen, without its title.
pub fn lines(screen: &Screen) -> Vec<String> {
    match screen {
        Screen::Home(home) => home.children.iter().map(child).chain(home.empty.clone()).collect(),
        Screen::Frame(frame) => {
            let notice = frame.notice.as_ref().map(|notice| notice.text.clone());
            notice.into_iter().chain(frame.waiting.clone()).collect()
        }
        Screen::ChangeDay(form) => {
            let first = with(format!("{} {}: {}", form.name, form.heading, form.ordinary), [&form.hint, &form.instead]);
            vec![first]
        }
        Screen::ChildDay(day) => {
            let first = std::iter::once(format!("{}: {}", day.name, day.line));
            first.chain(day.placements.iter().flat_map(placement)).chain(day.absences.iter().map(absence)).collect()
        }
        Screen::GroupBoard(board) => board.rows.iter().map(row).chain(board.empty.clone()).collect(),
        Screen::HallBoard(board) => board.tiles.iter().map(tile).chain(board.empty.clone()).collect(),
        Screen::ReportAbsence(form) => form.children.iter().map(choice).collect(),
        Screen::Outbox(outbox) => {
            let lines = outbox.lines.iter().map(|line| format!("{}: {}", line.what, line.state));
            lines.chain(outbox.empty.clone()).collect()
        }
        Screen::Nothing { text, .. } => vec![text.clone()],
    }
}

fn child(child: &ChildLine) -> String {
    with(format!("{}: {}", child.name, child.line), [&child.waiting])
}

fn placement(placement: &PlacementDay) -> Vec<String> {
    let line =
        with(placement.times.clone(), [&placement.clash, &placement.comment, &placement.hint, &placement.waiting]);
    [vec![line], placement.events.clone()].concat()
}

fn absence(absence: &AbsenceLine) -> String {
    with(absence.line.clone(), [&Some(absence.by.clone()), &absence.waiting])
}

fn row(row: &BoardRow) -> String {
    with(format!("{}: {}", row.name, row.line), [&row.comment, &row.waiting])
}

fn tile(tile: &Tile) -> String {
    let tap = tile.action.as_ref().map(|tap| format!("[{}]", tap.label));
    with(format!("{}: {}", tile.name, tile.line), [&tap])
}

fn choice(choice: &Choice) -> String {
    with(choice.name.clone(), [&choice.instead])
}

fn with<const N: usize>(line: String, rest: [&Option<String>; N]) -> String {
    rest.into_iter().flatten().fold(line, |line, more| format!("{line} · {more}"))
}
