// Interval and linear bounds of networks, 16 images at a time; see Sources/NN/Certificates.
//
// Boxes and lines are dense: one vector of 16 lanes for each value, in the order of channels, rows and columns. Activations
// and the rows that are propagated back lie in planes, as everywhere.

INLINE void add_to(double *sums, v16 part) { *(d16 *)sums += __builtin_convertvector(part, d16); }
INLINE v16 positive(v16 x) { return choose(x > 0.0f, x, splat(0)); }
INLINE v16 negative(v16 x) { return choose(x < 0.0f, x, splat(0)); }
INLINE v16 magnitude(v16 x) { return choose(x < 0.0f, -x, x); }
INLINE v16 larger(v16 a, v16 b) { return choose(a > b, a, b); }
INLINE v16 smaller(v16 a, v16 b) { return choose(a < b, a, b); }

// From two buffers of planes, which lie alike, to a dense box and back.
static void box_gather(ward_planes s, const float *centre, const float *radius, float *low, float *high) {
  v16 *lows = (v16 *)low, *highs = (v16 *)high;
  EACH_ROW(s) {
    const v16 *mid = ROW(const v16, centre, s), *half = ROW(const v16, radius, s);
    for (int i = 0; i < s.width; i++) {
      *lows++ = mid[i] - half[i];
      *highs++ = mid[i] + half[i];
    }
  }
}

static void box_scatter(ward_planes s, const float *low, const float *high, float *centre, float *radius) {
  const v16 *lows = (const v16 *)low, *highs = (const v16 *)high;
  EACH_ROW(s) {
    v16 *mid = ROW(v16, centre, s), *half = ROW(v16, radius, s);
    for (int i = 0; i < s.width; i++, lows++, highs++) {
      mid[i] = choose(*lows == *highs, *lows, (*lows + *highs) * 0.5f);
      half[i] = (*highs - *lows) * 0.5f;
    }
  }
}

static void planes_gather(ward_planes s, const float *x, float *dense) {
  v16 *to = (v16 *)dense;
  EACH_ROW(s) {
    memcpy(to, ROW(const v16, x, s), s.width * sizeof(v16));
    to += s.width;
  }
}

static void planes_scatter(ward_planes s, const float *dense, float *x) {
  const v16 *from = (const v16 *)dense;
  EACH_ROW(s) {
    memcpy(ROW(v16, x, s), from, s.width * sizeof(v16));
    from += s.width;
  }
}

// Lines of max(x, slope * x) over a box: four stretches of `count` vectors, slope and intercept of the lower line, then of
// the upper one. `rule` says which of the lower lines: 1 the one that leaves the smaller area, 2 the flatter one, 3 the one
// parallel to the upper line.
static void relu_lines(int64_t count, const float *low, const float *high, float slope, int32_t rule, float *lines) {
  v16 *under = (v16 *)lines, *under0 = under + count, *over = under0 + count, *over0 = over + count;
  for (int64_t i = 0; i < count; i++) {
    const v16 l = ((const v16 *)low)[i], u = ((const v16 *)high)[i];
    const i16 active = l >= 0.0f, open = (l < 0.0f) & (u > 0.0f);
    const v16 fixed = choose(active, splat(1), splat(slope));
    const v16 chord = (u - slope * l) / choose(open, u - l, splat(1));
    v16 lower = splat(slope);
    if (rule == 1) lower = choose(u > -l, splat(1), splat(slope));
    if (rule == 3) lower = chord;
    under[i] = choose(open, lower, fixed);
    under0[i] = splat(0);
    over[i] = choose(open, chord, fixed);
    over0[i] = choose(open, (slope - chord) * l, splat(0));
  }
}

// Rows through lines: what multiplies the values after an activation to what multiplies those before it. What is left over
// is added to `rest`, 16 doubles.
static void lines_backward(ward_planes gys, const float *gy, const float *lines, ward_planes gxs, float *gx,
                           double *rest) {
  const int64_t count = (int64_t)gys.channels * gys.height * gys.width;
  const v16 *under = (const v16 *)lines, *under0 = under + count, *over = under0 + count, *over0 = over + count;
  int64_t at = 0;
  for (int c = 0; c < gys.channels; c++) {
    v16 sum = splat(0);
    for (int row = 0; row < gys.height; row++) {
      const v16 *from = ROW(const v16, gy, gys);
      v16 *to = ROW(v16, gx, gxs);
      for (int i = 0; i < gys.width; i++, at++) {
        const v16 plus = positive(from[i]), minus = negative(from[i]);
        sum += plus * under0[at] + minus * over0[at];
        to[i] = plus * under[at] + minus * over[at];
      }
    }
    add_to(rest, sum);
  }
}

