#pragma once

#include <string_view>

#include <kymo/version.h>

// Forms that OpenMetrics 1.0 lacks, and that a lossless text of the past needs.
namespace kymo::KYMO_ABI::format {

/// The value at which a series ended.
inline constexpr std::string_view kStaleText = "stale";
/// A NaN with the bits between, in hexadecimal digits.
inline constexpr std::string_view kNanBegin = "NaN(0x";
inline constexpr std::string_view kNanEnd = ")";
/// When the count began, after the time of the sample.
inline constexpr std::string_view kStartBegin = " st@";
/// Names the `le` bounds of a family whose histograms are native.
inline constexpr std::string_view kBoundsKeyword = "BOUNDS";
/// The schemas of native histograms: 64 buckets an octave, and own bounds.
inline constexpr std::string_view kOwnSchema = "6";
inline constexpr std::string_view kCustomSchema = "-53";

}  // namespace kymo::KYMO_ABI::format
