// Convolutions over planes of vectors. y: output row, x: output column, c: the channel that is summed over.
//
// One tile of CB output channels by PB pixels serves the forward pass, the fused pooling and the gradient by input:
// they differ in which taps they visit and how far apart their weights lie. 24 sums fill the 32 registers of AVX-512
// beside what is loaded. Where a vector takes two of 16 registers there is room for 6: one more, and every product is
// stored and loaded again. There tiles of up to 3 channels go through half a vector at a time. How a tile is cut changes no
// bit: the terms of each sum come in the same order.

// Arrays of sums have a constant length: one that depends on CB, even where that is constant, would stay in memory.
enum { MAX_TAPS = 1024, MOST_SUMS = 24, MOST_PIXELS = 14 };

typedef struct {
  int count;
  int32_t x[MAX_TAPS];  // where the tap reads, in vectors from the tile's first pixel
  int32_t w[MAX_TAPS];  // where its weight lies, in floats
} taps;

typedef struct {
  const v16 *x;          // first pixel of the tile, first channel
  const float *w;        // weights of the first output channel of the tile
  int channels;          // how many are summed over
  ptrdiff_t x_plane;     // vectors from one of them to the next
  ptrdiff_t w_channel;   // floats from one of them to the next
  ptrdiff_t w_output;    // floats from one output channel to the next
} tile;

// Pixel p of a tile: side by side `step` apart, or (SQUARE) the four of a 2x2 window.
#define PIXEL(p) (SQUARE ? ((p) & 1) * step + ((p) >> 1) * down : (p) * step)

// In both functions taps come in runs of ROW that lie side by side, and so do their weights: to find each tap takes half
// as many instructions as its products. Loads stay in their turn, as registers have no room for those of a whole run.
INLINE void multiply(const int CB, const int PB, const int SQUARE, const int ROW, const tile *t, const taps *taps,
                     ptrdiff_t step, ptrdiff_t down, v16 *acc) {
  const v16 *plane = t->x;
  const float *w = t->w;
  const ptrdiff_t next = t->w_output;
  const int count = taps->count;
  for (int c = 0; c < t->channels; c++, plane += t->x_plane, w += t->w_channel) {
    for (int k = 0; k < count; k += ROW) {
      const v16 *at = plane + taps->x[k];
      const float *weight = w + taps->w[k];
      UNROLL for (int i = 0; i < ROW; i++, at++, weight++) {
        v16 pixel[MOST_PIXELS];
        if (i) IN_TURN;
        UNROLL for (int p = 0; p < PB; p++) pixel[p] = at[PIXEL(p)];
        UNROLL for (int j = 0; j < CB; j++) {
          v16 s = splat(weight[j * next]);
          UNROLL for (int p = 0; p < PB; p++) acc[j * PB + p] += s * pixel[p];
        }
      }
    }
  }
}

// The same for half a vector: so 12 sums fit, and each pixel is loaded once for all channels.
INLINE void multiply_half(const int CB, const int PB, const int SQUARE, const int ROW, int half, const tile *t,
                          const taps *taps, ptrdiff_t step, ptrdiff_t down, v8 *acc) {
  const v16 *plane = t->x;
  const float *w = t->w;
  const int count = taps->count;
  for (int c = 0; c < t->channels; c++, plane += t->x_plane, w += t->w_channel) {
    for (int k = 0; k < count; k += ROW) {
      const v8 *at = (const v8 *)(plane + taps->x[k]) + half;
      const float *weight = w + taps->w[k];
      UNROLL for (int i = 0; i < ROW; i++, at += 2, weight++) {
        v8 factor[6];
        if (i) IN_TURN;
        UNROLL for (int j = 0; j < CB; j++) factor[j] = splat8(weight[j * t->w_output]);
        UNROLL for (int p = 0; p < PB; p++) {
          const v8 pixel = at[2 * PIXEL(p)];
          UNROLL for (int j = 0; j < CB; j++) acc[j * PB + p] += factor[j] * pixel;
        }
      }
    }
  }
}

