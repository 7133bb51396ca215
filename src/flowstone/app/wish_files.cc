#include "flowstone/app/wish_files.h"

#include <utility>
#include <vector>

#include "flowstone/app/project_conflicts.h"
#include "flowstone/app/workspace.h"
#include "flowstone/app/written_wishes.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/project/pyproject.h"
#include "flowstone/project/requirements_file.h"

namespace flowstone::app {
namespace {

using project::WrittenRequirement;

// What tasks run from was locked: nothing that only its machine knows.
Result<resolve::RequestedRequirement> RequestedOfStep(const WrittenRequirement& written) {
  if (written.requirement.name.ToString().empty()) {
    return Error{
        .code = ErrorCode::kInvalid,
        .message = written.source.ToString() + ": " + written.ToString() + " does not say its name",
        .hints = {"write NAME @ " + written.ToString()}};
  }
  const bool is_repository = written.requirement.url.starts_with("git+");  // is at its commit
  if (written.editing == project::Editing::kEditable && !is_repository) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = written.source.ToString() + ": " + written.ToString() +
                            " is editable, which a step cannot have",
                 .hints = {"tasks run from what was locked: drop -e"}};
  }
  return RequestedOf(written);
}

Error NotForOneStep(const project::SourcedText& option, const std::string& what) {
  return Error{.code = ErrorCode::kInvalid,
               .message = option.source.ToString() + ": " + what +
                          " is not taken from the requirements of a step",
               .hints = {"give it on the command line, or in the configuration of pip or uv"}};
}

Status CheckOptions(const project::FileOptions& options, const std::string& file) {
  if (!options.trusted_hosts.empty()) {
    return NotForOneStep(options.trusted_hosts.front(), "--trusted-host");
  }
  if (!options.find_links.empty()) {
    return NotForOneStep(options.find_links.front(), "--find-links");
  }
  const project::SourcedText whole{.text = {}, .source = {.file = file}};
  if (options.no_index) {
    return NotForOneStep(whole, "--no-index");
  }
  if (!options.binaries.empty()) {
    return NotForOneStep(whole, "--only-binary or --no-binary");
  }
  if (!options.releases.empty()) {
    return NotForOneStep(whole, "--pre");
  }
  return Ok();
}

class Reader {
 public:
  Reader(os::FileSystem& filesystem, const os::Environment& environment,
         const std::string& directory)
      : filesystem_(filesystem), environment_(environment), directory_(directory) {}

  Status Read(EnvironmentWish& wish) const {
    const std::string path = os::AbsolutePath(directory_, wish.requirements_file);
    return os::BaseName(path).ends_with(".toml") ? ReadProject(path, wish)
                                                 : ReadRequirements(path, wish);
  }

