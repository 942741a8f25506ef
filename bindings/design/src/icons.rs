//! The icons: lines two wide with round ends on a grid of 24, drawn by hand. Nothing comes nearer the edge than 2.
//!
//! The mark is a coat hook, as it hangs in every cloakroom.

/// One stroke of the pen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stroke {
    /// Lift the pen and begin here.
    Move(f32, f32),
    /// A straight line.
    Line(f32, f32),
    /// A cubic curve: two handles and the end.
    Curve(f32, f32, f32, f32, f32, f32),
    /// Back to where it began.
    Close,
}

/// An icon.
#[derive(Debug, Clone)]
pub struct Icon {
    /// Its name.
    pub name: &'static str,
    /// It points along the text, so from right to left it is turned.
    pub mirrored: bool,
    /// How it is drawn.
    pub strokes: Vec<Stroke>,
}

/// Every icon.
pub fn icons() -> Vec<Icon> {
    let mut icons = places();
    icons.extend(actions());
    icons.extend(states());
    icons
}

/// Where one goes.
fn places() -> Vec<Icon> {
    vec![
        icon("mark", mark()),
        icon("home", Pen::new().line(&[(4.0, 11.0), (12.0, 4.0), (20.0, 11.0)]).line(&HOUSE).line(&DOOR)),
        icon("group", group()),
        icon(
            "board",
            Pen::new()
                .rounded(3.0, 4.0, 18.0, 13.0, 2.5)
                .line(&[(12.0, 17.0), (12.0, 20.5)])
                .line(&[(8.0, 20.5), (16.0, 20.5)])
                .line(&[(7.5, 8.5), (7.5, 12.5)])
                .line(&[(12.0, 8.5), (12.0, 12.5)])
                .line(&[(16.5, 8.5), (16.5, 12.5)]),
        ),
        mirrored(
            "sent",
            Pen::new().shape(&[(3.5, 4.5), (21.0, 12.0), (3.5, 19.5), (6.5, 12.0)]).line(&[(6.5, 12.0), (12.5, 12.0)]),
        ),
        icon(
            "settings",
            Pen::new()
                .line(&[(3.0, 8.0), (12.5, 8.0)])
                .circle(15.5, 8.0, 3.0)
                .line(&[(18.5, 8.0), (21.0, 8.0)])
                .line(&[(3.0, 16.0), (5.5, 16.0)])
                .circle(8.5, 16.0, 3.0)
                .line(&[(11.5, 16.0), (21.0, 16.0)]),
        ),
        icon(
            "calendar",
            Pen::new()
                .rounded(3.5, 5.0, 17.0, 15.5, 2.5)
                .line(&[(3.5, 10.0), (20.5, 10.0)])
                .line(&[(8.0, 3.0), (8.0, 6.5)])
                .line(&[(16.0, 3.0), (16.0, 6.5)]),
        ),
        icon(
            "language",
            Pen::new()
                .circle(12.0, 12.0, 9.0)
                .line(&[(3.0, 12.0), (21.0, 12.0)])
                .at(12.0, 3.0)
                .curve(7.0, 7.5, 7.0, 16.5, 12.0, 21.0)
                .curve(17.0, 16.5, 17.0, 7.5, 12.0, 3.0),
        ),
        icon("info", Pen::new().circle(12.0, 12.0, 9.0).line(&[(12.0, 11.5), (12.0, 16.5)]).dot(12.0, 7.75)),
    ]
}

