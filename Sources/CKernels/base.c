// The kernels for any processor.
#define LEVEL_NAME "base"
#define LEVEL_TABLE ward_kernels_base
#define WIDE 0
#define PICKS 0
#pragma clang diagnostic ignored "-Wpsabi"
#include "kernels/all.h"
