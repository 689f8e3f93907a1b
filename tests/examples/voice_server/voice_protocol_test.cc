#include "protocol/voice_protocol.h"

#include <cstdint>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace voice {
namespace {

using Bytes = std::vector<std::uint8_t>;

ErrorKind error_of(const std::variant<AudioFrame, ProtocolError>& parsed) {
  return std::get<ProtocolError>(parsed).kind;
}

rc::Gen<std::vector<std::int16_t>> some_samples() {
  return rc::gen::nonEmpty(rc::gen::arbitrary<std::vector<std::int16_t>>());
}

TEST(VoiceProtocol, FramesComeBackAsTheyWere) {
  EXPECT_TRUE(rc::check([](std::uint32_t sequence, bool speaker) {
    const AudioFrame frame{
        .source = speaker ? Source::speaker : Source::mic, .sequence = sequence, .samples = *some_samples()};
    const auto parsed = parse_frame(encode_frame(frame.source, frame.sequence, frame.samples));
    RC_ASSERT(std::get<AudioFrame>(parsed) == frame);
  }));
}

TEST(VoiceProtocol, DatagramsComeBackAsTheyWere) {
  EXPECT_TRUE(rc::check([](std::uint16_t sequence, std::uint32_t stream) {
    const AudioDatagram datagram{
        .rate_hz = *rc::gen::elementOf(std::vector<int>{8'000, 16'000, 22'050, 44'100, 48'000}),
        .sequence = sequence,
        .stream = stream,
        .samples = *some_samples()};
    const auto parsed = parse_datagram(encode_datagram(datagram.rate_hz, sequence, stream, datagram.samples));
    RC_ASSERT(std::get<AudioDatagram>(parsed) == datagram);
  }));
}

// An accepted frame, written again, gives the same bytes: the parser ignores nothing and reads nothing twice.
TEST(VoiceProtocol, AnyBytesAreRefusedOrUnderstoodWhole) {
  EXPECT_TRUE(rc::check([](Bytes bytes, bool plausible) {
    if (plausible && bytes.size() > 4) bytes[0] = kProtocolVersion, bytes[1] %= 5, bytes[2] = 0, bytes[3] = 0;
    const auto frame = parse_frame(bytes);
    if (const auto* f = std::get_if<AudioFrame>(&frame)) {
      RC_ASSERT(encode_frame(f->source, f->sequence, f->samples) == bytes);
    }
    const auto datagram = parse_datagram(bytes);
    if (const auto* d = std::get_if<AudioDatagram>(&datagram)) {
      RC_ASSERT(encode_datagram(d->rate_hz, d->sequence, d->stream, d->samples) == bytes);
    }
  }));
}

TEST(VoiceProtocol, TellsErrorsApart) {
  const Bytes good = encode_frame(Source::mic, 1, std::vector<std::int16_t>{5, 6});
  EXPECT_EQ(error_of(parse_frame({})), ErrorKind::bad_frame);
  EXPECT_EQ(error_of(parse_frame(std::span(good).first(8))), ErrorKind::bad_frame);
  EXPECT_EQ(error_of(parse_frame(std::span(good).first(11))), ErrorKind::bad_frame);
  Bytes version = good;
  version[0] = 2;
  EXPECT_EQ(error_of(parse_frame(version)), ErrorKind::bad_frame);
  Bytes reserved = good;
  reserved[3] = 1;
  EXPECT_EQ(error_of(parse_frame(reserved)), ErrorKind::bad_frame);
  Bytes source = good;
  source[1] = 2;  // udp is no source of a WebSocket client
  EXPECT_EQ(error_of(parse_frame(source)), ErrorKind::unknown_source);
}

TEST(VoiceProtocol, TheLongestFrameIsTakenAndOneSampleMoreIsNot) {
  const std::vector<std::int16_t> longest(kMaxFrameSamples);
  EXPECT_TRUE(std::holds_alternative<AudioFrame>(parse_frame(encode_frame(Source::mic, 0, longest))));
  const std::vector<std::int16_t> longer(kMaxFrameSamples + 1);
  EXPECT_EQ(error_of(parse_frame(encode_frame(Source::mic, 0, longer))), ErrorKind::oversize);
}

TEST(VoiceProtocol, AnUnknownRateIsABadDatagram) {
  Bytes bytes = encode_datagram(16'000, 0, 0, std::vector<std::int16_t>{1});
  bytes[1] = 5;
  EXPECT_EQ(std::get<ProtocolError>(parse_datagram(bytes)).kind, ErrorKind::bad_frame);
}

}  // namespace
}  // namespace voice