/// What one does.
fn actions() -> Vec<Icon> {
    let out = Pen::new()
        .line(&[(13.0, 4.0), (6.0, 4.0)])
        .curve(4.9, 4.0, 4.0, 4.9, 4.0, 6.0)
        .to(4.0, 18.0)
        .curve(4.0, 19.1, 4.9, 20.0, 6.0, 20.0)
        .to(13.0, 20.0)
        .line(&[(10.0, 12.0), (20.5, 12.0)])
        .line(&[(16.5, 8.0), (20.5, 12.0), (16.5, 16.0)]);
    vec![
        icon("check", Pen::new().line(&[(4.5, 12.5), (9.5, 17.5), (19.5, 6.5)])),
        icon(
            "out",
            Pen::new()
                .line(&[(6.0, 20.5), (6.0, 3.5), (18.0, 3.5), (18.0, 20.5)])
                .line(&[(3.0, 20.5), (21.0, 20.5)])
                .dot(14.25, 12.5),
        ),
        mirrored("sign_out", out),
        mirrored(
            "undo",
            Pen::new()
                .line(&[(8.5, 4.5), (4.0, 9.0), (8.5, 13.5)])
                .line(&[(4.0, 9.0), (14.0, 9.0)])
                .curve(17.3, 9.0, 20.0, 11.5, 20.0, 14.5)
                .curve(20.0, 17.5, 17.3, 20.0, 14.0, 20.0)
                .to(9.0, 20.0),
        ),
        mirrored("forward", Pen::new().line(&[(9.0, 5.0), (16.0, 12.0), (9.0, 19.0)])),
        mirrored("back", Pen::new().line(&[(20.0, 12.0), (4.0, 12.0)]).line(&[(11.0, 5.0), (4.0, 12.0), (11.0, 19.0)])),
        icon("plus", Pen::new().line(&[(12.0, 4.5), (12.0, 19.5)]).line(&[(4.5, 12.0), (19.5, 12.0)])),
        icon("minus", Pen::new().line(&[(4.5, 12.0), (19.5, 12.0)])),
        icon("close", Pen::new().line(&[(5.5, 5.5), (18.5, 18.5)]).line(&[(18.5, 5.5), (5.5, 18.5)])),
        icon(
            "edit",
            Pen::new()
                .shape(&[(4.0, 20.0), (5.0, 15.5), (16.0, 4.5), (19.5, 8.0), (8.5, 19.0)])
                .line(&[(13.0, 7.5), (16.5, 11.0)]),
        ),
        icon(
            "paste",
            Pen::new()
                .rounded(4.5, 5.0, 15.0, 16.0, 2.5)
                .rounded(8.5, 2.5, 7.0, 4.5, 1.5)
                .line(&[(8.5, 12.0), (15.5, 12.0)])
                .line(&[(8.5, 16.0), (13.0, 16.0)]),
        ),
        icon(
            "lock",
            Pen::new()
                .rounded(4.5, 10.5, 15.0, 10.0, 2.5)
                .at(8.0, 10.5)
                .to(8.0, 7.0)
                .curve(8.0, 4.8, 9.8, 3.0, 12.0, 3.0)
                .curve(14.2, 3.0, 16.0, 4.8, 16.0, 7.0)
                .to(16.0, 10.5)
                .line(&[(12.0, 14.5), (12.0, 16.5)]),
        ),
    ]
}

