// The hot paths of a resolve, one per run, for counting their instructions under callgrind
// (tests/budgets). Only what Measured calls is counted; reading the input is not.
//
//   hot_paths versions|markers FILE    one a line: each is parsed and compared, or evaluated
//   hot_paths page COUNT               a project page in JSON that lists so many wheels
//   hot_paths solve FILE               a universe of tests/universes; its answer is checked
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/base/text.h"
#include "flowstone/index/simple_page.h"
#include "flowstone/net/url.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/scenario.h"

namespace flowstone {

// Has a name that callgrind can find (--toggle-collect), so it is neither inlined nor local.
__attribute__((noinline)) Status Measured(const std::function<Status()>& work);
Status Measured(const std::function<Status()>& work) {
  return work();
}

namespace {

Result<std::vector<std::string>> LinesOf(const std::string& path) {
  os::PosixFileSystem files;
  FLOWSTONE_LET(const std::string text, files.ReadFile(path));
  std::vector<std::string> lines;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return lines;
}

Error Unexpected(const std::string& what) {
  return Error{.code = ErrorCode::kInternal, .message = what};
}

// Parses all, then sorts them.
Status CompareVersions(const std::string& path) {
  FLOWSTONE_LET(const std::vector<std::string> lines, LinesOf(path));
  return Measured([&]() -> Status {
    std::vector<pypi::Version> versions;
    versions.reserve(lines.size());
    for (const std::string& line : lines) {
      FLOWSTONE_LET(pypi::Version version, pypi::Version::Parse(line));
      versions.push_back(std::move(version));
    }
    std::ranges::sort(versions);
    return versions.empty() ? Unexpected("no versions") : Ok();
  });
}

// Parses all, then evaluates each for one target.
Status EvaluateMarkers(const std::string& path) {
  FLOWSTONE_LET(const std::vector<std::string> lines, LinesOf(path));
  const pypi::Target target = resolve::LinuxTarget("3.11.2");
  return Measured([&]() -> Status {
    std::size_t holding = 0;
    for (const std::string& line : lines) {
      FLOWSTONE_LET(const pypi::Marker marker, pypi::Marker::Parse(line));
      holding += marker.Evaluate(target.markers) ? 1U : 0U;
    }
    const bool plausible = holding > 0 && holding < lines.size();
    return plausible ? Ok() : Unexpected("the markers are all true or all false");
  });
}

// As indexes write them: every key that we read and some that we do not.
std::string PageOfWheels(int count) {
  std::string page =
      R"({"meta":{"api-version":"1.1","_last-serial":1},"name":"pkg","versions":[],)";
  page += R"("files":[)";
  for (int i = 0; i < count; ++i) {
    const std::string version = std::to_string(i / 50) + "." + std::to_string(i % 50);
    const std::string filename = "pkg-" + version + "-cp311-cp311-manylinux_2_17_x86_64.whl";
    const std::string digest(64, static_cast<char>('a' + i % 6));
    page += i == 0 ? "" : ",";
    page.append(R"({"core-metadata":{"sha256":")").append(digest);
    page.append(R"("},"filename":")").append(filename);
    page.append(R"(","hashes":{"sha256":")").append(digest);
    page.append(R"("},"provenance":null,"requires-python":">=3.9","size":)");
    page.append(std::to_string(1000 + i));
    page.append(R"(,"upload-time":"2025-01-02T03:04:05.678901Z",)");
    page.append(R"("url":"https://files.example/packages/)").append(digest);
    page.append("/").append(filename).append(R"(","yanked":false})");
  }
  return page + "]}";
}

Status ParsePage(const std::string& count_text) {
  int count = 0;
  std::from_chars(count_text.data(), count_text.data() + count_text.size(), count);
  const std::string page = PageOfWheels(count);
  FLOWSTONE_LET(const net::Url url, net::Url::Parse("https://index.example/simple/pkg/"));
  return Measured([&]() -> Status {
    FLOWSTONE_LET(const index::ProjectPage parsed, index::ParseSimpleJson(page, url));
    const bool whole = std::ssize(parsed.files) == count && parsed.warnings.empty();
    return whole ? Ok() : Unexpected("the page lost files");
  });
}

Status SolveUniverse(const std::string& path) {
  os::PosixFileSystem files;
  FLOWSTONE_LET(const std::string text, files.ReadFile(path));
  FLOWSTONE_LET(resolve::Scenario universe, resolve::ReadScenario(text));
  return Measured([&]() -> Status {
    const std::string difference = resolve::RunScenario(universe);
    return difference.empty() ? Ok() : Unexpected(difference);
  });
}

Status Run(std::string_view path, const std::string& input) {
  if (path == "versions") {
    return CompareVersions(input);
  }
  if (path == "markers") {
    return EvaluateMarkers(input);
  }
  if (path == "page") {
    return ParsePage(input);
  }
  return path == "solve" ? SolveUniverse(input) : Unexpected("no such path");
}

}  // namespace
}  // namespace flowstone

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: hot_paths versions|markers|page|solve INPUT\n", stderr);
    return 2;
  }
  const flowstone::Status status = flowstone::Run(argv[1], argv[2]);
  if (!status) {
    std::fprintf(stderr, "error: %s\n", status.error().ToString().c_str());
    return 1;
  }
  return 0;
}