// How many output channels the next tile takes: as many as divide the rest well. Every level leaves the same channel
// alone, the last of 4n + 1: the gradient of a single one takes its terms in an order of its own, see `slide`.
INLINE int next_block(int left) {
  if (!WIDE) return left < 4 ? left : left % 2 || left == 4 || left == 8 || left == 16 ? 4 : 6;
  if (left == 6 || left == 10 || left == 18) return 6;
  return left >= 4 ? 4 : left;
}
// The same where a tile has the four pixels of a window.
INLINE int next_pooled_block(int left) { return WIDE ? next_block(left) : left == 4 ? 2 : left >= 3 ? 3 : left; }
#if WIDE
#define PIXELS(CB) ((CB) == 1 ? 14 : (CB) == 2 ? 8 : (CB) == 3 ? 6 : 4)
#else
#define PIXELS(CB) ((CB) == 1 ? 8 : (CB) == 2 ? 6 : (CB) == 3 ? 4 : 1)
#endif

// Calls RUN(CB, PB) with constants for the block at hand.
#define EACH_BLOCK(cb, RUN) \
  switch (cb) {             \
  case 1: RUN(1); break;    \
  case 2: RUN(2); break;    \
  case 3: RUN(3); break;    \
  case 4: RUN(4); break;    \
  default: RUN(6); break;   \
  }

// One tile from bias to memory, or on from what is there already.
INLINE void finish_tile(const int CB, const int PB, const int ROW, const tile *t, const taps *taps, ptrdiff_t step,
                        const float *bias, int activate, int goes_on, v16 *y, ptrdiff_t y_step, ptrdiff_t y_plane) {
#if !WIDE
  if (CB <= 3) {
    for (int half = 0; half < 2; half++) {
      v8 acc[12], *to = (v8 *)y + half;
      UNROLL for (int j = 0; j < CB; j++) {
        UNROLL for (int p = 0; p < PB; p++)
          acc[j * PB + p] = goes_on ? to[2 * (j * y_plane + p * y_step)] : splat8(bias ? bias[j] : 0);
      }
      multiply_half(CB, PB, 0, ROW, half, t, taps, step, 0, acc);
      UNROLL for (int j = 0; j < CB; j++) {
        UNROLL for (int p = 0; p < PB; p++)
          to[2 * (j * y_plane + p * y_step)] = activate ? part_relu(acc[j * PB + p]) : acc[j * PB + p];
      }
    }
    return;
  }
#endif
  v16 acc[MOST_SUMS];
  UNROLL for (int j = 0; j < CB; j++) {
    UNROLL for (int p = 0; p < PB; p++) acc[j * PB + p] = goes_on ? y[j * y_plane + p * y_step] : splat(bias ? bias[j] : 0);
  }
  multiply(CB, PB, 0, ROW, t, taps, step, 0, acc);
  UNROLL for (int j = 0; j < CB; j++) {
    UNROLL for (int p = 0; p < PB; p++) y[j * y_plane + p * y_step] = activate ? relu(acc[j * PB + p]) : acc[j * PB + p];
  }
}

// A row of outputs from `x` on: whole tiles while they fit, then smaller ones.
INLINE void row_tiles(const int CB, const int ROW, tile t, const taps *taps, const v16 *x, ptrdiff_t step,
                      const float *bias, int activate, v16 *y, ptrdiff_t y_plane, int width) {
  int i = 0;
#define TILE(PB)                                                                      \
  for (; i + (PB) <= width; i += (PB)) {                                              \
    t.x = x + i * step;                                                               \
    finish_tile(CB, PB, ROW, &t, taps, step, bias, activate, 0, y + i, 1, y_plane);   \
  }
  TILE(PIXELS(CB))
  if (PIXELS(CB) > 4) { TILE(4) }
  if (PIXELS(CB) > 2) { TILE(2) }
  TILE(1)
#undef TILE
}

// How many taps lie side by side: a row of the kernel. A tile in wide registers has enough products beside what finds its tap.
INLINE int side_by_side(const ward_conv *conv) {
  const int row = conv->kernel_w;
  return !WIDE && conv->dilation_w == 1 && (row == 3 || row == 5) ? row : 1;
}
// Calls RUN(CB, ROW) with constants for the block at hand.
#define EACH_RUN(row, CB, RUN) \
  if (row == 5) RUN(CB, 5);    \
  else if (row == 3) RUN(CB, 3); \
  else RUN(CB, 1)

