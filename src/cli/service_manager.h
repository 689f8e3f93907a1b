#pragma once

#include <string>
#include <string_view>

namespace kymo::cli {

/// Tells the service manager that started this process, if one did, how it is: "READY=1", "STOPPING=1".
/// Does nothing where NOTIFY_SOCKET is not set; errors are of no consequence here. Source: sd_notify(3).
void notify_service_manager(std::string_view state) noexcept;

/// What it is told before the configuration is read again; after it, "READY=1". With the time, by which
/// systemd (Type=notify-reload) knows that it is about this reload.
[[nodiscard]] std::string reloading_state();

}  // namespace kymo::cli
