// libyaml: the system library.
#include <yaml.h>
