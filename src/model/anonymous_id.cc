#include <kymo/model/anonymous_id.h>

#include <cstddef>

#include <kymo/model/sha256.h>

namespace kymo::model {

std::string anonymous_id(std::string_view raw) {
  constexpr std::size_t kShownBytes = 8;
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (raw.empty()) return {};
  const Sha256Digest digest = sha256(raw);
  std::string text;
  text.reserve(2 * kShownBytes);
  for (std::size_t i = 0; i < kShownBytes; ++i) {
    text += kDigits[digest[i] >> 4U];
    text += kDigits[digest[i] & 0xFU];
  }
  return text;
}

}  // namespace kymo::model
