#include <kymo/alert/template.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace kymo::KYMO_ABI::alert {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TemplateContext voice_context() {
  TemplateContext context;
  context.labels = {{"job", "voice"}, {"instance", "a.example.com:9100"}};
  context.external_labels = {{"region", "eu"}};
  context.external_url = "http://kymo:8080/base";
  context.path_prefix = "/base";
  context.value = 0.25;
  context.now_ms = 1'435'065'584'128;
  context.query = [](std::string_view expression) -> std::vector<TemplateSample> {
    if (expression == "none") return {};
    if (expression == "bad(") throw std::invalid_argument("no such query");
    return {{{{"__name__", "up"}, {"host", "b"}}, 2}, {{{"__name__", "up"}, {"host", "a"}}, 1}};
  };
  return context;
}

std::string expand(std::string_view text, const TemplateContext& context = voice_context()) {
  return expand_or_explain(text, context);
}

/// `LINE:COLUMN: text`, or the expanded text.
std::string problem_of(std::string_view text, const TemplateContext& context = voice_context()) {
  const auto result = expand_template(text, context);
  if (const auto* expanded = std::get_if<std::string>(&result)) return *expanded;
  const auto& problem = std::get<TemplateProblem>(result);
  return std::to_string(problem.place.line) + ':' + std::to_string(problem.place.column) + ": " +
         problem.text;
}

TEST(Template, LeavesTextAsItIs) {
  EXPECT_EQ(expand(""), "");
  EXPECT_EQ(expand("no } action } here"), "no } action } here");
}

TEST(Template, HasTheDataOfTheAlert) {
  EXPECT_EQ(expand("{{ .Labels.job }} {{ $labels.job }} {{ .Value }} {{ $value }}"), "voice voice 0.25 0.25");
  EXPECT_EQ(expand("{{ $externalLabels.region }} {{ .ExternalLabels.region }}"), "eu eu");
  EXPECT_EQ(expand("{{ $externalURL }} {{ externalURL }} {{ pathPrefix }}"),
            "http://kymo:8080/base http://kymo:8080/base /base");
  EXPECT_EQ(expand("[{{ $labels.missing }}]"), "[]");
  EXPECT_EQ(expand("{{ $labels }}"), "map[instance:a.example.com:9100 job:voice]");
}

TEST(Template, TrimsSpacesAtDashes) {
  EXPECT_EQ(expand("a  {{- 1 -}}  \n b"), "a1b");
  EXPECT_EQ(expand("a {{- /* why */ -}} b {{/* and */}} c"), "ab  c");
  EXPECT_EQ(expand("{{-3}}"), "-3");
}

TEST(Template, BranchesAndRepeats) {
  EXPECT_EQ(expand("{{ if gt $value 0.5 }}high{{ else if gt $value 0.2 }}middle{{ else }}low{{ end }}"),
            "middle");
  EXPECT_EQ(expand("{{ range query \"up\" }}{{ .Labels.host }}={{ .Value }} {{ end }}"), "b=2 a=1 ");
  EXPECT_EQ(expand("{{ range $i, $e := query \"up\" | sortByLabel \"host\" }}{{ $i }}{{ $e.Labels.host }}"
                   "{{ end }}"),
            "0a1b");
  EXPECT_EQ(expand("{{ range query \"none\" }}x{{ else }}nothing{{ end }}"), "nothing");
  EXPECT_EQ(expand("{{ range $labels }}{{ if eq . \"voice\" }}{{ break }}{{ end }}{{ . }}{{ end }}"),
            "a.example.com:9100");
  EXPECT_EQ(expand("{{ range 5 }}{{ if eq . 2 }}{{ continue }}{{ end }}{{ . }}{{ end }}"), "0134");
  EXPECT_EQ(expand("{{ with query \"up\" }}{{ . | first | value }}{{ else }}none{{ end }}"), "2");
  EXPECT_EQ(expand("{{ with $labels.a }}a{{ else with $labels.job }}{{ . }}{{ end }}"), "voice");
}

TEST(Template, HasVariables) {
  EXPECT_EQ(expand("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ end }}{{ $x }}"), "2");
  EXPECT_THAT(problem_of("{{ if true }}{{ $x := 3 }}{{ end }}{{ $x }}"),
              HasSubstr("1:39: variable \"$x\" is not declared"));
}

TEST(Template, KeepsTheListOfARangeForItsElse) {
  EXPECT_EQ(expand("{{ range $k, $v := query \"none\" }}{{ else }}{{ len $v }}{{ end }}"), "0");
}

TEST(Template, TellsOfAFieldOfNothingInArguments) {
  EXPECT_EQ(expand("{{ (args).none }}"), "<no value>");
  EXPECT_THAT(problem_of("{{ (args).none.more }}"), HasSubstr("there is no \"none\" to take \"more\" of"));
}

