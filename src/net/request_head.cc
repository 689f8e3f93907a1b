#include "request_head.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <kymo/base/ascii.h>
#include <kymo/net/http_server.h>

#include "header_field.h"

namespace kymo::KYMO_ABI::net {
namespace {

struct RequestLine {
  std::string_view method;
  std::string_view target;
  std::string_view version;
};

/// The fields that decide the body's end, the addressed host, and the connection's future.
struct Framing {
  int hosts = 0;
  int content_lengths = 0;
  int transfer_encodings = 0;
  bool coding_is_chunked = false;
  std::optional<std::uint64_t> length = 0;
  std::string_view host;
};

Fault bad(std::string message) { return {400, std::move(message)}; }

bool is_target_char(char c) noexcept { return c > 0x20 && c < 0x7f && c != '#'; }

/// Takes one line off `rest`, which is known to end in CRLF.
std::string_view take_line(std::string_view& rest) noexcept {
  const std::size_t end = std::min(rest.find("\r\n"), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 2, rest.size()));
  return line;
}

std::optional<Fault> split_request_line(std::string_view line, RequestLine& out) {
  const std::size_t first = line.find(' ');
  const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos || line.find(' ', second + 1) != std::string_view::npos) {
    return bad("the request line is not METHOD SP target SP HTTP/1.1");
  }
  out = {line.substr(0, first), line.substr(first + 1, second - first - 1), line.substr(second + 1)};
  return std::nullopt;
}

std::optional<Fault> check_request_line(const RequestLine& line) {
  if (!is_token(line.method)) return bad("the method is not a token");
  if (line.target.empty() || !std::all_of(line.target.begin(), line.target.end(), is_target_char)) {
    return bad("the target has a character that must be percent-encoded");
  }
  const bool is_http = line.version.size() == 8 && line.version.starts_with("HTTP/") &&
                       base::is_digit(line.version[5]) && line.version[6] == '.' &&
                       base::is_digit(line.version[7]);
  if (!is_http) return bad("the request line does not end in HTTP/1.1");
  if (line.version != "HTTP/1.1" && line.version != "HTTP/1.0") {
    return Fault{505, "only HTTP/1.1 and HTTP/1.0 are supported"};
  }
  return std::nullopt;
}

/// A number over 64 bits counts as the largest: both are over any limit.
std::optional<std::uint64_t> read_length(std::string_view text) noexcept {
  if (text.empty() || !std::all_of(text.begin(), text.end(), base::is_digit)) return std::nullopt;
  std::uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc()) return std::numeric_limits<std::uint64_t>::max();
  return value;
}

void note_framing(const HeaderField& field, Framing& framing) {
  if (base::equals_ignoring_case(field.name, "host")) {
    ++framing.hosts;
    framing.host = field.value;
  } else if (base::equals_ignoring_case(field.name, "content-length")) {
    ++framing.content_lengths;
    framing.length = read_length(field.value);
  } else if (base::equals_ignoring_case(field.name, "transfer-encoding")) {
    ++framing.transfer_encodings;
    framing.coding_is_chunked = base::equals_ignoring_case(field.value, "chunked");
  }
}

/// Joins fields of one name, in linear time: names are compared only if their hashes are equal. The seed
/// keeps a client from choosing names with equal hashes.
class FieldJoiner final {
 public:
  explicit FieldJoiner(RequestHead& head) noexcept : fields_(head.fields) {}

  void add(const HeaderField& field) {
    const std::uint64_t hash = hash_of(field.name);
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (hashes_[i] != hash || !base::equals_ignoring_case(fields_[i].first, field.name)) continue;
      fields_[i].second.append(", ").append(field.value);
      return;
    }
    hashes_[fields_.size()] = hash;
    fields_.emplace_back(field.name, field.value);
  }

 private:
  static std::uint64_t hash_of(std::string_view name) noexcept {
    static const std::uint64_t seed = random_seed();
    std::uint64_t hash = seed;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(base::to_lower(c))) * 0x100000001b3U;
    return hash;
  }
  static std::uint64_t random_seed() noexcept {
    std::uint64_t seed = 0xcbf29ce484222325U;
    // Without randomness the default seed stays: a client could then make a head as expensive as before.
    (void)!::getrandom(&seed, sizeof seed, GRND_NONBLOCK);
    return seed;
  }

  std::vector<std::pair<std::string, std::string>>& fields_;
  std::array<std::uint64_t, kMostHeaderFields> hashes_{};
};

