#include "attempt_limit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <random>
#include <string>

namespace kymo::monitor {
namespace {

std::uint64_t random_seed() noexcept {
  try {
    std::random_device random;
    return std::uint64_t{random()} << 32U | random();
  } catch (...) {
    return 0;  // without randomness an attacker can choose whom he shares a place with: nothing worse
  }
}

/// `127.0.0.1:41234` and `[::1]:41234` without the port; of IPv6 the first 64 bits.
std::string network_of(std::string_view remote) {
  std::string address(remote.substr(0, remote.rfind(':')));
  if (address.size() < 2 || address.front() != '[') return address;
  address = address.substr(1, address.size() - 2);
  address = address.substr(0, address.find('%'));
  in6_addr v6{};
  if (::inet_pton(AF_INET6, address.c_str(), &v6) != 1) return address;
  return {reinterpret_cast<const char*>(v6.s6_addr), 8};
}

}  // namespace

AttemptLimit::AttemptLimit() noexcept : seed_(random_seed()) {}

bool AttemptLimit::is_blocked(std::string_view remote, Time now) noexcept {
  const std::lock_guard lock(mutex_);
  return place_of(remote, now).failures >= kFailuresPerSecond;
}

void AttemptLimit::count_failure(std::string_view remote, Time now) noexcept {
  const std::lock_guard lock(mutex_);
  ++place_of(remote, now).failures;
}

AttemptLimit::Place& AttemptLimit::place_of(std::string_view remote, Time now) noexcept {
  std::uint64_t hash = seed_ ^ 0xcbf29ce484222325U;
  for (const char c : network_of(remote)) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  Place& place = places_[(hash >> 32U ^ hash) % kPlaces];
  const auto second = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (place.second != second) place = {second, 0};
  return place;
}

}  // namespace kymo::monitor
