#pragma once

#include <string>
#include <string_view>
#include <variant>

#include <kymo/peers/session_store.h>

namespace kymo::KYMO_ABI::peers {

/// Why a line is no session: "latency_ms: expected …".
struct SessionLineError {
  std::string message;
};

/// Appends a session as JSON and a newline.
void append_session_line(const Session& session, std::string& out);

/// What append_session_line() wrote, from anywhere. Threads: any. Errors: in the result; names that it does
/// not know are passed over, so that a file of a later version can be read.
[[nodiscard]] std::variant<Session, SessionLineError> read_session_line(std::string_view line);

}  // namespace kymo::KYMO_ABI::peers