static void conv_forward(const ward_conv *conv, ward_planes xs, const float *x, const float *w, const float *b,
                         ward_planes ys, float *y, int32_t activate) {
  const int inputs = conv->inputs / conv->groups, outputs = conv->outputs / conv->groups;
  const int kernel = conv->kernel_h * conv->kernel_w, beside = side_by_side(conv);
  const v16 *from = (const v16 *)x;
  v16 *to = (v16 *)y;
  taps taps;
  for (int row = 0; row < ys.height; row++) {
    taps.count = 0;
    const int top = row * conv->stride_h - conv->pad_h;
    for (int ky = 0; ky < conv->kernel_h; ky++) {
      const int at = top + ky * conv->dilation_h;
      if (at < 0 || at >= xs.height) continue;  // a row of zeros
      for (int kx = 0; kx < conv->kernel_w; kx++) {
        taps.x[taps.count] = at * xs.row + kx * conv->dilation_w - conv->pad_w;
        taps.w[taps.count++] = ky * conv->kernel_w + kx;
      }
    }
    for (int g = 0; g < conv->groups; g++) {
      for (int o = 0; o < outputs;) {
        const int cb = next_block(outputs - o), out = g * outputs + o;
        const tile t = {0, w + (ptrdiff_t)out * inputs * kernel, inputs, xs.plane, kernel, (ptrdiff_t)inputs * kernel};
        v16 *line = to + (ptrdiff_t)out * ys.plane + row * ys.row;
#define ROWS(CB, ROW) row_tiles(CB, ROW, t, &taps, from + (ptrdiff_t)g * inputs * xs.plane, conv->stride_w, \
                                b ? b + out : 0, activate, line, ys.plane, ys.width)
#define RUN(CB) EACH_RUN(beside, CB, ROWS)
        EACH_BLOCK(cb, RUN)
#undef RUN
#undef ROWS
        o += cb;
      }
    }
  }
}

// The sums of the four pixels of a window and at once their maximum.
INLINE void pooled_tile(const int CB, const int ROW, const tile *t, const taps *taps, ptrdiff_t down, const float *bias,
                        v16 *y, ptrdiff_t y_plane, b16 *winner, ptrdiff_t winner_plane) {
  i16 won[6];
  for (int half = 0; half < PARTS; half++) {
    part sum[MOST_SUMS];
    UNROLL for (int i = 0; i < CB * 4; i++) sum[i] = part_splat(bias ? bias[i / 4] : 0);
#if WIDE
    multiply(CB, 4, 1, ROW, t, taps, 1, down, sum);
#else
    multiply_half(CB, 4, 1, ROW, half, t, taps, 1, down, sum);
#endif
    UNROLL for (int j = 0; j < CB; j++) {
      part best = sum[j * 4];
      ipart which = {0};
      UNROLL for (int p = 1; p < 4; p++) {  // ties take the first in row-major order
        const part other = sum[j * 4 + p];
        const ipart higher = (ipart)(other > best);
        best = (part)((higher & (ipart)other) | (~higher & (ipart)best));
        which = __builtin_elementwise_max(which, higher & p);
      }
      ((ipart *)&won[j])[half] = __builtin_elementwise_max(which, (ipart)(best <= 0.0f) & 4);
      ((part *)(y + j * y_plane))[half] = part_relu(best);
    }
  }
  UNROLL for (int j = 0; j < CB; j++) winner[j * winner_plane] = __builtin_convertvector(won[j], b16);
}

