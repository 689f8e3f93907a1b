#pragma once

#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

/// Replaces an id in output: the first 8 bytes of its SHA-256 as 16 lower-case hex digits; an empty id
/// stays empty.
///
/// The same id gives the same text, in any process and on any machine. The text hides an id only as well as
/// the id is hard to guess. Threads: any. Cost: some 300 ns; keep the text with the object. Source: FIPS
/// 180-4.
[[nodiscard]] std::string anonymous_id(std::string_view raw);

}  // namespace kymo::KYMO_ABI::base