// Values through the lines that rows `a`, dense, chose on their way back: the lower one where the row is not negative.
static void lines_forward(ward_planes xs, const float *x, const float *lines, const float *a, ward_planes ys, float *y) {
  const int64_t count = (int64_t)xs.channels * xs.height * xs.width;
  const v16 *under = (const v16 *)lines, *under0 = under + count, *over = under0 + count, *over0 = over + count;
  int64_t at = 0;
  EACH_ROW(xs) {
    const v16 *from = ROW(const v16, x, xs);
    v16 *to = ROW(v16, y, ys);
    for (int i = 0; i < xs.width; i++, at++) {
      const i16 lower = ((const v16 *)a)[at] >= 0.0f;
      to[i] = choose(lower, under[at], over[at]) * from[i] + choose(lower, under0[at], over0[at]);
    }
  }
}

// Sums of rows times one number a value, the same in all lanes; and of the terms' magnitudes.
static void rows_times(ward_planes s, const float *a, const float *numbers, double *rest, double *size) {
  int64_t at = 0;
  for (int c = 0; c < s.channels; c++) {
    v16 sum = splat(0), all = splat(0);
    for (int row = 0; row < s.height; row++) {
      const v16 *from = ROW(const v16, a, s);
      for (int i = 0; i < s.width; i++) {
        const v16 term = from[i] * numbers[at++];
        sum += term;
        all += magnitude(term);
      }
    }
    add_to(rest, sum);
    add_to(size, all);
  }
}

// Rows over a dense box: their value at its centre, how far they reach from there, and the magnitudes of the terms of the
// value, 16 doubles each.
static void rows_over_box(ward_planes s, const float *a, const float *low, const float *high, double *centre,
                          double *reach, double *size) {
  const v16 *lows = (const v16 *)low, *highs = (const v16 *)high;
  for (int c = 0; c < s.channels; c++) {
    v16 middle = splat(0), spread = splat(0), all = splat(0);
    for (int row = 0; row < s.height; row++) {
      const v16 *from = ROW(const v16, a, s);
      for (int i = 0; i < s.width; i++, lows++, highs++) {
        const v16 term = from[i] * choose(*lows == *highs, *lows, (*lows + *highs) * 0.5f);
        middle += term;
        all += magnitude(term);
        spread += magnitude(from[i]) * ((*highs - *lows) * 0.5f);
      }
    }
    add_to(centre, middle);
    add_to(reach, spread);
    add_to(size, all);
  }
}