/// How things stand.
fn states() -> Vec<Icon> {
    vec![
        // A clock: on the way.
        icon("expected", Pen::new().circle(12.0, 12.0, 9.0).line(&[(12.0, 7.0), (12.0, 12.0), (15.5, 14.5)])),
        icon("here", Pen::new().circle(12.0, 12.0, 9.0).line(&[(7.5, 12.5), (10.75, 15.75), (16.5, 9.0)])),
        // An empty place: the ring crossed.
        icon("absent", Pen::new().circle(12.0, 12.0, 9.0).line(&[(7.5, 12.0), (16.5, 12.0)])),
        icon(
            "school",
            Pen::new()
                .shape(&[(2.5, 9.5), (12.0, 5.0), (21.5, 9.5), (12.0, 14.0)])
                .line(&[(6.5, 12.0), (6.5, 16.5)])
                .curve(9.5, 19.5, 14.5, 19.5, 17.5, 16.5)
                .to(17.5, 12.0)
                .line(&[(21.5, 9.5), (21.5, 15.0)]),
        ),
        icon(
            "day_off",
            Pen::new()
                .circle(12.0, 12.0, 4.0)
                .line(&[(12.0, 2.5), (12.0, 4.5)])
                .line(&[(12.0, 19.5), (12.0, 21.5)])
                .line(&[(2.5, 12.0), (4.5, 12.0)])
                .line(&[(19.5, 12.0), (21.5, 12.0)])
                .line(&[(5.3, 5.3), (6.7, 6.7)])
                .line(&[(17.3, 17.3), (18.7, 18.7)])
                .line(&[(5.3, 18.7), (6.7, 17.3)])
                .line(&[(17.3, 6.7), (18.7, 5.3)]),
        ),
        icon("unknown", Pen::new().circle(12.0, 12.0, 9.0).dot(8.0, 12.0).dot(12.0, 12.0).dot(16.0, 12.0)),
        // Sand still runs: not received yet.
        icon(
            "waiting",
            Pen::new()
                .line(&[(6.0, 3.0), (18.0, 3.0)])
                .line(&[(6.0, 21.0), (18.0, 21.0)])
                .at(7.5, 3.0)
                .to(7.5, 6.5)
                .curve(7.5, 9.5, 12.0, 10.0, 12.0, 12.0)
                .curve(12.0, 14.0, 7.5, 14.5, 7.5, 17.5)
                .to(7.5, 21.0)
                .at(16.5, 3.0)
                .to(16.5, 6.5)
                .curve(16.5, 9.5, 12.0, 10.0, 12.0, 12.0)
                .curve(12.0, 14.0, 16.5, 14.5, 16.5, 17.5)
                .to(16.5, 21.0),
        ),
        icon(
            "offline",
            Pen::new()
                .at(9.5, 6.2)
                .curve(10.3, 5.7, 11.2, 5.5, 12.0, 5.5)
                .curve(15.0, 5.5, 17.2, 7.6, 17.5, 10.5)
                .curve(19.8, 10.7, 21.5, 12.3, 21.5, 14.5)
                .curve(21.5, 15.4, 21.2, 16.2, 20.7, 16.9)
                .at(7.0, 9.0)
                .curve(6.7, 9.6, 6.5, 10.2, 6.5, 10.9)
                .curve(4.2, 11.0, 2.5, 12.6, 2.5, 14.9)
                .curve(2.5, 17.2, 4.3, 19.0, 6.6, 19.0)
                .to(17.0, 19.0)
                .line(&[(3.5, 3.5), (20.5, 20.5)]),
        ),
        icon(
            "refused",
            Pen::new().circle(12.0, 12.0, 9.0).line(&[(9.0, 9.0), (15.0, 15.0)]).line(&[(15.0, 9.0), (9.0, 15.0)]),
        ),
        icon(
            "warning",
            Pen::new()
                .shape(&[(12.0, 3.5), (21.5, 20.0), (2.5, 20.0)])
                .line(&[(12.0, 10.0), (12.0, 14.0)])
                .dot(12.0, 16.9),
        ),
        mirrored(
            "comment",
            Pen::new()
                .shape(&[(3.5, 4.5), (20.5, 4.5), (20.5, 16.5), (10.5, 16.5), (6.0, 20.5), (6.0, 16.5), (3.5, 16.5)])
                .line(&[(8.0, 10.5), (16.0, 10.5)]),
        ),
    ]
}

/// A double coat hook from the side, which is a K.
fn mark() -> Pen {
    Pen::new()
        .line(&[(5.5, 3.0), (5.5, 21.0)])
        .at(5.5, 12.5)
        .curve(10.5, 12.5, 15.0, 10.5, 16.3, 6.9)
        .circle(17.0, 5.0, 2.0)
        .at(8.5, 12.3)
        .curve(9.5, 17.5, 11.5, 20.5, 14.8, 20.5)
        .curve(17.8, 20.5, 19.3, 18.5, 19.3, 16.0)
}

/// A grown-up's and a child's height: the group.
fn group() -> Pen {
    Pen::new()
        .circle(9.0, 8.0, 3.5)
        .at(2.5, 20.0)
        .curve(2.5, 16.0, 5.3, 14.0, 9.0, 14.0)
        .curve(12.7, 14.0, 15.5, 16.0, 15.5, 20.0)
        .circle(17.5, 10.5, 2.5)
        .at(17.5, 15.5)
        .curve(20.0, 15.5, 21.5, 17.2, 21.5, 20.0)
}

