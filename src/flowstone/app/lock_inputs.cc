#include "flowstone/app/lock_inputs.h"

#include <algorithm>
#include <array>
#include <utility>

#include "flowstone/app/project_conflicts.h"
#include "flowstone/app/workspace.h"
#include "flowstone/app/written_wishes.h"
#include "flowstone/base/text.h"
#include "flowstone/build/direct_reference.h"
#include "flowstone/net/redact.h"
#include "flowstone/net/url.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/project/script_metadata.h"
#include "flowstone/project/text_encoding.h"

namespace flowstone::app {
namespace {

using project::WrittenRequirement;

constexpr std::string_view kProjectFile = "pyproject.toml";
constexpr std::string_view kStandardInput = "-";
// Where the kernel shows what the process was given.
constexpr const char* kStandardInputPath = "/dev/stdin";

bool IsHttp(std::string_view place) {
  return place.starts_with("http://") || place.starts_with("https://");
}

class InputReader {
 public:
  InputReader(const Machine& machine, const LockInputSpec& spec, const FetchText& fetch,
              const AskBackend& ask)
      : machine_(machine), spec_(spec), fetch_(fetch), ask_(ask) {}

  Result<LockInputs> Read();
  Result<LockInputs> ReadRulesOnly();

 private:
  // A file with its text.
  struct OpenFile {
    std::string place;      // an absolute path, a URL or "-"
    std::string shown;      // for messages
    std::string directory;  // absolute
    std::string text;
  };

  Result<std::string> ReadPlace(const std::string& place) const;
  std::string PlaceOf(const std::string& given) const;
  Status RefuseDirectory(const std::string& path, const std::string& given) const;
  Result<OpenFile> Open(const std::string& given) const;
  Result<std::optional<std::string>> TextBeside(const OpenFile& file, std::string_view name) const;

  Status RefuseFile(const std::string& spec) const;
  Status ReadSpecs();
  Status ReadFile(const std::string& given);
  Status CheckAlone(const OpenFile& lock) const;
  Status ReadLock(const OpenFile& file, project::LockFormat format);
  Status ReadRequirements(const OpenFile& file);
  // A pyproject.toml with what its workspace adds; each is read once.
  Status ParseProject(const OpenFile& file);
  // All of them, those of groups too: whether their parts conflict has to be known before any is
  // taken.
  Status ParseProjects(const std::vector<std::string>& files);
  // The file of the group that was asked for, as it was given, and its name.
  std::pair<std::string, std::string> FileOfGroup(const std::string& given) const;
  Status ReadProject(const std::string& given);
  Status ReadScript(const OpenFile& file);
  Status ReadGroups();
  Status ReadGroup(const std::string& given);
  // The files of constraints, overrides and build constraints, and the excludes.
  Status ReadRules();
  // Of all projects that were read.
  std::vector<std::string> KnownExtras() const;
  Status CheckExtras() const;

  // Parses a requirements file that was opened already, and the files that it names.
  Result<project::RequirementsFile> Parse(const OpenFile& file, project::FileRole role) const;
  Status MergeOptions(const project::FileOptions& options);
  // Of the document at the place. Once, however often it is asked for.
  Status AddUvTable(const std::string& place, const project::UvTable& table);
  // Notes what conflicts among the projects, extras and groups that were chosen.
  Status NoteConflicts();
  void NoteChosen(const project::PyProject& document,
                  std::vector<project::ProjectPart>& chosen) const;
  // Nothing when it conflicts with no other that was chosen.
  std::optional<lock::LockChoice> AsChoice(const lock::LockChoice& choice) const;
  Result<resolve::RequestedRequirement> RequestedHere(const WrittenRequirement& written);
  Result<pypi::Name> NameOf(const WrittenRequirement& written) const;