TEST(Template, CallsTemplatesByName) {
  EXPECT_EQ(expand("{{ define \"one\" }}<{{ . }}>{{ end }}{{ template \"one\" $labels.job }}"), "<voice>");
  EXPECT_EQ(expand("{{ block \"b\" .Value }}[{{ . }}]{{ end }}"), "[0.25]");
  EXPECT_THAT(problem_of("{{ template \"two\" }}"), HasSubstr("template \"two\" is not defined"));
  EXPECT_THAT(problem_of("{{ define \"one\" }}{{ $labels.job }}{{ end }}"), HasSubstr("pass what it needs"));
}

TEST(Template, PrintsFloatsAsGoDoes) {
  for (const auto& [value, text] :
       {std::pair(1e6, "1e+06"), std::pair(123456.0, "123456"), std::pair(0.0001, "0.0001"),
        std::pair(0.00001, "1e-05"), std::pair(-0.0, "-0"), std::pair(1.0 / 3, "0.3333333333333333")}) {
    TemplateContext context = voice_context();
    context.value = value;
    EXPECT_EQ(expand("{{ $value }}", context), text);
  }
  EXPECT_EQ(expand("{{ printf \"%.2f|%6.1f|%-6.0f|%+g|%e|%08.3f|%x\" 3.14159 2.5 7.0 1.0 1e9 -1.5 1.9 }}"),
            "3.14|   2.5|7     |+1|1.000000e+09|-001.500|0x1.e666666666666p+00");
}

TEST(Template, FormatsAsGoDoes) {
  EXPECT_EQ(expand("{{ printf \"%5d|%-5d|%05d|%x|%X|%o|%b|%c|%U|%q\" 42 42 42 255 255 8 5 65 65 65 }}"),
            "   42|42   |00042|ff|FF|10|101|A|U+0041|'A'");
  EXPECT_EQ(
      expand(
          "{{ printf \"%s|%q|%10s|%-10s|%.2s|%x|% x\" \"a\" \"b\\n\" \"c\" \"d\" \"efg\" \"hi\" \"hi\" }}"),
      "a|\"b\\n\"|         c|d         |ef|6869|68 69");
  EXPECT_EQ(expand("{{ printf \"%d %s %t %v %%\" \"a\" 1 true nil }}"),
            "%!d(string=a) %!s(int=1) true <nil> %");
  EXPECT_EQ(expand("{{ printf \"%[2]s %[1]s\" \"a\" \"b\" }} {{ printf \"%*d\" 4 7 }} {{ printf \"%d\" }}"
                   " {{ printf \"x\" 1 }}"),
            "b a    7 %!d(MISSING) x%!(EXTRA int=1)");
  EXPECT_EQ(expand("{{ print 1 2 \"a\" 3 }} {{ println \"a\" 1 }}"), "1 2a3 a 1\n");
}

TEST(Template, Humanizes) {
  EXPECT_EQ(expand("{{ humanize 1234567.0 }} {{ humanize 0.0012 }} {{ humanize \"12\" }}"), "1.235M 1.2m 12");
  EXPECT_EQ(expand("{{ humanize1024 1048576.0 }} {{ humanizePercentage 0.1234567 }}"), "1Mi 12.35%");
  EXPECT_EQ(expand("{{ humanizeDuration 3661 }} {{ humanizeDuration 0.5 }} {{ humanizeDuration 90061.5 }}"),
            "1h 1m 1s 500ms 1d 1h 1m 1s");
  EXPECT_EQ(expand("{{ humanizeTimestamp 1435065584.128 }}"), "2015-06-23 13:19:44.128 +0000 UTC");
  EXPECT_EQ(expand("{{ (toTime 1435065584).Format \"Mon Jan _2 15:04\" }} {{ (1435065584 | toTime).Year }}"),
            "Tue Jun 23 13:19 2015");
  EXPECT_EQ(expand("{{ toDuration 90 }} {{ (toDuration 5400).Hours }} {{ now }}"),
            "1m30s 1.5 1.435065584128e+09");
  EXPECT_EQ(expand("{{ parseDuration \"1h30m\" }}"), "5400");
}

TEST(Template, ChangesTexts) {
  EXPECT_EQ(expand("{{ $labels.instance | stripPort }} {{ $labels.instance | stripDomain }}"),
            "a.example.com a:9100");
  EXPECT_EQ(expand("{{ reReplaceAll \"(.*)\\\\.com\" \"$1.org\" \"a.com\" }} {{ match \"^a+$\" \"aaa\" }}"),
            "a.org true");
  EXPECT_EQ(expand("{{ toUpper \"stra\u00dfe \u00e9\" }} {{ toLower \"ABC\" }} {{ title \"one two\" }}"),
            "STRA\u00dfE \u00c9 abc One Two");
  EXPECT_EQ(expand("{{ html \"<a>\" }} {{ urlquery \"a b\" }} {{ js \"it's\" }} {{ safeHtml \"<b>\" }}"),
            "&lt;a&gt; a+b it\\'s <b>");
  EXPECT_EQ(expand("{{ graphLink \"up == 0\" }} {{ tableLink \"up\" }}"),
            "/graph?g0.expr=up+%3D%3D+0&g0.tab=0 /graph?g0.expr=up&g0.tab=1");
}