const HOUSE: [(f32, f32); 4] = [(6.0, 9.5), (6.0, 20.0), (18.0, 20.0), (18.0, 9.5)];
const DOOR: [(f32, f32); 4] = [(10.0, 20.0), (10.0, 14.5), (14.0, 14.5), (14.0, 20.0)];

fn icon(name: &'static str, pen: Pen) -> Icon {
    Icon { name, mirrored: false, strokes: pen.strokes }
}

fn mirrored(name: &'static str, pen: Pen) -> Icon {
    Icon { mirrored: true, ..icon(name, pen) }
}

/// Draws stroke by stroke.
#[derive(Clone)]
struct Pen {
    strokes: Vec<Stroke>,
}

impl Pen {
    fn new() -> Self {
        Self { strokes: Vec::new() }
    }

    fn push(mut self, stroke: Stroke) -> Self {
        self.strokes.push(stroke);
        self
    }

    fn at(self, x: f32, y: f32) -> Self {
        self.push(Stroke::Move(x, y))
    }

    /// A straight line; none to where the pen already is.
    fn to(self, x: f32, y: f32) -> Self {
        match self.strokes.last() {
            Some(Stroke::Move(x0, y0) | Stroke::Line(x0, y0) | Stroke::Curve(.., x0, y0)) if (*x0, *y0) == (x, y) => {
                self
            }
            _ => self.push(Stroke::Line(x, y)),
        }
    }

    fn curve(self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) -> Self {
        self.push(Stroke::Curve(x1, y1, x2, y2, x, y))
    }

    /// Lines from point to point.
    fn line(mut self, points: &[(f32, f32)]) -> Self {
        for (index, (x, y)) in points.iter().enumerate() {
            self = if index == 0 { self.at(*x, *y) } else { self.to(*x, *y) };
        }
        self
    }

    /// Lines from point to point and back.
    fn shape(self, points: &[(f32, f32)]) -> Self {
        self.line(points).push(Stroke::Close)
    }

    /// A dot: round ends, and next to nothing between.
    fn dot(self, x: f32, y: f32) -> Self {
        self.line(&[(x, y), (x + 0.01, y)])
    }

    fn circle(self, x: f32, y: f32, radius: f32) -> Self {
        self.rounded(x - radius, y - radius, 2.0 * radius, 2.0 * radius, radius)
    }

    /// A box with round corners.
    fn rounded(self, x: f32, y: f32, width: f32, height: f32, radius: f32) -> Self {
        // How far a curve's handle must reach for a quarter of a circle.
        let rest = radius * (1.0 - 0.552_285);
        let (right, bottom) = (x + width, y + height);
        self.at(x + radius, y)
            .to(right - radius, y)
            .curve(right - rest, y, right, y + rest, right, y + radius)
            .to(right, bottom - radius)
            .curve(right, bottom - rest, right - rest, bottom, right - radius, bottom)
            .to(x + radius, bottom)
            .curve(x + rest, bottom, x, bottom - rest, x, bottom - radius)
            .to(x, y + radius)
            .curve(x, y + rest, x + rest, y, x + radius, y)
            .push(Stroke::Close)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icons_begin_with_the_pen_down_and_stay_on_the_grid() {
        for icon in icons() {
            assert!(matches!(icon.strokes[0], Stroke::Move(..)), "{}", icon.name);
            for stroke in &icon.strokes {
                let ends = match *stroke {
                    Stroke::Move(x, y) | Stroke::Line(x, y) | Stroke::Curve(.., x, y) => vec![x, y],
                    Stroke::Close => vec![],
                };
                // Half a line's width lies outside of its middle.
                assert!(ends.iter().all(|end| (2.0..=22.0).contains(end)), "{}: {stroke:?}", icon.name);
            }
        }
    }

    #[test]
    fn names_are_once_and_what_points_along_the_text_is_turned() {
        let icons = icons();
        let mut names: Vec<&str> = icons.iter().map(|icon| icon.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), icons.len());
        for name in ["forward", "back", "sign_out", "sent"] {
            assert!(icons.iter().any(|icon| icon.name == name && icon.mirrored), "{name}");
        }
    }
}
