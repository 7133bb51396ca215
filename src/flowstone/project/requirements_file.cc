#include "flowstone/project/requirements_file.h"

#include <algorithm>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/net/redact.h"
#include "flowstone/net/url.h"
#include "flowstone/os/path.h"
#include "flowstone/project/logical_lines.h"
#include "flowstone/project/option_words.h"
#include "flowstone/project/text_encoding.h"

namespace flowstone::project {
namespace {

constexpr std::string_view kStandardInput = "-";

bool HasScheme(std::string_view place, std::initializer_list<std::string_view> schemes) {
  const std::string lower = AsciiLower(place.substr(0, std::string_view("https:").size()));
  return std::ranges::any_of(schemes,
                             [&](std::string_view scheme) { return lower.starts_with(scheme); });
}

bool IsRemote(std::string_view place) {
  return HasScheme(place, {"http:", "https:"});
}

// The options that belong to the requirement of their line; all others stand alone.
bool IsOfRequirement(LineOption option) {
  return option == LineOption::kHash || option == LineOption::kConfigSettings;
}

Error At(const SourceLine& source, Error error) {
  error.message = source.ToString() + ": " + net::RedactText(error.message);
  return error;
}

Error WrongAt(const SourceLine& source, std::string message) {
  return At(source, Error{.code = ErrorCode::kInvalid, .message = std::move(message)});
}

// A variable that is not set stays as it is written, which is seldom meant.
Error WithVariableHint(Error error, std::string_view requirement) {
  const std::size_t begin = requirement.find("${");
  const std::size_t end = requirement.find('}', std::min(begin, requirement.size()));
  if (end == std::string_view::npos) {
    return error;
  }
  const std::string name(requirement.substr(begin + 2, end - begin - 2));
  return std::move(error).WithHint("the variable " + name + " is not set");
}

Status AddConfigSetting(WrittenRequirement& written, const std::string& setting) {
  const std::size_t equals = setting.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "--config-settings is '" + setting + "', not KEY=VALUE"};
  }
  written.config_settings[setting.substr(0, equals)].push_back(setting.substr(equals + 1));
  return Ok();
}

class FileReader {
 public:
  explicit FileReader(const RequirementsContext& context) : context_(context) {}

  Status Read(const std::string& place, FileRole role);
  RequirementsFile Take() { return std::move(file_); }

 private:
  // A file being read.
  struct OpenFile {
    std::string place;  // an absolute path, a URL or "-"
    std::string shown;  // for messages
    FileRole role = FileRole::kRequirements;
  };

  Status ReadLine(const OpenFile& file, const LogicalLine& line);
  Status AddRequirement(const OpenFile& file, const SourceLine& source, const OptionLine& line);
  Status ApplyOption(const OpenFile& file, const SourceLine& source, const GivenOption& given);
  Status ApplyIndexOption(const OpenFile& file, const SourceLine& source, const GivenOption& given);
  Status Keep(WrittenRequirement written, const SourceLine& source, FileRole role);
  std::string PlaceOf(const std::string& given, const OpenFile& file) const;
  std::string LinksOf(const std::string& given, const OpenFile& file) const;
  std::string Shown(const std::string& place) const;

  const RequirementsContext& context_;
  RequirementsFile file_;
  std::vector<std::string> open_;  // the places of the files around the one that is being read
};

std::string FileReader::Shown(const std::string& place) const {
  if (place == kStandardInput) {
    return "standard input";
  }
  if (IsRemote(place)) {
    return net::RedactText(place);
  }
  return os::IsWithin(context_.working_directory, place)
             ? os::RelativePath(context_.working_directory, place)
             : place;
}

