#include "flowstone/resolve/offline_report.h"

#include <cstddef>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "flowstone/base/progress.h"
#include "flowstone/base/text.h"
#include "flowstone/resolve/resolve.h"

namespace flowstone::resolve {
namespace {

// A source that notes what it could not give.
class Witness final : public CandidateSource {
 public:
  struct Failure {
    pypi::Name project;
    std::string piece;
  };

  explicit Witness(CandidateSource& source) : source_(source) {}

  Readiness StartProject(const pypi::Name& name) override { return source_.StartProject(name); }
  Readiness StartMetadata(const index::IndexFile& file) override {
    return source_.StartMetadata(file);
  }
  std::optional<Arrival> AwaitProject(const pypi::Name& name) override {
    return source_.AwaitProject(name);
  }
  std::optional<Arrival> AwaitMetadata(const index::IndexFile& file) override {
    return source_.AwaitMetadata(file);
  }

  Result<std::shared_ptr<const index::ProjectFiles>> Project(const pypi::Name& name) override {
    auto files = source_.Project(name);
    if (!files && files.error().code == ErrorCode::kUnavailable) {
      failures_.push_back({.project = name, .piece = "the files of " + name.ToString()});
    }
    return files;
  }

  Result<std::shared_ptr<const index::WheelMetadata>> Metadata(
      const index::IndexFile& file) override {
    auto metadata = source_.Metadata(file);
    const std::string_view filename = file.filename;
    const auto name = pypi::Name::Parse(filename.substr(0, filename.find('-')));
    if (!metadata && metadata.error().code == ErrorCode::kUnavailable && name) {
      failures_.push_back({.project = *name, .piece = "the metadata of " + file.filename});
    }
    return metadata;
  }

  const std::vector<Failure>& failures() const { return failures_; }

 private:
  CandidateSource& source_;
  std::vector<Failure> failures_;
};

}  // namespace

std::vector<std::string> MissingPieces(ResolveRequest request, CandidateSource& source,
                                       const ResolveOptions& options) {
  std::vector<std::string> missing;
  std::set<pypi::Name> excluded;
  while (true) {
    Witness witness(source);
    NoProgress progress;
    // The answer, a conflict included, is of no interest.
    (void)Resolve(request, witness, progress, options);
    const std::size_t before = excluded.size();
    for (const Witness::Failure& failure : witness.failures()) {
      if (excluded.insert(failure.project).second) {
        missing.push_back(failure.piece);
        request.excludes.push_back(failure.project);
      }
    }
    if (excluded.size() == before) {
      return missing;
    }
  }
}

Error OfflineError(const Error& first, const std::vector<std::string>& missing) {
  if (missing.size() < 2) {
    return first;
  }
  return Error{.code = ErrorCode::kUnavailable,
               .message = CountOf(missing.size(), "piece") +
                          " of what is needed are not cached, and the network is not to be used:" +
                          "\n  " + JoinText(missing, "\n  "),
               .hints = {"run once without --offline"}};
}

}  // namespace flowstone::resolve