static void conv_pool_forward(const ward_conv *conv, ward_planes xs, const float *x, const float *w, const float *b,
                              ward_planes ys, float *y, uint8_t *winner) {
  const int inputs = conv->inputs, outputs = conv->outputs, kernel = conv->kernel_h * conv->kernel_w;
  const int beside = side_by_side(conv);
  const ptrdiff_t winner_plane = ys.height * ys.width;
  taps taps;
  taps.count = 0;
  for (int ky = 0; ky < conv->kernel_h; ky++) {
    for (int kx = 0; kx < conv->kernel_w; kx++) {
      taps.x[taps.count] = (ky - conv->pad_h) * xs.row + kx - conv->pad_w;
      taps.w[taps.count++] = ky * conv->kernel_w + kx;
    }
  }
  for (int row = 0; row < ys.height; row++) {
    for (int o = 0; o < outputs;) {
      const int cb = next_pooled_block(outputs - o);
      for (int i = 0; i < ys.width; i++) {
        const tile t = {(const v16 *)x + 2 * row * xs.row + 2 * i, w + (ptrdiff_t)o * inputs * kernel, inputs,
                        xs.plane, kernel, (ptrdiff_t)inputs * kernel};
        v16 *at = (v16 *)y + o * ys.plane + row * ys.row + i;
        b16 *chosen = (b16 *)winner + o * winner_plane + row * ys.width + i;
#define TILE(CB, ROW) pooled_tile(CB, ROW, &t, &taps, xs.row, b ? b + o : 0, at, ys.plane, chosen, winner_plane)
#define RUN(CB) EACH_RUN(beside, CB, TILE)
        EACH_BLOCK(cb, RUN)
#undef RUN
#undef TILE
      }
      o += cb;
    }
  }
}

// The taps of one row of gx, for the pixels whose column has one remainder by the stride.
typedef struct {
  taps all;
  int32_t column[MAX_TAPS];  // of gy, where each reads for the first of these pixels
  int least, most;           // of the columns
} row_taps;

INLINE void find_row_taps(row_taps *found, const ward_conv *conv, ward_planes gys, int row, int remainder, int cb) {
  const int stride = conv->stride_w;
  taps *taps = &found->all;
  taps->count = 0;
  for (int ky = 0; ky < conv->kernel_h; ky++) {
    const int up = row + conv->pad_h - ky * conv->dilation_h;
    if (up < 0 || up % conv->stride_h || up / conv->stride_h >= gys.height) continue;
    for (int k = 0; k < conv->kernel_w; k++) {
      const int kx = cb == 1 ? conv->kernel_w - 1 - k : k;  // in the order of `slide`, which does the rest of the row
      const int left = remainder + conv->pad_w - kx * conv->dilation_w;
      if (left % stride) continue;
      const int column = left / stride, n = taps->count++;
      found->column[n] = column;
      found->least = n == 0 || column < found->least ? column : found->least;
      found->most = n == 0 || column > found->most ? column : found->most;
      taps->x[n] = up / conv->stride_h * gys.row + column;
      taps->w[n] = (ky * conv->kernel_w + kx) * cb;
    }
  }
}

// Those of them that reach inside gy for one of `count` pixels from the `i`-th on: all but at the ends of a row.
INLINE const taps *taps_inside(const row_taps *found, int i, int count, int width, taps *some) {
  if (found->all.count == 0 || (i + found->least + count > 0 && i + found->most < width)) return &found->all;
  some->count = 0;
  for (int k = 0; k < found->all.count; k++) {
    const int first = i + found->column[k];
    if (first + count <= 0 || first >= width) continue;
    some->x[some->count] = found->all.x[k];
    some->w[some->count++] = found->all.w[k];
  }
  return some;
}

// Visits the pixels of gx whose column has the same remainder by the stride together: they share their taps.
// Each tile takes only the taps that reach inside gy for one of its pixels; what hangs over reads gy's halo of zeros.
INLINE void gradient_row(const int CB, tile t, const row_taps *found, int stride, ward_planes gys, const v16 *gy,
                         int goes_on, int done, int columns, v16 *gx, ptrdiff_t gx_plane) {
  int i = done;
  taps some;
#define TILE(PB)                                                                                      \
  for (; i + (PB) <= columns; i += (PB)) {                                                            \
    const taps *taps = taps_inside(found, i, PB, gys.width, &some);                                   \
    t.x = gy + i;                                                                                     \
    finish_tile(CB, PB, 1, &t, taps, 1, 0, 0, goes_on, gx + (ptrdiff_t)i * stride, stride, gx_plane); \
  }
  TILE(PIXELS(CB))
  if (PIXELS(CB) > 4) { TILE(4) }
  if (PIXELS(CB) > 2) { TILE(2) }
  TILE(1)
#undef TILE
}

