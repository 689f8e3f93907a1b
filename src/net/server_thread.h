#pragma once

#include <functional>
#include <string>
#include <thread>

namespace kymo::net {

/// Starts a thread that blocks all signals, so that the handlers of the host process run on its own threads,
/// and that `top -H` and debuggers show by `name` (15 characters). Throws std::system_error where there is
/// none to be had.
[[nodiscard]] std::thread start_thread(std::string name, std::function<void()> body);

}  // namespace kymo::net
