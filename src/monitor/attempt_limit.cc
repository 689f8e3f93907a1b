#include "attempt_limit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>

namespace kymo::KYMO_ABI::monitor {
namespace {

std::uint64_t random_seed() noexcept {
  try {
    std::random_device random;
    return std::uint64_t{random()} << 32U | random();
  } catch (...) {
    return 0;  // without randomness an attacker can slow this table down: at most 4096 steps
  }
}

std::int64_t second_of(AttemptLimit::Time now) noexcept {
  return std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
}

}  // namespace

AttemptLimit::AttemptLimit() : failures_(0, Hash{random_seed()}) {}

std::size_t AttemptLimit::Hash::operator()(const Network& network) const noexcept {
  std::uint64_t hash = seed ^ 0xcbf29ce484222325U;
  for (const std::uint8_t byte : network) hash = (hash ^ byte) * 0x100000001b3U;
  return hash >> 32U ^ hash;
}

/// All texts that are no numeric address count as one.
AttemptLimit::Network AttemptLimit::network_of(std::string_view remote) noexcept {
  std::array<char, INET6_ADDRSTRLEN> text{};
  std::string_view address = remote.substr(0, remote.rfind(':'));
  const bool is_v6 = address.starts_with('[');
  if (is_v6) address.remove_prefix(1);
  address = address.substr(0, address.find_first_of("%]"));
  if (address.size() >= text.size()) return {};
  std::ranges::copy(address, text.begin());
  Network network{};
  if (is_v6) {
    in6_addr v6{};
    if (::inet_pton(AF_INET6, text.data(), &v6) != 1) return {};
    network[0] = 6;
    std::memcpy(&network[1], &v6, 8);
  } else {
    in_addr v4{};
    if (::inet_pton(AF_INET, text.data(), &v4) != 1) return {};
    network[0] = 4;
    std::memcpy(&network[1], &v4, sizeof v4);
  }
  return network;
}

void AttemptLimit::forget_before(std::int64_t second) noexcept {
  if (second <= second_) return;
  second_ = second;
  failures_.clear();
}

bool AttemptLimit::is_over(std::string_view remote, Time now) noexcept {
  const Network network = network_of(remote);
  const std::lock_guard lock(mutex_);
  forget_before(second_of(now));
  const auto found = failures_.find(network);
  return found != failures_.end() && found->second >= kFailuresPerSecond;
}

void AttemptLimit::count_failure(std::string_view remote, Time now) noexcept {
  const Network network = network_of(remote);
  const std::lock_guard lock(mutex_);
  forget_before(second_of(now));
  try {
    const auto found = failures_.find(network);
    if (found != failures_.end()) {
      ++found->second;
    } else if (failures_.size() < kAddresses) {
      failures_.emplace(network, 1);
    }
  } catch (...) {
    // Without memory this guess goes uncounted; its response is the same.
  }
}

}  // namespace kymo::KYMO_ABI::monitor
