// Times of day, as the core writes them ("07:40"), and as a date picker holds them. School days are in Swedish time
// wherever the phone is, so a picker's date is only ever a time of day, never a moment.

import Foundation

public enum ClockTime {
    /// A winter's day, on which no clock is changed.
    private static let day = DateComponents(year: 2001, month: 1, day: 15)

    public static func date(_ time: String, calendar: Calendar = .current) -> Date {
        let parts = time.split(separator: ":").compactMap { Int($0) }
        var components = day
        (components.hour, components.minute) = parts.count == 2 ? (parts[0], parts[1]) : (0, 0)
        return calendar.date(from: components) ?? .distantPast
    }
    public static func time(_ date: Date, calendar: Calendar = .current) -> String {
        let parts = calendar.dateComponents([.hour, .minute], from: date)
        return [parts.hour ?? 0, parts.minute ?? 0].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }
}
