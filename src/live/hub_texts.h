#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "client_message.h"

namespace kymo::KYMO_ABI::live {

/// The reason for closing a slow client.
[[nodiscard]] std::string reason_for_slow(std::chrono::milliseconds patience);

/// `{"type":"pong","id":…,"time":…}`; without an id where the ping had none.
[[nodiscard]] std::string pong_text(const PingMessage& ping, std::chrono::system_clock::time_point now);

/// `{"type":"error","error":"…"}`
[[nodiscard]] std::string error_text(std::string_view what);

}  // namespace kymo::KYMO_ABI::live
