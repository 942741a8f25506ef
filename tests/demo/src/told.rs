//! How the walk is told in the terminal: who does what, what each device shows, what was expected.

use std::io::{IsTerminal, Write};

use kapprum_domain::home::ChildState;
use kapprum_domain::id::ChildId;
use kapprum_domain::outbox::Mark;
use kapprum_domain::screen::Screen;
use kapprum_town::story;

/// Tells the walk and counts what did not hold.
#[derive(Default)]
pub(crate) struct Telling {
    held: u32,
    failed: u32,
}

impl Telling {
    /// A part of the story.
    pub(crate) fn title(&self, text: &str) {
        println!("\n{}", paint("1;36", &format!("▌ {text}")));
    }

    /// A fact.
    pub(crate) fn fact(&self, text: &str) {
        println!("  {}", paint("2", text));
    }

    /// Something that takes a while.
    pub(crate) fn long<T>(&self, what: &str, work: impl FnOnce() -> T) -> T {
        self.begin(what);
        let done = work();
        println!("{}", paint("32", " done"));
        done
    }

    /// Something that takes a while, elsewhere.
    pub(crate) async fn long_async<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        self.begin(what);
        let done = work.await;
        println!("{}", paint("32", " done"));
        done
    }

    fn begin(&self, what: &str) {
        print!("  {what} …");
        let _ = std::io::stdout().flush();
    }

    /// Who does what.
    pub(crate) fn does(&self, who: &str, what: &str) {
        println!("  {} {what}", paint("1", who));
    }

    /// What must hold now.
    pub(crate) fn expect(&mut self, holds: bool, what: &str) {
        if holds {
            self.held += 1;
            println!("  {} {what}", paint("32", "✓"));
        } else {
            self.failed += 1;
            println!("  {} {what}", paint("1;31", "✗ NOT SO:"));
        }
    }

    /// What a device shows.
    pub(crate) fn says(&self, who: &str, screen: &Screen) {
        let (title, lines) = lines(screen);
        let heading = format!("{who} · {title}");
        let long = |text: &String| text.chars().count();
        let width = lines.iter().map(long).max().unwrap_or(0).max(long(&heading) + 2).max(40);
        println!("  ╭─ {} {}╮", paint("1", &heading), "─".repeat(width - 1 - long(&heading)));
        for line in &lines {
            println!("  │ {line}{} │", " ".repeat(width - long(line)));
        }
        println!("  ╰{}╯", "─".repeat(width + 2));
    }

    /// The end of the walk; whether everything held.
    pub(crate) fn end(&self) -> bool {
        match self.failed {
            0 => println!("\n{}", paint("1;32", &format!("All {} expectations held.", self.held))),
            failed => println!(
                "\n{}",
                paint("1;31", &format!("{failed} of {} expectations did not hold.", self.held + failed))
            ),
        }
        self.failed == 0
    }

    /// How to go on by hand.
    pub(crate) fn go_on(&self, server: &str, token: &str, child: ChildId) {
        self.title("The server stays up. Go on by hand, in another terminal:");
        // Built beside this program: a bare `cargo run` would miss OpenSSL where the system has no headers.
        let device = std::env::current_exe().unwrap_or_default().with_file_name("kapprum-device");
        println!("  alias device='{} --home /tmp/my-phone'", device.display());
        println!("  device sign-in --server {server} --invite '{token}'");
        println!("  device view home");
        println!("  device view child-day --child {child}");
        println!("  device watch home                # shows each change");
        println!("  device --help                    # all commands and views");
        println!("  {}", paint("2", "Ctrl-C ends the demo and removes its files."));
    }
}

fn lines(screen: &Screen) -> (String, Vec<String>) {
    match screen {
        Screen::Home(home) => {
            let child = |child: &kapprum_domain::home::ChildLine| {
                let waiting = child.waiting.as_ref().map(|text| format!(" · ◌ {text}")).unwrap_or_default();
                format!("{} {:<6} {}{waiting}", mark(child.state), child.name, child.line)
            };
            let children = home.children.iter().map(child);
            (home.title.clone(), children.chain(home.empty.clone()).collect())
        }
        Screen::Frame(frame) => {
            let tabs = frame.tabs.iter().map(|tab| tab.label.as_str()).collect::<Vec<_>>().join(" · ");
            let notice = frame.notice.as_ref().map(|notice| notice.text.clone());
            (tabs, notice.into_iter().chain(frame.waiting.clone()).collect())
        }
        Screen::ChangeDay(form) => (form.heading.clone(), vec![format!("{} {}", form.name, form.ordinary)]),
        Screen::GroupBoard(board) => {
            let row = |row: &kapprum_domain::board::BoardRow| {
                let comment = row.comment.as_ref().map(|text| format!(" · “{text}”")).unwrap_or_default();
                format!("{} {:<10} {}{comment}", mark(row.state), row.name, row.line)
            };
            let rows = some(board.rows.iter().map(|one| (one.child, row(one))));
            (board.title.clone(), std::iter::once(board.count.clone()).chain(rows).collect())
        }
        Screen::HallBoard(board) => {
            let tile = |tile: &kapprum_domain::board::hall::Tile| {
                let action = tile.action.as_ref().map(|tap| format!("  [{}]", tap.label)).unwrap_or_default();
                format!("{} {:<10} {}{action}", mark(tile.state), tile.name, tile.line)
            };
            (board.title.clone(), some(board.tiles.iter().map(|one| (one.child, tile(one)))))
        }
        Screen::Outbox(outbox) => {
            let line = |line: &kapprum_domain::outbox::OutboxLine| {
                let sign = match line.mark {
                    Mark::Waiting => "◌",
                    Mark::Done => "✓",
                    Mark::Withdrawn => "↩",
                    Mark::Refused => "✗",
                };
                format!("{sign} {} · {}", line.what, line.state)
            };
            (outbox.title.clone(), outbox.lines.iter().map(line).chain(outbox.empty.clone()).collect())
        }
        Screen::Nothing { text, .. } => (String::new(), vec![text.clone()]),
        Screen::ChildDay(day) => (day.heading.clone(), vec![format!("{} {}", day.name, day.line)]),
        Screen::ReportAbsence(form) => {
            (form.title.clone(), form.children.iter().map(|child| child.name.clone()).collect())
        }
    }
}

/// The children of the story, a few others, and how many more there are.
fn some(lines: impl Iterator<Item = (ChildId, String)>) -> Vec<String> {
    const OTHERS: usize = 3;
    let ours = |child: &ChildId| [story::ebba(), story::love()].contains(child);
    let (own, others): (Vec<_>, Vec<_>) = lines.partition(|(child, _)| ours(child));
    let more = others.len().saturating_sub(OTHERS);
    let told = own.into_iter().chain(others.into_iter().take(OTHERS)).map(|(_, line)| line);
    told.chain((more > 0).then(|| format!("  … {more}"))).collect()
}

fn mark(state: ChildState) -> &'static str {
    match state {
        ChildState::Expected => "○",
        ChildState::Here => "●",
        ChildState::Gone => "◐",
        ChildState::Absent => "✕",
        ChildState::Off => "–",
        ChildState::School => "□",
        ChildState::Unknown => " ",
    }
}

/// Colours where somebody looks, plain text elsewhere.
fn paint(code: &str, text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}
