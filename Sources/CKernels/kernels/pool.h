// Pooling in general; the fused 2x2 maximum lives in conv.h.

// Whether these are windows of 2x2 side by side, as most are: all of them lie inside the image, and with constants for their
// extents nothing has to be looked up for a pixel.
INLINE int is_halving(const ward_pool *pool, ward_planes xs, ward_planes ys) {
  return pool->kernel_h == 2 && pool->kernel_w == 2 && pool->stride_h == 2 && pool->stride_w == 2 && pool->pad_h == 0 &&
         pool->pad_w == 0 && 2 * ys.height <= xs.height && 2 * ys.width <= xs.width;
}
#define HALVING ((ward_pool){.kernel_h = 2, .kernel_w = 2, .stride_h = 2, .stride_w = 2})

// The pixels of the window at `row` and `i` that lie in the image: `at` and `across` there, `ky` and `kx` in the window.
#define EACH_PIXEL_OF_WINDOW(INSIDE)                                               \
  for (int ky = 0; ky < pool.kernel_h; ky++)                                       \
    for (int kx = 0, at = row * pool.stride_h - pool.pad_h + ky,                   \
             across = i * pool.stride_w - pool.pad_w;                              \
         kx < pool.kernel_w; kx++, across++)                                       \
      if ((INSIDE) || (at >= 0 && at < xs.height && across >= 0 && across < xs.width))

INLINE void max_pool_forward_of(const int ROUNDED, const int INSIDE, const ward_pool pool, ward_planes xs,
                                const float *x, ward_planes ys, float *y, uint8_t *winner) {
  b16 *which = (b16 *)winner;
  for (int c = 0; c < ys.channels; c++) {
    for (int row = 0; row < ys.height; row++) {
      for (int i = 0; i < ys.width; i++) {
        v16 best = splat(-INFINITY);
        i16 place = {0};
        int seen = 0;
        EACH_PIXEL_OF_WINDOW(INSIDE) {
          const v16 v = ((const v16 *)x)[(ptrdiff_t)c * xs.plane + at * xs.row + across];
          // The first of equals; NaN wins. Above minus infinity there is no margin.
          const v16 size = (v16)((i16)best & 0x7fffffff);
          const v16 least = ROUNDED ? choose(size < INFINITY, best + WINS_BY * (size + 0.3f), best) : best;
          const i16 higher = seen++ ? (v > least) | (v != v) : (i16){0} - 1;
          best = choose(higher, v, best);
          place = (higher & (ky * pool.kernel_w + kx)) | (~higher & place);
        }
        ((v16 *)y)[(ptrdiff_t)c * ys.plane + row * ys.row + i] = best;
        *which++ = __builtin_convertvector(place, b16);
      }
    }
  }
}

static void max_pool_forward(const ward_pool *pool, ward_planes xs, const float *x, ward_planes ys, float *y,
                             uint8_t *winner, int32_t rounded) {
#define RUN(ROUNDED, INSIDE, POOL) max_pool_forward_of(ROUNDED, INSIDE, POOL, xs, x, ys, y, winner)
  if (is_halving(pool, xs, ys)) {
    if (rounded) RUN(1, 1, HALVING);
    else RUN(0, 1, HALVING);
  } else if (rounded) RUN(1, 0, *pool);
  else RUN(0, 0, *pool);
#undef RUN
}

static void clear(ward_planes s, float *x) {
  for (int c = 0; c < s.channels; c++)
    for (int row = 0; row < s.height; row++)
      memset((v16 *)x + (ptrdiff_t)c * s.plane + row * s.row, 0, s.width * sizeof(v16));
}

// COVERING: every pixel lies in exactly one window, and is written once.
INLINE void max_pool_backward_of(const int COVERING, const ward_pool pool, ward_planes ys, const float *gy,
                                 const uint8_t *winner, ward_planes xs, float *gx) {
  const b16 *which = (const b16 *)winner;
  if (!COVERING) clear(xs, gx);
  for (int c = 0; c < ys.channels; c++) {
    for (int row = 0; row < ys.height; row++) {
      for (int i = 0; i < ys.width; i++) {
        const i16 place = __builtin_convertvector(*which++, i16);
        const v16 g = ((const v16 *)gy)[(ptrdiff_t)c * ys.plane + row * ys.row + i];
        EACH_PIXEL_OF_WINDOW(COVERING) {
          v16 *to = (v16 *)gx + (ptrdiff_t)c * xs.plane + at * xs.row + across;
          const v16 share = choose(place == ky * pool.kernel_w + kx, g, splat(0));
          *to = COVERING ? share : *to + share;
        }
      }
    }
  }
}

