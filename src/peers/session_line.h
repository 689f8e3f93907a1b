#pragma once

#include <string>
#include <string_view>
#include <variant>

#include <kymo/peers/session_store.h>

namespace kymo::KYMO_ABI::peers {

/// The fault of an invalid line: "latency_ms: expected …".
struct SessionLineError {
  std::string message;
};

/// Appends a session as JSON and a newline.
void append_session_line(const Session& session, std::string& out);

/// Parses a line of append_session_line() from any process. Threads: any. Errors: in the result; unknown
/// names are skipped, so files of later versions can be read.
[[nodiscard]] std::variant<Session, SessionLineError> read_session_line(std::string_view line);

}  // namespace kymo::KYMO_ABI::peers