std::optional<Fault> check_length(const Framing& framing, bool is_http_1_0) {
  if (framing.content_lengths > 1) return bad("Content-Length is given more than once");
  if (framing.transfer_encodings > 1) return bad("Transfer-Encoding is given more than once");
  if (framing.content_lengths + framing.transfer_encodings > 1) {
    return bad("both Content-Length and Transfer-Encoding are given");
  }
  if (!framing.length) return bad("Content-Length is not a number");
  if (framing.transfer_encodings == 1 && !framing.coding_is_chunked) {
    return bad("the only Transfer-Encoding accepted is \"chunked\"");
  }
  if (framing.transfer_encodings == 1 && is_http_1_0) {
    return bad("Transfer-Encoding does not exist in HTTP/1.0");
  }
  return std::nullopt;
}

std::optional<Fault> check_host(const Framing& framing, bool is_http_1_0) {
  if (framing.hosts > 1) return bad("Host is given more than once");
  if (framing.hosts == 0 && !is_http_1_0) return bad("Host is missing");
  if (!is_valid_host(framing.host)) return bad("Host is not a name or address with a port");
  return std::nullopt;
}

struct SchemeName {
  std::string_view text;
  RequestHead::Scheme scheme;
};
constexpr std::array kSchemes = {SchemeName{"http://", RequestHead::Scheme::http},
                                 SchemeName{"https://", RequestHead::Scheme::https}};

void set_host(std::string_view host, RequestHead& head) {
  for (auto& [name, value] : head.fields) {
    if (base::equals_ignoring_case(name, "host")) {
      value = host;
      return;
    }
  }
  head.fields.emplace_back("Host", host);
}

/// RFC 9112 3.2.2: the host in the target wins over the Host field.
std::optional<Fault> read_absolute_target(const RequestLine& line, RequestHead& head) {
  const auto known = std::ranges::find_if(kSchemes, [&](const SchemeName& name) {
    return base::equals_ignoring_case(line.target.substr(0, name.text.size()), name.text);
  });
  if (known == kSchemes.end()) return bad("the target is no path");
  const std::string_view rest = line.target.substr(known->text.size());
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view host = rest.substr(0, end);
  if (host.empty() || !is_valid_host(host)) {
    return bad("the target's host is not a name or address with a port");
  }
  const std::string_view path = rest.substr(end);
  // RFC 9112 3.2.4: without a path, OPTIONS addresses the server itself.
  const bool asks_server = path.empty() && line.method == "OPTIONS";
  head.target = asks_server ? "*" : path.starts_with('/') ? std::string(path) : "/" + std::string(path);
  head.scheme = known->scheme;
  set_host(host, head);
  return std::nullopt;
}

std::size_t count_of(std::string_view text, char c) noexcept {
  return static_cast<std::size_t>(std::ranges::count(text, c));
}

std::optional<Fault> check_size(std::string_view target) {
  const std::size_t mark = std::min(target.find('?'), target.size());
  if (count_of(target.substr(0, mark), '/') > kMostPathSegments)
    return Fault{414, "the path has more than " + std::to_string(kMostPathSegments) + " segments"};
  if (count_of(target.substr(mark), '&') >= HttpRequest::kMostFormFields)
    return Fault{414,
                 "the query has more than " + std::to_string(HttpRequest::kMostFormFields) + " parameters"};
  return std::nullopt;
}

/// RFC 9112 3.2 has four forms of a target. CONNECT's is only for proxies.
std::optional<Fault> read_target(const RequestLine& line, RequestHead& head) {
  if (auto fault = check_size(line.target)) return fault;
  head.target = line.target;
  if (line.target.front() == '/') return std::nullopt;
  if (line.target != "*") return read_absolute_target(line, head);
  if (line.method == "OPTIONS") return std::nullopt;
  return bad("the target * is for OPTIONS only");
}

bool is_token_list(std::string_view list) noexcept {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view element = base::trim(list.substr(0, comma));
    if (!element.empty() && !is_token(element)) return false;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return true;
}

