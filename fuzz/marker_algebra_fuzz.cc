// Computing with markers: what MarkerAlgebra says of two markers, one a line, never contradicts
// what the markers say when they are evaluated.
#include "fuzz_target.h"
#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/pypi/marker_environment.h"

using flowstone::fuzz::Require;
using flowstone::pypi::ExtraName;
using flowstone::pypi::GroupName;
using flowstone::pypi::Marker;
using flowstone::pypi::MarkerAlgebra;
using flowstone::pypi::MarkerDiagram;
using flowstone::pypi::MarkerEnvironment;
using flowstone::pypi::MarkerVariables;

namespace {

// Larger markers only take longer.
constexpr std::size_t kMaxSize = 300;

struct Platform {
  const char* os_name;
  const char* sys_platform;
  const char* platform_system;
  const char* platform_machine;
  const char* platform_release;
};

// Machines that there are: every platform with every interpreter.
std::vector<MarkerEnvironment> Environments() {
  std::vector<MarkerEnvironment> environments;
  for (const Platform& platform : {Platform{"posix", "linux", "Linux", "x86_64", "6.1.0-13-amd64"},
                                   Platform{"posix", "darwin", "Darwin", "arm64", "23.1.0"},
                                   Platform{"nt", "win32", "Windows", "AMD64", "10"}}) {
    for (const auto& [full, minor] : {std::pair("2.7.18", "2.7"), std::pair("3.8.20", "3.8"),
                                      std::pair("3.12.4", "3.12"), std::pair("3.13.0rc1", "3.13"),
                                      std::pair("3.13.0", "3.13"), std::pair("3.14.2", "3.14")}) {
      environments.push_back({.implementation_name = "cpython",
                              .implementation_version = full,
                              .os_name = platform.os_name,
                              .platform_machine = platform.platform_machine,
                              .platform_python_implementation = "CPython",
                              .platform_release = platform.platform_release,
                              .platform_system = platform.platform_system,
                              .platform_version = "#1 SMP",
                              .python_full_version = full,
                              .python_version = minor,
                              .sys_platform = platform.sys_platform});
    }
  }
  return environments;
}

struct Selection {
  std::vector<ExtraName> extras = {};
  std::vector<GroupName> groups = {};
};

std::vector<Selection> Selections() {
  return {{}, {.extras = {*ExtraName::Parse("x")}, .groups = {*GroupName::Parse("dev")}}};
}

// Both answers of a marker and its diagram, wherever they are asked.
class Question {
 public:
  Question(MarkerAlgebra& algebra, const Marker& marker)
      : marker_(marker), diagram_(algebra.Of(marker)) {}

  MarkerDiagram diagram() const { return diagram_; }
  bool Holds(const MarkerAlgebra& algebra, const MarkerEnvironment& environment,
             const Selection& selection) const {
    const flowstone::pypi::MarkerSelection asked{selection.extras, selection.groups};
    const bool holds = marker_.Evaluate(environment, asked);
    Require(algebra.Evaluate(diagram_, environment, asked) == holds,
            "a diagram holds where its marker does");
    return holds;
  }

 private:
  const Marker& marker_;
  MarkerDiagram diagram_;
};

// Whether every comparison has one opposite (marker_diagram.h). Two operators and versions with
// local labels have none, a variable on the right has one that is a question of its own.
bool IsNegatable(std::string_view text) {
  constexpr std::string_view marks[] = {"===", "~=", "+"};
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    const bool is_operator = text[i] == '<' || text[i] == '>' || text[i] == '=';
    if (is_operator && text[i + 1] == ' ' && text[i + 2] != '"' && text[i + 2] != '\'') {
      return false;
    }
  }
  return std::ranges::none_of(
      marks, [&](std::string_view mark) { return text.find(mark) != std::string_view::npos; });
}

enum class Printing : std::uint8_t { kExact, kSometimesOpposite };

void CheckPrinted(MarkerAlgebra& algebra, MarkerDiagram diagram, Printing printing) {
  const Marker printed = algebra.ToMarker(diagram);
  if (printed.is_always()) {
    Require(diagram == MarkerAlgebra::Always(), "only what always holds is printed as nothing");
    return;
  }
  const std::string text = printed.ToString();
  const auto again = Marker::Parse(text, MarkerVariables::kLockFile);
  Require(again.has_value(), "what is printed can be parsed");
  Require(printing != Printing::kExact || algebra.Of(*again) == diagram,
          "what is printed is the same diagram");
}

void CheckPair(const Marker& first, const Marker& second) {
  const bool is_negatable = IsNegatable(first.ToString()) && IsNegatable(second.ToString());
  const Printing printing = is_negatable ? Printing::kExact : Printing::kSometimesOpposite;
  MarkerAlgebra algebra;
  const Question a(algebra, first);
  const Question b(algebra, second);
  const MarkerDiagram both = algebra.And(a.diagram(), b.diagram());
  const MarkerDiagram either = algebra.Or(a.diagram(), b.diagram());
  const MarkerDiagram simplified = algebra.Simplify(a.diagram(), b.diagram());
  const bool implies = algebra.Implies(a.diagram(), b.diagram());
  const bool disjoint = algebra.AreDisjoint(a.diagram(), b.diagram());
  const flowstone::pypi::VersionSet pythons = algebra.PythonOf(a.diagram());
  Require(algebra.And(b.diagram(), a.diagram()) == both, "the order does not matter");
  Require(algebra.Implies(both, a.diagram()) && algebra.Implies(a.diagram(), either),
          "a and b implies a, a implies a or b");
  for (const MarkerEnvironment& environment : Environments()) {
    for (const Selection& selection : Selections()) {
      const flowstone::pypi::MarkerSelection asked{selection.extras, selection.groups};
      const bool a_holds = a.Holds(algebra, environment, selection);
      const bool b_holds = b.Holds(algebra, environment, selection);
      Require(!(implies && a_holds && !b_holds), "what is implied holds");
      // `extra` is asked once for each extra, so that both may hold for different ones.
      if (selection.extras.empty()) {
        Require(!(disjoint && a_holds && b_holds), "what is disjoint does not hold together");
        Require(algebra.Evaluate(both, environment, asked) == (a_holds && b_holds), "and is and");
        Require(algebra.Evaluate(simplified, environment, asked) == a_holds || !b_holds,
                "what is simplified means the same where the assumption holds");
      }
      Require(!a_holds || pythons.Contains(
                              *flowstone::pypi::Version::Parse(environment.python_full_version)),
              "the versions of Python with which it can hold are all there");
    }
  }
  CheckPrinted(algebra, a.diagram(), printing);
  CheckPrinted(algebra, both, printing);
  CheckPrinted(algebra, MarkerAlgebra::Not(a.diagram()), printing);
  CheckPrinted(algebra, simplified, printing);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMaxSize) {
    return 0;
  }
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  const std::size_t line = text.find('\n');
  const auto first = Marker::Parse(text.substr(0, line), MarkerVariables::kLockFile);
  if (!first) {
    return 0;
  }
  const auto second = line == std::string_view::npos
                          ? flowstone::Result<Marker>(Marker())
                          : Marker::Parse(text.substr(line + 1), MarkerVariables::kLockFile);
  if (second) {
    CheckPair(*first, *second);
  }
  return 0;
}