  const Machine& machine_;
  const LockInputSpec& spec_;
  const FetchText& fetch_;
  const AskBackend& ask_;
  LockInputs inputs_;
  WrittenWishes wishes_{inputs_.wish, inputs_.conflicts, [this](const WrittenRequirement& written) {
                          return RequestedHere(written);
                        }};
  std::map<std::string, project::PyProject> projects_;  // by path
  std::vector<std::string> project_files_;              // of them those that are locked, as given
  std::vector<pypi::ExtraName> found_extras_;
};

Result<std::string> InputReader::ReadPlace(const std::string& place) const {
  if (place == kStandardInput) {
    return machine_.filesystem.ReadFile(kStandardInputPath);
  }
  return IsHttp(place) ? fetch_(place) : machine_.filesystem.ReadFile(place);
}

std::string InputReader::PlaceOf(const std::string& given) const {
  return given == kStandardInput || IsHttp(given)
             ? given
             : os::AbsolutePath(machine_.working_directory, given);
}

// A directory may hold a project, which is something else than a file of requirements.
Status InputReader::RefuseDirectory(const std::string& path, const std::string& given) const {
  const Result<os::FileInfo> info = machine_.filesystem.Stat(path);
  if (!info || info->type != os::FileType::kDirectory) {
    return Ok();
  }
  Error error{ErrorCode::kInvalid, given + " is a directory, not a file of requirements"};
  const Result<bool> is_project = os::Exists(machine_.filesystem, os::JoinPath(path, kProjectFile));
  if (is_project && *is_project) {
    error.hints.push_back("lock what the project in it needs with -r " +
                          os::JoinPath(given, kProjectFile) + ", or the project too: ./" + given);
  }
  return error;
}

Result<InputReader::OpenFile> InputReader::Open(const std::string& given) const {
  OpenFile file{
      .place = PlaceOf(given), .shown = given, .directory = machine_.working_directory, .text = {}};
  if (given == kStandardInput) {
    file.shown = "standard input";
  } else if (IsHttp(given)) {
    file.shown = net::RedactText(given);
  } else {
    file.directory = os::DirName(file.place);
    FLOWSTONE_TRY(RefuseDirectory(file.place, given));
  }
  FLOWSTONE_LET(file.text, Annotate(ReadPlace(file.place), "while reading " + file.shown));
  return file;
}

Result<std::optional<std::string>> InputReader::TextBeside(const OpenFile& file,
                                                           std::string_view name) const {
  if (file.place == kStandardInput || IsHttp(file.place)) {
    return std::optional<std::string>();
  }
  Result<std::string> text = machine_.filesystem.ReadFile(os::JoinPath(file.directory, name));
  if (!text && text.error().code != ErrorCode::kNotFound) {
    return text.error();
  }
  return text ? std::optional(*std::move(text)) : std::nullopt;
}

// A directory knows its name when its pyproject.toml does.
Result<pypi::Name> InputReader::NameOf(const WrittenRequirement& written) const {
  const Result<net::Url> url = net::Url::Parse(written.requirement.url);
  if (url && url->scheme() == "file") {
    const std::string path = os::JoinPath(url->DecodedPath(), kProjectFile);
    const Result<std::string> text = machine_.filesystem.ReadFile(path);
    if (text) {
      FLOWSTONE_LET(const project::PyProject document,
                    project::ParsePyProject(*text, path, url->DecodedPath()));
      if (document.project) {
        return document.project->name;
      }
    }
  }
  return pypi::Name();  // whoever resolves looks into it
}

Result<resolve::RequestedRequirement> InputReader::RequestedHere(
    const WrittenRequirement& written) {
  resolve::RequestedRequirement requested = RequestedOf(written);
  if (requested.requirement.name.empty()) {
    FLOWSTONE_LET(requested.requirement.name, NameOf(written));
  }
  if (written.editing == project::Editing::kEditable) {
    requested.requirement.url = build::EditableUrl(requested.requirement.url);
  }
  inputs_.has_hashes = inputs_.has_hashes || !written.hashes.empty();
  return requested;
}

// "requirements.txt" is a file that is there, not the package requirements-txt.
Status InputReader::RefuseFile(const std::string& spec) const {
  constexpr std::array<std::string_view, 6> endings = {".txt", ".in",   ".toml",
                                                       ".py",  ".lock", ".cfg"};
  const bool may_be_file =
      std::ranges::any_of(endings, [&](std::string_view ending) { return spec.ends_with(ending); });
  if (may_be_file && machine_.filesystem.Stat(PlaceOf(spec))) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "'" + spec + "' is a file, and no requirement",
                 .hints = {"take requirements from it with -r " + spec}};
  }
  return Ok();
}

