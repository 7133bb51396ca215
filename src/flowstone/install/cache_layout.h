// CacheLayout: where this module keeps things below Flowstone's home directory. The major version
// is part of every path, so that engines of two versions can share a home.
//
//   <home>/v1/interp/<key>          what an interpreter answered when it was probed
//   <home>/v1/python/<name>/        an interpreter that was installed (formats/python-builds.md)
//   <home>/v1/arc/<aa>/<sha256>/    an unpacked wheel and its plan
//   <home>/v1/bad/<sha256>/         an unpacked wheel that was found damaged
//   <home>/v1/part/<sha256>         the beginning of a download that is not finished
//   <home>/v1/pyc/<tag>/<aa>/<sha256>/   the same with the bytecode of that cache tag
//   <home>/v1/env/<id>/             an environment
//   <home>/v1/known/<key>           which environment a lock gave (known_environments.h)
//   <home>/v1/links/<device>-<device>   what two file systems can share (link_capabilities.h)
//   <home>/v1/claim/<name>          archives that somebody works with (archive_claim.h)
//   <home>/v1/compile/<name>        archives that wait for being compiled (bytecode_backlog.h)
//   <home>/v1/venv/<sha256>         a virtual environment with links to archives (venv_roots.h)
//   <home>/v1/lock/<name>.lock      locks between processes
//   <home>/v1/tmp/<name>/           work that is not published yet, with <name>.lock beside it
//   <home>/v1/build/                what was built, and of what (build/built_wheels.h)
//   <home>/v1/index/                what package indexes said (docs/formats/index-cache.md)
#pragma once

#include <string>
#include <vector>

#include "flowstone/base/digest.h"

namespace flowstone::install {

class CacheLayout {
 public:
  // `home` is an absolute path.
  explicit CacheLayout(const std::string& home) : root_(home + "/v1") {}

  const std::string& root() const { return root_; }
  std::string interpreters() const { return root_ + "/interp"; }
  std::string pythons() const { return root_ + "/python"; }
  std::string archives() const { return root_ + "/arc"; }
  std::string compiled_archives() const { return root_ + "/pyc"; }
  std::string damaged() const { return root_ + "/bad"; }
  std::string downloads() const { return root_ + "/part"; }
  std::string environments() const { return root_ + "/env"; }
  std::string known() const { return root_ + "/known"; }
  std::string links() const { return root_ + "/links"; }
  std::string locks() const { return root_ + "/lock"; }
  std::string temporary() const { return root_ + "/tmp"; }
  std::string claims() const { return root_ + "/claim"; }
  std::string bytecode_wishes() const { return root_ + "/compile"; }
  std::string linked_venvs() const { return root_ + "/venv"; }
  std::string builds() const { return root_ + "/build"; }
  // Held by everybody who works with what is in builds().
  std::string BuildsLock() const { return locks() + "/builds.lock"; }
  // Held by the one process that compiles what waits in bytecode_wishes().
  std::string BytecodeLock() const { return locks() + "/bytecode.lock"; }
  std::string index() const { return root_ + "/index"; }

  // `bytecode`: the cache tag of an archive with bytecode ("cpython-311"); empty without.
  std::string ArchiveDirectory(const Digest& wheel, const std::string& bytecode = {}) const {
    const std::string hex = wheel.ToString();
    const std::string base = bytecode.empty() ? archives() : compiled_archives() + "/" + bytecode;
    return base + "/" + hex.substr(0, 2) + "/" + hex;
  }
  std::string PartialWheel(const Digest& wheel) const {
    return downloads() + "/" + wheel.ToString();
  }
  std::string WheelLock(const Digest& wheel) const {
    return locks() + "/wheel-" + wheel.ToString() + ".lock";
  }
  // Where programs of an environment write that write beside their packages.
  std::vector<std::string> WrittenBeside(const std::string& environment) const {
    return {environment, archives(), compiled_archives()};
  }
  // Held by who compiles the archive of a wheel for a cache tag.
  std::string CompilationLock(const Digest& wheel, const std::string& cache_tag) const {
    return locks() + "/pyc-" + cache_tag + "-" + wheel.ToString() + ".lock";
  }
  std::string EnvironmentDirectory(const Digest& id) const {
    return environments() + "/" + id.ToString();
  }

 private:
  std::string root_;
};

}  // namespace flowstone::install
