#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/base/block_text.h>
#include <kymo/base/json_writer.h>
#include <kymo/live/route.h>
#include <kymo/live/scrape_memory.h>
#include <kymo/net/http_server.h>

/// The envelope of Prometheus' HTTP API: its parameters, its JSON, its errors. Source: Prometheus 3.14,
/// "HTTP API".
namespace kymo::KYMO_ABI::live {

/// The field `errorType`, and with it the status.
enum class ApiFault : std::uint8_t {
  bad_data,
  execution,
  timeout,
  canceled,
  internal,
  unavailable,
  not_found
};

/// A request that has no answer. Threads: as of std::runtime_error.
class ApiError final : public std::runtime_error {
 public:
  ApiError(ApiFault fault, const std::string& text) : std::runtime_error(text), fault_(fault) {}

  [[nodiscard]] ApiFault fault() const noexcept { return fault_; }

 private:
  ApiFault fault_;
};

/// The parameters of a request: fields of its form, and behind them those of its address. Errors: each member
/// throws ApiError that names the parameter and its text. Threads: one.
class ApiFields final {
 public:
  /// The request must outlive it.
  explicit ApiFields(const net::HttpRequest& request);

  /// Null where the parameter is missing.
  [[nodiscard]] const std::string* find(std::string_view name) const noexcept;
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
  /// A parameter that must be there.
  [[nodiscard]] const std::string& required(std::string_view name) const;

  /// Milliseconds since 1970, from seconds or RFC 3339. Nothing where the parameter is missing.
  [[nodiscard]] std::optional<std::int64_t> time(std::string_view name) const;
  [[nodiscard]] std::int64_t required_time(std::string_view name) const;
  /// From seconds or a duration such as `1m30s`. Nothing where the parameter is missing.
  [[nodiscard]] std::optional<std::chrono::milliseconds> duration(std::string_view name) const;
  /// The parameter `limit`; 0: none.
  [[nodiscard]] std::size_t limit() const;

 private:
  const net::HttpRequest& request_;
  net::HttpRequest::Pairs form_;
};

/// The text of an answer while it is made, in blocks that are kept for the next one. Threads: one.
class ApiAnswer final {
 public:
  explicit ApiAnswer(const std::shared_ptr<ScrapeMemory>& memory);

  /// In the object of the answer, behind the key `data`: takes one value.
  [[nodiscard]] base::JsonWriter& json() noexcept { return json_; }
  /// Moves the text so far into the blocks, where there is enough of it.
  void on_part();

  std::vector<std::string> warnings;
  std::vector<std::string> infos;

  [[nodiscard]] net::HttpResponse finish(const net::HttpRequest& request);

 private:
  const std::shared_ptr<ScrapeMemory> memory_;
  const std::shared_ptr<base::BlockText> text_;
  std::string buffer_;
  base::JsonWriter json_{buffer_};
};

/// Answers a request, behind the key `data`.
using ApiWriter = std::function<void(const net::HttpRequest&, const ApiFields&, ApiAnswer&)>;

/// Adds the routes of one address: GET, and POST with the same fields as a form.
void add_api_route(std::string path, std::string about, ApiWriter write,
                   const std::shared_ptr<ScrapeMemory>& memory, std::vector<Route>& routes);

/// The warning of an answer that a limit of the client has cut.
inline constexpr std::string_view kCut = "results truncated due to limit";

/// Answers with what `write` writes. Errors of `write` become errors of the API: ApiError, those of the query
/// layer, and `std::bad_alloc`.
[[nodiscard]] net::HttpResponse api_response(
    const net::HttpRequest& request, const std::shared_ptr<ScrapeMemory>& memory,
    const std::function<void(const ApiFields& fields, ApiAnswer& answer)>& write);

/// `{"status":"error","errorType":"bad_data","error":"…"}`.
[[nodiscard]] net::HttpResponse api_error(ApiFault fault, std::string_view text);

}  // namespace kymo::KYMO_ABI::live
