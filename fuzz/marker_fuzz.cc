// Markers (PEP 508): printing, evaluating, and the decision diagrams that they become.
#include "fuzz_target.h"
#include <string_view>
#include <vector>

#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/pypi/marker_environment.h"

using flowstone::fuzz::Require;
using flowstone::pypi::Marker;
using flowstone::pypi::MarkerAlgebra;
using flowstone::pypi::MarkerDiagram;
using flowstone::pypi::MarkerEnvironment;

namespace {

// Larger markers only take longer.
constexpr std::size_t kMaxSize = 300;

std::vector<MarkerEnvironment> Environments() {
  const MarkerEnvironment linux_312 = {.implementation_name = "cpython",
                                       .implementation_version = "3.12.4",
                                       .os_name = "posix",
                                       .platform_machine = "x86_64",
                                       .platform_python_implementation = "CPython",
                                       .platform_release = "6.1.0",
                                       .platform_system = "Linux",
                                       .platform_version = "#1 SMP",
                                       .python_full_version = "3.12.4",
                                       .python_version = "3.12",
                                       .sys_platform = "linux"};
  MarkerEnvironment windows_38 = linux_312;
  windows_38.os_name = "nt";
  windows_38.sys_platform = "win32";
  windows_38.platform_system = "Windows";
  windows_38.platform_machine = "AMD64";
  windows_38.platform_release = "10";
  windows_38.python_full_version = "3.8.20";
  windows_38.python_version = "3.8";
  windows_38.implementation_version = "3.8.20";
  return {linux_312, windows_38};
}

void CheckDiagram(const Marker& marker) {
  MarkerAlgebra algebra;
  const MarkerDiagram diagram = algebra.Of(marker);
  Require(algebra.And(diagram, MarkerAlgebra::Not(diagram)) == MarkerAlgebra::Never(),
          "nothing holds together with its negation");
  Require(algebra.Implies(diagram, algebra.Or(diagram, algebra.Possible())), "a implies a or b");
  for (const MarkerEnvironment& environment : Environments()) {
    Require(algebra.Evaluate(diagram, environment) == marker.Evaluate(environment),
            "a diagram holds where its marker does");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto marker = Marker::Parse(flowstone::fuzz::TextOf(data, size));
  if (!marker) {
    return 0;
  }
  const std::string printed = marker->ToString();
  flowstone::fuzz::RequireRoundTrip(*marker, printed,
                                    [](std::string_view text) { return Marker::Parse(text); });
  if (size <= kMaxSize) {
    CheckDiagram(*marker);
  }
  return 0;
}
