#pragma once

#include <cstddef>

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
};

}  // namespace voice
