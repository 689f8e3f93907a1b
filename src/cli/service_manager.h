#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::cli {

/// Reports this process' state to the service manager: "READY=1", "STOPPING=1". No effect without
/// NOTIFY_SOCKET; errors are ignored. Source: sd_notify(3).
void notify_service_manager(std::string_view state) noexcept;

/// The service manager's limit between two "WATCHDOG=1"; nullopt if it does not watch this process
/// (WATCHDOG_USEC, WATCHDOG_PID). Source: sd_watchdog_enabled(3).
[[nodiscard]] std::optional<std::chrono::milliseconds> watchdog_time() noexcept;

/// The state to report before a reload; after it, report "READY=1". The time lets systemd
/// (Type=notify-reload) match both.
[[nodiscard]] std::string reloading_state();

}  // namespace kymo::KYMO_ABI::cli