// Lines of a maximum over windows of a dense box, as `relu_lines` lays them out, and which pixel of its window each is of.
// Above a single pixel whose largest value only it reaches: the chord in that coordinate.
static void pool_lines(const ward_pool *pool, int32_t channels, int32_t height, int32_t width, const float *low,
                       const float *high, ward_planes ys, int32_t flat, float *lines, uint8_t *under_at,
                       uint8_t *over_at) {
  const int64_t count = (int64_t)ys.channels * ys.height * ys.width;
  v16 *under = (v16 *)lines, *under0 = under + count, *over = under0 + count, *over0 = over + count;
  int64_t out = 0;
  for (int c = 0; c < channels; c++) {
    for (int row = 0; row < ys.height; row++) {
      for (int i = 0; i < ys.width; i++, out++) {
        v16 lowest = splat(-INFINITY), highest = splat(-INFINITY), second = splat(-INFINITY), own = splat(0);
        i16 m = {0}, j = {0};
        int seen = 0;
        for (int ky = 0; ky < pool->kernel_h; ky++) {
          const int at = row * pool->stride_h - pool->pad_h + ky;
          if (at < 0 || at >= height) continue;
          for (int kx = 0; kx < pool->kernel_w; kx++) {
            const int across = i * pool->stride_w - pool->pad_w + kx;
            if (across < 0 || across >= width) continue;
            const int64_t place = ((int64_t)c * height + at) * width + across;
            const v16 l = ((const v16 *)low)[place], u = ((const v16 *)high)[place];
            const int number = ky * pool->kernel_w + kx;
            const i16 first = seen++ ? (i16){0} : (i16){0} - 1;
            const i16 higher = (l > lowest) | first, top = (u > highest) | first;
            lowest = choose(higher, l, lowest);
            m = (higher & number) | (~higher & m);
            second = choose(top, highest, larger(second, u));
            highest = choose(top, u, highest);
            own = choose(top, l, own);
            j = (top & number) | (~top & j);
          }
        }
        ((b16 *)under_at)[out] = __builtin_convertvector(m, b16);
        ((b16 *)over_at)[out] = __builtin_convertvector(j, b16);
        if (flat) {
          under[out] = over[out] = splat(0);
          under0[out] = lowest;
          over0[out] = highest;
          continue;
        }
        under[out] = splat(1);
        under0[out] = splat(0);
        const i16 wins = own >= second, chord = ~wins & (highest > own) & (highest > second);
        const v16 slope = choose(chord, (highest - second) / choose(chord, highest - own, splat(1)), splat(0));
        over[out] = choose(wins, splat(1), slope);
        over0[out] = choose(wins, splat(0), choose(chord, second - slope * own, highest));
      }
    }
  }
}

static void pool_lines_backward(const ward_pool *pool, ward_planes gys, const float *gy, const float *lines,
                                const uint8_t *under_at, const uint8_t *over_at, ward_planes gxs, float *gx,
                                double *rest) {
  const int64_t count = (int64_t)gys.channels * gys.height * gys.width;
  const v16 *under = (const v16 *)lines, *under0 = under + count, *over = under0 + count, *over0 = over + count;
  clear(gxs, gx);
  int64_t out = 0;
  for (int c = 0; c < gys.channels; c++) {
    v16 sum = splat(0);
    for (int row = 0; row < gys.height; row++) {
      for (int i = 0; i < gys.width; i++, out++) {
        const v16 g = ((const v16 *)gy)[(ptrdiff_t)c * gys.plane + row * gys.row + i];
        const v16 plus = positive(g), minus = negative(g);
        sum += plus * under0[out] + minus * over0[out];
        const v16 low = plus * under[out], high = minus * over[out];
        const i16 m = __builtin_convertvector(((const b16 *)under_at)[out], i16);
        const i16 j = __builtin_convertvector(((const b16 *)over_at)[out], i16);
        for (int ky = 0; ky < pool->kernel_h; ky++) {
          const int at = row * pool->stride_h - pool->pad_h + ky;
          if (at < 0 || at >= gxs.height) continue;
          for (int kx = 0; kx < pool->kernel_w; kx++) {
            const int across = i * pool->stride_w - pool->pad_w + kx, number = ky * pool->kernel_w + kx;
            if (across < 0 || across >= gxs.width) continue;
            ((v16 *)gx)[(ptrdiff_t)c * gxs.plane + at * gxs.row + across] +=
                choose(m == number, low, splat(0)) + choose(j == number, high, splat(0));
          }
        }
      }
    }
    add_to(rest, sum);
  }
}

