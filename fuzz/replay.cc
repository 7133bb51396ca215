// fuzz_replay TARGET FILE-OR-DIRECTORY…: runs a fuzz target over files and over the files in
// directories: the corpus as an ordinary test, with any compiler.
#include "replay.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

using flowstone::fuzz::ReplayTarget;

void Replay(const ReplayTarget& target, const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  // Named before it runs: when it crashes, this is the line to look at.
  std::printf("%s\n", path.c_str());
  std::fflush(stdout);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): as libFuzzer hands bytes over
  target.run(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

int ReplayAll(const ReplayTarget& target, const std::vector<std::string>& places) {
  int count = 0;
  for (const std::string& place : places) {
    if (!std::filesystem::is_directory(place)) {
      Replay(target, place);
      ++count;
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(place)) {
      Replay(target, entry.path());
      ++count;
    }
  }
  std::printf("%d inputs\n", count);
  return count > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  const auto targets = flowstone::fuzz::ReplayTargets();
  const auto target = std::ranges::find(targets, name, &ReplayTarget::name);
  if (target == targets.end()) {
    std::fprintf(stderr, "usage: fuzz_replay TARGET FILE-OR-DIRECTORY...\n");
    return 2;
  }
  return ReplayAll(*target, {argv + 2, argv + argc});
}
