// Feeds any bytes to the readers of echoes, answers and targets. The readers do not crash, and accept only
// messages that the writers could have made.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <kymo/probe/target.h>

#include "probe/echo_message.h"

namespace {

namespace probe = kymo::probe;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_echo(std::span<const std::byte> datagram) {
  const auto message = probe::read_echo(datagram);
  if (!message) return;
  std::vector<std::byte> again(datagram.size());
  probe::write_echo(*message, again);
  require(std::equal(again.begin(), again.end(), datagram.begin(), datagram.end()));
}

void check_target(std::string_view text) {
  try {
    const auto target = probe::Target::parse(text);
    require(probe::Target::parse(target.to_string()) == target);
  } catch (const std::invalid_argument&) {
    // Most texts are no targets.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_echo(std::as_bytes(std::span(data, size)));
  check_target({reinterpret_cast<const char*>(data), size});
  return 0;
}
