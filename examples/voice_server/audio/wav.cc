#include "audio/wav.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "audio/little_endian.h"

namespace voice {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kRiffHeaderBytes = 12;
constexpr std::size_t kChunkHeaderBytes = 8;
constexpr std::size_t kFormatBytes = 16;
constexpr std::uint16_t kPcmFormat = 1;
constexpr std::uint16_t kExtensibleFormat = 0xFFFE;

bool has_tag(Bytes bytes, std::size_t offset, std::string_view tag) {
  return bytes.size() >= offset + tag.size() &&
         std::memcmp(bytes.data() + offset, tag.data(), tag.size()) == 0;
}

/// The first chunk of that name, cut at the end of the file.
std::optional<Bytes> find_chunk(Bytes bytes, std::string_view tag) {
  std::size_t offset = kRiffHeaderBytes;
  while (offset + kChunkHeaderBytes <= bytes.size()) {
    const std::size_t declared = read_u32(bytes, offset + 4);
    const std::size_t body = offset + kChunkHeaderBytes;
    const std::size_t size = std::min(declared, bytes.size() - body);
    if (has_tag(bytes, offset, tag)) return bytes.subspan(body, size);
    offset = body + size + (size % 2);
  }
  return std::nullopt;
}

std::vector<std::int16_t> mix_down(Bytes data, std::size_t channels) {
  const std::size_t frame_bytes = 2 * channels;
  std::vector<std::int16_t> samples;
  samples.reserve(data.size() / frame_bytes);
  for (std::size_t at = 0; at + frame_bytes <= data.size(); at += frame_bytes) {
    int sum = 0;
    for (std::size_t channel = 0; channel < channels; ++channel) {
      sum += static_cast<std::int16_t>(read_u16(data, at + 2 * channel));
    }
    samples.push_back(static_cast<std::int16_t>(sum / static_cast<int>(channels)));
  }
  return samples;
}

}  // namespace

std::variant<Clip, WavError> parse_wav(Bytes bytes) {
  if (!has_tag(bytes, 0, "RIFF") || !has_tag(bytes, 8, "WAVE")) {
    return WavError{"it has no RIFF/WAVE header"};
  }
  const auto format = find_chunk(bytes, "fmt ");
  const auto data = find_chunk(bytes, "data");
  if (!format || format->size() < kFormatBytes) return WavError{"its 'fmt ' chunk is missing"};
  if (!data) return WavError{"its 'data' chunk is missing"};
  const std::uint16_t encoding = read_u16(*format, 0);
  const std::uint16_t channels = read_u16(*format, 2);
  const std::uint32_t rate_hz = read_u32(*format, 4);
  const std::uint16_t bits = read_u16(*format, 14);
  if ((encoding != kPcmFormat && encoding != kExtensibleFormat) || bits != 16) {
    return WavError{"it is not 16-bit PCM; convert it with: sox in.wav -b 16 -e signed out.wav"};
  }
  if (channels == 0 || channels > 8) return WavError{"its number of channels is not 1 to 8"};
  if (rate_hz < 1'000 || rate_hz > 384'000) return WavError{"its sample rate is not sensible"};
  return Clip{.rate_hz = static_cast<int>(rate_hz), .samples = mix_down(*data, channels)};
}

std::vector<std::uint8_t> encode_wav(const Clip& clip) {
  const auto data_bytes = static_cast<std::uint32_t>(2 * clip.samples.size());
  const auto rate_hz = static_cast<std::uint32_t>(clip.rate_hz);
  std::vector<std::uint8_t> out;
  const auto tag = [&out](std::string_view text) { out.insert(out.end(), text.begin(), text.end()); };
  tag("RIFF");
  append_u32(out, 36 + data_bytes);
  tag("WAVEfmt ");
  append_u32(out, kFormatBytes);
  append_u16(out, kPcmFormat);
  append_u16(out, 1);
  append_u32(out, rate_hz);
  append_u32(out, 2 * rate_hz);
  append_u16(out, 2);
  append_u16(out, 16);
  tag("data");
  append_u32(out, data_bytes);
  for (const std::int16_t sample : clip.samples) append_u16(out, static_cast<std::uint16_t>(sample));
  return out;
}

Clip load_wav(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read the WAV file " + file.string());
  const std::vector<std::uint8_t> bytes((std::istreambuf_iterator<char>(stream)),
                                        std::istreambuf_iterator<char>());
  auto parsed = parse_wav(bytes);
  if (const auto* error = std::get_if<WavError>(&parsed)) {
    throw std::runtime_error("cannot use the WAV file " + file.string() + ": " + error->message);
  }
  return std::get<Clip>(std::move(parsed));
}

}  // namespace voice
