// A connection's bytes: read whole and read in pieces they must be the same requests and the same fault,
// since how TCP cuts them is nobody's choice.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/request_parser.h"

namespace {

using kymo::net::HttpLimits;
using kymo::net::RequestParser;
using State = RequestParser::State;

constexpr HttpLimits small_limits() {
  HttpLimits limits;
  limits.header_bytes = 1024;
  limits.body_bytes = 256;
  return limits;
}

void require(bool holds) {
  if (!holds) std::abort();
}

void append_request(const RequestParser& parser, std::string& out) {
  require(parser.body().size() <= 256);
  out += parser.head().method + " " + parser.head().target + "\n";
  for (const auto& [name, value] : parser.head().fields) out += name + ": " + value + "\n";
  out += parser.body() + "\n" + (parser.head().keep_alive ? "keep" : "close") + "\n";
}

/// Everything that was understood, in words.
std::string read(std::string_view bytes, std::size_t piece) {
  RequestParser parser(small_limits());
  std::string understood;
  for (std::size_t i = 0; i < bytes.size(); i += piece) {
    State state = parser.feed(bytes.substr(i, piece));
    for (; state == State::complete; state = parser.next()) append_request(parser, understood);
    if (state == State::faulty) return understood + std::to_string(parser.fault().status);
  }
  return understood;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string whole = read(bytes, bytes.empty() ? 1 : bytes.size());
  for (const std::size_t piece : {1U, 3U, 64U}) require(read(bytes, piece) == whole);
  return 0;
}
