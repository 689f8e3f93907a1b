#include "protocol/voice_protocol.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "audio/little_endian.h"

namespace voice {
namespace {

using Bytes = std::span<const std::uint8_t>;

ProtocolError bad_frame(std::string message) {
  return {.kind = ErrorKind::bad_frame, .message = std::move(message)};
}

/// The common checks of frames and datagrams.
std::optional<ProtocolError> check_shape(Bytes bytes) {
  if (bytes.size() <= kHeaderBytes) {
    return bad_frame("a frame has a header of 8 bytes and then PCM; this one has " +
                     std::to_string(bytes.size()) + " bytes");
  }
  if (bytes[0] != kProtocolVersion) {
    return bad_frame("version " + std::to_string(bytes[0]) + " of the protocol is not known, only 1");
  }
  if (bytes.size() > kMaxFrameBytes) {
    return ProtocolError{.kind = ErrorKind::oversize,
                         .message = "a frame has at most " + std::to_string(kMaxFrameBytes) + " bytes"};
  }
  if ((bytes.size() - kHeaderBytes) % 2 != 0) return bad_frame("the last sample is cut in half");
  return std::nullopt;
}

std::vector<std::int16_t> read_samples(Bytes bytes) {
  std::vector<std::int16_t> samples((bytes.size() - kHeaderBytes) / 2);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = static_cast<std::int16_t>(read_u16(bytes, kHeaderBytes + 2 * i));
  }
  return samples;
}

std::vector<std::uint8_t> begin_message(std::uint8_t second_byte, PcmView samples) {
  std::vector<std::uint8_t> out;
  out.reserve(kHeaderBytes + 2 * samples.size());
  out.push_back(kProtocolVersion);
  out.push_back(second_byte);
  return out;
}

void append_pcm(std::vector<std::uint8_t>& out, PcmView samples) {
  for (const std::int16_t sample : samples) append_u16(out, static_cast<std::uint16_t>(sample));
}

}  // namespace

std::variant<AudioFrame, ProtocolError> parse_frame(Bytes bytes) {
  if (auto error = check_shape(bytes)) return *std::move(error);
  if (bytes[1] > index_of(Source::speaker)) {
    return ProtocolError{
        .kind = ErrorKind::unknown_source,
        .message = "source " + std::to_string(bytes[1]) + " is not known; 0 is mic, 1 is speaker"};
  }
  if (read_u16(bytes, 2) != 0) return bad_frame("the reserved bytes 2 and 3 are not 0");
  return AudioFrame{.source = static_cast<Source>(bytes[1]),
                    .sequence = read_u32(bytes, 4),
                    .samples = read_samples(bytes)};
}

std::variant<AudioDatagram, ProtocolError> parse_datagram(Bytes bytes) {
  if (auto error = check_shape(bytes)) return *std::move(error);
  if (bytes[1] >= std::size(kSourceRatesHz)) {
    return bad_frame("sample rate code " + std::to_string(bytes[1]) + " is not known");
  }
  return AudioDatagram{.rate_hz = kSourceRatesHz[bytes[1]],
                       .sequence = read_u16(bytes, 2),
                       .stream = read_u32(bytes, 4),
                       .samples = read_samples(bytes)};
}

std::vector<std::uint8_t> encode_frame(Source source, std::uint32_t sequence, PcmView samples) {
  auto out = begin_message(static_cast<std::uint8_t>(source), samples);
  append_u16(out, 0);
  append_u32(out, sequence);
  append_pcm(out, samples);
  return out;
}

std::vector<std::uint8_t> encode_datagram(int rate_hz, std::uint16_t sequence, std::uint32_t stream,
                                          PcmView samples) {
  const auto* const rate = std::ranges::find(kSourceRatesHz, rate_hz);
  const auto code = static_cast<std::uint8_t>(rate - std::begin(kSourceRatesHz));
  auto out = begin_message(code, samples);
  append_u16(out, sequence);
  append_u32(out, stream);
  append_pcm(out, samples);
  return out;
}

}  // namespace voice
