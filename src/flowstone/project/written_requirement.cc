#include "flowstone/project/written_requirement.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "flowstone/base/hex.h"
#include "flowstone/base/text.h"
#include "flowstone/net/url.h"
#include "flowstone/os/path.h"
#include "flowstone/pypi/sdist_name.h"
#include "flowstone/pypi/wheel_name.h"

namespace flowstone::project {
namespace {

// The endings by which pip knows the name of an archive.
constexpr std::array<std::string_view, 13> kArchiveEndings = {
    ".whl", ".tar.gz", ".zip", ".tgz",    ".tar",      ".tar.bz2", ".tbz",
    ".txz", ".tar.xz", ".tlz", ".tar.lz", ".tar.lzma", ".tar.zst"};

bool IsArchiveName(std::string_view text) {
  const std::string lower = AsciiLower(text);
  return std::ranges::any_of(kArchiveEndings,
                             [&](std::string_view ending) { return lower.ends_with(ending); });
}

bool LooksLikePath(std::string_view text) {
  return text.find('/') != std::string_view::npos || text.starts_with('.');
}

// What stands before the first ":", in lower case; empty when no ":" is there.
std::string SchemeOf(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon == std::string_view::npos ? std::string() : AsciiLower(text.substr(0, colon));
}

bool IsRepositoryScheme(std::string_view scheme) {
  constexpr std::array<std::string_view, 4> tools = {"git+", "hg+", "svn+", "bzr+"};
  return std::ranges::any_of(tools,
                             [&](std::string_view tool) { return scheme.starts_with(tool); });
}

bool IsUrl(std::string_view text) {
  const std::string scheme = SchemeOf(text);
  return scheme == "http" || scheme == "https" || scheme == "ftp" || scheme == "file" ||
         IsRepositoryScheme(scheme);
}

struct TextWithExtras {
  std::string text;
  std::string extras;  // with the brackets; may be empty
};

// "./core[dev,test]" is "./core" with "[dev,test]".
TextWithExtras SplitExtras(std::string_view text) {
  const std::size_t open = text.rfind('[');
  if (!text.ends_with(']') || open == std::string_view::npos || open == 0 ||
      open + 2 == text.size()) {
    return {std::string(text), ""};
  }
  return {std::string(TrimText(text.substr(0, open))), std::string(text.substr(open))};
}

Result<std::vector<pypi::ExtraName>> ParseExtras(const std::string& extras) {
  if (extras.empty()) {
    return std::vector<pypi::ExtraName>();
  }
  FLOWSTONE_LET(pypi::Requirement parsed, pypi::Requirement::Parse("placeholder" + extras));
  return std::move(parsed.extras);
}

std::string FileUrlOf(const std::string& path, const std::string& directory) {
  return net::Url::FromPath(os::AbsolutePath(directory, path)).ToString();
}

// "file:…" with a relative path ("file:.", "file:../core", "file://./core") made absolute.
std::string AbsoluteFileUrl(const std::string& url, const std::string& directory) {
  std::string_view rest = std::string_view(url).substr(url.find(':') + 1);
  const std::size_t path_end = std::min(rest.find_first_of("?#"), rest.size());
  const std::string tail(rest.substr(path_end));
  std::string_view path = rest.substr(0, path_end);
  if (path.starts_with("//")) {
    path.remove_prefix(2);
    if (AsciiLower(path).starts_with("localhost/")) {
      path.remove_prefix(std::string_view("localhost").size());
    }
  }
  return FileUrlOf(net::PercentDecode(path), directory) + tail;
}

struct Egg {
  std::string url;   // without it
  std::string name;  // with extras; empty when there is none
};

// The "egg=NAME" of a fragment, by which older files name the project at a URL.
Egg TakeEgg(const std::string& url) {
  const std::size_t hash = url.find('#');
  if (hash == std::string::npos) {
    return {url, ""};
  }
  Egg egg{.url = url.substr(0, hash), .name = ""};
  std::vector<std::string> kept;
  for (const std::string_view field : SplitText(std::string_view(url).substr(hash + 1), '&')) {
    if (field.starts_with("egg=") && egg.name.empty()) {
      egg.name = net::PercentDecode(field.substr(4));
    } else {
      kept.emplace_back(field);
    }
  }
  egg.url += kept.empty() ? "" : "#" + JoinText(kept, "&");
  return egg;
}

// The name that the file at a URL has by its own name, if it is a wheel or a source distribution.
pypi::Name NameOfFile(const std::string& url) {
  std::string_view path = url;
  path = path.substr(0, path.find_first_of("?#"));
  const std::string file = net::PercentDecode(path.substr(path.rfind('/') + 1));
  if (const auto wheel = pypi::WheelName::Parse(file)) {
    return wheel->name;
  }
  if (const auto sdist = pypi::SdistName::Parse(file)) {
    return sdist->name;
  }
  return {};
}

// What a place is worth as a requirement: `url` is absolute, `extras` in brackets.
Result<WrittenRequirement> RequirementAt(const std::string& url, const std::string& extras) {
  Egg egg = TakeEgg(url);
  WrittenRequirement written;
  if (!egg.name.empty()) {
    FLOWSTONE_LET(written.requirement, pypi::Requirement::Parse(egg.name));
    if (!written.requirement.specifiers.empty() || !written.requirement.url.empty()) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "'egg=" + egg.name + "' must be a name, with extras at most"};
    }
  } else if (!IsRepositoryScheme(SchemeOf(egg.url))) {
    written.requirement.name = NameOfFile(egg.url);
  }
  FLOWSTONE_LET(const std::vector<pypi::ExtraName> more, ParseExtras(extras));
  written.requirement.extras.insert(written.requirement.extras.end(), more.begin(), more.end());
  written.requirement.url = std::move(egg.url);
  return written;
}