std::string FileReader::PlaceOf(const std::string& given, const OpenFile& file) const {
  if (HasScheme(given, {"file:"})) {
    const auto url = net::Url::Parse(given);
    return url ? url->DecodedPath() : given;
  }
  if (IsRemote(given)) {
    return given;
  }
  if (IsRemote(file.place)) {
    const auto base = net::Url::Parse(file.place);
    if (base) {
      if (const auto resolved = base->Resolve(given)) {
        // A file beside this one is reached with the same credentials.
        const bool is_same_origin = resolved->Origin() == base->Origin();
        return (is_same_origin ? resolved->WithCredentials(base->credentials()) : *resolved)
            .ToString();
      }
    }
    return given;
  }
  const std::string beside =
      file.place == kStandardInput ? context_.working_directory : os::DirName(file.place);
  return os::AbsolutePath(beside, given);
}

std::string FileReader::LinksOf(const std::string& given, const OpenFile& file) const {
  if (HasScheme(given, {"file:", "http:", "https:"})) {
    return given;
  }
  const bool has_directory = file.place != kStandardInput && !IsRemote(file.place);
  const std::string beside =
      os::AbsolutePath(has_directory ? os::DirName(file.place) : context_.working_directory, given);
  return context_.exists(beside) ? beside : os::AbsolutePath(context_.working_directory, given);
}

Status FileReader::Read(const std::string& place, FileRole role) {
  const OpenFile file{.place = place, .shown = Shown(place), .role = role};
  if (std::ranges::find(open_, place) != open_.end()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "the file " + file.shown + " includes itself"};
  }
  FLOWSTONE_LET(const std::string bytes,
                Annotate(context_.read(place), "while reading " + file.shown));
  Result<std::string> text = DecodeRequirementsText(bytes);
  if (!text) {
    return At({.file = file.shown}, std::move(text.error()));
  }
  open_.push_back(place);
  for (const LogicalLine& line : LogicalLines(*text, context_.environment)) {
    FLOWSTONE_TRY(ReadLine(file, line));
  }
  open_.pop_back();
  return Ok();
}

Status FileReader::ReadLine(const OpenFile& file, const LogicalLine& line) {
  const SourceLine source{.file = file.shown, .line = line.number};
  Result<OptionLine> parsed = ParseOptionLine(line.text);
  if (!parsed) {
    return At(source, std::move(parsed.error()));
  }
  const bool has_editable = std::ranges::any_of(parsed->options, [](const GivenOption& given) {
    return given.option == LineOption::kEditable;
  });
  if (!parsed->requirement.empty() || has_editable) {
    return AddRequirement(file, source, *parsed);
  }
  for (const GivenOption& given : parsed->options) {
    if (IsOfRequirement(given.option)) {
      return WrongAt(source,
                     std::string(LineOptionName(given.option)) + " stands without a requirement");
    }
    FLOWSTONE_TRY(ApplyOption(file, source, given));
  }
  return Ok();
}

Status FileReader::AddRequirement(const OpenFile& file, const SourceLine& source,
                                  const OptionLine& line) {
  const std::string& directory = context_.working_directory;
  std::optional<Result<WrittenRequirement>> written;
  if (!line.requirement.empty()) {
    written = ParseWrittenRequirement(line.requirement, directory);
  }
  std::vector<FileHash> hashes;
  WrittenRequirement settings;
  for (const GivenOption& given : line.options) {
    if (given.option == LineOption::kEditable && !written) {
      written = ParseEditable(given.value, directory);
    } else if (given.option == LineOption::kHash) {
      Result<FileHash> hash = ParseFileHash(given.value);
      if (!hash) {
        return At(source, std::move(hash.error()));
      }
      hashes.push_back(*std::move(hash));
    } else if (given.option == LineOption::kConfigSettings) {
      if (Status added = AddConfigSetting(settings, given.value); !added) {
        return At(source, std::move(added.error()));
      }
    } else {
      return WrongAt(source, std::string(LineOptionName(given.option)) +
                                 " cannot stand on the line of a requirement");
    }
  }
  if (!*written) {
    return WithVariableHint(At(source, std::move(written->error())), line.requirement);
  }
  WrittenRequirement complete = **std::move(written);
  if (!hashes.empty() && complete.editing == Editing::kEditable) {
    return WrongAt(source, "an editable requirement has no files that --hash could be of");
  }
  std::ranges::sort(hashes);
  const auto repeated = std::ranges::unique(hashes);
  hashes.erase(repeated.begin(), repeated.end());
  complete.hashes = std::move(hashes);
  complete.config_settings = std::move(settings.config_settings);
  return Keep(std::move(complete), source, file.role);
}

