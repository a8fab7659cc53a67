// The kernels for x86-64-v4 (AVX-512: 32 registers of 16 floats).
#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#define LEVEL_NAME "v4"
#define LEVEL_TABLE ward_kernels_v4
#define WIDE 1
#define PICKS 1
#define FUSES 1
#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"), min_vector_width(512))), apply_to = function)
#include "kernels/all.h"
#pragma clang attribute pop
#endif
