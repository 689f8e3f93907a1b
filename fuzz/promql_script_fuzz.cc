// Feeds any bytes to the reader of PromQL test scripts: a script is read or refused with the number of a
// line.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <kymo/query/script.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    static_cast<void>(kymo::query::read_script({reinterpret_cast<const char*>(data), size}));
  } catch (const kymo::query::ScriptError& error) {
    if (!std::string_view(error.what()).starts_with("line ")) std::abort();
  }
  return 0;
}