Status InputReader::ReadSpecs() {
  for (const std::string& spec : spec_.editables) {
    FLOWSTONE_LET(WrittenRequirement written,
                  Annotate(project::ParseEditable(spec, machine_.working_directory),
                           "while reading --editable"));
    written.source = {.file = "the command line"};
    FLOWSTONE_TRY(wishes_.AddRequirements({written}));
  }
  for (const std::string& spec : spec_.requirements) {
    FLOWSTONE_TRY(RefuseFile(spec));
    FLOWSTONE_LET(WrittenRequirement written,
                  project::ParseWrittenRequirement(spec, machine_.working_directory));
    written.source = {.file = "the command line"};
    FLOWSTONE_TRY(wishes_.AddRequirements({written}));
  }
  return Ok();
}

Status InputReader::ReadFile(const std::string& given) {
  if (projects_.contains(PlaceOf(given))) {
    return ReadProject(given);
  }
  FLOWSTONE_LET(const OpenFile file, Open(given));
  const std::string name = given == kStandardInput ? given : os::BaseName(given);
  if (const auto format = project::LockFormatOf(name, file.text)) {
    return ReadLock(file, *format);
  }
  if (name.ends_with(".py") && name != "setup.py") {
    return ReadScript(file);
  }
  if (name == "setup.py" || name == "setup.cfg") {
    return Error{.code = ErrorCode::kInvalid,
                 .message = given + " says what it needs only when it is built",
                 .hints = {"name the directory as a requirement: " +
                           std::string(os::DirName(given) == "." ? "." : os::DirName(given))}};
  }
  return ReadRequirements(file);
}

Status InputReader::CheckAlone(const OpenFile& lock) const {
  const std::string as_it_is = lock.shown + " is a lock: it is taken as it is, without ";
  const bool is_alone = spec_.files.size() == 1 && spec_.requirements.empty() &&
                        spec_.editables.empty() && spec_.groups.empty() && spec_.extras.empty();
  if (!is_alone) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = as_it_is + "requirements, groups and extras beside it",
                 .hints = {"its groups and extras are chosen when it is installed"}};
  }
  if (!spec_.choices_by_hand.empty()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = as_it_is + JoinText(spec_.choices_by_hand, ", "),
                 .hints = {"to choose again, lock the requirements that it was made of"}};
  }
  return Ok();
}

Status InputReader::ReadLock(const OpenFile& file, project::LockFormat format) {
  FLOWSTONE_TRY(CheckAlone(file));
  FLOWSTONE_LET(std::optional<std::string> pyproject, TextBeside(file, kProjectFile));
  FLOWSTONE_LET(
      project::ForeignLock foreign,
      project::ReadForeignLock(
          format, {.text = file.text, .file = file.shown, .pyproject = std::move(pyproject)}));
  inputs_.lock = VerbatimLock{.foreign = std::move(foreign),
                              .shown = file.shown,
                              .directory = file.directory,
                              .not_applied = spec_.settled_choices};
  return Ok();
}

Result<project::RequirementsFile> InputReader::Parse(const OpenFile& file,
                                                     project::FileRole role) const {
  const project::RequirementsContext context{
      .working_directory = machine_.working_directory,
      .environment = machine_.environment,
      .read = [&](const std::string& place) -> Result<std::string> {
        // Standard input can be read once.
        return place == file.place ? Result<std::string>(file.text) : ReadPlace(place);
      },
      .exists =
          [&](const std::string& path) {
            const Result<bool> exists = os::Exists(machine_.filesystem, path);
            return exists && *exists;
          }};
  return project::ReadRequirementsFile(file.place, role, context);
}

Status InputReader::ReadRequirements(const OpenFile& file) {
  FLOWSTONE_LET(const project::RequirementsFile parsed,
                Parse(file, project::FileRole::kRequirements));
  FLOWSTONE_TRY(wishes_.AddRequirements(parsed.requirements));
  FLOWSTONE_TRY(wishes_.AddConstraints(parsed.constraints));
  return MergeOptions(parsed.options);
}

// Of several files: lists are joined, of single values the last one stays.
Status InputReader::MergeOptions(const project::FileOptions& options) {
  const auto append = [](const auto& from, auto& to) {
    to.insert(to.end(), from.begin(), from.end());
  };
  project::FileOptions& all = inputs_.options;
  all.index_url = options.index_url ? options.index_url : all.index_url;
  append(options.extra_index_urls, all.extra_index_urls);
  append(options.find_links, all.find_links);
  append(options.trusted_hosts, all.trusted_hosts);
  append(options.features, all.features);
  all.no_index = all.no_index || options.no_index;
  all.require_hashes = options.require_hashes ? options.require_hashes : all.require_hashes;
  all.prefer_binary = options.prefer_binary ? options.prefer_binary : all.prefer_binary;
  all.binaries.Append(options.binaries);
  all.releases.Append(options.releases);
  return Ok();
}