std::optional<Fault> read_wishes(RequestHead& head) {
  const std::string_view connection = find_field(head, "connection");
  if (count_of(connection, ',') >= kMostConnectionOptions)
    return bad("Connection has more than " + std::to_string(kMostConnectionOptions) + " options");
  if (!is_token_list(connection)) return bad("Connection is not a list of names");
  const bool close = list_has(connection, "close");
  head.keep_alive = !close && (!head.is_http_1_0 || list_has(connection, "keep-alive"));
  const std::string_view expect = find_field(head, "expect");
  if (expect.empty() || head.is_http_1_0) return std::nullopt;
  head.expects_continue = base::equals_ignoring_case(expect, "100-continue");
  head.expects_other = !head.expects_continue;
  return std::nullopt;
}

std::optional<Fault> read_fields(std::string_view lines, RequestHead& head, Framing& framing) {
  FieldJoiner joiner(head);
  std::size_t count = 0;
  for (std::string_view line = take_line(lines); !line.empty(); line = take_line(lines)) {
    if (++count > kMostHeaderFields) {
      return Fault{431, "the request has more than " + std::to_string(kMostHeaderFields) + " header fields"};
    }
    HeaderField field;
    if (auto fault = read_field(line, field)) return fault;
    note_framing(field, framing);
    joiner.add(field);
  }
  return std::nullopt;
}

bool is_v6_literal(std::string_view address) noexcept {
  return !address.empty() && std::all_of(address.begin(), address.end(), [](char c) {
    return base::is_hex_digit(c) || c == ':' || c == '.';
  });
}

bool is_name(std::string_view name) noexcept {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return base::is_alphanumeric(c) || c == '.' || c == '-' || c == '_' || c == '~';
  });
}

}  // namespace

std::string_view find_field(const RequestHead& head, std::string_view name) noexcept {
  for (const auto& [known, value] : head.fields) {
    if (base::equals_ignoring_case(known, name)) return value;
  }
  return {};
}

bool list_has(std::string_view list, std::string_view token) noexcept {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (base::equals_ignoring_case(base::trim(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

std::variant<RequestHead, Fault> read_head(std::string_view head) {
  if (auto fault = find_early_fault(head, 0)) return std::move(*fault);
  RequestLine line;
  if (auto fault = split_request_line(take_line(head), line)) return std::move(*fault);
  if (auto fault = check_request_line(line)) return std::move(*fault);
  RequestHead out;
  out.method = line.method;
  out.is_http_1_0 = line.version == "HTTP/1.0";
  Framing framing;
  if (auto fault = read_fields(head, out, framing)) return std::move(*fault);
  if (auto fault = check_length(framing, out.is_http_1_0)) return std::move(*fault);
  if (auto fault = check_host(framing, out.is_http_1_0)) return std::move(*fault);
  if (auto fault = read_target(line, out)) return std::move(*fault);
  out.content_length = *framing.length;
  out.is_chunked = framing.coding_is_chunked;
  if (auto fault = read_wishes(out)) return std::move(*fault);
  return out;
}

std::optional<Fault> find_early_fault(std::string_view head_so_far, std::size_t from) {
  // One byte back: the next byte decides about a CR at the end of the last piece.
  for (std::size_t i = from > 0 ? from - 1 : 0; i < head_so_far.size(); ++i) {
    const char c = head_so_far[i];
    if (c == '\0') return bad("a NUL in the head");
    if (c == '\n' && (i == 0 || head_so_far[i - 1] != '\r')) {
      return bad("a line ends in LF without CR");
    }
    if (c == '\r' && i + 1 < head_so_far.size() && head_so_far[i + 1] != '\n') {
      return bad("a CR without LF");
    }
  }
  return std::nullopt;
}

bool is_valid_host(std::string_view host) noexcept {
  if (host.empty()) return true;
  const bool is_bracketed = host.front() == '[';
  const std::size_t end = is_bracketed ? host.find(']') : std::min(host.find(':'), host.size());
  if (end == std::string_view::npos || end == 0) return false;
  if (is_bracketed ? !is_v6_literal(host.substr(1, end - 1)) : !is_name(host.substr(0, end))) {
    return false;
  }
  const std::string_view port = host.substr(is_bracketed ? end + 1 : end);
  return port.empty() || (port.front() == ':' && port.size() <= 6 &&
                          std::all_of(port.begin() + 1, port.end(), base::is_digit));
}

}  // namespace kymo::KYMO_ABI::net
