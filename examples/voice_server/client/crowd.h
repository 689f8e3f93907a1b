#pragma once

#include <vector>

#include "audio/wav.h"
#include "client/client_metrics.h"
#include "client/crowd_options.h"

namespace voice {

/// Runs all clients, each streaming a clip at real-time pace, until the duration is over or SIGINT or SIGTERM
/// comes. Then says goodbye, which takes at most half a second. Throws std::runtime_error for an invalid
/// address.
void run_crowd(const CrowdOptions& options, const std::vector<Clip>& clips, ClientMetrics& metrics);

}  // namespace voice