struct TextWithMarker {
  std::string text;
  pypi::Marker marker;
};

// A URL may hold a ";" itself: there, white space must follow the one before a marker.
Result<TextWithMarker> SplitMarker(std::string_view text) {
  const std::size_t end = text.find(IsUrl(text) ? "; " : ";");
  TextWithMarker split{.text = std::string(TrimText(text.substr(0, end))), .marker = {}};
  if (end == std::string_view::npos) {
    return split;
  }
  const std::string_view marker = TrimText(text.substr(end + 1));
  if (!marker.empty()) {
    FLOWSTONE_LET(split.marker, pypi::Marker::Parse(marker));
  }
  return split;
}

// Whether the text is a bare place, which PEP 508 does not know, and not "name @ place".
bool IsBarePlace(std::string_view text) {
  if (IsUrl(text) || text.starts_with('.') || text.starts_with('/')) {
    return true;
  }
  const std::size_t at = text.find('@');
  const bool is_named = at != std::string_view::npos && !LooksLikePath(text.substr(0, at));
  if (is_named || text.find_first_of("<>=~!( ") != std::string_view::npos) {
    return false;
  }
  const std::string place = SplitExtras(text).text;
  return LooksLikePath(place) || IsArchiveName(place);
}

}  // namespace

std::string WrittenRequirement::ToString() const {
  if (!requirement.name.empty()) {
    return requirement.ToString();
  }
  const auto url = net::Url::Parse(requirement.url);
  std::string text = url && url->scheme() == "file" ? url->DecodedPath() : requirement.url;
  std::vector<std::string> extras;
  extras.reserve(requirement.extras.size());
  for (const pypi::ExtraName& extra : requirement.extras) {
    extras.push_back(extra.ToString());
  }
  text += extras.empty() ? "" : "[" + JoinText(extras, ",") + "]";
  text += requirement.marker.is_always() ? "" : " ; " + requirement.marker.ToString();
  return text;
}

