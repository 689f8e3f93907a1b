#include "bodies_in_flight.h"

namespace kymo::KYMO_ABI::net {
namespace {

constexpr std::size_t kUncounted = 16 * 1024;

}  // namespace

std::optional<BodiesInFlight::Hold> BodiesInFlight::hold(const HttpBody& body) {
  if (body.size() <= kUncounted) return Hold();
  const std::lock_guard lock(mutex_);
  const auto known = holders_.find(body.pieces().front().data());
  if (known != holders_.end()) {
    ++known->second;
    return Hold(*this, body);
  }
  const bool fits = holders_.empty() || (bytes_ <= most_ && body.size() <= most_ - bytes_);
  if (!fits) return std::nullopt;
  holders_.emplace(body.pieces().front().data(), 1);
  bytes_ += body.size();
  return Hold(*this, body);
}

void BodiesInFlight::release(const HttpBody& body) noexcept {
  const std::lock_guard lock(mutex_);
  const auto known = holders_.find(body.pieces().front().data());
  if (--known->second > 0) return;
  bytes_ -= body.size();
  holders_.erase(known);
}

}  // namespace kymo::KYMO_ABI::net