void InputReader::NoteChosen(const project::PyProject& document,
                             std::vector<project::ProjectPart>& chosen) const {
  if (!document.project) {
    return;
  }
  const project::ProjectTable& table = *document.project;
  chosen.push_back({.project = table.name});
  for (const auto& [extra, requirements] : table.optional_dependencies) {
    const bool is_named = std::ranges::find(spec_.extras, extra) != spec_.extras.end();
    if (is_named || spec_.which_extras == LockInputSpec::Extras::kAll) {
      chosen.push_back({.project = table.name, .extra = extra});
    }
  }
}

Status InputReader::NoteConflicts() {
  std::vector<project::ProjectPart> chosen;
  for (const std::string& file : project_files_) {
    NoteChosen(projects_.at(PlaceOf(file)), chosen);
  }
  for (const std::string& given : spec_.groups) {
    const auto [file, name] = FileOfGroup(given);
    FLOWSTONE_LET(const pypi::GroupName group, pypi::GroupName::Parse(name));
    const std::optional<project::ProjectTable>& table = projects_.at(PlaceOf(file)).project;
    chosen.push_back(
        {.project = table ? std::optional(table->name) : std::nullopt, .group = group});
  }
  std::vector<project::ConflictingParts> declared;
  for (const auto& [place, document] : projects_) {
    for (const project::ConflictingParts& conflict : document.uv.conflicts) {
      if (std::ranges::find(declared, conflict) == declared.end()) {
        declared.push_back(conflict);
      }
    }
  }
  FLOWSTONE_LET(inputs_.conflicts, ConflictsAmong(declared, chosen));
  return Ok();
}

std::optional<lock::LockChoice> InputReader::AsChoice(const lock::LockChoice& choice) const {
  const bool conflicts = std::ranges::any_of(inputs_.conflicts, [&](const auto& conflict) {
    return std::ranges::find(conflict, choice) != conflict.end();
  });
  return conflicts ? std::optional(choice) : std::nullopt;
}

Status InputReader::AddUvTable(const std::string& place, const project::UvTable& table) {
  if (std::ranges::find(inputs_.uv_tables, place, &HeardUvTable::document) !=
      inputs_.uv_tables.end()) {
    return Ok();
  }
  FLOWSTONE_TRY(wishes_.AddRules(table));
  inputs_.uv_tables.push_back({.document = place, .table = table});
  return Ok();
}

Status InputReader::ParseProject(const OpenFile& file) {
  if (projects_.contains(file.place)) {
    return Ok();
  }
  FLOWSTONE_LET(project::PyProject document,
                project::ParsePyProject(file.text, file.shown, file.directory));
  if (!IsHttp(file.place)) {
    FLOWSTONE_TRY(JoinWorkspace(machine_.filesystem, file.directory, "/", document));
    if (ask_ && IsDynamic(document)) {
      FLOWSTONE_LET(const std::string metadata, ask_(file.directory, document));
      FLOWSTONE_LET(document, WithMetadata(std::move(document), metadata));
    }
  }
  projects_.emplace(file.place, std::move(document));
  return Ok();
}

Status InputReader::ParseProjects(const std::vector<std::string>& files) {
  for (const std::string& given : files) {
    if (project::LockFormatOf(os::BaseName(given), "")) {
      return Ok();  // it comes alone, which whoever reads it checks
    }
    if (given.ends_with(".toml")) {
      FLOWSTONE_LET(const OpenFile file, Open(given));
      if (!project::LockFormatOf(os::BaseName(given), file.text)) {
        FLOWSTONE_TRY(ParseProject(file));
        project_files_.push_back(given);
      }
    }
  }
  for (const std::string& given : spec_.groups) {
    FLOWSTONE_LET(const OpenFile file, Open(FileOfGroup(given).first));
    FLOWSTONE_TRY(ParseProject(file));
  }
  return NoteConflicts();
}

