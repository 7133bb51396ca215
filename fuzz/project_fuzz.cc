// What users write: requirements files, pyproject.toml and its settings, scripts.
#include "fuzz_target.h"
#include <string>
#include <string_view>

#include "flowstone/base/error.h"
#include "flowstone/os/environment.h"
#include "flowstone/project/project_settings.h"
#include "flowstone/project/pyproject.h"
#include "flowstone/project/requirements_file.h"
#include "flowstone/project/script_metadata.h"

namespace project = flowstone::project;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  const flowstone::os::Environment environment;
  const project::RequirementsContext context = {
      .working_directory = "/work",
      .environment = environment,
      .read = [&](const std::string& place) -> flowstone::Result<std::string> {
        if (place == "/work/requirements.txt") {
          return std::string(text);
        }
        return flowstone::Error{flowstone::ErrorCode::kNotFound, "there is no " + place};
      },
      .exists = [](const std::string&) { return false; }};
  static_cast<void>(project::ReadRequirementsFile("/work/requirements.txt",
                                                  project::FileRole::kRequirements, context));
  static_cast<void>(project::ParsePyProject(text, "pyproject.toml", "/work"));
  static_cast<void>(project::ParseScriptMetadata(text, "flow.py", "/work"));
  const auto settings =
      project::ParseProjectSettings(text, "pyproject.toml", "/work/pyproject.toml");
  flowstone::fuzz::Require(!settings || !*settings || project::MayHaveProjectSettings(text),
                           "a document that is not read has no settings");
  return 0;
}
