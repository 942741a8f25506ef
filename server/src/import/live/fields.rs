//! What is kept of a row: the fields that an import reads. Photos, grades, places of birth and the like never come to
//! rest here, nor does what would lead to somebody with a security mark (ruling i).

use serde_json::Value;

use crate::import::Resource;
use crate::import::ss12000::marks;

/// Drops what no import reads.
pub(super) fn keep(resource: Resource, row: &mut Value) {
    let Some(fields) = row.as_object_mut() else {
        // Such a row is refused whatever stands there.
        return *row = Value::Null;
    };
    let kept = of(resource);
    fields.retain(|name, _| kept.iter().any(|kept| kept.eq_ignore_ascii_case(name)));
    let marked = |(name, value): (&String, &Value)| name.eq_ignore_ascii_case("securityMarking") && marks(value);
    if resource == Resource::Persons && fields.iter().any(marked) {
        fields.retain(|name, _| !WAYS.iter().any(|way| way.eq_ignore_ascii_case(name)));
    }
}

/// Ways to find somebody.
const WAYS: [&str; 4] = ["familyName", "emails", "phoneNumbers", "addresses"];

fn of(resource: Resource) -> &'static [&'static str] {
    match resource {
        Resource::Organisations => &[
            "id",
            "displayName",
            "organisationType",
            "parentOrganisation",
            "schoolTypes",
            "phoneNumber",
            "startDate",
            "endDate",
        ],
        Resource::Groups => &[
            "id",
            "displayName",
            "groupType",
            "schoolType",
            "organisation",
            "groupMemberships",
            "startDate",
            "endDate",
        ],
        Resource::Placements => &["id", "placedAt", "group", "child", "owners", "schoolType", "startDate", "endDate"],
        Resource::Duties => &["id", "person", "dutyAt", "dutyRole", "assignmentRole", "startDate", "endDate"],
        Resource::Activities => &["id", "groups", "teachers", "startDate", "endDate"],
        Resource::Persons => &[
            "id",
            "givenName",
            "familyName",
            "securityMarking",
            "personStatus",
            "civicNo",
            "birthDate",
            "emails",
            "phoneNumbers",
            "addresses",
            "enrolments",
            "responsibles",
        ],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_read_stays_and_of_the_marked_no_way_to_find_them() {
        let mut row = json!({"id": "1", "GivenName": "Ebba", "familyName": "Lind", "photo": "x", "emails": []});
        keep(Resource::Persons, &mut row);
        assert_eq!(row, json!({"id": "1", "GivenName": "Ebba", "familyName": "Lind", "emails": []}));
        row["SecurityMarking"] = json!("Sekretessmarkering");
        keep(Resource::Persons, &mut row);
        assert_eq!(row, json!({"id": "1", "GivenName": "Ebba", "SecurityMarking": "Sekretessmarkering"}));
        let mut text = json!("Ebba");
        keep(Resource::Groups, &mut text);
        assert_eq!(text, Value::Null);
    }
}