Status InputReader::ReadProject(const std::string& given) {
  const std::string place = PlaceOf(given);
  const project::PyProject& document = projects_.at(place);
  if (!document.project) {
    if (spec_.groups.empty()) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = document.file + " has no table [project]",
                   .hints = {document.uv.workspace
                                 ? "it is the root of a workspace: lock a member with -r "
                                   "MEMBER/pyproject.toml, or a dependency group with --group"
                                 : "name one of its dependency groups with --group"}};
    }
    return AddUvTable(place, document.uv);
  }
  const project::ProjectTable& table = *document.project;
  FLOWSTONE_TRY(CheckStatic(document, {"lock the directory, which is then built: flowstone lock " +
                                       table.written_name + " @ ."}));
  inputs_.requires_python.Add(table.requires_python);
  FLOWSTONE_TRY(wishes_.AddSourced(document.uv, table.dependencies, {}));
  for (const auto& [extra, requirements] : table.optional_dependencies) {
    const bool is_named = std::ranges::find(spec_.extras, extra) != spec_.extras.end();
    if (is_named || spec_.which_extras == LockInputSpec::Extras::kAll) {
      found_extras_.push_back(extra);
      FLOWSTONE_TRY(wishes_.AddSourced(document.uv, requirements, {.extra = extra},
                                       AsChoice({.extra = extra})));
    }
  }
  return AddUvTable(place, document.uv);
}

Status InputReader::ReadScript(const OpenFile& file) {
  FLOWSTONE_LET(const std::optional<project::ScriptMetadata> script,
                project::ParseScriptMetadata(file.text, file.shown, file.directory));
  if (!script) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = file.shown + " has no block of script metadata",
                 .hints = {"it begins with the comment line \"# /// script\" (PEP 723)"}};
  }
  inputs_.requires_python.Add(script->requires_python);
  FLOWSTONE_TRY(wishes_.AddSourced(script->uv, script->dependencies, {}));
  return AddUvTable(file.place, script->uv);
}

std::pair<std::string, std::string> InputReader::FileOfGroup(const std::string& given) const {
  const std::size_t colon = given.rfind(':');
  if (colon != std::string::npos) {
    return {given.substr(0, colon), given.substr(colon + 1)};
  }
  return {project_files_.size() == 1 ? project_files_.front() : std::string(kProjectFile), given};
}

Status InputReader::ReadGroup(const std::string& given) {
  const auto [file, name] = FileOfGroup(given);
  FLOWSTONE_LET(const pypi::GroupName group, pypi::GroupName::Parse(name));
  const std::string place = PlaceOf(file);
  const project::PyProject& document = projects_.at(place);
  FLOWSTONE_TRY(AddUvTable(place, document.uv));
  if (const auto python = document.uv.requires_python_of.find(group);
      python != document.uv.requires_python_of.end()) {
    inputs_.requires_python.Add(python->second);
  }
  // The group dev may have the older form of a table of uv.
  if (!document.groups.Has(group) && group.ToString() == "dev" &&
      !document.uv.dev_dependencies.empty()) {
    return wishes_.AddSourced(document.uv, document.uv.dev_dependencies, {.group = group},
                              AsChoice({.group = group}));
  }
  FLOWSTONE_LET(std::vector<WrittenRequirement> requirements,
                Annotate(document.groups.Expand(group), "in " + document.file));
  return wishes_.AddSourced(document.uv, std::move(requirements), {.group = group},
                            AsChoice({.group = group}));
}

Status InputReader::ReadGroups() {
  for (const std::string& given : spec_.groups) {
    FLOWSTONE_TRY(ReadGroup(given));
  }
  return Ok();
}

std::vector<std::string> InputReader::KnownExtras() const {
  std::vector<std::string> known;
  for (const auto& [place, document] : projects_) {
    if (document.project) {
      for (const auto& [extra, requirements] : document.project->optional_dependencies) {
        known.push_back(extra.ToString());
      }
    }
  }
  return known;
}

Status InputReader::CheckExtras() const {
  for (const pypi::ExtraName& extra : spec_.extras) {
    if (std::ranges::find(found_extras_, extra) == found_extras_.end()) {
      Error error{.code = ErrorCode::kNotFound,
                  .message = "there is no extra '" + extra.ToString() + "'"};
      const std::vector<std::string> known = KnownExtras();
      if (projects_.empty()) {
        error.hints.emplace_back("extras are those of a pyproject.toml: name it with -r");
      } else if (const auto nearest = NearestSpelling(extra.ToString(), known)) {
        error.hints.push_back("did you mean '" + *nearest + "'?");
      } else if (!known.empty()) {
        error.hints.push_back("there are: " + JoinText(known, ", "));
      }
      return error;
    }
  }
  return Ok();
}

