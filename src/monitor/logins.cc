#include "logins.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <kymo/base/hex.h>

namespace kymo::KYMO_ABI::monitor {
namespace {

constexpr std::size_t kIdBytes = 32;
constexpr std::size_t kIdDigits = 2 * kIdBytes;

std::array<unsigned char, kIdBytes> random_bytes() {
  std::array<unsigned char, kIdBytes> bytes{};
  // Up to 256 bytes come whole or not at all; only the wait for a boot's first entropy can be interrupted.
  while (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return bytes;
}

}  // namespace

std::string Logins::begin(Time now) {
  std::string id;
  id.reserve(kIdDigits);
  base::append_hex(random_bytes(), id);
  const base::Sha256Digest digest = base::sha256(id);
  const std::lock_guard lock(mutex_);
  end_expired(now);
  if (ends_at_.size() >= kMost) {
    ends_at_.erase(std::ranges::min_element(ends_at_, {}, [](const auto& login) { return login.second; }));
    ++evicted_;
    has_ended_ = true;
  }
  ends_at_.emplace(digest, now + kLifetime);
  return id;
}

bool Logins::is_open(std::string_view id, Time now) {
  if (id.size() != kIdDigits) return false;
  const base::Sha256Digest digest = base::sha256(id);
  const std::lock_guard lock(mutex_);
  const auto found = ends_at_.find(digest);
  return found != ends_at_.end() && now < found->second;
}

bool Logins::end(std::string_view id) {
  const base::Sha256Digest digest = base::sha256(id);
  const std::lock_guard lock(mutex_);
  return ends_at_.erase(digest) > 0;
}

bool Logins::take_ended(Time now) noexcept {
  const std::lock_guard lock(mutex_);
  end_expired(now);
  return std::exchange(has_ended_, false);
}

void Logins::end_expired(Time now) noexcept {
  if (std::erase_if(ends_at_, [&](const auto& login) { return login.second <= now; }) > 0) has_ended_ = true;
}

void Logins::end_all() noexcept {
  const std::lock_guard lock(mutex_);
  ends_at_.clear();
}

std::uint64_t Logins::evicted() const {
  const std::lock_guard lock(mutex_);
  return evicted_;
}

}  // namespace kymo::KYMO_ABI::monitor
