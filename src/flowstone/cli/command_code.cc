// `code`: the code that a run executed.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "flowstone/app/project_datastore.h"
#include "flowstone/base/text.h"
#include "flowstone/bundle/code_package.h"
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/os/path.h"

namespace flowstone::cli {

Result<int> CommandCode(EngineSession& session) {
  const std::string pathspec = session.arguments.Positional("run");
  const std::vector<std::string_view> parts = SplitText(pathspec, '/');
  if (parts.size() != 2 || parts[0].empty() || parts[1].empty()) {
    return Error{.code = ErrorCode::kInvalid, .message = "'" + pathspec + "' is no FLOW/RUN"};
  }
  FLOWSTONE_LET(const auto datastore,
                app::ProjectDatastore::Open(session.machine, store::MissingDatastore::kRefuse));
  FLOWSTONE_LET(
      const store::RunRecord record,
      datastore->runs().ReadRun({.flow = std::string(parts[0]), .run = std::string(parts[1])}));
  if (!record.code) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "run " + pathspec + " has no code package"};
  }
  FLOWSTONE_LET(bundle::StoredCodePackage package,
                bundle::StoredCodePackage::Load(datastore->datastore(), *record.code));
  if (const auto into = session.arguments.Value("into")) {
    const std::string directory = os::AbsolutePath(session.machine.working_directory, *into);
    FLOWSTONE_TRY(package.ExtractTo(session.machine.filesystem, directory));
    session.console.Err(fmt::format("code {} of {} extracted to {}\n",
                                    package.id().ToString().substr(0, 12), pathspec, *into));
    return 0;
  }
  nlohmann::json files = nlohmann::json::array();
  std::string text;
  for (const bundle::TreeEntry& entry : package.manifest().entries()) {
    text += entry.path + "\n";
    files.push_back(
        {{"path", entry.path}, {"size", entry.size}, {"sha256", entry.sha256.ToString()}});
  }
  if (session.arguments.Has("json")) {
    text = nlohmann::json({{"id", package.id().ToString()}, {"files", files}})
               .dump(2, ' ', false, nlohmann::json::error_handler_t::replace) +
           "\n";
  }
  session.console.Out(text);
  return 0;
}

}  // namespace flowstone::cli
