#include <kymo/packs/sampled_session_id.h>

#include <cstddef>

#include <kymo/base/anonymous_id.h>
#include <kymo/base/sha256.h>

namespace kymo::KYMO_ABI::packs {
namespace {

// The bytes before this are the label's value. Other bytes decide, so the visible values stay evenly spread.
constexpr std::size_t kFirstDecidingByte = 8;

std::uint64_t big_endian(const base::Sha256Digest& digest, std::size_t begin) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8 | digest[begin + i];
  return number;
}

}  // namespace

std::string sampled_session_id(TextView raw, std::int64_t rate) {
  if (raw.empty()) return {};
  if (rate > 1 && big_endian(base::sha256(raw), kFirstDecidingByte) % static_cast<std::uint64_t>(rate) != 0) {
    return std::string(kSampledOut);
  }
  return base::anonymous_id(raw);
}

}  // namespace kymo::KYMO_ABI::packs
