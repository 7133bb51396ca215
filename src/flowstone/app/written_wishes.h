// WrittenWishes: what requirements files, projects and scripts say, as the wish of an environment:
// requirements with their hashes and build settings, `[tool.uv.sources]` put in, constraints,
// overrides, excludes.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "flowstone/app/environment_wish.h"
#include "flowstone/base/result.h"
#include "flowstone/lock/lock_choice.h"
#include "flowstone/project/pyproject.h"
#include "flowstone/project/uv_table.h"
#include "flowstone/project/written_requirement.h"
#include "flowstone/resolve/request.h"

namespace flowstone::app {

// The requirement with its origin and its hashes.
resolve::RequestedRequirement RequestedOf(const project::WrittenRequirement& written);

// kInvalid when only a build would tell what the project depends on; `hints` say what to do then.
Status CheckStatic(const project::PyProject& document, const std::vector<std::string>& hints);

class WrittenWishes {
 public:
  using Requirements = std::vector<resolve::RequestedRequirement>;
  // What becomes of one requirement; where nothing is special about it, RequestedOf.
  using Request =
      std::function<Result<resolve::RequestedRequirement>(const project::WrittenRequirement&)>;

  // Both outlive this. No two choices of one of the conflicts are ever taken together.
  WrittenWishes(EnvironmentWish& wish, const std::vector<lock::ConflictingChoices>& conflicts,
                Request request)
      : wish_(wish), conflicts_(conflicts), request_(std::move(request)) {}

  Status AddRequirements(const std::vector<project::WrittenRequirement>& written) {
    return Add(written, wish_.requirements);
  }
  Status AddConstraints(const std::vector<project::WrittenRequirement>& written) {
    return Add(written, wish_.constraints);
  }
  Status AddOverrides(const std::vector<project::WrittenRequirement>& written) {
    return Add(written, wish_.overrides);
  }
  Status AddBuildConstraints(const std::vector<project::WrittenRequirement>& written) {
    return Add(written, wish_.builds.constraints);
  }
  // Requirements of a document whose sources are in `table`. With a choice, they count where it is
  // taken. kInvalid when a project would come from two indexes in one environment.
  Status AddSourced(const project::UvTable& table,
                    std::vector<project::WrittenRequirement> requirements,
                    const project::RequirementScope& scope,
                    const std::optional<lock::LockChoice>& choice = {});
  // The constraints, overrides and excludes of a table, and what it says about builds.
  Status AddRules(const project::UvTable& table);

 private:
  Status Add(const std::vector<project::WrittenRequirement>& written, Requirements& requirements);
  // The settings that stand on the line of a requirement are those of its project.
  Status AddConfigSettings(const project::WrittenRequirement& written, const pypi::Name& project);
  Status AddIndex(project::IndexChoice choice);
  // What a table says about how sources are built.
  Status AddBuildRules(const project::UvTable& table);

  EnvironmentWish& wish_;
  const std::vector<lock::ConflictingChoices>& conflicts_;
  const Request request_;
};

}  // namespace flowstone::app
