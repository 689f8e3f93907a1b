#include "protocol/messages.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include "audio/sample.h"
#include "protocol/json_line.h"

namespace voice {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxClientName = 64;

ProtocolError protocol_error(std::string message) {
  return {.kind = ErrorKind::protocol, .message = std::move(message)};
}

std::optional<json::object> parse_object(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::string_view text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(json::string_view(key.data(), key.size()));
  if (value == nullptr || !value->is_string()) return {};
  const json::string& text = value->get_string();
  return {text.data(), text.size()};
}

/// A number of that type; 0 if it is missing, invalid, or out of range.
template <typename Number>
Number number_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(json::string_view(key.data(), key.size()));
  if (value == nullptr) return Number{};
  boost::system::error_code error;
  const auto number = value->to_number<Number>(error);
  return error ? Number{} : number;
}

bool is_client_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= kMaxClientName && std::ranges::all_of(name, allowed);
}

std::variant<std::vector<Source>, ProtocolError> parse_sources(const json::object& object) {
  const json::value* value = object.if_contains("sources");
  if (value == nullptr || !value->is_array() || value->get_array().empty()) {
    return protocol_error(R"(a hello needs "sources", as ["mic"] or ["mic","speaker"])");
  }
  std::vector<Source> sources;
  for (const json::value& name : value->get_array()) {
    const auto source =
        name.is_string() ? client_source(std::string_view(name.get_string().data(), name.get_string().size()))
                         : std::nullopt;
    if (!source) {
      return ProtocolError{.kind = ErrorKind::unknown_source,
                           .message = "a source of the hello is not known; there are mic and speaker"};
    }
    if (std::ranges::find(sources, *source) != sources.end()) {
      return protocol_error("a source is named twice in the hello");
    }
    sources.push_back(*source);
  }
  return sources;
}

std::variant<ClientMessage, ProtocolError> parse_hello(const json::object& object) {
  const std::string_view client = text_of(object, "client");
  if (!is_client_name(client)) {
    return protocol_error(R"(a hello needs "client": 1 to 64 letters, digits, '-', '_' or '.')");
  }
  const int rate_hz = number_of<int>(object, "sample_rate");
  if (!is_source_rate(rate_hz)) {
    return protocol_error(R"(a hello needs "sample_rate": 8000, 16000, 22050, 44100 or 48000)");
  }
  auto sources = parse_sources(object);
  if (auto* error = std::get_if<ProtocolError>(&sources)) return std::move(*error);
  return Hello{.client = std::string(client),
               .sample_rate_hz = rate_hz,
               .sources = std::get<std::vector<Source>>(std::move(sources))};
}

std::optional<ServerMessage> parse_report(const json::object& object) {
  const auto source = client_source(text_of(object, "source"));
  if (!source) return std::nullopt;
  const json::value* speech = object.if_contains("speech");
  const json::value* pitch = object.if_contains("pitch_hz");
  Report report{.source = *source,
                .sequence = number_of<std::uint32_t>(object, "sequence"),
                .level_dbfs = number_of<double>(object, "level_dbfs"),
                .peak_dbfs = number_of<double>(object, "peak_dbfs"),
                .speech = speech != nullptr && speech->is_bool() && speech->get_bool(),
                .pitch_hz = std::nullopt,
                .queue_depth = number_of<std::size_t>(object, "queue_depth"),
                .dropped = number_of<std::uint64_t>(object, "dropped")};
  if (pitch != nullptr && pitch->is_number()) report.pitch_hz = pitch->to_number<double>();
  return report;
}

std::optional<ServerMessage> parse_error(const json::object& object) {
  const auto name = std::ranges::find(kErrorNames, text_of(object, "error"));
  if (name == kErrorNames.end()) return std::nullopt;
  return ProtocolError{.kind = static_cast<ErrorKind>(name - kErrorNames.begin()),
                       .message = std::string(text_of(object, "message"))};
}

std::string encode_hello(const Hello& hello) {
  std::vector<std::string_view> sources;
  for (const Source source : hello.sources) sources.push_back(name_of(source));
  return JsonLine("hello")
      .add("client", hello.client)
      .add("sample_rate", static_cast<std::uint64_t>(hello.sample_rate_hz))
      .add("sources", sources)
      .take();
}

struct ServerEncoder {
  std::string operator()(const Welcome& message) const {
    return JsonLine("welcome")
        .add("session", message.session)
        .add("frame_ms", static_cast<std::uint64_t>(message.frame_ms))
        .add("queue_frames", message.queue_frames)
        .take();
  }
  std::string operator()(const Report& message) const {
    JsonLine line("report");
    line.add("source", name_of(message.source))
        .add("sequence", std::uint64_t{message.sequence})
        .add("level_dbfs", message.level_dbfs)
        .add("peak_dbfs", message.peak_dbfs)
        .add("speech", message.speech);
    if (message.pitch_hz) line.add("pitch_hz", *message.pitch_hz);
    return line.add("queue_depth", message.queue_depth).add("dropped", message.dropped).take();
  }
  std::string operator()(const RoomState& message) const {
    return JsonLine("room")
        .add("clients", message.clients)
        .add("streams", message.streams)
        .add("speaking", message.speaking)
        .add("udp_streams", message.udp_streams)
        .take();
  }
  std::string operator()(const Farewell& message) const {
    return JsonLine("farewell").add("frames", message.frames).take();
  }
  std::string operator()(const ProtocolError& message) const {
    return JsonLine("error")
        .add("error", name_of(message.kind))
        .add("message", std::string_view(message.message))
        .take();
  }
};

}  // namespace

std::variant<ClientMessage, ProtocolError> parse_client_message(std::string_view text) {
  if (text.size() > kMaxTextBytes) {
    return ProtocolError{.kind = ErrorKind::oversize,
                         .message = "a text message has at most " + std::to_string(kMaxTextBytes) + " bytes"};
  }
  const auto object = parse_object(text);
  if (!object) return protocol_error("a text message must be one JSON object");
  const std::string_view type = text_of(*object, "type");
  if (type == "hello") return parse_hello(*object);
  if (type == "bye") return Bye{};
  return protocol_error(R"(the "type" of a client's message is "hello" or "bye")");
}

std::optional<ServerMessage> parse_server_message(std::string_view text) {
  const auto object = parse_object(text);
  if (!object) return std::nullopt;
  const std::string_view type = text_of(*object, "type");
  if (type == "report") return parse_report(*object);
  if (type == "error") return parse_error(*object);
  if (type == "welcome") {
    return Welcome{.session = number_of<std::uint64_t>(*object, "session"),
                   .frame_ms = number_of<std::int64_t>(*object, "frame_ms"),
                   .queue_frames = number_of<std::size_t>(*object, "queue_frames")};
  }
  if (type == "room") {
    return RoomState{.clients = number_of<std::size_t>(*object, "clients"),
                     .streams = number_of<std::size_t>(*object, "streams"),
                     .speaking = number_of<std::size_t>(*object, "speaking"),
                     .udp_streams = number_of<std::size_t>(*object, "udp_streams")};
  }
  if (type == "farewell") return Farewell{.frames = number_of<std::uint64_t>(*object, "frames")};
  return std::nullopt;
}

std::string encode(const ClientMessage& message) {
  if (const auto* hello = std::get_if<Hello>(&message)) return encode_hello(*hello);
  return JsonLine("bye").take();
}

std::string encode(const ServerMessage& message) { return std::visit(ServerEncoder{}, message); }

}  // namespace voice
