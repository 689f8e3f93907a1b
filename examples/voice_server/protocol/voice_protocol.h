#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "audio/sample.h"
#include "protocol/protocol_error.h"
#include "protocol/source.h"

namespace voice {

// The binary half of the protocol; the texts are in messages.h. All numbers are little-endian, audio is
// 16-bit mono PCM.
//
//   A WebSocket binary message               A UDP datagram
//    0  u8   version, 1                       0  u8   version, 1
//    1  u8   source: 0 mic, 1 speaker         1  u8   position of the sample rate in kSourceRatesHz
//    2  u16  reserved, 0                      2  u16  sequence number, wraps around
//    4  u32  sequence number                  4  u32  stream, chosen by the sender
//    8  PCM  at the rate of the hello         8  PCM

inline constexpr std::uint8_t kProtocolVersion = 1;
inline constexpr std::size_t kHeaderBytes = 8;

/// A frame normally holds 20 ms; the maximum is 100 ms at the highest rate.
inline constexpr std::chrono::milliseconds kFrameTime{20};
inline constexpr std::size_t kMaxFrameSamples = 4'800;
inline constexpr std::size_t kMaxFrameBytes = kHeaderBytes + 2 * kMaxFrameSamples;

/// Samples in 20 ms; at 22 050 Hz it is 441.
[[nodiscard]] constexpr std::size_t samples_per_frame(int rate_hz) noexcept {
  return static_cast<std::size_t>(rate_hz * kFrameTime.count() / 1'000);
}

/// Audio of one source of a WebSocket client.
struct AudioFrame {
  Source source = Source::mic;
  std::uint32_t sequence = 0;
  std::vector<std::int16_t> samples;

  friend bool operator==(const AudioFrame&, const AudioFrame&) = default;
};

/// Audio of one UDP stream.
struct AudioDatagram {
  int rate_hz = 0;
  std::uint16_t sequence = 0;
  std::uint32_t stream = 0;
  std::vector<std::int16_t> samples;

  friend bool operator==(const AudioDatagram&, const AudioDatagram&) = default;
};

/// Both parsers accept any bytes of the network. Threads: any.
[[nodiscard]] std::variant<AudioFrame, ProtocolError> parse_frame(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::variant<AudioDatagram, ProtocolError> parse_datagram(std::span<const std::uint8_t> bytes);

/// `source` is mic or speaker; at most `kMaxFrameSamples` samples.
[[nodiscard]] std::vector<std::uint8_t> encode_frame(Source source, std::uint32_t sequence, PcmView samples);

/// `rate_hz` is one of `kSourceRatesHz`; at most `kMaxFrameSamples` samples.
[[nodiscard]] std::vector<std::uint8_t> encode_datagram(int rate_hz, std::uint16_t sequence,
                                                        std::uint32_t stream, PcmView samples);

}  // namespace voice
