#include "json_fields.h"

#include <boost/json.hpp>

#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {

std::string text_field(const boost::json::object& fields, std::string_view key) {
  const boost::json::value* value = fields.if_contains(key);
  if (value == nullptr) return {};
  if (value->is_string()) return std::string(value->get_string());
  return value->is_number() ? boost::json::serialize(*value) : std::string();
}

double number_field(const boost::json::object& fields, std::string_view key) {
  const boost::json::value* value = fields.if_contains(key);
  return value != nullptr && value->is_number() ? value->to_number<double>() : kUnknown;
}

const boost::json::object& object_field(const boost::json::object& fields, std::string_view key) {
  static const boost::json::object none;
  const boost::json::value* value = fields.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : none;
}

}  // namespace kymo::KYMO_ABI::terminal