Result<LockInputs> InputReader::Read() {
  std::vector<std::string> files = spec_.files;
  const bool wants_extras =
      !spec_.extras.empty() || spec_.which_extras == LockInputSpec::Extras::kAll;
  if (files.empty() && spec_.requirements.empty() && spec_.editables.empty() &&
      (spec_.groups.empty() || wants_extras)) {
    FLOWSTONE_LET(
        const bool is_project,
        os::Exists(machine_.filesystem, os::JoinPath(machine_.working_directory, kProjectFile)));
    if (!is_project) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "nothing to lock",
                   .hints = {"name requirements, or a file of them with -r"}};
    }
    inputs_.default_file = kProjectFile;
    files.emplace_back(kProjectFile);
  }
  FLOWSTONE_TRY(ReadSpecs());
  FLOWSTONE_TRY(ParseProjects(files));
  for (const std::string& file : files) {
    FLOWSTONE_TRY(ReadFile(file));
  }
  if (inputs_.lock) {
    return std::move(inputs_);
  }
  FLOWSTONE_TRY(ReadGroups());
  FLOWSTONE_TRY(CheckExtras());
  FLOWSTONE_TRY(ReadRules());
  return std::move(inputs_);
}

Result<LockInputs> InputReader::ReadRulesOnly() {
  FLOWSTONE_TRY(ReadRules());
  return std::move(inputs_);
}

Status InputReader::ReadRules() {
  for (const std::string& given : spec_.constraint_files) {
    FLOWSTONE_LET(const OpenFile file, Annotate(Open(given), "which --constraint names"));
    FLOWSTONE_LET(const project::RequirementsFile parsed,
                  Parse(file, project::FileRole::kConstraints));
    FLOWSTONE_TRY(wishes_.AddConstraints(parsed.constraints));
    FLOWSTONE_TRY(wishes_.AddRequirements(parsed.requirements));
    FLOWSTONE_TRY(MergeOptions(parsed.options));
  }
  for (const std::string& given : spec_.override_files) {
    FLOWSTONE_LET(const OpenFile file, Annotate(Open(given), "which --override names"));
    FLOWSTONE_LET(const project::RequirementsFile parsed,
                  Parse(file, project::FileRole::kRequirements));
    FLOWSTONE_TRY(wishes_.AddOverrides(parsed.requirements));
    FLOWSTONE_TRY(MergeOptions(parsed.options));
  }
  for (const std::string& given : spec_.build_constraint_files) {
    FLOWSTONE_LET(const OpenFile file, Annotate(Open(given), "which --build-constraint names"));
    FLOWSTONE_LET(const project::RequirementsFile parsed,
                  Parse(file, project::FileRole::kConstraints));
    FLOWSTONE_TRY(wishes_.AddBuildConstraints(parsed.constraints));
  }
  inputs_.wish.excludes.insert(inputs_.wish.excludes.end(), spec_.excludes.begin(),
                               spec_.excludes.end());
  for (const std::string& given : spec_.exclude_files) {
    FLOWSTONE_LET(const OpenFile file, Annotate(Open(given), "which --excludes names"));
    FLOWSTONE_LET(const project::RequirementsFile parsed,
                  Parse(file, project::FileRole::kRequirements));
    for (const project::WrittenRequirement& written : parsed.requirements) {
      if (written.requirement.name.empty()) {
        return Error{ErrorCode::kInvalid, written.source.ToString() + ": names no package"};
      }
      inputs_.wish.excludes.push_back(written.requirement.name);
    }
  }
  return Ok();
}

}  // namespace

Result<LockInputs> ReadLockInputs(const Machine& machine, const LockInputSpec& spec,
                                  const FetchText& fetch, const AskBackend& ask) {
  return InputReader(machine, spec, fetch, ask).Read();
}

Result<LockInputs> ReadTableRules(const project::PyProject& document) {
  LockInputs inputs;
  WrittenWishes wishes(
      inputs.wish, inputs.conflicts,
      [](const WrittenRequirement& written) -> Result<resolve::RequestedRequirement> {
        return RequestedOf(written);
      });
  FLOWSTONE_TRY(wishes.AddRules(document.uv));
  inputs.uv_tables.push_back({.document = document.file, .table = document.uv});
  return inputs;
}

Result<LockInputs> ReadLockRules(const Machine& machine, const LockInputSpec& spec,
                                 const FetchText& fetch) {
  return InputReader(machine, spec, fetch, nullptr).ReadRulesOnly();
}

}  // namespace flowstone::app
