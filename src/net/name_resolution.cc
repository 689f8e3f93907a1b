#include "name_resolution.h"

#include <mutex>

#include "server_thread.h"

namespace kymo::net {

struct NameResolution::State {
  std::mutex mutex;
  std::optional<Result> result;
};

NameResolution::NameResolution(const std::string& name, std::uint16_t port)
    : state_(std::make_shared<State>()) {
  start_thread("kymo-net-name", [state = state_, name, port] {
    Result result = resolve_name(name, port);
    const std::lock_guard lock(state->mutex);
    state->result = std::move(result);
  }).detach();
}

std::optional<NameResolution::Result> NameResolution::result() const {
  const std::lock_guard lock(state_->mutex);
  return state_->result;
}

}  // namespace kymo::net
