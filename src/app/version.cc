#include "app/version.h"

// Generated on each build; included here only, so that a commit rebuilds one file.
#include "objectstore_commit.h"

namespace objectstore {

std::string version_text() {
  return std::string("objectstore@") + OBJECTSTORE_VERSION + "+" + OBJECTSTORE_COMMIT;
}

}  // namespace objectstore
