#include "flowstone/build/direct_reference.h"

#include <algorithm>
#include <array>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/net/redact.h"
#include "flowstone/net/url.h"
#include "flowstone/os/path.h"

namespace flowstone::build {
namespace {

constexpr std::array<std::string_view, 5> kGitTransports = {"https", "http", "ssh", "git", "file"};

Error WrongReference(std::string_view url, const std::string& why) {
  return Error{.code = ErrorCode::kInvalid,
               .message = "'" + net::RedactText(url) + "' is no usable reference: " + why};
}

// `egg=name&subdirectory=a/b&sha256=…`
Status ReadFragment(std::string_view fragment, std::string_view url, DirectReference& reference) {
  for (const std::string_view part : SplitText(fragment, '&')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      continue;
    }
    const std::string_view key = part.substr(0, equals);
    const std::string value = net::PercentDecode(part.substr(equals + 1));
    if (key == "subdirectory") {
      const std::string normalized = os::NormalizePath(value);
      if (os::IsAbsolutePath(value) || normalized == ".." || normalized.starts_with("../")) {
        return WrongReference(url, "its subdirectory leads out of the source");
      }
      reference.subdirectory = normalized == "." ? "" : normalized;
    } else if (key == "editable") {
      reference.use = value == "true" ? EditableUse::kEditable : EditableUse::kWheel;
    } else if (key == "sha256" || key == "sha384" || key == "sha512") {
      reference.hashes.emplace(key, AsciiLower(value));
    }
  }
  if (const auto sha256 = reference.hashes.find("sha256");
      sha256 != reference.hashes.end() && !Digest::Parse(sha256->second)) {
    return WrongReference(url, "its sha256 is no digest");
  }
  return Ok();
}

// A name that git takes for nothing else: no option, no range, no path out of anything.
bool IsRevisionName(std::string_view revision) {
  const auto is_plain = [](char c) {
    return IsAsciiAlnum(c) || std::string_view("._-/+@=").find(c) != std::string_view::npos;
  };
  return !revision.starts_with('-') && revision.find("..") == std::string_view::npos &&
         revision.find("@{") == std::string_view::npos && std::ranges::all_of(revision, is_plain);
}

// Without what lets somebody in: passwords, and for http the user too, which may be a token. The
// user of ssh is part of the address.
std::string PublicAuthority(std::string_view scheme, std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) {
    return std::string(authority);
  }
  const std::string_view host = authority.substr(at + 1);
  if (scheme.starts_with("http")) {
    return std::string(host);
  }
  const std::string_view user = authority.substr(0, at);
  return std::string(user.substr(0, user.find(':'))) + "@" + std::string(host);
}

Result<DirectReference> ParseRepository(std::string_view whole, std::string_view url) {
  DirectReference reference{.kind = ReferenceKind::kRepository};
  if (const std::size_t hash = url.find('#'); hash != std::string_view::npos) {
    FLOWSTONE_TRY(ReadFragment(url.substr(hash + 1), whole, reference));
    url = url.substr(0, hash);
  }
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos ||
      std::ranges::find(kGitTransports, url.substr(0, scheme_end)) == kGitTransports.end()) {
    return WrongReference(whole, "git+ needs an https, ssh, git or file URL behind it")
        .WithHint("write git+ssh://git@host.example/project.git for git@host.example:project.git");
  }
  const std::size_t path_start = std::min(url.find('/', scheme_end + 3), url.size());
  if (const std::size_t at = url.rfind('@'); at != std::string_view::npos && at > path_start) {
    reference.revision = net::PercentDecode(url.substr(at + 1));
    url = url.substr(0, at);
  }
  if (!IsRevisionName(reference.revision)) {
    return WrongReference(whole, "its revision is no name of a branch, tag or commit");
  }
  reference.secret_url = std::string(url);
  reference.url = std::string(url.substr(0, scheme_end + 3)) +
                  PublicAuthority(url.substr(0, scheme_end),
                                  url.substr(scheme_end + 3, path_start - scheme_end - 3)) +
                  std::string(url.substr(std::min(path_start, url.size())));
  return reference;
}

}  // namespace

bool DirectReference::IsSameSourceAs(const DirectReference& other) const {
  return kind == other.kind && url == other.url && path == other.path &&
         revision == other.revision && subdirectory == other.subdirectory && use == other.use;
}

std::string DirectReference::ToString() const {
  std::string text = kind == ReferenceKind::kRepository ? "git+" + url : url;
  if (!revision.empty()) {
    text += "@" + revision;
  }
  if (!subdirectory.empty()) {
    text += "#subdirectory=" + subdirectory;
  }
  return text;
}

Result<DirectReference> DirectReference::Parse(std::string_view given) {
  const std::string_view url = TrimText(given);
  if (url.starts_with("git+")) {
    return ParseRepository(url, url.substr(4));
  }
  for (const std::string_view system : {"hg+", "svn+", "bzr+"}) {
    if (url.starts_with(system)) {
      return WrongReference(url, "only git repositories are supported");
    }
  }
  if (os::IsAbsolutePath(url)) {
    return Parse(net::Url::FromPath(url).ToString());
  }
  FLOWSTONE_LET(const net::Url parsed, net::Url::Parse(url));
  DirectReference reference{.kind = ReferenceKind::kArchive};
  FLOWSTONE_TRY(ReadFragment(parsed.fragment().value_or(""), url, reference));
  reference.secret_url = parsed.WithoutFragment().ToString();
  reference.url = parsed.WithoutFragment().WithoutCredentials().ToString();
  if (parsed.scheme() == "file") {
    reference.kind = ReferenceKind::kLocal;
    reference.path = os::NormalizePath(parsed.DecodedPath());
    reference.url = net::Url::FromPath(reference.path).ToString();
  }
  return reference;
}

std::string EditableUrl(const std::string& url) {
  return url + (url.find('#') == std::string::npos ? "#" : "&") + "editable=true";
}

}  // namespace flowstone::build
