#pragma once

#include <charconv>
#include <string>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::system {

/// The number as the shortest decimal text that reads back to it.
inline std::string number_text(double value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  return {digits, end};
}

/// A Snapshot as a test compares it: per family a line of kind and unit, then a line a series.
inline std::string snapshot_text(const Snapshot& snapshot) {
  std::string text;
  for (const FamilySnapshot& family : snapshot.families) {
    const Descriptor& descriptor = family.descriptor();
    text += "# " + descriptor.name + ' ' + std::string(kind_name(descriptor.kind));
    if (!descriptor.unit.empty()) text += ' ' + descriptor.unit;
    text += '\n';
    for (std::size_t i = 0; i < family.size(); ++i) {
      const Point point = family.point(i);
      text += descriptor.name;
      if (!point.labels.empty()) text += '{' + std::string(point.labels.text()) + '}';
      text += ' ' + number_text(to_double(point.number)) + '\n';
    }
  }
  return text;
}

}  // namespace kymo::KYMO_ABI::system
