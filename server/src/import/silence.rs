//! When silence means an end. What a source no longer says has ended, unless it may have said it where nobody could
//! read it: on a page that is missing, in a row that was refused, in a field that no row tells any more.

use std::collections::HashSet;

use uuid::Uuid;

use super::Resource;

/// What of a source's silence counts.
#[derive(Debug, Clone, Default)]
pub struct Silence {
    whole: HashSet<Resource>,
    lost: HashSet<Resource>,
    rows: HashSet<Resource>,
    told: HashSet<(Resource, &'static str)>,
    doubts: HashSet<Doubt>,
    /// Lists of which some row's can't be read.
    doubted: HashSet<(Resource, &'static str)>,
}

/// Something that a row may have said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Doubt {
    /// The row's resource.
    pub resource: Resource,
    /// Whom or what the row is about.
    pub about: Uuid,
    /// The list, or other field, in which it stood; none: anywhere in the row.
    pub list: Option<&'static str>,
    /// Whom or what the item in the list names; none: any item.
    pub item: Option<Uuid>,
}

impl Silence {
    /// Every page of a resource has come.
    pub fn whole(&mut self, resource: Resource) {
        self.whole.insert(resource);
    }

    /// A row came of which nobody can say what it is about.
    pub fn lose(&mut self, resource: Resource) {
        self.lost.insert(resource);
    }

    /// A row has come.
    pub fn row(&mut self, resource: Resource) {
        self.rows.insert(resource);
    }

    /// A row has this list, empty or not.
    pub fn tell(&mut self, resource: Resource, list: &'static str) {
        self.told.insert((resource, list));
    }

    /// Something was refused.
    pub fn doubt(&mut self, doubt: Doubt) {
        self.doubted.extend(doubt.list.map(|list| (doubt.resource, list)));
        self.doubts.insert(doubt);
    }

    /// Whether a row was lost.
    pub fn is_lost(&self, resource: Resource) -> bool {
        self.lost.contains(&resource)
    }

    /// Whether every row of a resource has come.
    pub fn is_whole(&self, resource: Resource) -> bool {
        self.whole.contains(&resource) && !self.is_lost(resource)
    }

    /// Whether every row of a resource has come, and this list can be read in all of them.
    pub fn is_whole_in(&self, resource: Resource, list: &'static str) -> bool {
        self.is_whole(resource) && !self.doubted.contains(&(resource, list))
    }

    /// Whether what rows of a resource say of something was refused as a whole.
    pub fn is_refused(&self, resource: Resource, about: Uuid) -> bool {
        self.doubts.contains(&Doubt { resource, about, list: None, item: None })
    }

    /// Whether a list in rows about something, or the item in it that names this, was refused.
    pub fn is_doubted(&self, resource: Resource, about: Uuid, list: &'static str, item: Uuid) -> bool {
        let doubt = Doubt { resource, about, list: Some(list), item: None };
        let refused = self.is_refused(resource, about);
        refused || self.doubts.contains(&doubt) || self.doubts.contains(&Doubt { item: Some(item), ..doubt })
    }

    /// Whether something that no row is about has ended.
    pub fn ends(&self, resource: Resource, about: Uuid) -> bool {
        self.is_whole(resource) && !self.is_refused(resource, about)
    }

    /// Whether something that no row about this names in a list has ended.
    pub fn ends_in(&self, resource: Resource, about: Uuid, list: &'static str, item: Uuid) -> bool {
        // A field that not one row has was renamed or left out; it was not emptied everywhere on one day.
        let told = self.told.contains(&(resource, list)) || !self.rows.contains(&resource);
        told && self.is_whole(resource) && !self.is_doubted(resource, about, list, item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_leaves_open_what_it_may_have_said_and_nothing_else() {
        let [love, ebba, anna, bo] = [1, 2, 3, 4].map(Uuid::from_u128);
        let (persons, list) = (Resource::Persons, "responsibles");
        let doubt = Doubt { resource: persons, about: love, list: Some(list), item: Some(bo) };
        let ends = |doubts: &[Doubt]| {
            let mut silence = Silence::default();
            silence.whole(persons);
            silence.row(persons);
            silence.tell(persons, list);
            doubts.iter().for_each(|doubt| silence.doubt(*doubt));
            let guardian = |child, guardian| silence.ends_in(persons, child, list, guardian);
            [silence.ends(persons, love), guardian(love, anna), guardian(love, bo), guardian(ebba, bo)]
        };
        assert_eq!(ends(&[]), [true, true, true, true]);
        assert_eq!(ends(&[doubt]), [true, true, false, true]);
        assert_eq!(ends(&[Doubt { item: None, ..doubt }]), [true, false, false, true]);
        assert_eq!(ends(&[Doubt { list: None, item: None, ..doubt }]), [false, false, false, true]);
        assert_eq!(ends(&[Doubt { list: Some("enrolments"), ..doubt }]), [true, true, true, true]);
    }

    #[test]
    fn without_all_pages_all_rows_and_such_a_list_in_any_row_nothing_ends() {
        let (id, groups) = (Uuid::nil(), Resource::Groups);
        let ends = |silence: &Silence| (silence.ends(groups, id), silence.ends_in(groups, id, "groupMemberships", id));
        let mut silence = Silence::default();
        assert_eq!(ends(&silence), (false, false));
        silence.whole(groups);
        assert_eq!(ends(&silence), (true, true));
        silence.row(groups);
        assert_eq!(ends(&silence), (true, false));
        silence.tell(groups, "groupMemberships");
        assert_eq!(ends(&silence), (true, true));
        silence.lose(groups);
        assert_eq!(ends(&silence), (false, false));
    }
}
