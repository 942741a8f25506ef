//! How a list is asked for. Sources differ in what they take and what they demand: a refusal says how to ask next.

/// What is asked of a list beside its name. A page that follows is asked for by its token alone or with `limit`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asking {
    /// Rows on a page.
    pub(super) limit: Option<u32>,
    /// Only what changed since.
    pub(super) since: Option<String>,
    /// Filters that the source demands, so wide that nothing is left out.
    pub(super) filters: Vec<(&'static str, &'static str)>,
}

/// Filters that a source may demand, each with a value that lets everything in.
const WIDE: [(&str, &str); 10] = [
    ("startDate.onOrAfter", "1900-01-01"),
    ("startDate.onOrBefore", "9999-12-31"),
    ("endDate.onOrAfter", "1900-01-01"),
    ("endDate.onOrBefore", "9999-12-31"),
    ("startTime.onOrAfter", "1900-01-01T00:00:00Z"),
    ("startTime.onOrBefore", "9999-12-31T23:59:59Z"),
    ("endTime.onOrAfter", "1900-01-01T00:00:00Z"),
    ("endTime.onOrBefore", "9999-12-31T23:59:59Z"),
    (CREATED, "1900-01-01T00:00:00Z"),
    (MODIFIED, "1900-01-01T00:00:00Z"),
];
const CREATED: &str = "meta.created.after";
const MODIFIED: &str = "meta.modified.after";

impl Asking {
    /// What stands in the address: of a first page, or of the one that a token asks for.
    pub(super) fn parameters(&self, token: Option<&str>) -> Vec<(&'static str, String)> {
        let mut all: Vec<(&'static str, String)> =
            self.filters.iter().map(|(name, wide)| (*name, (*wide).to_owned())).collect();
        match token {
            Some(token) => all.push(("pageToken", token.to_owned())),
            None => all.extend(self.since.clone().map(|since| (MODIFIED, since))),
        }
        all.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        all
    }

    /// How the pages after a first are asked for: filters are in their token.
    pub(super) fn after_the_first(&self) -> Self {
        Self { limit: self.limit, ..Self::default() }
    }

    /// Asks otherwise after a refusal with this text; `false` if there is no other way to ask.
    pub(super) fn otherwise(&mut self, text: &str, first: bool) -> bool {
        if self.limit.is_some() && names(text, "limit") {
            self.limit = None;
            return true;
        }
        let sent = |name: &str| name == MODIFIED && self.since.is_some();
        let demanded = WIDE.iter().filter(|(name, _)| names(text, name) && !sent(name));
        let new: Vec<_> = demanded.filter(|demanded| !self.filters.contains(demanded)).copied().collect();
        if !new.is_empty() {
            self.filters.extend(new);
            return true;
        }
        // The source does not say what is wrong. Some know no limit at all.
        if self.limit.take().is_some() {
            return true;
        }
        let blind = (MODIFIED, "1900-01-01T00:00:00Z");
        if first && self.since.is_none() && self.filters.is_empty() {
            self.filters.push(blind);
            return true;
        }
        false
    }
}

/// Whether a text has a name, and not only as the end of a longer one.
fn names(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|after| after.chars().next());
        let part = |sign: char| sign.is_alphanumeric();
        !before.is_some_and(|sign| part(sign) || sign == '.') && !after.is_some_and(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_how_to_ask_next() {
        let first = Asking { limit: Some(500), ..Asking::default() };
        let filters = |asking: &Asking| asking.filters.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        for (text, limit, asked) in [
            ("Unknown parameter: limit", None, vec![]),
            ("limitation", None, vec![]),
            ("startDate.onOrAfter is required", Some(500), vec!["startDate.onOrAfter"]),
            ("relationship.startDate.onOrAfter is required", None, vec![]),
            (
                "give startTime.onOrAfter and startTime.onOrBefore",
                Some(500),
                vec!["startTime.onOrAfter", "startTime.onOrBefore"],
            ),
            ("", None, vec![]),
        ] {
            let mut asking = first.clone();
            assert!(asking.otherwise(text, true));
            assert_eq!((asking.limit, filters(&asking)), (limit, asked), "{text}");
        }
    }

    #[test]
    fn a_source_that_refuses_whatever_is_asked_is_not_asked_for_ever() {
        for text in ["", "limit", "meta.modified.after", "startDate.onOrAfter limit", "no"] {
            let mut asking = Asking { limit: Some(500), ..Asking::default() };
            let tries =
                std::iter::repeat_with(|| asking.otherwise(text, true)).take_while(|again| *again).take(9).count();
            assert!(tries < 5, "{text}: {tries}");
        }
    }

    #[test]
    fn a_page_that_follows_is_asked_for_by_its_token_and_at_most_the_limit() {
        let asking = Asking { limit: Some(5), since: Some("2026-11-24T06:00:00Z".to_owned()), filters: Vec::new() };
        let names = |token| asking.parameters(token).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(None), ["meta.modified.after", "limit"]);
        assert_eq!(names(Some("t")), ["pageToken", "limit"]);
    }
}
