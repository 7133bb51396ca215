#include "flowstone/app/flow_code.h"

#include "flowstone/base/text.h"
#include "flowstone/store/run_store.h"

namespace flowstone::app {
namespace {

void AddSuffixes(const os::Environment& environment, const char* variable,
                 std::vector<std::string>& suffixes) {
  const std::vector<std::string> more =
      ParseSuffixes(environment.GetNonEmpty(variable).value_or(""));
  suffixes.insert(suffixes.end(), more.begin(), more.end());
}

// The package of the flow's newest run that has one: most of its files are stored already.
std::optional<Digest> NewestCode(store::Datastore& datastore, const std::string& flow) {
  store::RunStore runs(datastore);
  const Result<std::string> latest = runs.LatestRun(flow);
  if (!latest) {
    return std::nullopt;
  }
  const Result<store::RunRecord> record = runs.ReadRun({.flow = flow, .run = *latest});
  return record ? record->code : std::nullopt;
}

}  // namespace

std::vector<std::string> ParseSuffixes(std::string_view list) {
  std::vector<std::string> suffixes;
  for (const std::string_view suffix : SplitText(list, ',')) {
    if (!TrimText(suffix).empty()) {
      suffixes.emplace_back(TrimText(suffix));
    }
  }
  return suffixes;
}

bundle::CodeSources CodeSourcesOf(const Machine& machine, const flow::FlowDescription& flow,
                                  const std::vector<std::string>& suffixes) {
  bundle::CodeSources sources{.flow_name = flow.name,
                              .flow_file = flow.file,
                              .suffixes = suffixes,
                              .sdk_root = flow.sdk.root,
                              .compat_root = flow.sdk.compat_root.value_or(""),
                              .flowstone_version = flow.sdk.version};
  AddSuffixes(machine.environment, "FLOWSTONE_PACKAGE_SUFFIXES", sources.suffixes);
  AddSuffixes(machine.environment, "METAFLOW_PACKAGE_SUFFIXES", sources.suffixes);
  AddSuffixes(machine.environment, "METAFLOW_DEFAULT_PACKAGE_SUFFIXES", sources.suffixes);
  sources.suffixes.insert(sources.suffixes.end(), flow.package_suffixes.begin(),
                          flow.package_suffixes.end());
  for (const flow::PackageInclude& include : flow.package_include) {
    sources.include.push_back({.path = include.path, .name = include.name});
  }
  return sources;
}

Result<StoredCode> StoreFlowCode(const Machine& machine, const bundle::CodeSources& sources,
                                 store::Datastore& datastore) {
  FLOWSTONE_LET(const bundle::CodeScan scan,
                Annotate(bundle::ScanCode(machine.filesystem, sources),
                         "while packaging the code of " + sources.flow_name));
  FLOWSTONE_LET(const bundle::CodePackage package,
                Annotate(bundle::CodePackage::Build(machine.filesystem, scan),
                         "while packaging the code of " + sources.flow_name));
  const std::optional<Digest> base = NewestCode(datastore, sources.flow_name);
  FLOWSTONE_TRY(package.Store(machine.filesystem, datastore, base));
  return StoredCode{.id = package.id(), .warnings = scan.warnings};
}

}  // namespace flowstone::app
