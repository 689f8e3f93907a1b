#include "source_limits.h"

#include <algorithm>
#include <cstring>
#include <span>

#include <netinet/in.h>

namespace kymo::KYMO_ABI::probe {
namespace {

constexpr std::size_t kWays = 4;
/// Size of a source's burst, in seconds of its limit.
constexpr double kBurstSeconds = 0.1;

/// Mixes like splitmix64 (Steele, Lea and Flood, 2014).
std::uint64_t mix(std::uint64_t value) noexcept {
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

constexpr unsigned kWordBits = 64;

RefusedProbes shifted(const RefusedProbes& probes, std::uint64_t by) noexcept {
  if (by >= kRefusedBits) return {};
  if (by == 0) return probes;
  if (by >= kWordBits) return {0, by == kWordBits ? probes[0] : probes[0] << (by - kWordBits)};
  return {probes[0] << by, probes[1] << by | probes[0] >> (kWordBits - by)};
}

}  // namespace

SourceLimits::SourceLimits(double per_second, double per_second_per_source, std::size_t sources,
                           std::uint64_t secret)
    : all_rate_(RateLimit::of_rate(per_second, per_second * kBurstSeconds)),
      source_rate_(RateLimit::of_rate(per_second_per_source, per_second_per_source * kBurstSeconds)),
      secret_(secret),
      slots_(std::max((sources + kWays - 1) / kWays, std::size_t{1}) * kWays) {}

EchoLimit SourceLimits::take(const net::SocketAddress& source, RateLimit::Time now) noexcept {
  Slot& slot = slot_of(hash(source));
  slot.last = now;
  // The source's limit first: its refusals then take nothing from the others.
  if (!slot.limit.has_room(source_rate_, now)) return EchoLimit::source;
  if (!all_.take(all_rate_, now)) return EchoLimit::all;
  return slot.limit.take(source_rate_, now) ? EchoLimit::none : EchoLimit::source;
}

std::uint64_t SourceLimits::hash(const net::SocketAddress& source) const noexcept {
  std::uint64_t address = 0;
  if (source.storage.ss_family == AF_INET6) {
    // The owner of one address of a 64-bit network usually owns all of them.
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(source.storage);
    std::memcpy(&address, &v6.sin6_addr, sizeof address);
    // All hosts of a link share these 64 bits.
    const bool is_by_its_end = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) || net::is_link_local(source);
    if (is_by_its_end) std::memcpy(&address, &v6.sin6_addr.s6_addr[8], sizeof address);
  } else {
    address = reinterpret_cast<const sockaddr_in&>(source.storage).sin_addr.s_addr;
  }
  return std::max<std::uint64_t>(mix(mix(address ^ secret_) + secret_), 1);
}

SourceLimits::Slot& SourceLimits::slot_of(std::uint64_t source) noexcept {
  const std::size_t first = source % (slots_.size() / kWays) * kWays;
  const auto ways = std::span(slots_).subspan(first, kWays);
  const auto known =
      std::find_if(ways.begin(), ways.end(), [source](const Slot& slot) { return slot.source == source; });
  if (known != ways.end()) return *known;
  Slot& oldest = *std::min_element(ways.begin(), ways.end(),
                                   [](const Slot& a, const Slot& b) { return a.last < b.last; });
  oldest = {.source = source, .limit = {}, .last = {}};
  return oldest;
}

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
