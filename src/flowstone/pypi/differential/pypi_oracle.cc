// pypi_oracle: answers questions about packaging values, so that
// tests/differential/test_packaging_values.py can compare this module with the `packaging` library.
// Reads one JSON object per line from standard input and writes one JSON value per line; `kind`
// names the question. Test only.
#include <nlohmann/json.hpp>

#include <compare>
#include <cstdio>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/pypi/compatible_tags.h"
#include "flowstone/pypi/leniency.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/sdist_name.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/wheel_name.h"

namespace flowstone::pypi {
namespace {

using Json = nlohmann::json;

std::string Text(const Json& question, const char* key) {
  return question.at(key).get<std::string>();
}

std::vector<Version> Versions(const Json& question) {
  std::vector<Version> versions;
  for (const Json& text : question.at("versions")) {
    versions.push_back(*Version::Parse(text.get<std::string>()));
  }
  return versions;
}

// What fails is null: the reference reports an exception as None.
template <class T, class Describe>
Json Answer(const Result<T>& result, const Describe& describe) {
  return result ? Json(describe(*result)) : Json(nullptr);
}

Json DescribeVersion(const Version& version) {
  Json release = Json::array();
  for (std::size_t i = 0; i < version.release_size(); ++i) {
    release.push_back(version.release(i));
  }
  return {{"text", version.ToString()},
          {"epoch", version.epoch()},
          {"release", release},
          {"local", version.local()},
          {"prerelease", version.is_prerelease()},
          {"postrelease", version.is_postrelease()},
          {"dev", version.is_dev()},
          {"public", version.WithoutLocal().ToString()},
          {"base", version.BaseRelease().ToString()}};
}

Json AnswerVersion(const Json& question) {
  return Answer(Version::Parse(Text(question, "text")), DescribeVersion);
}

Json AnswerCompare(const Json& question) {
  const auto order = *Version::Parse(Text(question, "a")) <=> *Version::Parse(Text(question, "b"));
  return std::is_lt(order) ? -1 : (std::is_gt(order) ? 1 : 0);
}

Json AnswerSpecifier(const Json& question) {
  return Answer(SpecifierSet::Parse(Text(question, "text")), [](const SpecifierSet& set) {
    return Json{{"text", set.ToString()}, {"prereleases", set.AdmitsPrereleases()}};
  });
}

Json AnswerContains(const Json& question) {
  const SpecifierSet set = *SpecifierSet::Parse(Text(question, "specifier"));
  const VersionSet versions = set.ToVersionSet();
  Json answers = Json::array();
  for (const Version& version : Versions(question)) {
    answers.push_back(set.Contains(version));
    answers.push_back(set.Contains(version, PrereleasePolicy::kNever));
    answers.push_back(versions.Contains(version));
  }
  return answers;
}

Json AnswerFilter(const Json& question) {
  static const std::map<std::string, PrereleasePolicy> policies = {
      {"default", PrereleasePolicy::kIfNecessary},
      {"never", PrereleasePolicy::kNever},
      {"always", PrereleasePolicy::kAlways}};
  const SpecifierSet set = *SpecifierSet::Parse(Text(question, "specifier"));
  return set.Filter(Versions(question), policies.at(Text(question, "policy")));
}

Json AnswerSets(const Json& question) {
  const VersionSet a = SpecifierSet::Parse(Text(question, "a"))->ToVersionSet();
  const VersionSet b = SpecifierSet::Parse(Text(question, "b"))->ToVersionSet();
  Json members = Json::array();
  for (const Version& version : Versions(question)) {
    members.push_back({a.Union(b).Contains(version), a.Intersection(b).Contains(version),
                       a.Difference(b).Contains(version), a.Complement().Contains(version)});
  }
  return {{"empty", a.Intersection(b).is_empty()},
          {"equal", a == b},
          {"subset", a.IsSubsetOf(b)},
          {"disjoint", a.IsDisjointFrom(b)},
          {"involution", a.Complement().Complement() == a},
          {"de_morgan", a.Union(b).Complement() == a.Complement().Intersection(b.Complement())},
          {"members", members}};
}

MarkerEnvironment ReadEnvironment(const Json& json) {
  return MarkerEnvironment{
      .implementation_name = Text(json, "implementation_name"),
      .implementation_version = Text(json, "implementation_version"),
      .os_name = Text(json, "os_name"),
      .platform_machine = Text(json, "platform_machine"),
      .platform_python_implementation = Text(json, "platform_python_implementation"),
      .platform_release = Text(json, "platform_release"),
      .platform_system = Text(json, "platform_system"),
      .platform_version = Text(json, "platform_version"),
      .python_full_version = Text(json, "python_full_version"),
      .python_version = Text(json, "python_version"),
      .sys_platform = Text(json, "sys_platform")};
}

// Environment and extra, as they were given by the last "environments" question.
struct MarkerGrid {
  std::vector<MarkerEnvironment> environments;
  std::vector<std::vector<ExtraName>> extras;
};

Json EvaluateOverGrid(const Marker& marker, const MarkerGrid& grid) {
  std::string answers;
  for (const MarkerEnvironment& environment : grid.environments) {
    for (const std::vector<ExtraName>& extras : grid.extras) {
      answers += marker.Evaluate(environment, extras) ? '1' : '0';
    }
  }
  return answers;
}

// What an algebra makes of two markers: each form as it is printed, and how they are related.
Json AnswerAlgebra(const Json& question) {
  const Result<Marker> first = Marker::Parse(Text(question, "a"));
  const Result<Marker> second = Marker::Parse(Text(question, "b"));
  if (!first || !second) {
    return nullptr;
  }
  MarkerAlgebra algebra;
  const MarkerDiagram a = algebra.Of(*first);
  const MarkerDiagram b = algebra.Of(*second);
  const std::pair<const char*, MarkerDiagram> forms[] = {
      {"a", a},
      {"not a", MarkerAlgebra::Not(a)},
      {"a and b", algebra.And(a, b)},
      {"a or b", algebra.Or(a, b)},
      {"a where b", algebra.Simplify(a, b)},
  };
  Json printed = Json::object();
  for (const auto& [name, diagram] : forms) {
    printed[name] = algebra.ToMarker(diagram).ToString();
  }
  return {{"printed", printed},
          {"implies", algebra.Implies(a, b)},
          {"disjoint", algebra.AreDisjoint(a, b)}};
}

Json DescribeRequirement(const Requirement& requirement, const MarkerGrid& grid) {
  Json extras = Json::array();
  for (const ExtraName& extra : requirement.extras) {
    extras.push_back(extra.ToString());
  }
  return {{"name", requirement.name.ToString()},
          {"extras", extras},
          {"specifier", requirement.specifiers.ToString()},
          {"url", requirement.url},
          {"marker", requirement.marker.is_always() ? Json(nullptr)
                                                    : EvaluateOverGrid(requirement.marker, grid)},
          {"text", requirement.ToString()}};
}

Json AnswerTags(const Json& question) {
  static const std::map<std::string, Libc> libcs = {
      {"", Libc::kNone}, {"glibc", Libc::kGlibc}, {"musl", Libc::kMusl}};
  const InterpreterFacts facts{.implementation = Text(question, "implementation"),
                               .version_major = question.at("major").get<int>(),
                               .version_minor = question.at("minor").get<int>(),
                               .abi_flags = Text(question, "abi_flags"),
                               .abi_tag = Text(question, "abi_tag"),
                               .platform = Text(question, "platform"),
                               .libc = libcs.at(Text(question, "libc")),
                               .libc_major = question.at("libc_major").get<int>(),
                               .libc_minor = question.at("libc_minor").get<int>(),
                               .pointer_bits = question.at("pointer_bits").get<int>()};
  return Answer(CompatibleTags(facts), [](const TagList& list) {
    Json tags = Json::array();
    for (std::size_t i = 0; i < list.size(); ++i) {
      tags.push_back(list[i].ToString());
    }
    return tags;
  });
}

Json AnswerWheel(const Json& question) {
  return Answer(WheelName::Parse(Text(question, "text")), [](const WheelName& wheel) {
    Json tags = Json::array();
    for (const Tag& tag : wheel.tags.Expand()) {
      tags.push_back(tag.ToString());
    }
    return Json{{"name", wheel.name.ToString()},
                {"version", wheel.version.ToString()},
                {"build", {wheel.build.number, wheel.build.suffix}},
                {"tags", tags}};
  });
}

Json AnswerSdist(const Json& question) {
  return Answer(SdistName::Parse(Text(question, "text")), [](const SdistName& sdist) {
    return Json{{"name", sdist.name.ToString()}, {"version", sdist.version.ToString()}};
  });
}

Json AnswerName(const Json& question) {
  return Answer(Name::Parse(Text(question, "text")),
                [](const Name& name) { return name.ToString(); });
}

class Oracle {
 public:
  Json AnswerTo(const Json& question) {
    const std::string kind = Text(question, "kind");
    if (kind == "environments") {
      return SetGrid(question);
    }
    if (kind == "marker") {
      return Answer(Marker::Parse(Text(question, "text")), [this](const Marker& marker) {
        return Json{{"results", EvaluateOverGrid(marker, grid_)}, {"text", marker.ToString()}};
      });
    }
    if (kind == "requirement") {
      return Answer(Requirement::Parse(Text(question, "text")),
                    [this](const Requirement& r) { return DescribeRequirement(r, grid_); });
    }
    if (kind == "published_requirement") {
      return Answer(
          ParseRequirementLeniently(Text(question, "text")),
          [this](const Lenient<Requirement>& r) { return DescribeRequirement(r.value, grid_); });
    }
    static const std::map<std::string, Json (*)(const Json&)> answers = {
        {"version", AnswerVersion},   {"compare", AnswerCompare}, {"specifier", AnswerSpecifier},
        {"contains", AnswerContains}, {"filter", AnswerFilter},   {"sets", AnswerSets},
        {"tags", AnswerTags},         {"wheel", AnswerWheel},     {"sdist", AnswerSdist},
        {"name", AnswerName},         {"algebra", AnswerAlgebra}};
    return answers.at(kind)(question);
  }

 private:
  Json SetGrid(const Json& question) {
    grid_ = {};
    for (const Json& environment : question.at("environments")) {
      grid_.environments.push_back(ReadEnvironment(environment));
    }
    for (const Json& extra : question.at("extras")) {
      grid_.extras.emplace_back();
      if (!extra.get<std::string>().empty()) {
        grid_.extras.back().push_back(*ExtraName::Parse(extra.get<std::string>()));
      }
    }
    return grid_.environments.size();
  }

  MarkerGrid grid_;
};

}  // namespace
}  // namespace flowstone::pypi

int main() {
  flowstone::pypi::Oracle oracle;
  std::string line;
  while (std::getline(std::cin, line)) {
    const std::string answer = oracle.AnswerTo(nlohmann::json::parse(line)).dump() + "\n";
    std::fwrite(answer.data(), 1, answer.size(), stdout);
  }
  return 0;
}
