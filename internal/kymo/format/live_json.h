#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::format {

/// The parts of the live protocol's frames (docs/reference/live.md).
/// All append to `out`. Threads: any. Errors: none but `std::bad_alloc`. Source: RFC 8259.

/// `"id":7,"name":"voice.sessions","kind":"counter","unit":"","help":"…"`, and `,"bounds":[…]` if the first
/// series has a histogram with its own bounds. Without braces, so that series may follow.
void append_live_family(const FamilySnapshot& family, std::uint32_t id, std::string& out);

/// `{"method":"GET"}`.
void append_live_labels(LabelsView labels, std::string& out);

/// A series' value: a number (`null` for NaN, `"inf"`, `"-inf"`), or the object of a histogram or window.
/// Exponential buckets are merged to eight an octave: index `i` holds values in (2^(i/8), 2^((i+1)/8)].
void append_live_value(const Point& point, std::string& out);

/// Seconds since 1970, to the millisecond: `1764000000.123`.
void append_live_time(std::chrono::system_clock::time_point time, std::string& out);

/// Seconds, to the millisecond, as the above.
void append_live_seconds(std::chrono::nanoseconds time, std::string& out);

/// Any bytes as a JSON string.
void append_live_text(std::string_view text, std::string& out);

}  // namespace kymo::KYMO_ABI::format
