#include "refusal_log.h"

namespace kymo::KYMO_ABI::probe {
namespace {

constexpr unsigned kWordBits = 64;

RefusedProbes shifted(const RefusedProbes& probes, std::uint64_t by) noexcept {
  if (by >= kRefusedBits) return {};
  if (by == 0) return probes;
  if (by >= kWordBits) return {0, by == kWordBits ? probes[0] : probes[0] << (by - kWordBits)};
  return {probes[0] << by, probes[1] << by | probes[0] >> (kWordBits - by)};
}

}  // namespace

const RefusalLog::Entry& RefusalLog::add(std::uint64_t session, std::uint64_t sequence) noexcept {
  // Fibonacci hashing (Knuth, volume 3, 6.4).
  Entry& entry = entries_[((session ^ secret_) * 0x9E3779B97F4A7C15U >> 32U) % entries_.size()];
  if (entry.session != session) entry = {.session = session, .highest = sequence, .refused = {}};
  if (sequence > entry.highest) {
    entry.refused = shifted(entry.refused, sequence - entry.highest);
    entry.highest = sequence;
  }
  const std::uint64_t back = entry.highest - sequence;
  if (back < kRefusedBits) entry.refused[back / kWordBits] |= std::uint64_t{1} << back % kWordBits;
  return entry;
}

}  // namespace kymo::KYMO_ABI::probe