static void pool_lines_forward(const ward_pool *pool, ward_planes xs, const float *x, const float *lines,
                               const uint8_t *under_at, const uint8_t *over_at, const float *a, ward_planes ys,
                               float *y) {
  const int64_t count = (int64_t)ys.channels * ys.height * ys.width;
  const v16 *under = (const v16 *)lines, *under0 = under + count, *over = under0 + count, *over0 = over + count;
  int64_t out = 0;
  for (int c = 0; c < ys.channels; c++) {
    for (int row = 0; row < ys.height; row++) {
      for (int i = 0; i < ys.width; i++, out++) {
        const i16 lower = ((const v16 *)a)[out] >= 0.0f;
        const i16 m = __builtin_convertvector(((const b16 *)under_at)[out], i16);
        const i16 j = __builtin_convertvector(((const b16 *)over_at)[out], i16);
        const i16 chosen = (lower & m) | (~lower & j);
        v16 value = splat(0);
        for (int ky = 0; ky < pool->kernel_h; ky++) {
          const int at = row * pool->stride_h - pool->pad_h + ky;
          if (at < 0 || at >= xs.height) continue;
          for (int kx = 0; kx < pool->kernel_w; kx++) {
            const int across = i * pool->stride_w - pool->pad_w + kx;
            if (across < 0 || across >= xs.width) continue;
            const v16 v = ((const v16 *)x)[(ptrdiff_t)c * xs.plane + at * xs.row + across];
            value = choose(chosen == ky * pool->kernel_w + kx, v, value);
          }
        }
        ((v16 *)y)[(ptrdiff_t)c * ys.plane + row * ys.row + i] =
            choose(lower, under[out], over[out]) * value + choose(lower, under0[out], over0[out]);
      }
    }
  }
}

// Upper lines to where lower ones lie, and back: what works on lower bounds then works on upper ones.
static void lines_swap(int64_t count, float *lines) {
  v16 *a = (v16 *)lines, *b = a + 2 * count;
  for (int64_t i = 0; i < 2 * count; i++) {
    const v16 other = b[i];
    b[i] = a[i];
    a[i] = other;
  }
}

// Gradients of upper bounds by the box of max(x, slope * x), whose lines are parallel: rows `gy` multiply what the lines make
// of `x`. Added to those by the lower and the upper ends, which are dense.
static void relu_lines_slopes(ward_planes gys, const float *gy, ward_planes xs, const float *x, const float *low,
                              const float *high, float slope, float *by_low, float *by_high) {
  const v16 *lows = (const v16 *)low, *highs = (const v16 *)high;
  v16 *to_low = (v16 *)by_low, *to_high = (v16 *)by_high;
  EACH_ROW(gys) {
    const v16 *from = ROW(const v16, gy, gys), *at = ROW(const v16, x, xs);
    for (int i = 0; i < gys.width; i++, lows++, highs++, to_low++, to_high++) {
      const v16 l = *lows, u = *highs, plus = positive(from[i]);
      const i16 open = (l < 0.0f) & (u > 0.0f);
      const v16 width = choose(open, u - l, splat(1)), chord = (u - slope * l) / width;
      const v16 by_chord = from[i] * at[i] - plus * l, bend = (1 - slope) / (width * width) * by_chord;
      *to_low += choose(open, bend * u + plus * (slope - chord), splat(0));
      *to_high -= choose(open, bend * l, splat(0));
    }
  }
}

// The same of a maximum with the lines of `pool_lines`; `over_at` is the pixel of its upper one.
static void pool_lines_slopes(const ward_pool *pool, int32_t channels, int32_t height, int32_t width, const float *low,
                              const float *high, ward_planes gys, const float *gy, ward_planes xs, const float *x,
                              const uint8_t *over_at, float *by_low, float *by_high) {
  const v16 *lows = (const v16 *)low, *highs = (const v16 *)high;
  int64_t out = 0;
  for (int c = 0; c < channels; c++) {
    for (int row = 0; row < gys.height; row++) {
      for (int i = 0; i < gys.width; i++, out++) {
        const i16 j = __builtin_convertvector(((const b16 *)over_at)[out], i16);
        v16 top = splat(0), own = splat(0), z = splat(0), second = splat(-INFINITY);
        i16 k = {0};
        for (int pass = 0; pass < 2; pass++) {
          v16 by_own = splat(0), by_top = splat(0), by_second = splat(0);
          if (pass == 1) {
            const v16 plus = positive(((const v16 *)gy)[(ptrdiff_t)c * gys.plane + row * gys.row + i]);
            const i16 wins = own >= second, chord = ~wins & (top > own) & (top > second);
            const v16 span = choose(chord, top - own, splat(1)), slope = (top - second) / span, part = (z - own) / span;
            by_own = choose(chord, plus * slope * (part - 1.0f), splat(0));
            by_top = choose(chord, plus * part * (1.0f - slope), choose(wins, splat(0), plus));
            by_second = choose(chord, plus * (1.0f - part), splat(0));
          }
          for (int ky = 0; ky < pool->kernel_h; ky++) {
            const int at = row * pool->stride_h - pool->pad_h + ky;
            if (at < 0 || at >= height) continue;
            for (int kx = 0; kx < pool->kernel_w; kx++) {
              const int across = i * pool->stride_w - pool->pad_w + kx, number = ky * pool->kernel_w + kx;
              if (across < 0 || across >= width) continue;
              const int64_t place = ((int64_t)c * height + at) * width + across;
              const i16 here = j == number;
              if (pass == 1) {
                ((v16 *)by_low)[place] += choose(here, by_own, splat(0));
                ((v16 *)by_high)[place] += choose(here, by_top, choose(k == number, by_second, splat(0)));
                continue;
              }
              const v16 u = highs[place];
              top = choose(here, u, top);
              own = choose(here, lows[place], own);
              z = choose(here, ((const v16 *)x)[(ptrdiff_t)c * xs.plane + at * xs.row + across], z);
              const i16 next = ~here & (u > second);
              second = choose(next, u, second);
              k = (next & number) | (~next & k);
            }
          }
        }
      }
    }
  }
}

