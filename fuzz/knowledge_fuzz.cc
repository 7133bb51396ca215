// The knowledge of indexes on disk: its files may hold anything, and may be damaged anywhere.
//
// The first byte says how the input is read. Odd: as the files themselves, the second byte telling
// where the hash index begins. Even: as a story in steps of four bytes (remember, flush, reopen,
// cut, flip a bit, append), after each of which every record that is found has to be one that was
// remembered under its key.
#include "fuzz_target.h"
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "flowstone/index/knowledge.h"
#include "flowstone/index/knowledge_log.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"

using flowstone::fuzz::Require;
using flowstone::index::Knowledge;
using flowstone::index::KnowledgeKey;
using flowstone::index::RecordKind;

namespace {

constexpr const char* kDirectory = "/cache";
constexpr const char* kLog = "/cache/log";
constexpr const char* kIndex = "/cache/index";
constexpr std::size_t kKeys = 4;
constexpr std::size_t kMostSteps = 64;

KnowledgeKey KeyOf(std::size_t number) {
  return KnowledgeKey::Of(RecordKind::kMetadata, std::string(1, static_cast<char>(number)));
}

void PutFile(flowstone::os::FileSystem& files, const std::string& path, std::string_view bytes) {
  Require(flowstone::os::ReplaceFile(files, path, bytes, 0600).has_value(), "a file is written");
}

void ReadArbitraryFiles(std::string_view log, std::string_view index) {
  flowstone::os::MemoryFileSystem files;
  Require(flowstone::os::MakeDirectories(files, kDirectory, 0700).has_value(), "a directory");
  PutFile(files, kLog, log);
  PutFile(files, kIndex, index);
  for (int round = 0; round < 2; ++round) {
    Knowledge knowledge(files, kDirectory);
    for (std::size_t i = 0; i < kKeys; ++i) {
      if (const auto record = knowledge.Find(KeyOf(i))) {
        Require(flowstone::index::ChecksumOf(record->bytes) == record->checksum,
                "the bytes of a record are those of its checksum");
      }
    }
    static_cast<void>(knowledge.Remember(KeyOf(0), "new"));
    Require(knowledge.Flush().has_value(), "damage does not keep anybody from writing");
    Knowledge reopened(files, kDirectory);
    const auto found = reopened.Find(KeyOf(0));
    Require(found && found->bytes == "new", "what was written last is found");
  }
}

// What the user does with the cache, and what happens to its files meanwhile.
class Story {
 public:
  Story() : knowledge_(std::in_place, files_, kDirectory) {}

  void Step(std::array<std::uint8_t, 4> bytes) {
    const std::size_t place = std::size_t{bytes[1]} << 8U | bytes[2];
    switch (bytes[0] % 6) {
      case 0:
      case 1: {
        // Lengths up to 16 KiB, so that the log outgrows what goes without a hash index.
        const std::string value(std::size_t{bytes[2]} * bytes[2] / 4, static_cast<char>(bytes[3]));
        static_cast<void>(knowledge_->Remember(KeyOf(bytes[1] % kKeys), value));
        remembered_[bytes[1] % kKeys].insert(value);
        break;
      }
      case 2:
        Require(knowledge_->Flush().has_value(), "what was remembered is written");
        break;
      case 3:
        knowledge_.emplace(files_, kDirectory);
        break;
      default:
        Damage(bytes[0] % 2 == 0 ? kLog : kIndex, place, bytes[3]);
        knowledge_.emplace(files_, kDirectory);
    }
    Check();
  }

 private:
  void Damage(const std::string& path, std::size_t place, std::uint8_t how) {
    const auto read = files_.ReadFile(path);
    if (!read || read->empty()) {
      return;
    }
    std::string bytes = *read;
    place %= bytes.size();
    if (how % 4 == 0) {
      bytes.resize(place);
    } else if (how % 4 == 1) {
      bytes.append(how, static_cast<char>(how));
    } else {
      bytes[place] = static_cast<char>(bytes[place] ^ static_cast<char>(1U << (how % 8U)));
    }
    PutFile(files_, path, bytes);
  }

  void Check() {
    for (std::size_t i = 0; i < kKeys; ++i) {
      if (const auto record = knowledge_->Find(KeyOf(i))) {
        Require(remembered_[i].contains(std::string(record->bytes)),
                "a record is one that was remembered under its key");
      }
    }
  }

  flowstone::os::MemoryFileSystem files_;
  std::optional<Knowledge> knowledge_;
  std::map<std::size_t, std::set<std::string>> remembered_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  if (data[0] % 2 != 0) {
    const std::string_view bytes = flowstone::fuzz::TextOf(data, size).substr(2);
    const std::size_t cut = std::min(bytes.size(), std::size_t{data[1]} * 16);
    ReadArbitraryFiles(bytes.substr(0, cut), bytes.substr(cut));
    return 0;
  }
  Story story;
  const std::size_t end = std::min(size, 1 + 4 * kMostSteps);
  for (std::size_t at = 1; at + 4 <= end; at += 4) {
    story.Step({data[at], data[at + 1], data[at + 2], data[at + 3]});
  }
  return 0;
}