// A single input channel would load a vector of gy for every product. Here each vector is loaded once for all K taps of
// a row that it feeds: SLIDE pixels of gx, stride and dilation 1, weights packed as [outputs][kernel_h][K].
enum { SLIDE = WIDE ? 14 : 4 };

INLINE void slide(const int K, const ward_conv *conv, ward_planes gys, const v16 *gy, const float *packed, int row,
                  v16 *gx) {
  v16 acc[SLIDE];
#pragma clang loop unroll(full)
  for (int p = 0; p < SLIDE; p++) acc[p] = splat(0);
  for (int o = 0; o < conv->outputs / conv->groups; o++) {
    for (int ky = 0; ky < conv->kernel_h; ky++) {
      const int at = row + conv->pad_h - ky;
      if (at < 0 || at >= gys.height) continue;
      const float *w = packed + ((ptrdiff_t)o * conv->kernel_h + ky) * K;
      const v16 *line = gy + o * gys.plane + at * gys.row + conv->pad_w - (K - 1);
      v16 weight[5];
#pragma clang loop unroll(full)
      for (int k = 0; k < K; k++) weight[k] = splat(w[k]);
#pragma clang loop unroll(full)
      for (int t = 0; t < SLIDE + K - 1; t++) {
        const v16 v = line[t];
#pragma clang loop unroll(full)
        for (int k = 0; k < K; k++) {
          const int p = t - (K - 1) + k;
          if (p >= 0 && p < SLIDE) acc[p] += weight[k] * v;
        }
      }
    }
  }
#pragma clang loop unroll(full)
  for (int p = 0; p < SLIDE; p++) gx[p] = acc[p];
}

// How many pixels of the row were done.
INLINE int slide_row(const ward_conv *conv, ward_planes gys, const v16 *gy, const float *packed, int row, int width,
                     v16 *gx) {
  int i = 0;
  if (conv->stride_h != 1 || conv->stride_w != 1 || conv->dilation_h != 1 || conv->dilation_w != 1) return 0;
  if (conv->kernel_w == 5) {
    for (; i + SLIDE <= width; i += SLIDE) slide(5, conv, gys, gy + i, packed, row, gx + i);
  } else if (conv->kernel_w == 3) {
    for (; i + SLIDE <= width; i += SLIDE) slide(3, conv, gys, gy + i, packed, row, gx + i);
  }
  return i;
}

// A whole row of gx at once, for an unpadded convolution: every vector of gy is loaded once and feeds K pixels of CB
// channels, so no product with the halo is made. WIDTH * CB sums have to fit the registers: LeNet's second convolution.
enum { WHOLE_WIDTH = 14, WHOLE_KERNEL = 5, WHOLE_CHANNELS = 2 };

static int covers_whole_row(const ward_conv *conv, ward_planes gxs) {
  return WIDE && gxs.width == WHOLE_WIDTH && conv->kernel_w == WHOLE_KERNEL && conv->pad_w == 0 &&
         conv->stride_w == 1 && conv->stride_h == 1 && conv->dilation_w == 1 && conv->dilation_h == 1 &&
         conv->inputs / conv->groups % WHOLE_CHANNELS == 0;
}

static void whole_row(const ward_conv *conv, ward_planes gys, const v16 *gy, const float *packed, int row, v16 *gx,
                      ptrdiff_t gx_plane) {
  enum { W = WHOLE_WIDTH, K = WHOLE_KERNEL, CB = WHOLE_CHANNELS };
  v16 acc[CB * W];
#pragma clang loop unroll(full)
  for (int p = 0; p < CB * W; p++) acc[p] = splat(0);
  for (int o = 0; o < conv->outputs / conv->groups; o++) {
    for (int ky = 0; ky < conv->kernel_h; ky++) {
      const int at = row + conv->pad_h - ky;
      if (at < 0 || at >= gys.height) continue;
      const float *w = packed + ((ptrdiff_t)o * conv->kernel_h + ky) * K * CB;
      const v16 *line = gy + o * gys.plane + at * gys.row;
      // From the right: so the terms of a pixel come in the order of their taps, as in `gradient_row` of other levels.
#pragma clang loop unroll(full)
      for (int t = W - K; t >= 0; t--) {
        const v16 v = line[t];
#pragma clang loop unroll(full)
        for (int k = 0; k < K; k++) {
#pragma clang loop unroll(full)
          for (int j = 0; j < CB; j++) acc[j * W + t + k] += v * w[k * CB + j];
        }
      }
    }
  }
#pragma clang loop unroll(full)
  for (int p = 0; p < CB * W; p++) gx[p / W * gx_plane + p % W] = acc[p];
}

