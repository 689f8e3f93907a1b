#pragma once

#include <chrono>

#include <kymo/packs/stream_messages.h>

namespace kymo::KYMO_ABI::packs {

/// So long after the beginning of both clocks.
inline StreamTime at(std::chrono::milliseconds time) {
  return {std::chrono::steady_clock::time_point(time), std::chrono::system_clock::time_point(time)};
}

}  // namespace kymo::KYMO_ABI::packs
