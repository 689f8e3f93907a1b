#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace voice {

/// Mono 16-bit audio in memory.
struct Clip {
  int rate_hz = 0;
  std::vector<std::int16_t> samples;
};

/// The reason why bytes are no usable WAV file, in words.
struct WavError {
  std::string message;
};

/// Parses a RIFF/WAVE file of 16-bit PCM; several channels are averaged. Threads: any. Programs that stream
/// their output write a too long data chunk: it ends where the bytes end.
[[nodiscard]] std::variant<Clip, WavError> parse_wav(std::span<const std::uint8_t> bytes);

/// The bytes of a mono 16-bit WAV file.
[[nodiscard]] std::vector<std::uint8_t> encode_wav(const Clip& clip);

/// Reads the file and parses it. Throws std::runtime_error that names the file.
[[nodiscard]] Clip load_wav(const std::filesystem::path& file);

}  // namespace voice
