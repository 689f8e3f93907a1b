// Feeds any bytes to the parser of PromQL. A query that it takes prints to a text that reads back the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <kymo/query/parser.h>
#include <kymo/query/printer.h>

namespace {

namespace query = kymo::query;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(std::string_view text, const query::ParseOptions& options) {
  query::ExpressionPtr parsed;
  try {
    parsed = query::parse(text, options);
  } catch (const query::QueryError& error) {
    require(error.span().begin <= error.span().end && error.span().end <= text.size());
    return;
  }
  require(parsed->span.end <= text.size());
  const std::string canonical = query::print(*parsed);
  query::ParseOptions roomy = options;
  roomy.max_bytes *= 1024;  // the canonical text may be longer
  require(query::same(*parsed, *query::parse(canonical, roomy)));
  require(query::same(*parsed, *query::parse(query::pretty_print(*parsed), roomy)));
  require(query::print(*query::parse(canonical, roomy)) == canonical);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text, {.takes_experimental = true});
  check(text, {.max_bytes = 4096, .max_depth = 8});
  try {
    static_cast<void>(query::parse_selector(text));
  } catch (const query::QueryError&) {
    return 0;
  }
  return 0;
}
