#pragma once

#include <vector>

#include "audio/wav.h"
#include "client/client_metrics.h"
#include "client/crowd_options.h"

namespace voice {

/// Calls the server with all clients, each streaming a clip at real-time pace, until the duration is over or
/// SIGINT or SIGTERM comes; then says goodbye, which takes half a second at most. Throws std::runtime_error
/// for an address that is none.
void run_crowd(const CrowdOptions& options, const std::vector<Clip>& clips, ClientMetrics& metrics);

}  // namespace voice
