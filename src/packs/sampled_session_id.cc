#include <kymo/packs/sampled_session_id.h>

#include <cstddef>

#include "sha256.h"

namespace kymo::packs {
namespace {

constexpr std::size_t kShownBytes = 8;

std::uint64_t big_endian(const Sha256Digest& digest, std::size_t begin) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8 | digest[begin + i];
  return number;
}

std::string hex(const Sha256Digest& digest, std::size_t bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 0xF];
  }
  return text;
}

}  // namespace

std::string sampled_session_id(std::string_view raw, std::int64_t rate) {
  if (raw.empty()) return {};
  const Sha256Digest digest = sha256(raw);
  // Decided by other bytes than are shown, so that the values that are seen stay evenly spread.
  if (rate > 1 && big_endian(digest, kShownBytes) % static_cast<std::uint64_t>(rate) != 0) {
    return std::string(kSampledOut);
  }
  return hex(digest, kShownBytes);
}

}  // namespace kymo::packs
