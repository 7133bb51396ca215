// EnvironmentsOf: the tags of a wheel as a marker: roughly the environments that can use it. Libc
// and system versions are not marker variables, so a wheel may need more than its marker says.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/pypi/tags.h"

namespace flowstone::resolve {

// A system that wheels are made for.
struct OperatingSystem {
  std::string_view name;
  std::string_view sys_platform;

  friend bool operator==(const OperatingSystem&, const OperatingSystem&) = default;
};

inline constexpr std::array<OperatingSystem, 3> kOperatingSystems = {
    {{"Linux", "linux"}, {"macOS", "darwin"}, {"Windows", "win32"}}};

pypi::MarkerDiagram EnvironmentsOn(const OperatingSystem& system, pypi::MarkerAlgebra& algebra);

// Tags of platforms and interpreters that are not known here hold everywhere.
pypi::MarkerDiagram EnvironmentsOf(const pypi::TagSet& tags, pypi::MarkerAlgebra& algebra);

// The same with a memory: listings and locks name thousands of wheels, and few tag sets.
class WheelEnvironments {
 public:
  // `algebra` outlives this.
  explicit WheelEnvironments(pypi::MarkerAlgebra& algebra) : algebra_(algebra) {}

  // Of a tag set as file names have it; nothing when it is none.
  std::optional<pypi::MarkerDiagram> OfTags(std::string_view tag_set);
  // Of the wheel of that file name; everywhere when it is no name of a wheel.
  pypi::MarkerDiagram Of(std::string_view filename);
  pypi::MarkerAlgebra& algebra() const { return algebra_; }

 private:
  pypi::MarkerAlgebra& algebra_;
  std::unordered_map<std::string, std::optional<pypi::MarkerDiagram>> known_;
};

}  // namespace flowstone::resolve