// Gradients by a dense box's ends, added to those by its centre and radius.
static void box_slopes(ward_planes s, const float *by_low, const float *by_high, float *gc, float *gr) {
  const v16 *lows = (const v16 *)by_low, *highs = (const v16 *)by_high;
  EACH_ROW(s) {
    v16 *mid = ROW(v16, gc, s), *half = ROW(v16, gr, s);
    for (int i = 0; i < s.width; i++, lows++, highs++) {
      mid[i] += *highs + *lows;
      half[i] += *highs - *lows;
    }
  }
}

// Where rows over a dense box are largest: its upper end where they are not negative, else its lower one.
static void box_corner(ward_planes s, const float *a, const float *low, const float *high, ward_planes xs, float *x) {
  const v16 *lows = (const v16 *)low, *highs = (const v16 *)high;
  EACH_ROW(s) {
    const v16 *from = ROW(const v16, a, s);
    v16 *to = ROW(v16, x, xs);
    for (int i = 0; i < s.width; i++, lows++, highs++) to[i] = choose(from[i] >= 0.0f, *highs, *lows);
  }
}

// Training through bounds: pixels, which lie where their centres will, to the box around them: every pixel moved by up to
// `epsilon`, within [0, 1]; those beyond, which some tables have, stay where they are. Centres and radii are normalised.
static void box_around(ward_planes s, float epsilon, const float *mean, const float *inverse_std, float *centre,
                       float *radius) {
  for (int c = 0; c < s.channels; c++) {
    const v16 shift = splat(mean[c]), scale = splat(inverse_std[c]);
    for (int row = 0; row < s.height; row++) {
      v16 *mid = ROW(v16, centre, s), *half = ROW(v16, radius, s);
      for (int i = 0; i < s.width; i++) {
        const v16 x = mid[i];
        const v16 l = smaller(x, larger(x - epsilon, splat(0))), u = larger(x, smaller(x + epsilon, splat(1)));
        mid[i] = ((l + u) * 0.5f - shift) * scale;
        half[i] = (u - l) * 0.5f * scale;
      }
    }
  }
}

// Centre and radius of a box through a rising function, and gradients back. Buffers of centres and radii lie alike.
INLINE void interval_forward_of(const ward_activation kind, float first, float second, ward_planes xs,
                                const float *c_in, const float *r_in, ward_planes ys, float *c_out, float *r_out) {
  EACH_ROW(xs) {
    const v16 *mid = ROW(const v16, c_in, xs), *half = ROW(const v16, r_in, xs);
    v16 *to = ROW(v16, c_out, ys), *reach = ROW(v16, r_out, ys);
    for (int i = 0; i < xs.width; i++) {
      const v16 l = activate(kind, first, second, mid[i] - half[i]);
      const v16 u = activate(kind, first, second, mid[i] + half[i]);
      to[i] = (l + u) * 0.5f;
      reach[i] = (u - l) * 0.5f;
    }
  }
}