Result<WrittenRequirement> ParseWrittenRequirement(std::string_view text,
                                                   const std::string& directory) {
  const std::string_view trimmed = TrimText(text);
  FLOWSTONE_LET(const TextWithMarker place, [&]() -> Result<TextWithMarker> {
    // Only a bare place is cut at the marker here: PEP 508 does it for the rest.
    const std::string_view head = trimmed.substr(0, trimmed.find(';'));
    if (!IsBarePlace(TrimText(head))) {
      return TextWithMarker{};
    }
    return SplitMarker(trimmed);
  }());
  if (place.text.empty()) {
    WrittenRequirement written;
    FLOWSTONE_LET(written.requirement, pypi::Requirement::Parse(trimmed));
    FLOWSTONE_TRY(MakeUrlAbsolute(written.requirement, directory));
    return written;
  }
  Result<WrittenRequirement> written = WrittenRequirement();
  if (SchemeOf(place.text) == "file") {
    const TextWithExtras split = SplitExtras(place.text);
    written = RequirementAt(AbsoluteFileUrl(split.text, directory), split.extras);
  } else if (IsUrl(place.text)) {
    written = RequirementAt(place.text, "");
  } else {
    const TextWithExtras split = SplitExtras(place.text);
    const std::size_t hash = std::min(split.text.find('#'), split.text.size());
    written = RequirementAt(
        FileUrlOf(split.text.substr(0, hash), directory) + split.text.substr(hash), split.extras);
  }
  if (written) {
    written->requirement.marker = place.marker;
  }
  return written;
}

Result<WrittenRequirement> ParseEditable(std::string_view text, const std::string& directory) {
  std::string place(TrimText(text));
  const bool is_named = !IsUrl(place) && place.find('@') != std::string::npos &&
                        pypi::Requirement::Parse(place).has_value();
  if (!is_named && !IsUrl(place) && !LooksLikePath(place)) {
    place.insert(0, "./");  // "-e core" is the directory, not a project of an index
  }
  FLOWSTONE_LET(WrittenRequirement written, ParseWrittenRequirement(place, directory));
  const std::string scheme = SchemeOf(written.requirement.url);
  if (scheme != "file" && !IsRepositoryScheme(scheme)) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "'" + std::string(TrimText(text)) +
                            "' cannot be editable: it is neither a directory nor a repository"};
  }
  written.editing = Editing::kEditable;
  return written;
}

Status MakeUrlAbsolute(pypi::Requirement& requirement, const std::string& directory) {
  if (requirement.url.empty()) {
    return Ok();
  }
  if (SchemeOf(requirement.url) == "file") {
    requirement.url = AbsoluteFileUrl(requirement.url, directory);
  } else if (!IsUrl(requirement.url)) {
    if (!LooksLikePath(requirement.url) && !IsArchiveName(requirement.url)) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "'" + requirement.url + "' is neither a URL nor a path"};
    }
    const std::size_t hash = std::min(requirement.url.find('#'), requirement.url.size());
    requirement.url =
        FileUrlOf(requirement.url.substr(0, hash), directory) + requirement.url.substr(hash);
  }
  return Ok();
}

Result<FileHash> ParseFileHash(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::size_t>, 3> algorithms = {
      {{"sha256", 64}, {"sha384", 96}, {"sha512", 128}}};
  const std::size_t colon = text.find(':');
  FileHash hash{.algorithm = AsciiLower(text.substr(0, colon)), .hex = {}};
  const auto* const algorithm =
      std::ranges::find(algorithms, hash.algorithm, [](const auto& entry) { return entry.first; });
  if (colon == std::string_view::npos || algorithm == algorithms.end()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "'" + std::string(text) +
                            "' is no hash of a kind that can be trusted: sha256, sha384 or sha512"};
  }
  hash.hex = AsciiLower(text.substr(colon + 1));
  if (hash.hex.size() != algorithm->second || !HexDecode(hash.hex)) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "a " + hash.algorithm + " hash has " +
                            std::to_string(algorithm->second) + " hexadecimal digits, not '" +
                            std::string(text.substr(colon + 1)) + "'"};
  }
  return hash;
}

}  // namespace flowstone::project
