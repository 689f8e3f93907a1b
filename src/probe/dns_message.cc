#include "dns_message.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <kymo/base/ascii.h>
#include <kymo/probe/probe_result.h>

#include "numbers.h"

namespace kymo::KYMO_ABI::probe {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kLongestName = 253;
constexpr std::uint16_t kClassIn = 1;

// The bits of a header's second 16 (RFC 1035 4.1.1).
constexpr unsigned kIsAnswer = 0x8000;
constexpr unsigned kOpcode = 0x7800;
constexpr unsigned kIsTruncated = 0x0200;
constexpr unsigned kRecursionDesired = 0x0100;
constexpr unsigned kCode = 0x000F;

struct TypeName {
  std::string_view name;
  std::uint16_t type;
};
constexpr std::array kTypes = {
    TypeName{"A", 1},     TypeName{"NS", 2},  TypeName{"CNAME", 5}, TypeName{"SOA", 6},
    TypeName{"PTR", 12},  TypeName{"MX", 15}, TypeName{"TXT", 16},  TypeName{"AAAA", 28},
    TypeName{"SRV", 33},  TypeName{"DS", 43}, TypeName{"SVCB", 64}, TypeName{"HTTPS", 65},
    TypeName{"CAA", 257},
};

/// RFC 6895 2.3, as far as a header's four bits go.
constexpr std::array<std::string_view, 11> kCodes = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                                     "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                                     "NXRRSET", "NOTAUTH", "NOTZONE"};

std::uint16_t type_of(std::string_view query) {
  if (query.empty()) return 1;
  constexpr std::string_view kType = "type=";
  const std::string_view name = query.starts_with(kType) ? query.substr(kType.size()) : std::string_view();
  const auto* found = std::find_if(kTypes.begin(), kTypes.end(), [name](const TypeName& type) {
    return base::equals_ignoring_case(type.name, name);
  });
  if (found == kTypes.end()) {
    std::string known;
    for (const TypeName& type : kTypes) known += (known.empty() ? "" : ", ") + std::string(type.name);
    throw std::invalid_argument("expected ?type= behind the name, with one of " + known);
  }
  return found->type;
}

bool is_valid_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= kLongestLabel &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return base::is_alphanumeric(c) || c == '-' || c == '_'; });
}

/// Takes the next label of a name, with its dot.
std::string_view take_label(std::string_view& name) noexcept {
  const std::string_view label = name.substr(0, name.find('.'));
  name.remove_prefix(std::min(label.size() + 1, name.size()));
  return label;
}

void append_big_endian(std::vector<std::byte>& out, std::uint16_t number) {
  std::array<std::byte, 2> bytes{};
  put_big_endian(std::span(bytes), number);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append_question(const DnsQuestion& question, std::vector<std::byte>& out) {
  for (std::string_view rest = question.name; !rest.empty();) {
    const std::string_view label = take_label(rest);
    out.push_back(static_cast<std::byte>(label.size()));
    const auto bytes = std::as_bytes(std::span(label));
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  out.push_back(std::byte{0});
  append_big_endian(out, question.type);
  append_big_endian(out, kClassIn);
}

/// Names compare without case (RFC 4343), and a length byte is no letter.
bool is_same_byte(std::byte a, std::byte b) noexcept {
  return base::to_lower(static_cast<char>(a)) == base::to_lower(static_cast<char>(b));
}

}  // namespace

std::string dns_code_name(unsigned code) {
  return code < kCodes.size() ? std::string(kCodes[code]) : "RCODE" + std::to_string(code);
}

DnsQuestion DnsQuestion::parse(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  const std::size_t mark = path.find('?');
  std::string_view name = path.substr(0, mark);
  DnsQuestion question{.name = {},
                       .type = type_of(mark == std::string_view::npos ? "" : path.substr(mark + 1))};
  if (name == ".") return question;
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty()) throw std::invalid_argument("the name to query is missing");
  if (name.size() > kLongestName) throw std::invalid_argument("the name to query is longer than 253 bytes");
  for (std::string_view rest = name;;) {
    const bool is_last = rest.find('.') == std::string_view::npos;
    if (!is_valid_label(take_label(rest)))
      throw std::invalid_argument(
          "the name to query has a part that is not 1 to 63 letters, digits, - and _");
    if (is_last) break;
  }
  question.name = name;
  return question;
}

std::vector<std::byte> write_dns_query(std::uint16_t id, const DnsQuestion& question) {
  std::vector<std::byte> query;
  append_big_endian(query, id);
  append_big_endian(query, static_cast<std::uint16_t>(kRecursionDesired));
  for (const unsigned records : {1U, 0U, 0U, 0U})
    append_big_endian(query, static_cast<std::uint16_t>(records));
  append_question(question, query);
  return query;
}

std::optional<DnsAnswer> read_dns_answer(std::span<const std::byte> datagram, const DnsQuestion& question) {
  if (datagram.size() < kHeaderBytes) return std::nullopt;
  const auto number = [&](std::size_t at) { return get_big_endian<std::uint16_t>(datagram.subspan(at)); };
  const unsigned flags = number(2);
  if ((flags & kIsAnswer) == 0 || (flags & kOpcode) != 0) return std::nullopt;
  const DnsAnswer answer{.id = number(0),
                         .code = flags & kCode,
                         .answers = number(6),
                         .is_truncated = (flags & kIsTruncated) != 0};
  const unsigned questions = number(4);
  // A server that could not parse a query may return its header alone.
  if (questions == 0 && answer.code != 0) return answer;
  std::vector<std::byte> asked;
  append_question(question, asked);
  const auto there = datagram.subspan(kHeaderBytes);
  if (questions != 1 || there.size() < asked.size()) return std::nullopt;
  // The type and the class after the name are numbers.
  const auto name_end = asked.end() - 4;
  const auto there_end = there.begin() + (name_end - asked.begin());
  const bool is_ours = std::equal(asked.begin(), name_end, there.begin(), is_same_byte) &&
                       std::equal(name_end, asked.end(), there_end);
  return is_ours ? std::optional(answer) : std::nullopt;
}

}  // namespace kymo::KYMO_ABI::probe