static void interval_forward(ward_activation kind, float first, float second, ward_planes xs, const float *c_in,
                             const float *r_in, ward_planes ys, float *c_out, float *r_out) {
  if (kind == WARD_RELU) interval_forward_of(WARD_RELU, first, second, xs, c_in, r_in, ys, c_out, r_out);
  else interval_forward_of(kind, first, second, xs, c_in, r_in, ys, c_out, r_out);
}

INLINE v16 slope_at(const ward_activation kind, float first, float second, v16 x) {
  const int by_output = kind == WARD_TANH || kind == WARD_SIGMOID;
  return activation_slope(kind, first, second, by_output ? activate(kind, first, second, x) : x);
}

INLINE void interval_backward_of(const ward_activation kind, float first, float second, ward_planes xs,
                                 const float *c_in, const float *r_in, ward_planes gys, const float *gc,
                                 const float *gr, ward_planes gxs, float *gc_in, float *gr_in) {
  EACH_ROW(xs) {
    const v16 *mid = ROW(const v16, c_in, xs), *half = ROW(const v16, r_in, xs);
    const v16 *from = ROW(const v16, gc, gys), *spread = ROW(const v16, gr, gys);
    v16 *to = ROW(v16, gc_in, gxs), *reach = ROW(v16, gr_in, gxs);
    for (int i = 0; i < xs.width; i++) {
      const v16 low = (from[i] - spread[i]) * 0.5f * slope_at(kind, first, second, mid[i] - half[i]);
      const v16 high = (from[i] + spread[i]) * 0.5f * slope_at(kind, first, second, mid[i] + half[i]);
      to[i] = low + high;
      reach[i] = high - low;
    }
  }
}

static void interval_backward(ward_activation kind, float first, float second, ward_planes xs, const float *c_in,
                              const float *r_in, ward_planes gys, const float *gc, const float *gr, ward_planes gxs,
                              float *gc_in, float *gr_in) {
  if (kind == WARD_RELU)
    interval_backward_of(WARD_RELU, first, second, xs, c_in, r_in, gys, gc, gr, gxs, gc_in, gr_in);
  else interval_backward_of(kind, first, second, xs, c_in, r_in, gys, gc, gr, gxs, gc_in, gr_in);
}

// A ReLU and the maximum of 2×2 pixels in one pass. Of each end: which pixel of its window it is, 4 where the ReLU lets
// none through.
static void interval_relu_pool_forward(ward_planes xs, const float *c_in, const float *r_in, ward_planes ys,
                                       float *c_out, float *r_out, uint8_t *low_at, uint8_t *high_at) {
  b16 *lows = (b16 *)low_at, *highs = (b16 *)high_at;
  for (int c = 0; c < ys.channels; c++) {
    for (int row = 0; row < ys.height; row++) {
      v16 *to = ROW(v16, c_out, ys), *reach = ROW(v16, r_out, ys);
      for (int i = 0; i < ys.width; i++) {
        v16 l = splat(0), u = splat(0);
        i16 m = {4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4}, j = m;
        UNROLL
        for (int k = 0; k < 4; k++) {
          const ptrdiff_t place = (ptrdiff_t)c * xs.plane + (2 * row + k / 2) * xs.row + 2 * i + k % 2;
          const v16 mid = ((const v16 *)c_in)[place], half = ((const v16 *)r_in)[place];
          const v16 low = mid - half, high = mid + half;
          const i16 higher = ~(low <= l), top = ~(high <= u);  // NaN too
          l = choose(higher, low, l);
          m = (higher & k) | (~higher & m);
          u = choose(top, high, u);
          j = (top & k) | (~top & j);
        }
        to[i] = (l + u) * 0.5f;
        reach[i] = (u - l) * 0.5f;
        *lows++ = __builtin_convertvector(m, b16);
        *highs++ = __builtin_convertvector(j, b16);
      }
    }
  }
}