 private:
  Status ReadRequirements(const std::string& path, EnvironmentWish& wish) const {
    if (!wish.groups.empty() || !wish.extras.empty()) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = wish.requirements_file + " has neither groups nor extras",
                   .hints = {"name a pyproject.toml, which has them"}};
    }
    const project::RequirementsContext context{
        .working_directory = directory_,
        .environment = environment_,
        .read = [this](const std::string& place) { return filesystem_.ReadFile(place); },
        .exists =
            [this](const std::string& place) {
              const Result<bool> exists = os::Exists(filesystem_, place);
              return exists && *exists;
            }};
    FLOWSTONE_LET(const project::RequirementsFile file,
                  project::ReadRequirementsFile(path, project::FileRole::kRequirements, context));
    FLOWSTONE_TRY(CheckOptions(file.options, wish.requirements_file));
    const std::vector<lock::ConflictingChoices> no_conflicts;
    WrittenWishes wishes(wish, no_conflicts, RequestedOfStep);
    FLOWSTONE_TRY(wishes.AddRequirements(file.requirements));
    FLOWSTONE_TRY(wishes.AddConstraints(file.constraints));
    if (file.options.index_url && !wish.indexes.index_url) {
      wish.indexes.index_url = file.options.index_url->text;
    }
    for (const project::SourcedText& url : file.options.extra_index_urls) {
      wish.indexes.extra_index_urls.push_back(url.text);
    }
    return Ok();
  }

  Status ReadProject(const std::string& path, EnvironmentWish& wish) const {
    FLOWSTONE_LET(const std::string text,
                  Annotate(filesystem_.ReadFile(path), "while reading " + wish.requirements_file));
    FLOWSTONE_LET(project::PyProject document,
                  project::ParsePyProject(text, wish.requirements_file, os::DirName(path)));
    FLOWSTONE_TRY(JoinWorkspace(filesystem_, os::DirName(path), "/", document));
    FLOWSTONE_TRY(CheckStatic(document, {"a step does not run it: list the requirements"}));
    FLOWSTONE_TRY(CheckCompatible(document, wish));
    const std::vector<lock::ConflictingChoices> no_conflicts;  // or it would not get here
    WrittenWishes wishes(wish, no_conflicts, RequestedOfStep);
    if (document.project) {
      FLOWSTONE_TRY(wishes.AddSourced(document.uv, document.project->dependencies, {}));
    }
    for (const pypi::ExtraName& extra : wish.extras) {
      const auto found =
          document.project
              ? document.project->optional_dependencies.find(extra)
              : std::map<pypi::ExtraName, std::vector<WrittenRequirement>>::const_iterator();
      if (!document.project || found == document.project->optional_dependencies.end()) {
        return Error{
            .code = ErrorCode::kNotFound,
            .message = wish.requirements_file + " has no extra '" + extra.ToString() + "'"};
      }
      FLOWSTONE_TRY(wishes.AddSourced(document.uv, found->second, {.extra = extra}));
    }
    for (const pypi::GroupName& group : wish.groups) {
      FLOWSTONE_LET(std::vector<WrittenRequirement> requirements,
                    Annotate(document.groups.Expand(group), "in " + wish.requirements_file));
      FLOWSTONE_TRY(wishes.AddSourced(document.uv, std::move(requirements), {.group = group}));
    }
    return wishes.AddRules(document.uv);
  }

  static Status CheckCompatible(const project::PyProject& document, const EnvironmentWish& wish) {
    std::vector<project::ProjectPart> chosen;
    chosen.reserve(wish.extras.size() + wish.groups.size() + 1);
    std::optional<pypi::Name> name;
    if (document.project) {
      name = document.project->name;
      chosen.push_back({.project = name});
    }
    for (const pypi::ExtraName& extra : wish.extras) {
      chosen.push_back({.project = name, .extra = extra});
    }
    for (const pypi::GroupName& group : wish.groups) {
      chosen.push_back({.project = name, .group = group});
    }
    FLOWSTONE_LET(const auto conflicts, ConflictsAmong(document.uv.conflicts, chosen));
    if (conflicts.empty()) {
      return Ok();
    }
    return Error{.code = ErrorCode::kInvalid,
                 .message = document.file + " says that " + conflicts.front().front().ToString() +
                            " and " + conflicts.front().back().ToString() +
                            " conflict (tool.uv.conflicts): a step can have one of them"};
  }

  os::FileSystem& filesystem_;
  const os::Environment& environment_;
  const std::string directory_;
};

}  // namespace

Result<StepWishes> ReadWishes(os::FileSystem& filesystem, const os::Environment& environment,
                              const flow::FlowDescription& flow, EnvironmentChoice choice) {
  FLOWSTONE_LET(StepWishes wishes, EnvironmentWishes(flow, choice));
  const Reader reader(filesystem, environment, os::DirName(flow.file));
  for (auto& [step, wish] : wishes) {
    if (wish && !wish->requirements_file.empty()) {
      FLOWSTONE_TRY(
          Annotate(reader.Read(*wish), "while reading the requirements of " + AskerOf(flow, step)));
    }
  }
  return wishes;
}

}  // namespace flowstone::app