// The weights that one block of input channels needs, in the order in which it does: [outputs][taps][CB].
static void pack_weights(const ward_conv *conv, const float *w, int first, int cb, float *packed) {
  const int inputs = conv->inputs / conv->groups, outputs = conv->outputs / conv->groups;
  const int kernel = conv->kernel_h * conv->kernel_w;
  for (int o = 0; o < outputs; o++, w += inputs * kernel) {
    for (int k = 0; k < kernel; k++) {
      for (int j = 0; j < cb; j++) *packed++ = w[(first + j) * kernel + k];
    }
  }
}

static void conv_pack(const ward_conv *conv, ward_planes gxs, const float *w, float *packed) {
  const int inputs = conv->inputs / conv->groups, outputs = conv->outputs / conv->groups;
  const int kernel = conv->kernel_h * conv->kernel_w, whole = covers_whole_row(conv, gxs);
  for (int g = 0; g < conv->groups; g++) {
    const ptrdiff_t from = (ptrdiff_t)g * outputs * inputs * kernel;
    for (int c = 0; c < inputs;) {
      const int cb = whole ? WHOLE_CHANNELS : next_block(inputs - c);
      pack_weights(conv, w + from, c, cb, packed + from + (ptrdiff_t)c * outputs * kernel);
      c += cb;
    }
  }
}

// How many channels the gradient by the input sums over before it goes on to the next pixels: what these share with the
// last ones then still lies in the first cache. With few taps little is shared, and to load and store the sums would cost
// more.
INLINE int summed_at_once(int kernel) { return kernel > 9 ? 8 : 72 / kernel; }

static void conv_input_gradient(const ward_conv *conv, ward_planes gys, const float *gy, const float *packed,
                                ward_planes gxs, float *gx) {
  const int inputs = conv->inputs / conv->groups, outputs = conv->outputs / conv->groups;
  const int kernel = conv->kernel_h * conv->kernel_w, stride = conv->stride_w;
  const int whole = covers_whole_row(conv, gxs), most = summed_at_once(kernel);
  for (int g = 0; g < conv->groups; g++, packed += (ptrdiff_t)outputs * inputs * kernel) {
    for (int row = 0; row < gxs.height; row++) {
      for (int c = 0; c < inputs;) {
        const int cb = whole ? WHOLE_CHANNELS : next_block(inputs - c);
        const tile t = {0, packed + (ptrdiff_t)c * outputs * kernel, outputs, gys.plane, kernel * cb, 1};
        if (whole) {
          whole_row(conv, gys, (const v16 *)gy + (ptrdiff_t)g * outputs * gys.plane, t.w, row,
                    (v16 *)gx + (ptrdiff_t)(g * inputs + c) * gxs.plane + row * gxs.row, gxs.plane);
          c += cb;
          continue;
        }
        const v16 *from = (const v16 *)gy + (ptrdiff_t)g * outputs * gys.plane;
        for (int r = 0; r < stride && r < gxs.width; r++) {
          v16 *line = (v16 *)gx + (ptrdiff_t)(g * inputs + c) * gxs.plane + row * gxs.row + r;
          const int done = cb == 1 ? slide_row(conv, gys, from, t.w, row, gxs.width, line) : 0;
          const int columns = (gxs.width - r + stride - 1) / stride;
          row_taps found;
          find_row_taps(&found, conv, gys, row, r, cb);
          for (int o = 0; o < outputs; o += most) {
            tile some = t;
            some.w += (ptrdiff_t)o * t.w_channel;
            some.channels = outputs - o < most ? outputs - o : most;
#define RUN(CB) \
  gradient_row(CB, some, &found, stride, gys, from + o * gys.plane, o > 0, done, columns, line, gxs.plane)
            EACH_BLOCK(cb, RUN)
#undef RUN
          }
        }
        c += cb;
      }
    }
  }
}
