#include <kymo/base/anonymous_id.h>

#include <cstddef>
#include <span>

#include <kymo/base/hex.h>
#include <kymo/base/sha256.h>

namespace kymo::KYMO_ABI::base {

std::string anonymous_id(std::string_view raw) {
  constexpr std::size_t kShownBytes = 8;
  if (raw.empty()) return {};
  const Sha256Digest digest = sha256(raw);
  std::string text;
  text.reserve(2 * kShownBytes);
  append_hex(std::span(digest).first(kShownBytes), text);
  return text;
}

}  // namespace kymo::KYMO_ABI::base
