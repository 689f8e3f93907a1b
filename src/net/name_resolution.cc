#include <kymo/net/name_resolution.h>

#include <mutex>

#include <kymo/base/thread.h>

namespace kymo::KYMO_ABI::net {

struct NameResolution::State {
  std::mutex mutex;
  std::optional<Result> result;
  std::chrono::nanoseconds took{};
};

NameResolution::NameResolution(const std::string& name, std::uint16_t port,
                               const std::optional<SocketAddress>& preferred)
    : state_(std::make_shared<State>()) {
  base::start_thread("kymo-net-name", [state = state_, name, port, preferred] {
    const auto begin = std::chrono::steady_clock::now();
    Result result = resolve_name(name, port, preferred ? &*preferred : nullptr);
    const std::lock_guard lock(state->mutex);
    state->took = std::chrono::steady_clock::now() - begin;
    state->result = std::move(result);
  }).detach();
}

std::chrono::nanoseconds NameResolution::took() const {
  const std::lock_guard lock(state_->mutex);
  return state_->took;
}

std::optional<NameResolution::Result> NameResolution::result() const {
  const std::lock_guard lock(state_->mutex);
  return state_->result;
}

}  // namespace kymo::KYMO_ABI::net
