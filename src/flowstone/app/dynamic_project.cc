#include "flowstone/app/dynamic_project.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/pypi/metadata.h"

namespace flowstone::app {
namespace {

constexpr const char* kDependencies = "dependencies";
constexpr const char* kOptionalDependencies = "optional-dependencies";
constexpr const char* kRequiresPython = "requires-python";

// What a package needs, apart by the extras that it is needed for.
class Dependencies {
 public:
  Dependencies(const pypi::CoreMetadata& fields, std::string file)
      : fields_(fields), file_(std::move(file)) {}

  std::vector<project::WrittenRequirement> Always() {
    return Where([&](pypi::MarkerDiagram marker) { return algebra_.WithExtra(marker, {}); });
  }

  // Without what is needed always.
  std::vector<project::WrittenRequirement> With(const pypi::ExtraName& extra) {
    return Where([&](pypi::MarkerDiagram marker) {
      const pypi::MarkerDiagram always = algebra_.WithExtra(marker, {});
      return algebra_.And(algebra_.WithExtra(marker, extra), pypi::MarkerAlgebra::Not(always));
    });
  }

 private:
  template <class Condition>
  std::vector<project::WrittenRequirement> Where(Condition condition) {
    std::vector<project::WrittenRequirement> requirements;
    for (const pypi::CoreMetadata::Dependency& dependency : fields_.requires_dist) {
      const pypi::MarkerDiagram where = condition(algebra_.Of(dependency.requirement.marker));
      if (algebra_.IsImpossible(where)) {
        continue;
      }
      project::WrittenRequirement written{.requirement = dependency.requirement,
                                          .source = {.file = file_}};
      written.requirement.marker = algebra_.ToMarker(where);
      requirements.push_back(std::move(written));
    }
    return requirements;
  }

  const pypi::CoreMetadata& fields_;
  const std::string file_;
  pypi::MarkerAlgebra algebra_;
};

}  // namespace

bool IsDynamic(const project::PyProject& document) {
  return document.project &&
         std::ranges::any_of(std::array{kDependencies, kOptionalDependencies, kRequiresPython},
                             [&](const char* field) { return document.project->IsDynamic(field); });
}

Result<project::PyProject> WithMetadata(project::PyProject document, const std::string& metadata) {
  FLOWSTONE_LET(
      const pypi::CoreMetadata fields,
      Annotate(pypi::CoreMetadata::Parse(metadata),
               "while reading the metadata that the backend of " + document.file + " gives"));
  project::ProjectTable& table = *document.project;
  Dependencies dependencies(fields, document.file);
  if (table.IsDynamic(kDependencies)) {
    table.dependencies = dependencies.Always();
  }
  if (table.IsDynamic(kOptionalDependencies)) {
    table.optional_dependencies.clear();
    for (const pypi::ExtraName& extra : fields.provides_extra) {
      table.optional_dependencies.emplace(extra, dependencies.With(extra));
    }
  }
  if (table.IsDynamic(kRequiresPython)) {
    table.requires_python = fields.requires_python;
  }
  std::erase_if(table.dynamic, [](const std::string& field) {
    return field == kDependencies || field == kOptionalDependencies || field == kRequiresPython;
  });
  return document;
}

}  // namespace flowstone::app
