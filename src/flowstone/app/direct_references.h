// DirectReferences: the packages of a request that come from places of their own (`name @ URL`,
// paths, repositories) instead of an index.
//
// All of them are looked into before resolving starts, because the candidates of a package must not
// change while the solver learns about them. Only the request itself and what it refers to may name
// such places; a package of an index that does is usable only if it means one of them. Resolving
// then sees each as a project with one release; the lock says where it really is.
//
// A reference counts where its marker holds on what is resolved for, which need not be this
// machine. A package may be somewhere else, or in the indexes, in other environments.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flowstone/app/source_builds.h"
#include "flowstone/base/result.h"
#include "flowstone/build/direct_reference.h"
#include "flowstone/index/package_index.h"
#include "flowstone/lock/lock.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/pypi/metadata.h"
#include "flowstone/pypi/name.h"
#include "flowstone/resolve/request.h"

namespace flowstone::app {

// What resolving sees of such a package.
struct ReferencedProject {
  pypi::Name name;
  pypi::Marker where = {};                           // the environments in which it is this one
  std::shared_ptr<const index::ProjectFiles> files;  // one release of one file
  std::string metadata = {};                         // of that file
};

class DirectReferences {
 public:
  // Fetches, checks out and reads everything that the request refers to; builds where only building
  // tells. kConflict when two requirers name different places of one package. The references
  // outlive this.
  static Result<DirectReferences> Collect(const resolve::ResolveRequest& request,
                                          SourceBuilds& builds);

  // The request without URLs: what resolve::Resolve is asked.
  const resolve::ResolveRequest& plain_request() const { return plain_; }
  bool empty() const { return packages_.empty(); }

  std::vector<ReferencedProject> Projects();
  // METADATA in which what means one of these packages is a plain requirement.
  std::string WithoutUrls(const std::string& metadata) const;

  // Says in the lock of the plain request where these packages are, and what was asked.
  void Complete(lock::Lock& lock) const;

 private:
  struct Package {
    build::DirectReference reference;
    pypi::MarkerDiagram where = {};  // that something asked for it
    lock::DirectSource source;
    std::string asker;  // "step train", for messages
    pypi::CoreMetadata fields;
    std::string metadata;
    std::string file_name = {};             // under which the resolver knows it
    std::set<pypi::ExtraName> extras = {};  // that were asked for
  };
  using Packages = std::multimap<pypi::Name, Package>;
  struct Mention {
    pypi::Requirement requirement;
    std::string asker;
    pypi::MarkerDiagram where;  // of whoever asks, and the marker of the requirement
  };

  DirectReferences(const resolve::ResolveRequest& request, SourceBuilds& builds)
      : request_(request), builds_(builds), plain_(request) {}

  Status NoteTargets();
  void NoteRequest();
  // Whether it holds on something that is resolved for.
  bool IsActive(pypi::MarkerDiagram where);
  Packages::iterator FindSource(const build::DirectReference& reference);
  Status CheckOnePlace(const pypi::Name& name, const build::DirectReference& reference,
                       const Mention& mention);
  Status Follow(const Mention& mention);
  // What a package that is known already is also asked for.
  void Widen(Package& package, const Mention& mention);
  Result<Package> LookInto(const build::DirectReference& reference, const Mention& mention);
  Status CheckBuildAllowed(const pypi::Name& name, const build::DirectReference& reference) const;
  void NoteDependencies(const Package& package);
  void MakePlain();

  const resolve::ResolveRequest& request_;
  SourceBuilds& builds_;
  resolve::ResolveRequest plain_;
  pypi::MarkerAlgebra algebra_{pypi::InterpreterPreviews::kAsReleases};
  // All environments that are resolved for: of a lock for several, what markers say about them.
  pypi::MarkerDiagram environments_;
  Packages packages_;
  std::map<std::string, pypi::Name> names_;  // by the URLs that lead to them
  std::vector<Mention> mentions_;            // to be followed
};

}  // namespace flowstone::app
