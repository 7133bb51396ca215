// PlannedFiles: the files of one directory of an archive plan, kept as the bytes that the plan has
// of them. They are taken apart by who goes through them: composing an environment needs those of a
// few of its thousands of directories. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/install/plan_bytes.h"

namespace flowstone::install {

enum class FileOrigin : std::uint8_t {
  kWheel,      // a member of the wheel, byte for byte
  kRewritten,  // a script of the wheel whose `#!python` line was made relocatable
  kGenerated,  // made from metadata: entry-point scripts, INSTALLER, RECORD
  kCompiled,   // bytecode of a member
};

struct PlannedFile {
  std::string name;  // without its directory
  std::uint64_t size = 0;
  Digest digest;           // of the bytes in the archive's directory
  std::uint32_t mode = 0;  // 0444 or 0555
  FileOrigin origin = FileOrigin::kWheel;
  friend bool operator==(const PlannedFile&, const PlannedFile&) = default;
};

// One path component: what a plan may name.
bool IsPlainName(std::string_view name);

// Sorted by name. Copies share their bytes.
class PlannedFiles {
 public:
  class Iterator {
   public:
    using value_type = PlannedFile;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    Iterator() = default;
    explicit Iterator(std::string_view left) : left_(left) {}

    PlannedFile operator*() const;
    Iterator& operator++();
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& a, const Iterator& b) {
      return a.left_.size() == b.left_.size();
    }

   private:
    std::string_view left_;
  };

  PlannedFiles() = default;
  // In any order, each name once.
  PlannedFiles(std::vector<PlannedFile> files);  // NOLINT(google-explicit-constructor)
  PlannedFiles(std::initializer_list<PlannedFile> files)
      : PlannedFiles(std::vector<PlannedFile>(files)) {}

  // The files that come next in a plan, the bytes of which `plan` keeps. kCorrupt when one of them
  // has an impossible name or kind, or they are cut off.
  static Result<PlannedFiles> Read(PlanReader& reader, std::shared_ptr<const std::string> plan);
  // As Read reads them.
  void Write(PlanWriter& writer) const;

  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  Iterator begin() const { return Iterator(bytes_); }
  Iterator end() const { return {}; }
  // REQUIRES: index < size().
  PlannedFile operator[](std::size_t index) const;
  bool Has(std::string_view name) const;

  std::vector<PlannedFile> ToVector() const;
  // REQUIRES: there is none of its name.
  void Add(PlannedFile file);
  void Remove(std::string_view name);

  friend bool operator==(const PlannedFiles& a, const PlannedFiles& b) {
    return a.bytes_ == b.bytes_;
  }

 private:
  std::shared_ptr<const std::string> owner_;  // of the bytes
  std::string_view bytes_;
  std::size_t count_ = 0;
};

}  // namespace flowstone::install
