#include <kymo/monitor/version.h>

namespace kymo::monitor {

// Handed in by the build, from the one place that has it.
std::string_view version() noexcept { return KYMO_VERSION; }

}  // namespace kymo::monitor
