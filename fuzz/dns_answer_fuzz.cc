// DNS answers of strangers, and questions as people write them: no bytes crash the readers, and an answer
// that does not repeat its question is refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <string_view>

#include "probe/dns_message.h"

namespace {

namespace probe = kymo::probe;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_answer(std::span<const std::byte> datagram) {
  const auto question = probe::DnsQuestion::parse("/well.example?type=AAAA");
  const auto answer = probe::read_dns_answer(datagram, question);
  if (!answer) return;
  require(answer->code < 16);
  require(answer->code != 0 || datagram.size() >= probe::write_dns_query(0, question).size());
}

void check_question(std::string_view path) {
  try {
    const auto question = probe::DnsQuestion::parse(path);
    auto query = probe::write_dns_query(7, question);
    require(query.size() <= 12 + 255 + 4);
    query[2] = std::byte{0x80};  // as an answer
    require(probe::read_dns_answer(query, question).has_value());
  } catch (const std::invalid_argument&) {
    // Most texts are no questions.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_answer(std::as_bytes(std::span(data, size)));
  check_question({reinterpret_cast<const char*>(data), size});
  return 0;
}
