#include "server/voice_session.h"

#include <cstdint>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <kymo/core/registry.h>

namespace voice {
namespace {

using ::testing::ElementsAre;
using ::testing::VariantWith;

constexpr std::string_view kHello =
    R"({"type":"hello","client":"anna","sample_rate":16000,"sources":["mic"]})";

class VoiceSessionTest : public ::testing::Test {
 protected:
  VoiceSession make_session() {
    return {1, engine_, [this](const std::string& text) {
              const std::lock_guard lock(mutex_);
              answers_.push_back(parse_server_message(text).value());
            }};
  }
  std::vector<ServerMessage> answers() {
    const std::lock_guard lock(mutex_);
    return answers_;
  }
  double count(std::string_view name, std::initializer_list<kymo::Label> labels = {}) {
    const auto point = registry_.snapshot()->find(name, labels);
    return point ? kymo::to_double(point->number) : -1.0;
  }
  double refused(std::string_view kind) {
    return count("errors.event_processing.by_error", {{"error_type", kind}});
  }

  std::mutex mutex_;
  std::vector<ServerMessage> answers_;
  kymo::Registry registry_;
  VoiceMetrics metrics_{registry_};
  Engine engine_{metrics_, 0};
};

std::vector<std::uint8_t> frame(Source source) {
  return encode_frame(source, 0, std::vector<std::int16_t>(320));
}

TEST_F(VoiceSessionTest, GreetsTakesAudioAndSaysGoodbye) {
  auto session = make_session();
  EXPECT_EQ(session.on_text(kHello), VoiceSession::Next::go_on);
  EXPECT_EQ(session.streams(), 1U);
  session.on_binary(frame(Source::mic));
  session.on_binary(frame(Source::mic));
  EXPECT_EQ(session.on_text(R"({"type":"bye"})"), VoiceSession::Next::close);
  EXPECT_THAT(answers(),
              ElementsAre(VariantWith<Welcome>(Welcome{.session = 1, .frame_ms = 20, .queue_frames = 50}),
                          VariantWith<Farewell>(Farewell{.frames = 2})));
  EXPECT_EQ(count("events.received"), 2.0);
  EXPECT_EQ(count("voice.audio.received", {{"source", "mic"}}), 1280.0);
  EXPECT_DOUBLE_EQ(count("voice.audio.duration", {{"source", "mic"}}), 0.04);
}

TEST_F(VoiceSessionTest, AnswersAndCountsEachKindOfError) {
  auto session = make_session();
  session.on_binary(frame(Source::mic));  // before the hello
  EXPECT_EQ(session.on_text("nonsense"), VoiceSession::Next::go_on);
  EXPECT_EQ(session.on_text(kHello), VoiceSession::Next::go_on);
  EXPECT_EQ(session.on_text(kHello), VoiceSession::Next::go_on);  // a second one
  session.on_binary(frame(Source::speaker));                      // not in the hello
  session.on_binary(std::vector<std::uint8_t>{1, 2, 3});
  session.on_binary(encode_frame(Source::mic, 0, std::vector<std::int16_t>(kMaxFrameSamples + 1)));
  EXPECT_EQ(answers().size(), 7U);
  EXPECT_EQ(refused("protocol"), 3.0);
  EXPECT_EQ(refused("unknown_source"), 1.0);
  EXPECT_EQ(refused("bad_frame"), 1.0);
  EXPECT_EQ(refused("oversize"), 1.0);
  session.on_binary(frame(Source::mic));  // and the session goes on
  EXPECT_EQ(count("events.received"), 1.0);
}

TEST_F(VoiceSessionTest, WhateverAClientSendsIsAnswered) {
  auto session = make_session();
  EXPECT_EQ(session.on_text(kHello), VoiceSession::Next::go_on);
  EXPECT_TRUE(rc::check([&](const std::vector<std::uint8_t>& bytes, const std::string& text) {
    const std::size_t before = answers().size();
    session.on_binary(bytes);
    (void)session.on_text(text);
    RC_ASSERT(answers().size() >= before + 1);
  }));
}

}  // namespace
}  // namespace voice
