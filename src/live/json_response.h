#pragma once

#include <string>
#include <string_view>

#include <kymo/base/json_writer.h>
#include <kymo/format/content_type.h>

#include "conditional.h"

namespace kymo::KYMO_ABI::live {

/// A conditional_response() of one JSON object, whose fields `write_fields(json)` writes, and a newline.
template <class WriteFields>
[[nodiscard]] net::HttpResponse json_response(const net::HttpRequest& request, WriteFields write_fields) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  write_fields(json);
  json.end_object();
  return conditional_response(request, format::kJsonType, out += '\n');
}

/// Writes a field that is a list of objects: `write_fields(item)` writes those of one.
template <class Items, class WriteFields>
void write_list(std::string_view name, const Items& items, base::JsonWriter& json, WriteFields write_fields) {
  json.begin_array(name);
  for (const auto& item : items) {
    json.begin_object();
    write_fields(item);
    json.end_object();
  }
  json.end_array();
}

}  // namespace kymo::KYMO_ABI::live
