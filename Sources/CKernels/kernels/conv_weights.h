// The gradient of a convolution by its weights: gw[o][c][ky][kx] = sum over pixels of gy[o] * x[c] shifted by the tap.
//
// Sums stay one vector a weight (a lane an image) in `lanes` and are summed over the lanes once, at the end. Rows go in
// the outer loop, so that the rows of gy stay in the first cache while every (c, ky) visits them. Each chunk of rows is
// summed by itself first: one long sum in single precision would lose digits.

// Some rows of one (c, ky): KB taps side by side for CB output channels.
INLINE void weight_rows(const int CB, const int KB, const v16 *gy, ptrdiff_t gy_plane, ptrdiff_t gy_row, const v16 *x,
                        ptrdiff_t x_row, ptrdiff_t x_step, ptrdiff_t tap_step, int rows, int width, v16 *lanes,
                        ptrdiff_t lane_output) {
  v16 acc[MOST_SUMS];
  UNROLL for (int j = 0; j < CB; j++) {
    UNROLL for (int k = 0; k < KB; k++) acc[j * KB + k] = splat(0);
  }
  for (int row = 0; row < rows; row++, gy += gy_row, x += x_row) {
    for (int i = 0; i < width; i++) {
      v16 g[6];
      UNROLL for (int j = 0; j < CB; j++) g[j] = gy[j * gy_plane + i];
      UNROLL for (int k = 0; k < KB; k++) {
        const v16 v = x[i * x_step + k * tap_step];
        UNROLL for (int j = 0; j < CB; j++) acc[j * KB + k] += g[j] * v;
      }
    }
  }
  UNROLL for (int j = 0; j < CB; j++) {
    UNROLL for (int k = 0; k < KB; k++) lanes[j * lane_output + k] += acc[j * KB + k];
  }
}

// Where x does not fit the second cache, several blocks of outputs go through some rows of a channel before the next.
enum { MOST_BLOCKS = WARD_WEIGHT_OUTPUTS / 4, FITTING = 4096 };

INLINE void weight_blocks(const int CB, int blocks, const ward_conv *conv, ward_planes xs, const v16 *x, ward_planes gys,
                          const v16 *gy, v16 *lanes) {
  const int inputs = conv->inputs / conv->groups, kernel = conv->kernel_h * conv->kernel_w;
  const ptrdiff_t lane_output = (ptrdiff_t)inputs * kernel;
  // Taps side by side, or where a channel has a single one, a few channels.
  const int channels = kernel == 1 ? 12 : 1;
  const ptrdiff_t tap_step = kernel == 1 ? xs.plane : conv->dilation_w;
  memset(lanes, 0, blocks * CB * lane_output * sizeof(v16));
  int chunk = 256 / (CB * gys.width);  // 16 KB of gy
  if (chunk < 1) chunk = 1;
  for (int first = 0; first < gys.height; first += chunk) {
    const int last = first + chunk < gys.height ? first + chunk : gys.height;
    for (int c = 0; c < inputs; c += channels) {
      const int side = kernel > 1 ? conv->kernel_w : inputs - c < channels ? inputs - c : channels;
      for (int block = 0; block < blocks; block++) {
        for (int ky = 0; ky < conv->kernel_h; ky++) {
          const int shift = ky * conv->dilation_h - conv->pad_h;
          int from = first, to = last;  // the rows of the chunk whose tap lies inside x
          while (from < to && from * conv->stride_h + shift < 0) from++;
          while (to > from && (to - 1) * conv->stride_h + shift >= xs.height) to--;
          if (from == to) continue;
          const v16 *g = gy + block * CB * gys.plane + from * gys.row;
          const v16 *line = x + c * xs.plane + (from * conv->stride_h + shift) * xs.row - conv->pad_w;
          v16 *sums = lanes + block * CB * lane_output + (ptrdiff_t)c * kernel + ky * conv->kernel_w;
          int k = 0;
#define ROWS(B, K, j)                                                                                                 \
  weight_rows(B, K, g + (j) * gys.plane, gys.plane, gys.row, line + k * tap_step, conv->stride_h * xs.row, conv->stride_w, \
              tap_step, to - from, gys.width, sums + (j) * lane_output + k, lane_output)
// Two channels at a time where there are few registers.
#define TAPS(K)                                           \
  for (; k + (K) <= side; k += (K)) {                     \
    if (WIDE) {                                           \
      ROWS(CB, K, 0);                                     \
    } else {                                              \
      for (int j = 0; j + 2 <= CB; j += 2) ROWS(2, K, j); \
      if (CB % 2) ROWS(1, K, CB - 1);                     \
    }                                                     \
  }
          if (WIDE && CB < 5) { TAPS(5) }
          TAPS(3)
          if (!WIDE) { TAPS(2) }
          TAPS(1)
#undef TAPS
#undef ROWS
        }
      }
    }
  }
}

