#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace voice {

/// Source of audio. Few and fixed, so that it may be a metric's label.
enum class Source : std::uint8_t { mic, speaker, udp };

inline constexpr std::array<std::string_view, 3> kSourceNames = {"mic", "speaker", "udp"};

[[nodiscard]] constexpr std::size_t index_of(Source source) noexcept {
  return static_cast<std::size_t>(source);
}

[[nodiscard]] constexpr std::string_view name_of(Source source) noexcept {
  return kSourceNames[index_of(source)];
}

/// A source that a WebSocket client may name in its hello: `mic` or `speaker`.
[[nodiscard]] constexpr std::optional<Source> client_source(std::string_view name) noexcept {
  if (name == name_of(Source::mic)) return Source::mic;
  if (name == name_of(Source::speaker)) return Source::speaker;
  return std::nullopt;
}

}  // namespace voice
