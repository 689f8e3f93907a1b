#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include <kymo/core/registry.h>
#include <kymo/packs/sampled_session_id.h>

#include "tests/packs/all_packs.h"

// Runs the examples of docs/guide/instrumenting.md, section "Ready sets of instruments".
namespace {

TEST(Guide, EventsExample) {
  kymo::Registry registry;
  kymo::packs::EventMetrics events(registry, {.max_types = 200, .error_types = {"timeout"}});
  const auto no_project = events.ignore_reason("no_project");
  const auto on_event = [&](std::string_view type, bool project) {
    auto event = events.handle(type);
    if (!project) return event.ignore(no_project);
    if (type != "known") return event.unhandled();
    event.fail("timeout");
  };
  on_event("known", false);
  on_event("unknown", true);
  on_event("known", true);
  const auto snapshot = registry.snapshot();
  EXPECT_EQ(kymo::to_double(snapshot->find("events.ignored.no_project", {})->number), 1);
  EXPECT_EQ(kymo::to_double(snapshot->find("events.unhandled", {})->number), 1);
  EXPECT_EQ(kymo::to_double(snapshot->find("errors.event_processing", {})->number), 1);
}

TEST(Guide, VoicePipelineExample) {
  kymo::Registry registry;
  const std::string model = "small";
  const std::string voice = "anna";
  kymo::packs::HttpMetrics http(registry, {.expire_after = std::chrono::minutes(10)});
  kymo::packs::WebRtcMetrics webrtc(registry);
  kymo::packs::SttMetrics stt(registry);
  kymo::packs::LlmMetrics llm(registry);
  kymo::packs::TtsMetrics tts(registry);
  kymo::packs::RecordingMetrics recording(registry);

  const std::string session = kymo::packs::sampled_session_id("call-1", 100);
  http.requests_total.with("GET", "/call/{id}", 200, session, "stt", "in", "ok", model).add();
  webrtc.bytes_received_total.with("in", session, model).add(1200U);
  stt.transcription_latency_seconds.with(session, "stt", "ok", model).record(0.42);
  llm.time_to_first_token_seconds.with(session, "llm", "ok", model).record(0.31);
  tts.synthesis_latency_seconds.with(session, "tts", "ok", voice).record(0.18);
  recording.jobs_enqueued_total.add();

  const auto received = registry.snapshot()->find(
      "webrtc_bytes_received_total", {{"direction", "in"}, {"session_id", session}, {"model", model}});
  ASSERT_TRUE(received);
  EXPECT_EQ(kymo::to_double(received->number), 1200);
}

}  // namespace
