#include "names.h"

#include <algorithm>
#include <bit>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "record.h"

namespace kymo::KYMO_ABI::history {
namespace {

using series::FamilyInfo;
using series::SampleForm;

void put_text(std::string_view text, Bytes& to) {
  put_varint(to, text.size());
  append(to, std::as_bytes(std::span(text)));
}

void put_doubles(std::span<const double> numbers, Bytes& to) {
  put_varint(to, numbers.size());
  for (const double number : numbers) put_fixed(to, std::bit_cast<std::uint64_t>(number));
}

std::string read_text(ByteReader& from) {
  const auto bytes = from.take(from.size(from.left()));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<double> read_doubles(ByteReader& from) {
  std::vector<double> numbers(from.size(from.left() / sizeof(double)));
  for (double& number : numbers) number = std::bit_cast<double>(from.fixed<std::uint64_t>());
  return numbers;
}

void put_family(const FamilyInfo& family, Bytes& to) {
  put_text(family.name, to);
  put_byte(to, static_cast<unsigned>(family.kind));
  put_text(family.help, to);
  put_text(family.unit, to);
  put_doubles(family.text_bounds, to);
}

std::shared_ptr<const FamilyInfo> read_family(ByteReader& from) {
  auto family = std::make_shared<FamilyInfo>();
  family->name = read_text(from);
  const unsigned kind = from.byte();
  if (kind > static_cast<unsigned>(Kind::window)) from.fail();
  family->kind = static_cast<Kind>(kind);
  family->help = read_text(from);
  family->unit = read_text(from);
  family->text_bounds = read_doubles(from);
  return family;
}

}  // namespace

void NamesEncoder::append(std::span<const LogSeries> series, Bytes& to) {
  for (std::size_t i = 0; i < series.size(); i += kMostOfOne) {
    append_record(series.subspan(i, std::min(kMostOfOne, series.size() - i)), to);
  }
}

void NamesEncoder::append_record(std::span<const LogSeries> series, Bytes& to) {
  std::unordered_map<const FamilyInfo*, std::size_t> places;
  std::vector<const FamilyInfo*> families;
  for (const LogSeries& one : series) {
    if (places.emplace(one.family.get(), families.size()).second) families.push_back(one.family.get());
  }
  body_.clear();
  put_varint(body_, families.size());
  for (const FamilyInfo* family : families) put_family(*family, body_);
  put_varint(body_, series.size());
  std::uint32_t before = 0;
  for (const LogSeries& one : series) {
    put_varint(body_, zigzag(std::uint64_t{one.series} - before));
    put_varint(body_, places[one.family.get()]);
    put_byte(body_, static_cast<unsigned>(one.form));
    put_text(one.labels, body_);
    put_doubles(one.bounds, body_);
    before = one.series;
  }
  const std::size_t at = begin_record(RecordKind::names, to);
  put_varint(to, body_.size());
  compressor_.append(body_, to);
  (void)end_record(at, to);
}

std::optional<std::vector<LogSeries>> read_names(std::span<const std::byte> body) {
  Bytes bytes;
  if (!read_compressed(body, bytes)) return std::nullopt;
  ByteReader from(bytes);
  std::vector<std::shared_ptr<const FamilyInfo>> families(from.size(from.left()));
  for (auto& family : families) {
    if (from.failed()) return std::nullopt;
    family = read_family(from);
  }
  const std::size_t count = from.size(from.left());
  std::vector<LogSeries> all;
  std::uint32_t before = 0;
  for (std::size_t i = 0; i < count && !from.failed(); ++i) {
    LogSeries& one = all.emplace_back();
    one.series = before = static_cast<std::uint32_t>(before + from.zigzag_varint());
    const std::size_t family = from.size(families.size());
    if (family >= families.size()) return std::nullopt;
    one.family = families[family];
    const unsigned form = from.byte();
    if (form > static_cast<unsigned>(SampleForm::histogram)) return std::nullopt;
    one.form = static_cast<SampleForm>(form);
    one.labels = read_text(from);
    one.bounds = read_doubles(from);
  }
  if (from.failed() || from.left() != 0) return std::nullopt;
  return all;
}

}  // namespace kymo::KYMO_ABI::history
