#pragma once

#include <string>
#include <vector>

#include <kymo/monitor/options.h>

namespace kymo::KYMO_ABI::monitor {

/// The settings that differ and cannot change while a Monitor runs, by their names.
[[nodiscard]] std::vector<std::string> settings_to_restart_for(const MonitorOptions& running,
                                                               const MonitorOptions& wanted);

}  // namespace kymo::KYMO_ABI::monitor