INLINE int next_weight_block(int left) { return left == 6 || left == 3 ? 3 : left >= 4 ? 4 : left; }

static void conv_weight_gradient(const ward_conv *conv, ward_planes xs, const float *x, ward_planes gys,
                                 const float *gy, float *lanes, float *gw, int32_t accumulate) {
  const int inputs = conv->inputs / conv->groups, outputs = conv->outputs / conv->groups;
  const int each = inputs * conv->kernel_h * conv->kernel_w;
  for (int g = 0; g < conv->groups; g++) {
    for (int o = 0; o < outputs;) {
      const int cb = next_weight_block(outputs - o);
      const int most = inputs * xs.plane > FITTING ? MOST_BLOCKS : 1;
      int blocks = 1;
      while (blocks < most && next_weight_block(outputs - o - blocks * cb) == cb) blocks++;
      const v16 *from = (const v16 *)x + (ptrdiff_t)g * inputs * xs.plane;
      const v16 *slope = (const v16 *)gy + (ptrdiff_t)(g * outputs + o) * gys.plane;
#define RUN(CB) weight_blocks(CB, blocks, conv, xs, from, gys, slope, (v16 *)lanes)
      EACH_BLOCK(cb, RUN)
#undef RUN
      sum_vectors((const v16 *)lanes, blocks * cb * each, gw + (ptrdiff_t)(g * outputs + o) * each, accumulate);
      o += blocks * cb;
    }
  }
}

static void channel_sums(ward_planes s, const float *x, float *sums, int32_t accumulate) {
  for (int c = 0; c < s.channels; c++) {
    v16 total = splat(0);
    for (int row = 0; row < s.height; row++) {
      const v16 *line = (const v16 *)x + (ptrdiff_t)c * s.plane + row * s.row;
      v16 sum = splat(0);
      for (int i = 0; i < s.width; i++) sum += line[i];
      total += sum;
    }
    sums[c] = (accumulate ? sums[c] : 0) + sum_lanes(total);
  }
}

// The sums of what reaches the winners: the gradient of the bias under a maximum.
static void pooled_sums(ward_planes pooled, const float *gy, const uint8_t *winner, float *sums, int32_t accumulate) {
  const b16 *which = (const b16 *)winner;
  for (int c = 0; c < pooled.channels; c++) {
    v16 total = splat(0);
    for (int row = 0; row < pooled.height; row++) {
      const v16 *from = (const v16 *)gy + (ptrdiff_t)c * pooled.plane + row * pooled.row;
      v16 sum = splat(0);
      for (int i = 0; i < pooled.width; i++)
        sum += choose(__builtin_convertvector(*which++, i16) < 4, from[i], splat(0));
      total += sum;
    }
    sums[c] = (accumulate ? sums[c] : 0) + sum_lanes(total);
  }
}

static void unpool(ward_planes pooled, const float *gy, const uint8_t *winner, ward_planes full, float *gz, float *gb,
                   int32_t accumulate) {
  const b16 *which = (const b16 *)winner;
  for (int c = 0; c < pooled.channels; c++) {
    v16 total = splat(0);
    for (int row = 0; row < pooled.height; row++) {
      const v16 *from = (const v16 *)gy + (ptrdiff_t)c * pooled.plane + row * pooled.row;
      v16 *to = (v16 *)gz + (ptrdiff_t)c * full.plane + 2 * row * full.row;
      v16 sum = splat(0);
      for (int i = 0; i < pooled.width; i++) {
        const i16 won = __builtin_convertvector(*which++, i16);
        const v16 g = choose(won < 4, from[i], splat(0));
        sum += g;
        to[2 * i] = choose(won == 0, g, splat(0));
        to[2 * i + 1] = choose(won == 1, g, splat(0));
        to[full.row + 2 * i] = choose(won == 2, g, splat(0));
        to[full.row + 2 * i + 1] = choose(won == 3, g, splat(0));
      }
      total += sum;
    }
    if (gb) gb[c] = (accumulate ? gb[c] : 0) + sum_lanes(total);
  }
}
