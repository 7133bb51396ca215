// `package list`, `package info`, `package save`: what a run would be packaged from. Data goes to
// standard output; nothing is resolved, stored or created.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "flowstone/app/flow_code.h"
#include "flowstone/base/text.h"
#include "flowstone/cli/flow_session.h"
#include "flowstone/os/named_file.h"
#include "flowstone/os/path.h"

namespace flowstone::cli {
namespace {

Result<bundle::CodeScan> Scan(FlowSession& session) {
  const std::vector<std::string> suffixes =
      app::ParseSuffixes(session.arguments.Value("package-suffixes").value_or(""));
  FLOWSTONE_LET(bundle::CodeScan scan,
                bundle::ScanCode(session.machine.filesystem,
                                 app::CodeSourcesOf(session.machine, session.flow, suffixes)));
  for (const std::string& warning : scan.warnings) {
    session.console.PrintWarning(warning);
  }
  return scan;
}

std::string Json(const nlohmann::json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void PrintDecisions(FlowSession& session, const bundle::CodeScan& scan) {
  std::string text;
  for (const bundle::Decision& decision : scan.decisions) {
    text += fmt::format("{:<4} {}  ({})\n", decision.included ? "in" : "out", decision.path,
                        decision.rule);
  }
  session.console.Out(text);
}

}  // namespace

CommandResult CommandPackageList(FlowSession& session) {
  FLOWSTONE_LET(const bundle::CodeScan scan, Scan(session));
  if (session.arguments.Has("why") && !session.arguments.Has("json")) {
    PrintDecisions(session, scan);
    return 0;
  }
  nlohmann::json json = nlohmann::json::array();
  std::string text;
  for (const bundle::ScannedFile& file : scan.files) {
    const bool on_disk = !file.source.empty() && !session.arguments.Has("archive");
    text += (on_disk ? file.source : file.path) + "\n";
    json.push_back({{"path", file.path},
                    {"source", file.source},
                    {"size", file.size},
                    {"executable", file.executable}});
  }
  if (session.arguments.Has("json")) {
    nlohmann::json decisions = nlohmann::json::array();
    for (const bundle::Decision& decision : scan.decisions) {
      decisions.push_back(
          {{"path", decision.path}, {"included", decision.included}, {"rule", decision.rule}});
    }
    text = Json({{"files", json}, {"decisions", decisions}});
  }
  session.console.Out(text);
  return 0;
}

CommandResult CommandPackageInfo(FlowSession& session) {
  FLOWSTONE_LET(const bundle::CodeScan scan, Scan(session));
  FLOWSTONE_LET(const bundle::CodePackage package,
                bundle::CodePackage::Build(session.machine.filesystem, scan));
  if (session.arguments.Has("json")) {
    session.console.Out(Json({{"id", package.id().ToString()},
                              {"files", scan.files.size()},
                              {"bytes", scan.total_bytes},
                              {"root", scan.root},
                              {"suffixes", scan.suffixes}}));
    return 0;
  }
  session.console.Out(fmt::format(
      "Code package {}\nPackage size: {} in {} files\nPackaged from directory {}\nFiltered by "
      "suffixes: {}\n",
      package.id().ToString(), FormatBytes(scan.total_bytes), scan.files.size(), scan.root,
      JoinText(scan.suffixes, ", ")));
  return 0;
}

CommandResult CommandPackageSave(FlowSession& session) {
  FLOWSTONE_LET(const bundle::CodeScan scan, Scan(session));
  FLOWSTONE_LET(const bundle::CodePackage package,
                bundle::CodePackage::Build(session.machine.filesystem, scan));
  FLOWSTONE_LET(const std::string archive, package.ExportTarGz(session.machine.filesystem));
  const std::string path = session.arguments.Positional("path");
  if (path == "-") {
    session.console.Out(archive);
    return 0;
  }
  FLOWSTONE_TRY(Annotate(
      os::WriteNamedFile(session.machine.filesystem,
                         os::AbsolutePath(session.machine.working_directory, path), archive),
      "while saving the code package"));
  session.console.Err(fmt::format("Code package {} saved in {}\n", package.id().ToString(), path));
  return 0;
}

}  // namespace flowstone::cli
