#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "audio/filter_bank_cache.h"
#include "server/voice_metrics.h"
#include "server/worker_pool.h"

namespace voice {

/// State that all streams of the server share. Must outlive every stream.
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
