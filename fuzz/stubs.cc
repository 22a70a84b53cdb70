// Stands for parts of the program that targets link but that would bring the whole server along.
#include "app/version.h"
#include "maintenance/scrub.h"

namespace objectstore {

std::string version_text() {
  return "objectstore@fuzz";
}

std::string_view to_string(Finding::Kind) {
  return "finding";
}

}  // namespace objectstore
