#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::cli {

/// Tells the service manager that started this process, if one did, how it is: "READY=1", "STOPPING=1".
/// Does nothing where NOTIFY_SOCKET is not set; errors are of no consequence here. Source: sd_notify(3).
void notify_service_manager(std::string_view state) noexcept;

/// The longest time between two "WATCHDOG=1" that the service manager allows; nullopt where it does not watch
/// this process (WATCHDOG_USEC, WATCHDOG_PID). Source: sd_watchdog_enabled(3).
[[nodiscard]] std::optional<std::chrono::milliseconds> watchdog_time() noexcept;

/// What it is told before the configuration is read again; after it, "READY=1". With the time, by which
/// systemd (Type=notify-reload) knows that it is about this reload.
[[nodiscard]] std::string reloading_state();

}  // namespace kymo::KYMO_ABI::cli