Status FileReader::Keep(WrittenRequirement written, const SourceLine& source, FileRole role) {
  written.source = source;
  if (role == FileRole::kRequirements) {
    file_.requirements.push_back(std::move(written));
    return Ok();
  }
  if (written.editing == Editing::kEditable) {
    return WrongAt(source, "a constraint cannot be editable");
  }
  if (written.requirement.name.empty()) {
    return WrongAt(source, "a constraint must name its project");
  }
  if (!written.requirement.extras.empty()) {
    return WrongAt(source, "a constraint cannot have extras");
  }
  file_.constraints.push_back(std::move(written));
  return Ok();
}

Status FileReader::ApplyOption(const OpenFile& file, const SourceLine& source,
                               const GivenOption& given) {
  const auto choose = [&](NameChoice& choice, NameChoice::Side side,
                          std::string_view words) -> Status {
    Status chosen = choice.Choose(side, words);
    return chosen ? Ok() : Status(At(source, std::move(chosen.error())));
  };
  FileOptions& options = file_.options;
  switch (given.option) {
    case LineOption::kRequirement:
    case LineOption::kConstraint: {
      const FileRole role = given.option == LineOption::kRequirement ? FileRole::kRequirements
                                                                     : FileRole::kConstraints;
      return Annotate(Read(PlaceOf(given.value, file), role), "included at " + source.ToString());
    }
    case LineOption::kNoBinary:
      return choose(options.binaries, NameChoice::Side::kSecond, given.value);
    case LineOption::kOnlyBinary:
      return choose(options.binaries, NameChoice::Side::kFirst, given.value);
    case LineOption::kPre:
      return choose(options.releases, NameChoice::Side::kFirst, ":all:");
    case LineOption::kAllReleases:
      return choose(options.releases, NameChoice::Side::kFirst, given.value);
    case LineOption::kOnlyFinal:
      return choose(options.releases, NameChoice::Side::kSecond, given.value);
    case LineOption::kPreferBinary:
      options.prefer_binary = SourcedText{.text = "", .source = source};
      return Ok();
    case LineOption::kRequireHashes:
      options.require_hashes = true;
      return Ok();
    case LineOption::kNoRequireHashes:
      options.require_hashes = false;
      return Ok();
    case LineOption::kUseFeature:
      options.features.push_back({.text = given.value, .source = source});
      return Ok();
    default:
      return ApplyIndexOption(file, source, given);
  }
}

Status FileReader::ApplyIndexOption(const OpenFile& file, const SourceLine& source,
                                    const GivenOption& given) {
  FileOptions& options = file_.options;
  const SourcedText text{.text = given.value, .source = source};
  switch (given.option) {
    case LineOption::kIndexUrl:
      options.index_url = text;
      break;
    case LineOption::kExtraIndexUrl:
      options.extra_index_urls.push_back(text);
      break;
    case LineOption::kNoIndex:
      options.no_index = true;
      break;
    case LineOption::kFindLinks:
      options.find_links.push_back({.text = LinksOf(given.value, file), .source = source});
      break;
    case LineOption::kTrustedHost:
      options.trusted_hosts.push_back(text);
      break;
    default:
      FLOWSTONE_CHECK(IsOfRequirement(given.option));
      break;
  }
  return Ok();
}

}  // namespace

Result<RequirementsFile> ReadRequirementsFile(const std::string& place, FileRole role,
                                              const RequirementsContext& context) {
  const bool is_path = place != kStandardInput && !IsRemote(place);
  const std::string path =
      HasScheme(place, {"file:"})
          ? net::PercentDecode(place.substr(place.starts_with("file://") ? 7 : 5))
          : place;
  FileReader reader(context);
  FLOWSTONE_TRY(
      reader.Read(is_path ? os::AbsolutePath(context.working_directory, path) : place, role));
  return reader.Take();
}

}  // namespace flowstone::project
