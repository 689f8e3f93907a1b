#include <kymo/net/json_error.h>

#include <cstdint>
#include <utility>

#include <kymo/base/json_writer.h>

namespace kymo::KYMO_ABI::net {

HttpResponse json_error(int status, std::string_view message, std::string_view remedy) {
  std::string body;
  base::JsonWriter json(body);
  json.begin_object();
  json.begin_object("error");
  json.field("status", std::int64_t{status});
  json.field("message", message);
  if (!remedy.empty()) json.field("remedy", remedy);
  json.end_object();
  json.end_object();
  body += '\n';
  HttpResponse response;
  response.status = status;
  response.headers = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
  response.body = std::move(body);
  return response;
}

std::string excerpt(std::string_view text) { return std::string(text.substr(0, 200)); }

}  // namespace kymo::KYMO_ABI::net
