#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "function_name.h"
#include "profiler.h"
#include "site_table.h"

namespace kymo::KYMO_ABI::profile {
namespace {

// Forms of older compilers and of none; those of today's compilers are in function_names.cc.
TEST(QualifiedName, LeavesOutWhatIsNotTheName) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"int main()", "main"},
      {"main", "main"},
      {"", ""},
      {"void room::Room::mix(int, std::vector<int>) const", "room::Room::mix"},
      {"static std::vector<std::pair<int, int> > a::B<T>::c(T&&) [with T = int (*)(int)]", "a::B<T>::c"},
      {"std::string f[abi:cxx11](int)", "f"},
      {"std::string a::B[abi:x]::f[abi:x][abi:y](int) const", "a::B[abi:x]::f"},
      {"int A::operator[](int)", "A::operator[]"},
      {"__vector(4) float f(__vector(4) float)", "f"},
      {"_BitInt(7) f(_BitInt(7))", "f"},
      {"long operator\"\" _km(long)", "operator\"\" _km"},
      {"std::function<auto (int) -> void> f()", "f"},
      {"decltype (a->b) f(A<(x > y)>, B<'>'>, C{\")\"})", "f"},
      {"(lambda at /it's/here.cc:1:2) f(int)", "f"},
      {"A::operator void (*)()() const", "A::operator void (*)()"},
      {"void f(T) requires  ns::check<T>() [with T = int]", "f"},
      {")(", ")("},
      {"a) b(", "a) b("},
      {"operator", "operator"},
      {"operator ", "operator "},
      {"void f(int", "void f(int"},
      {"void f<(int)", "void f<(int)"},
      {std::string(1000, '('), std::string(1000, '(')},
      {std::string(1000, '<'), std::string(1000, '<')},
  };
  for (const auto& [function, name] : cases) EXPECT_EQ(qualified_name(function), name) << function;
}

/// Of any text, and of texts that look like functions: a part of it, found without looking outside.
RC_GTEST_PROP(QualifiedName, IsAPartOfWhatItIsOf, ()) {
  constexpr std::string_view kParts[] = {
      "(",  ")",  "<",  ">",      "[",       "]",           "{",          "}",        "'",  "\"",
      "\\", " ",  "::", "*",      "&",       "operator",    " requires ", "<lambda(", ")>", "f",
      "()", "->", "1",  " const", " [with ", "(anonymous ", "<unnamed ",  "decltype"};
  std::string function;
  const auto parts =
      *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, std::size(kParts)));
  for (const std::size_t part : parts) function += kParts[part];
  const auto exact = std::make_unique<char[]>(function.size());  // for the address sanitizer to see its end
  std::copy(function.begin(), function.end(), exact.get());
  const std::string_view given(exact.get(), function.size());
  const std::string_view name = qualified_name(given);
  RC_ASSERT(name.data() >= given.data() && name.data() + name.size() <= given.data() + given.size());
  RC_ASSERT(name.empty() == given.empty());
}

TEST(SiteTable, OneNameIsOneNumber) {
  const auto number_of = [](std::string_view name) {
    const StructureChange change;
    return number_of_site(name);
  };
  const std::string long_name(1000, 'x');
  const std::uint32_t a = number_of("a name");
  EXPECT_EQ(number_of(std::string("a name")), a);
  EXPECT_NE(number_of("another name"), a);
  EXPECT_EQ(name_of_site(a), "a name");
  EXPECT_EQ(name_of_site(number_of(long_name)), long_name.substr(0, 500));
  EXPECT_EQ(name_of_site(number_of("")), "");
  std::string characters = "x";
  while (characters.size() < 1000) characters += "語";
  EXPECT_EQ(name_of_site(number_of(characters)), characters.substr(0, 499)) << "no half of a character";
}

}  // namespace
}  // namespace kymo::KYMO_ABI::profile
