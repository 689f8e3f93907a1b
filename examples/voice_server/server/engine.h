#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "audio/filter_bank_cache.h"
#include "server/voice_metrics.h"
#include "server/worker_pool.h"

namespace voice {

/// What all streams of the server share. Outlives every stream.
struct Engine {
  Engine(VoiceMetrics& voice_metrics, std::size_t worker_threads)
      : metrics(voice_metrics), workers(worker_threads) {}

  VoiceMetrics& metrics;
  FilterBankCache banks;
  WorkerPool workers;
  /// Called on the network's thread, with the session's number.
  std::function<void(std::uint64_t)> on_session_end;
};

}  // namespace voice
