#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <kymo/core/detail/text_view.h>

namespace kymo::KYMO_ABI::packs {

/// The common value of sessions that sampled_session_id() does not select.
inline constexpr std::string_view kSampledOut = "sampled_out";

/// A label value for a session's id that keeps the number of series small. One session in `rate` gets its own
/// value; all others share `kSampledOut`.
///
/// The value is the first 8 bytes of the id's SHA-256 as 16 lower-case hex digits; an empty id stays empty; a
/// rate of 1 or less selects every session. The hash alone selects: the same id is always in or always out,
/// in any process and on any machine. The value hides an id only as well as the id is hard to guess. Threads:
/// any. Cost: some 300 ns; keep the value with the session. Source: FIPS 180-4.
[[nodiscard]] KYMO_API std::string sampled_session_id(TextView raw, std::int64_t rate);

}  // namespace kymo::KYMO_ABI::packs
