#include "server/voice_session.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include <kymo/profile/profile.h>

namespace voice {

VoiceSession::VoiceSession(std::uint64_t id, Engine& engine, Send send, Caller caller)
    : id_(id),
      engine_(engine),
      send_(std::move(send)),
      told_(engine.metrics.streams().begin({.ids = {.session_id = std::to_string(id),
                                                    .attempt_id = std::move(caller.attempt_id),
                                                    .connection_id = std::to_string(id),
                                                    .provider = "voice_server",
                                                    .model_id = "pitch",
                                                    .vad_enabled = true,
                                                    .traceparent = std::move(caller.traceparent)}})) {}

VoiceSession::Next VoiceSession::on_text(std::string_view text) {
  const auto parsed = parse_client_message(text);
  if (const auto* error = std::get_if<ProtocolError>(&parsed)) {
    refuse(*error);
    return Next::go_on;
  }
  const auto& message = std::get<ClientMessage>(parsed);
  if (const auto* hello = std::get_if<Hello>(&message)) return on_hello(*hello);
  return on_bye();
}

void VoiceSession::on_binary(std::span<const std::uint8_t> bytes) {
  KYMO_PROFILE_FUNCTION();
  auto parsed = parse_frame(bytes);
  if (const auto* error = std::get_if<ProtocolError>(&parsed)) {
    refuse(*error);
    return;
  }
  on_frame(std::get<AudioFrame>(std::move(parsed)));
}

void VoiceSession::on_oversize() {
  refuse({.kind = ErrorKind::oversize, .message = "the message is too long to be received"});
}

VoiceSession::Next VoiceSession::on_hello(const Hello& hello) {
  if (rate_hz_ != 0) {
    refuse({.kind = ErrorKind::protocol, .message = "this session has had its hello"});
    return Next::go_on;
  }
  rate_hz_ = hello.sample_rate_hz;
  for (const Source source : hello.sources) {
    streams_[index_of(source)] = std::make_shared<AudioStream>(
        source, rate_hz_, engine_, [send = send_](const Report& report) { send(encode(report)); },
        told_->source({.name = std::string(name_of(source)), .queue_max = AudioStream::kQueueFrames}));
  }
  send_(encode(
      Welcome{.session = id_, .frame_ms = kFrameTime.count(), .queue_frames = AudioStream::kQueueFrames}));
  return Next::go_on;
}

VoiceSession::Next VoiceSession::on_bye() {
  send_(encode(Farewell{.frames = frames_}));
  return Next::close;
}

void VoiceSession::on_frame(AudioFrame frame) {
  if (rate_hz_ == 0) {
    refuse({.kind = ErrorKind::protocol, .message = "audio came before the hello"});
    return;
  }
  const auto& stream = streams_[index_of(frame.source)];
  if (!stream) {
    refuse({.kind = ErrorKind::unknown_source, .message = "the hello did not name this source"});
    return;
  }
  ++frames_;
  engine_.metrics.audio_received(frame.source, frame.samples.size(), rate_hz_);
  stream->push({.sequence = frame.sequence,
                .samples = std::move(frame.samples),
                .received = std::chrono::steady_clock::now()});
}

void VoiceSession::refuse(const ProtocolError& error) {
  engine_.metrics.message_refused(error.kind);
  send_(encode(error));
}

std::size_t VoiceSession::streams() const noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(streams_, [](const auto& stream) { return stream != nullptr; }));
}

std::size_t VoiceSession::speaking() const noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(
      streams_, [](const auto& stream) { return stream != nullptr && stream->speaking(); }));
}

}  // namespace voice