static void max_pool_backward(const ward_pool *pool, ward_planes ys, const float *gy, const uint8_t *winner,
                              ward_planes xs, float *gx) {
  if (is_halving(pool, xs, ys) && 2 * ys.height == xs.height && 2 * ys.width == xs.width) {
    max_pool_backward_of(1, HALVING, ys, gy, winner, xs, gx);
  } else {
    max_pool_backward_of(0, *pool, ys, gy, winner, xs, gx);
  }
}
#undef HALVING
#undef EACH_PIXEL_OF_WINDOW

// The pixels of a window that lie inside the image, and what their average divides by.
typedef struct { int top, bottom, left, right; float share; } window;

INLINE window window_at(const ward_pool *pool, ward_planes xs, int row, int column) {
  const int top = row * pool->stride_h - pool->pad_h, left = column * pool->stride_w - pool->pad_w;
  const int bottom = top + pool->kernel_h, right = left + pool->kernel_w;
  window w = {top < 0 ? 0 : top, bottom > xs.height ? xs.height : bottom, left < 0 ? 0 : left,
              right > xs.width ? xs.width : right, 0};
  const int inside = (w.bottom - w.top) * (w.right - w.left);
  w.share = 1.0f / (pool->count_padding ? pool->kernel_h * pool->kernel_w : inside);
  return w;
}

static void average_pool_forward(const ward_pool *pool, ward_planes xs, const float *x, ward_planes ys, float *y) {
  for (int c = 0; c < ys.channels; c++) {
    for (int row = 0; row < ys.height; row++) {
      for (int i = 0; i < ys.width; i++) {
        const window w = window_at(pool, xs, row, i);
        v16 total = splat(0);
        for (int at = w.top; at < w.bottom; at++) {
          const v16 *line = (const v16 *)x + (ptrdiff_t)c * xs.plane + at * xs.row;
          for (int across = w.left; across < w.right; across++) total += line[across];
        }
        ((v16 *)y)[(ptrdiff_t)c * ys.plane + row * ys.row + i] = total * w.share;
      }
    }
  }
}

static void average_pool_backward(const ward_pool *pool, ward_planes ys, const float *gy, ward_planes xs, float *gx) {
  clear(xs, gx);
  for (int c = 0; c < ys.channels; c++) {
    for (int row = 0; row < ys.height; row++) {
      for (int i = 0; i < ys.width; i++) {
        const window w = window_at(pool, xs, row, i);
        const v16 g = ((const v16 *)gy)[(ptrdiff_t)c * ys.plane + row * ys.row + i] * w.share;
        for (int at = w.top; at < w.bottom; at++) {
          v16 *line = (v16 *)gx + (ptrdiff_t)c * xs.plane + at * xs.row;
          for (int across = w.left; across < w.right; across++) line[across] += g;
        }
      }
    }
  }
}

// The pixels of window `i` of `count` windows over `extent` pixels: they may overlap, and leave none out.
INLINE void adaptive_window(int i, int count, int extent, int *from, int *to) {
  *from = (int)((int64_t)i * extent / count);
  *to = (int)(((int64_t)(i + 1) * extent + count - 1) / count);
}

static void adaptive_pool_forward(ward_planes xs, const float *x, ward_planes ys, float *y) {
  for (int c = 0; c < ys.channels; c++) {
    for (int row = 0; row < ys.height; row++) {
      int top, bottom;
      adaptive_window(row, ys.height, xs.height, &top, &bottom);
      for (int i = 0; i < ys.width; i++) {
        int left, right;
        adaptive_window(i, ys.width, xs.width, &left, &right);
        v16 total = splat(0);
        for (int at = top; at < bottom; at++) {
          const v16 *line = (const v16 *)x + (ptrdiff_t)c * xs.plane + at * xs.row;
          for (int across = left; across < right; across++) total += line[across];
        }
        ((v16 *)y)[(ptrdiff_t)c * ys.plane + row * ys.row + i] = total / (float)((bottom - top) * (right - left));
      }
    }
  }
}

static void adaptive_pool_backward(ward_planes ys, const float *gy, ward_planes xs, float *gx) {
  clear(xs, gx);
  for (int c = 0; c < ys.channels; c++) {
    for (int row = 0; row < ys.height; row++) {
      int top, bottom;
      adaptive_window(row, ys.height, xs.height, &top, &bottom);
      for (int i = 0; i < ys.width; i++) {
        int left, right;
        adaptive_window(i, ys.width, xs.width, &left, &right);
        const v16 g = ((const v16 *)gy)[(ptrdiff_t)c * ys.plane + row * ys.row + i] /
                      (float)((bottom - top) * (right - left));
        for (int at = top; at < bottom; at++) {
          v16 *line = (v16 *)gx + (ptrdiff_t)c * xs.plane + at * xs.row;
          for (int across = left; across < right; across++) line[across] += g;
        }
      }
    }
  }
}