static void interval_relu_pool_backward(ward_planes gys, const float *gc, const float *gr, const uint8_t *low_at,
                                        const uint8_t *high_at, ward_planes gxs, float *gc_in, float *gr_in) {
  const b16 *lows = (const b16 *)low_at, *highs = (const b16 *)high_at;
  if (gxs.height > 2 * gys.height || gxs.width > 2 * gys.width) {  // what no window reaches
    clear(gxs, gc_in);
    clear(gxs, gr_in);
  }
  for (int c = 0; c < gys.channels; c++) {
    for (int row = 0; row < gys.height; row++) {
      const v16 *from = ROW(const v16, gc, gys), *spread = ROW(const v16, gr, gys);
      for (int i = 0; i < gys.width; i++) {
        const v16 low = (from[i] - spread[i]) * 0.5f, high = (from[i] + spread[i]) * 0.5f;
        const i16 m = __builtin_convertvector(*lows++, i16), j = __builtin_convertvector(*highs++, i16);
        UNROLL
        for (int k = 0; k < 4; k++) {
          const v16 a = choose(m == k, low, splat(0)), b = choose(j == k, high, splat(0));
          const ptrdiff_t place = (ptrdiff_t)c * gxs.plane + (2 * row + k / 2) * gxs.row + 2 * i + k % 2;
          ((v16 *)gc_in)[place] = a + b;
          ((v16 *)gr_in)[place] = b - a;
        }
      }
    }
  }
}

static void interval_pool_forward(const ward_pool *pool, ward_planes xs, const float *c_in, const float *r_in,
                                  ward_planes ys, float *c_out, float *r_out, uint8_t *low_at, uint8_t *high_at) {
  b16 *lows = (b16 *)low_at, *highs = (b16 *)high_at;
  for (int c = 0; c < ys.channels; c++) {
    for (int row = 0; row < ys.height; row++) {
      for (int i = 0; i < ys.width; i++) {
        v16 l = splat(-INFINITY), u = splat(-INFINITY);
        i16 m = {0}, j = {0};
        for (int ky = 0; ky < pool->kernel_h; ky++) {
          const int at = row * pool->stride_h - pool->pad_h + ky;
          if (at < 0 || at >= xs.height) continue;
          for (int kx = 0; kx < pool->kernel_w; kx++) {
            const int across = i * pool->stride_w - pool->pad_w + kx, number = ky * pool->kernel_w + kx;
            if (across < 0 || across >= xs.width) continue;
            const ptrdiff_t place = (ptrdiff_t)c * xs.plane + at * xs.row + across;
            const v16 mid = ((const v16 *)c_in)[place], half = ((const v16 *)r_in)[place];
            const v16 low = mid - half, high = mid + half;
            const i16 higher = ~(low <= l), top = ~(high <= u);  // NaN too
            l = choose(higher, low, l);
            m = (higher & number) | (~higher & m);
            u = choose(top, high, u);
            j = (top & number) | (~top & j);
          }
        }
        const ptrdiff_t place = (ptrdiff_t)c * ys.plane + row * ys.row + i;
        ((v16 *)c_out)[place] = (l + u) * 0.5f;
        ((v16 *)r_out)[place] = (u - l) * 0.5f;
        *lows++ = __builtin_convertvector(m, b16);
        *highs++ = __builtin_convertvector(j, b16);
      }
    }
  }
}

static void interval_pool_backward(const ward_pool *pool, ward_planes gys, const float *gc, const float *gr,
                                   const uint8_t *low_at, const uint8_t *high_at, ward_planes gxs, float *gc_in,
                                   float *gr_in) {
  const b16 *lows = (const b16 *)low_at, *highs = (const b16 *)high_at;
  clear(gxs, gc_in);
  clear(gxs, gr_in);
  for (int c = 0; c < gys.channels; c++) {
    for (int row = 0; row < gys.height; row++) {
      for (int i = 0; i < gys.width; i++) {
        const ptrdiff_t from = (ptrdiff_t)c * gys.plane + row * gys.row + i;
        const v16 centre = ((const v16 *)gc)[from], spread = ((const v16 *)gr)[from];
        const v16 low = (centre - spread) * 0.5f, high = (centre + spread) * 0.5f;
        const i16 m = __builtin_convertvector(*lows++, i16), j = __builtin_convertvector(*highs++, i16);
        for (int ky = 0; ky < pool->kernel_h; ky++) {
          const int at = row * pool->stride_h - pool->pad_h + ky;
          if (at < 0 || at >= gxs.height) continue;
          for (int kx = 0; kx < pool->kernel_w; kx++) {
            const int across = i * pool->stride_w - pool->pad_w + kx, number = ky * pool->kernel_w + kx;
            if (across < 0 || across >= gxs.width) continue;
            const v16 a = choose(m == number, low, splat(0)), b = choose(j == number, high, splat(0));
            const ptrdiff_t place = (ptrdiff_t)c * gxs.plane + at * gxs.row + across;
            ((v16 *)gc_in)[place] += a + b;
            ((v16 *)gr_in)[place] += b - a;
          }
        }
      }
    }
  }
}

