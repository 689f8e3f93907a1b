// Prints messages of every kind, one a line, as real sessions make them; for a reader that knows the schemas.
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include <kymo/core/registry.h>
#include <kymo/packs/stream_sessions.h>

#include "tests/packs/stream_time.h"

namespace kymo::KYMO_ABI::packs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kTraceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

SendResult print(std::string_view /*session_id*/, const std::string& json) {
  std::cout << json << '\n';
  return SendResult::sent;
}

SessionOptions full_options() {
  return {
      .ids = {.session_id = "anna \"\\\n\x01\xFF\u00e9",
              .attempt_id = "attempt-2",
              .connection_id = "connection-3",
              .provider = "whisper",
              .model_id = "small",
              .vad_enabled = true,
              .traceparent = std::string(kTraceparent)},
      .degrade = {.actions = {{.level = DegradeLevel::warning, .name = "longer_chunks", .apply = nullptr},
                              {.level = DegradeLevel::failover, .name = "other_provider", .apply = nullptr}},
                  .fill_ratio = {.warning = 0.85, .degrade = 2, .emergency = 3}}};
}

/// A queue that fills up and empties, at a pace that worsens, and a provider that crashes.
void live_through(SessionStreams& streams) {
  streams.on_end([](const EndMessage& message) { std::cout << to_json(message) << '\n'; });
  auto session = streams.begin(full_options(), at(seconds(0)));
  auto plain =
      streams.begin({.ids = {.session_id = "bob", .traceparent = "none"},
                     .degrade_status = [](StreamTime) -> DegradeStatus { throw std::runtime_error("x"); }},
                    at(seconds(0)));
  const auto idle = plain->source({.name = "speaker"});
  const auto mic = session->source({.name = "mic", .queue_max = 10});
  const StreamChunk chunk{.bytes = 640, .audio = milliseconds(20)};
  for (int second = 1; second <= 120; ++second) {
    const bool fills = second % 20 < 11;
    if (fills) mic->queued(chunk);
    if (!fills) mic->taken(chunk);
    if (second > 50 && second % 7 == 0) mic->refused(chunk);
    if (second == 60) session->provider_crashed();
    mic->processed({.inference = milliseconds(10 * second),
                    .processing = milliseconds(second < 60 ? 30 * second : 100),
                    .audio = seconds(1)});
    streams.tick(at(seconds(second)), print);
  }
  session.end(at(seconds(121)));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::packs

int main() {
  kymo::Registry registry;
  kymo::packs::SessionStreams streams(registry);
  kymo::packs::live_through(streams);
}
