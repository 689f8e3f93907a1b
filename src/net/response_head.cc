#include "response_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

#include <kymo/base/ascii.h>

#include "header_field.h"

namespace kymo::KYMO_ABI::net {
namespace {

struct Reason {
  int status;
  std::string_view text;
};

constexpr std::array kReasons = {
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{202, "Accepted"},
    Reason{204, "No Content"},
    Reason{301, "Moved Permanently"},
    Reason{302, "Found"},
    Reason{303, "See Other"},
    Reason{304, "Not Modified"},
    Reason{307, "Temporary Redirect"},
    Reason{308, "Permanent Redirect"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{406, "Not Acceptable"},
    Reason{408, "Request Timeout"},
    Reason{409, "Conflict"},
    Reason{413, "Content Too Large"},
    Reason{414, "URI Too Long"},
    Reason{415, "Unsupported Media Type"},
    Reason{417, "Expectation Failed"},
    Reason{421, "Misdirected Request"},
    Reason{422, "Unprocessable Content"},
    Reason{426, "Upgrade Required"},
    Reason{429, "Too Many Requests"},
    Reason{431, "Request Header Fields Too Large"},
    Reason{500, "Internal Server Error"},
    Reason{501, "Not Implemented"},
    Reason{503, "Service Unavailable"},
    Reason{504, "Gateway Timeout"},
    Reason{505, "HTTP Version Not Supported"},
    Reason{507, "Insufficient Storage"},
};

std::string_view reason(int status) noexcept {
  const auto* found = std::find_if(kReasons.begin(), kReasons.end(),
                                   [&](const Reason& known) { return known.status == status; });
  return found == kReasons.end() ? "" : found->text;
}

bool is_framing(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 6> kFraming = {"connection", "content-length", "transfer-encoding",
                                                        "date",       "server",         "keep-alive"};
  return std::any_of(kFraming.begin(), kFraming.end(),
                     [&](std::string_view known) { return base::equals_ignoring_case(known, name); });
}

bool is_sendable_value(std::string_view value) noexcept {
  return std::none_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

void append_field(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool is_sendable(const HttpResponse& response) noexcept {
  if (response.websocket != nullptr) return true;  // its head is the server's
  if (response.status < 200 || response.status > 599) return false;
  if (!is_sendable_value(response.content_type)) return false;
  return std::all_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
    return !header.first.empty() && std::all_of(header.first.begin(), header.first.end(), is_token_char) &&
           is_sendable_value(header.second);
  });
}

bool may_have_body(int status) noexcept { return status != 204 && status != 304; }

std::string render_head(const HttpResponse& response, const ResponseContext& context) {
  std::string out = "HTTP/1.1 ";
  out.reserve(512);
  out += std::to_string(response.status);
  out.append(" ").append(reason(response.status)).append("\r\n");
  append_field("Date", http_date(context.now), out);
  if (!context.server_name.empty()) append_field("Server", context.server_name, out);
  if (may_have_body(response.status)) {
    if (!response.body.empty()) append_field("Content-Type", response.content_type, out);
    if (is_chunked(response.body, context.is_http_1_0)) {
      append_field("Transfer-Encoding", "chunked", out);
    } else if (response.body.generator() == nullptr) {
      append_field("Content-Length", std::to_string(response.body.size()), out);
    }
  }
  for (const auto& [name, value] : response.headers) {
    if (!is_framing(name)) append_field(name, value, out);
  }
  if (context.after == After::close) {
    append_field("Connection", "close", out);
  } else if (context.is_http_1_0) {
    append_field("Connection", "keep-alive", out);
  }
  out += "\r\n";
  return out;
}

std::string chunk_head(std::size_t bytes) {
  std::array<char, 24> text{};
  char* const end = std::to_chars(text.data(), text.data() + text.size(), bytes, 16).ptr;
  return std::string(text.data(), end) + "\r\n";
}

std::string http_date(std::chrono::system_clock::time_point time) {
  constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   kDays.at(static_cast<std::size_t>(utc.tm_wday)), utc.tm_mday,
                                   kMonths.at(static_cast<std::size_t>(utc.tm_mon)), utc.tm_year + 1900,
                                   utc.tm_hour, utc.tm_min, utc.tm_sec);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace kymo::KYMO_ABI::net
