import Foundation
import Testing

@testable import KapprumKit

@Suite struct ClockTimeTests {
    @Test(arguments: ["00:00", "06:30", "07:05", "23:59"]) func timesGoThereAndBack(time: String) {
        for zone in ["Europe/Stockholm", "Asia/Baghdad", "America/St_Johns"] {
            var calendar = Calendar(identifier: .gregorian)
            calendar.timeZone = TimeZone(identifier: zone)!
            #expect(ClockTime.time(ClockTime.date(time, calendar: calendar), calendar: calendar) == time)
        }
    }
    /// A phone set to the Islamic calendar or Arabic digits sends the same times.
    @Test func timesAreTheSameInEveryCalendar() {
        for identifier in [Calendar.Identifier.islamicUmmAlQura, .buddhist, .hebrew] {
            var calendar = Calendar(identifier: identifier)
            calendar.locale = Locale(identifier: "ar_SA")
            #expect(ClockTime.time(ClockTime.date("07:40", calendar: calendar), calendar: calendar) == "07:40")
        }
    }
}