// As golang.org/x/text/cases has it, which Prometheus 3 uses.
TEST(Template, MakesTitles) {
  for (const auto& [text, title] :
       {std::pair("it's o'neil 1abc a.b x:y \u00e9cole foo/bar",
                  "It's O'neil 1Abc A.b X:y \u00c9cole Foo/Bar"),
        std::pair("HELLO wORLD a1b 2nd ab_cd (x) ...z 'c'", "HELLO WORLD A1b 2Nd Ab_cd (X) ...Z 'C'"),
        std::pair("\u01c6 \u00df \ufb01 a..b 1.2b _1a it\u2019s a'.b",
                  "\u01c5 Ss Fi A..B 1.2B _1A It\u2019s A'.B"),
        std::pair("p95 5xx http5xx 99th a-1b #tag x86_64", "P95 5Xx Http5xx 99Th A-1B #Tag X86_64")}) {
    TemplateContext context = voice_context();
    context.labels = {{"x", text}};
    EXPECT_EQ(expand("{{ $labels.x | title }}", context), title);
  }
}

TEST(Template, TellsProblemsWithPlaceAndRemedy) {
  EXPECT_THAT(problem_of("a\n{{ humanise .Value }}"),
              StartsWith("2:4: unknown function \"humanise\"; did you mean \"humanize\"?"));
  EXPECT_THAT(problem_of("{{ .Label.job }}"), HasSubstr("did you mean \"Labels\"?"));
  EXPECT_THAT(problem_of("{{ eq $value 1 }}"), HasSubstr("write the whole number with a point"));
  EXPECT_THAT(problem_of("{{ query \"none\" | first | value }}"), HasSubstr("the query has no result"));
  EXPECT_THAT(problem_of("{{ query \"bad(\" }}"), HasSubstr("no such query"));
  EXPECT_THAT(problem_of("{{ if .Value }}"), HasSubstr("add \"{{end}}\""));
  EXPECT_THAT(problem_of("{{ .Value"), HasSubstr("add \"}}\""));
  EXPECT_THAT(problem_of("{{ end }}"), HasSubstr("1:4: "));
  EXPECT_THAT(problem_of("{{ reReplaceAll \"(\" \"\" \"\" }}"), HasSubstr("regular expression"));
  EXPECT_THAT(problem_of("{{ toUpper $value }}"), HasSubstr("expected text, got a value of type float64"));
  EXPECT_EQ(expand("{{ toTime \"x\" }}"),
            "<error expanding template: 1:4: \"x\" is no number; write one such as 12.5>");
}

TEST(Template, ChecksWithoutARun) {
  EXPECT_TRUE(check_template("{{ query \"x\" | first | value }}").empty());
  ASSERT_EQ(check_template("{{ .Value }}\n{{ nosuch }}").size(), 1U);
  EXPECT_EQ(check_template("{{ .Value }}\n{{ nosuch }}").front().place, (FilePlace{2, 4}));
}

TEST(Template, IsBounded) {
  EXPECT_THAT(problem_of("{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}"),
              HasSubstr("end the recursion"));
  std::string nested = "{{ define \"a\" }}";
  for (int i = 0; i < 90; ++i) nested += "{{ if 1 }}";
  nested += "{{ template \"a\" }}";
  for (int i = 0; i < 90; ++i) nested += "{{ end }}";
  EXPECT_THAT(problem_of(nested + "{{ end }}{{ template \"a\" }}"), HasSubstr("runs deeper than 400 levels"));
  EXPECT_THAT(problem_of("{{ range 100000000 }}{{ end }}"), HasSubstr("takes more than 1000000 steps"));
  EXPECT_THAT(problem_of("{{ range 100000 }}0123456789{{ end }}"), HasSubstr("bytes of text"));
  EXPECT_THAT(problem_of("{{ printf \"%1000000d\" 1 }}"), HasSubstr("bytes of text"));
  EXPECT_THAT(problem_of("{{ range 1000 }}{{ query \"up\" }}{{ end }}"), HasSubstr("100 queries"));
  EXPECT_THAT(problem_of("{{ $x := args }}{{ range 1000 }}{{ $x = args $x }}{{ end }}"),
              HasSubstr("nests args"));
  EXPECT_THAT(problem_of(std::string(std::size_t{1} << 20U, ' ')), HasSubstr("shorten it"));
  std::string deep = "{{ ";
  for (int i = 0; i < 10'000; ++i) deep += '(';
  EXPECT_THAT(problem_of(deep + "1"), HasSubstr("nests deeper"));
  std::string actions;
  for (int i = 0; i < 10'000; ++i) actions += "{{ if 1 }}";
  EXPECT_THAT(problem_of(actions), HasSubstr("nests deeper"));
  std::string chain = "{{ if 1 }}";
  for (int i = 0; i < 10'000; ++i) chain += "{{ else if 1 }}";
  EXPECT_THAT(problem_of(chain + "{{ end }}"), HasSubstr("nests deeper"));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::alert