// The last layer of training through bounds, merged with the differences of the logits: upper bounds of z[j] - z[label], one
// vector a class, 0 for the label itself. `own`: scratch for the label's weights in each lane, `inputs` vectors.
static void merged_forward(int32_t inputs, int32_t outputs, const float *w, const float *b, const int32_t *labels,
                           const float *c, const float *r, float *own, float *f) {
  const v16 *mid = (const v16 *)c, *half = (const v16 *)r;
  v16 *mine = (v16 *)own;
  v16 base = splat(0);
  for (int lane = 0; lane < L; lane++) {
    const float *row = w + (ptrdiff_t)labels[lane] * inputs;
    for (int i = 0; i < inputs; i++) mine[i][lane] = row[i];
    base[lane] = b ? b[labels[lane]] : 0;
  }
  for (int j = 0; j < outputs; j++) {
    const float *row = w + (ptrdiff_t)j * inputs;
    v16 sum = splat(b ? b[j] : 0) - base;
    for (int i = 0; i < inputs; i++) {
      const v16 d = row[i] - mine[i];
      sum += d * mid[i] + magnitude(d) * half[i];
    }
    ((v16 *)f)[j] = sum;
  }
}

// Gradients of it: `gf` by the bounds, one vector a class, 0 in the label's lane of its own class and in empty lanes. Those by
// the weights and the bias are added to.
static void merged_backward(int32_t inputs, int32_t outputs, const float *w, const int32_t *labels, const float *c,
                            const float *r, const float *own, const float *gf, float *gc, float *gr, float *gw,
                            float *gb) {
  const v16 *mid = (const v16 *)c, *half = (const v16 *)r, *mine = (const v16 *)own, *g = (const v16 *)gf;
  for (int i = 0; i < inputs; i++) {
    v16 centre = splat(0), radius = splat(0), labelled = splat(0);
    for (int j = 0; j < outputs; j++) {
      const v16 d = w[(ptrdiff_t)j * inputs + i] - mine[i];
      const v16 sign = choose(d > 0.0f, splat(1), choose(d < 0.0f, splat(-1), splat(0)));
      centre += g[j] * d;
      radius += g[j] * magnitude(d);
      const v16 own_part = g[j] * (mid[i] + sign * half[i]);
      gw[(ptrdiff_t)j * inputs + i] += sum_lanes(own_part);
      labelled += own_part;
    }
    ((v16 *)gc)[i] = centre;
    ((v16 *)gr)[i] = radius;
    for (int lane = 0; lane < L; lane++) gw[(ptrdiff_t)labels[lane] * inputs + i] -= labelled[lane];
  }
  if (!gb) return;
  v16 total = splat(0);
  for (int j = 0; j < outputs; j++) {
    gb[j] += sum_lanes(g[j]);
    total += g[j];
  }
  for (int lane = 0; lane < L; lane++) gb[labels[lane]] -= total[lane];
}

// What gradients by absolute values say about the weights themselves: adds sign(w) times the shards' sum, in order, to `g`.
static void add_signed(int64_t from, int64_t to, const float *w, const float *shards, int32_t count, int64_t stride,
                       float *g) {
  int64_t i = from;
  for (; i + L <= to; i += L) {
    v16 sum = *(const v16u *)(shards + i);
    for (int k = 1; k < count; k++) sum += *(const v16u *)(shards + k * stride + i);
    const v16 own = *(const v16u *)(w + i);
    *(v16u *)(g + i) += choose(own > 0.0f, sum, choose(own < 0.0f, -sum, splat(0)));
  }
  for (; i < to; i++) {
    float sum = shards[i];
    for (int k = 1; k < count; k++) sum += shards[k * stride + i];
    g[i] += w[i] > 0 ? sum : w[i] < 0 ? -sum : 0;
  }
}
