// Activations, sums, normalisation: loops over the pixels of planes.

#define EACH_ROW(s) \
  for (int c = 0; c < (s).channels; c++) \
    for (int row = 0; row < (s).height; row++)
#define ROW(type, pointer, s) ((type *)(pointer) + (ptrdiff_t)c * (s).plane + row * (s).row)

// The libm function on each lane.
#define LANEWISE(x, expression)                              \
  ({                                                         \
    const v16 in_ = (x);                                     \
    v16 out_;                                                \
    for (int l_ = 0; l_ < L; l_++) {                         \
      const float t = in_[l_];                               \
      out_[l_] = (expression);                               \
    }                                                        \
    out_;                                                    \
  })

#define GELU_ROOT 0.7978845608028654f  // sqrt(2 / pi)
#define GELU_CUBE 0.044715f
#define NORMAL_DENSITY 0.3989422804014327f  // 1 / sqrt(2 pi)

INLINE v16 clip(v16 x, float low, float high) { return choose(x < low, splat(low), choose(x > high, splat(high), x)); }

INLINE float sigmoid_of(float t) { return 1 / (1 + expf(-t)); }

INLINE v16 activate(ward_activation kind, float slope, float second, v16 x) {
  switch (kind) {
  case WARD_RELU: return relu(x);
  case WARD_LEAKY_RELU: return choose(x > 0.0f, x, x * slope);
  case WARD_GELU: return LANEWISE(x, 0.5f * t * (1 + erff(t * 0.7071067811865476f)));
  case WARD_GELU_TANH: return LANEWISE(x, 0.5f * t * (1 + tanhf(GELU_ROOT * (t + GELU_CUBE * t * t * t))));
  case WARD_TANH: return LANEWISE(x, tanhf(t));
  case WARD_CLIP: return clip(x, slope, second);
  case WARD_SOFTPLUS: return LANEWISE(x, (t > 0 ? t : 0) + log1pf(expf(-fabsf(t))));
  case WARD_SILU: return LANEWISE(x, t * sigmoid_of(t));
  case WARD_HARD_SIGMOID: return clip(x * slope + second, 0, 1);
  case WARD_HARD_SWISH: return x * clip(x * (1.0f / 6) + 0.5f, 0, 1);
  case WARD_ELU: return LANEWISE(x, t > 0 ? t : slope * expm1f(t));
  default: return LANEWISE(x, sigmoid_of(t));
  }
}

INLINE float gelu_tanh_slope(float t) {
  const float inner = tanhf(GELU_ROOT * (t + GELU_CUBE * t * t * t));
  return 0.5f * (1 + inner) + 0.5f * t * (1 - inner * inner) * GELU_ROOT * (1 + 3 * GELU_CUBE * t * t);
}

INLINE v16 activation_slope(ward_activation kind, float slope, float second, v16 x) {
  switch (kind) {
  case WARD_RELU: return choose(x > 0.0f, splat(1), splat(0));
  case WARD_LEAKY_RELU: return choose(x > 0.0f, splat(1), splat(slope));
  case WARD_GELU:
    return LANEWISE(x, 0.5f * (1 + erff(t * 0.7071067811865476f)) + t * NORMAL_DENSITY * expf(-0.5f * t * t));
  case WARD_GELU_TANH: return LANEWISE(x, gelu_tanh_slope(t));
  case WARD_TANH: return 1.0f - x * x;
  case WARD_CLIP: return choose((x > slope) & (x < second), splat(1), splat(0));
  case WARD_SOFTPLUS: return LANEWISE(x, sigmoid_of(t));
  case WARD_SILU: return LANEWISE(x, sigmoid_of(t) * (1 + t * (1 - sigmoid_of(t))));
  case WARD_HARD_SIGMOID: {
    const v16 line = x * slope + second;
    return choose((line > 0.0f) & (line < 1.0f), splat(slope), splat(0));
  }
  case WARD_HARD_SWISH: return choose(x < -3.0f, splat(0), choose(x > 3.0f, splat(1), x * (1.0f / 3) + 0.5f));
  case WARD_ELU: return LANEWISE(x, t > 0 ? 1 : slope * expf(t));
  default: return x * (1.0f - x);
  }
}

static void activation_forward(ward_activation kind, float slope, float second, ward_planes xs, const float *x,
                               ward_planes ys, float *y) {
  EACH_ROW(xs) {
    const v16 *from = ROW(const v16, x, xs);
    v16 *to = ROW(v16, y, ys);
    for (int i = 0; i < xs.width; i++) to[i] = activate(kind, slope, second, from[i]);
  }
}

static void activation_backward(ward_activation kind, float slope, float second, ward_planes xs, const float *x,
                                ward_planes gys, const float *gy, ward_planes gxs, float *gx) {
  EACH_ROW(xs) {
    const v16 *at = ROW(const v16, x, xs), *from = ROW(const v16, gy, gys);
    v16 *to = ROW(v16, gx, gxs);
    for (int i = 0; i < xs.width; i++) to[i] = from[i] * activation_slope(kind, slope, second, at[i]);
  }
}

static void add(ward_planes as, const float *a, ward_planes bs, const float *b, ward_planes ys, float *y,
                int32_t activated) {
  EACH_ROW(ys) {
    const v16 *left = ROW(const v16, a, as), *right = ROW(const v16, b, bs);
    v16 *to = ROW(v16, y, ys);
    for (int i = 0; i < ys.width; i++) to[i] = activated ? relu(left[i] + right[i]) : left[i] + right[i];
  }
}

// The slope where the ReLU's output is positive; everywhere if there is no ReLU, that is no `y`.
INLINE v16 masked(const v16 *y, int i, v16 g) { return y ? choose(y[i] > 0.0f, g, splat(0)) : g; }

static void add_backward(ward_planes ys, const float *y, ward_planes gys, const float *gy, ward_planes as, float *ga,
                         ward_planes bs, float *gb) {
  EACH_ROW(gys) {
    const v16 *out = y ? ROW(const v16, y, ys) : 0, *from = ROW(const v16, gy, gys);
    v16 *left = ROW(v16, ga, as), *right = ROW(v16, gb, bs);
    for (int i = 0; i < gys.width; i++) left[i] = right[i] = masked(out, i, from[i]);
  }
}

static void copy(ward_planes xs, const float *x, ward_planes ys, float *y) {
  EACH_ROW(ys) memcpy(ROW(v16, y, ys), ROW(const v16, x, xs), ys.width * sizeof(v16));
}

static void copy_steps(int32_t channels, int32_t rows, int32_t columns, ward_steps xs, const float *x, ward_steps ys,
                       float *y) {
  for (int c = 0; c < channels; c++) {
    for (int row = 0; row < rows; row++) {
      const v16 *from = (const v16 *)x + c * xs.channel + row * xs.row;
      v16 *to = (v16 *)y + c * ys.channel + row * ys.row;
      for (int i = 0; i < columns; i++) to[i * ys.column] = from[i * xs.column];
    }
  }
}

static void add_steps(int32_t channels, int32_t rows, int32_t columns, float factor, ward_steps xs, const float *x,
                      ward_steps ys, float *y) {
  for (int c = 0; c < channels; c++) {
    for (int row = 0; row < rows; row++) {
      const v16 *from = (const v16 *)x + c * xs.channel + row * xs.row;
      v16 *to = (v16 *)y + c * ys.channel + row * ys.row;
      for (int i = 0; i < columns; i++) to[i * ys.column] += factor * from[i * xs.column];
    }
  }
}

static void fill(ward_planes ys, float value, float *y) {
  EACH_ROW(ys) {
    v16 *to = ROW(v16, y, ys);
    for (int i = 0; i < ys.width; i++) to[i] = splat(value);
  }
}

// Whether b has one pixel for all of a channel of a.
INLINE int is_shared(ward_planes as, ward_planes bs) { return as.height != bs.height || as.width != bs.width; }

static void multiply_planes(ward_planes as, const float *a, ward_planes bs, const float *b, ward_planes ys, float *y) {
  const int shared = is_shared(as, bs);
  EACH_ROW(ys) {
    const v16 *left = ROW(const v16, a, as);
    const v16 *right = shared ? (const v16 *)b + (ptrdiff_t)c * bs.plane : ROW(const v16, b, bs);
    v16 *to = ROW(v16, y, ys);
    for (int i = 0; i < ys.width; i++) to[i] = left[i] * right[shared ? 0 : i];
  }
}

static void multiply_planes_backward(ward_planes as, const float *a, ward_planes bs, const float *b, ward_planes gys,
                              const float *gy, ward_planes gas, float *ga, ward_planes gbs, float *gb) {
  const int shared = is_shared(as, bs);
  EACH_ROW(gys) {
    const v16 *left = ROW(const v16, a, as), *from = ROW(const v16, gy, gys);
    const v16 *right = shared ? (const v16 *)b + (ptrdiff_t)c * bs.plane : ROW(const v16, b, bs);
    v16 *to_left = ROW(v16, ga, gas);
    v16 *to_right = shared ? (v16 *)gb + (ptrdiff_t)c * gbs.plane : ROW(v16, gb, gbs);
    v16 sum = splat(0);
    for (int i = 0; i < gys.width; i++) {
      const v16 g = from[i];
      to_left[i] = g * right[shared ? 0 : i];
      if (shared) sum += g * left[i];
      else to_right[i] = g * left[i];
    }
    if (shared) *to_right = row == 0 ? sum : *to_right + sum;
  }
}

#define NUMBER(pointer, s) ((pointer)[c * (s).channel + row * (s).row + i * (s).column])

static void scale(ward_planes xs, const float *x, ward_steps steps, const float *w, const float *b, ward_planes ys,
                  float *y) {
  EACH_ROW(ys) {
    const v16 *from = ROW(const v16, x, xs);
    v16 *to = ROW(v16, y, ys);
    for (int i = 0; i < ys.width; i++) {
      v16 v = from[i];
      if (w) v *= NUMBER(w, steps);
      to[i] = b ? v + NUMBER(b, steps) : v;
    }
  }
}

static void scale_weight_gradient(ward_planes xs, const float *x, ward_planes gys, const float *gy, ward_steps steps,
                                  float *gw, float *gb) {
  EACH_ROW(gys) {
    const v16 *at = ROW(const v16, x, xs), *from = ROW(const v16, gy, gys);
    for (int i = 0; i < gys.width; i++) {
      if (gw) NUMBER(gw, steps) += sum_lanes(from[i] * at[i]);
      if (gb) NUMBER(gb, steps) += sum_lanes(from[i]);
    }
  }
}

static void scale_channels(ward_planes xs, const float *x, const float *scale, const float *shift, ward_planes ys,
                           float *y, int32_t activated) {
  EACH_ROW(ys) {
    const v16 *from = ROW(const v16, x, xs);
    v16 *to = ROW(v16, y, ys);
    const v16 factor = splat(scale[c]), offset = splat(shift ? shift[c] : 0);
    for (int i = 0; i < ys.width; i++) {
      const v16 v = from[i] * factor + offset;
      to[i] = activated ? relu(v) : v;
    }
  }
}

static void scale_and_add(ward_planes xs, const float *x, const float *scale, const float *shift, ward_planes bs,
                          const float *b, ward_planes ys, float *y, int32_t activated) {
  EACH_ROW(ys) {
    const v16 *from = ROW(const v16, x, xs), *other = ROW(const v16, b, bs);
    v16 *to = ROW(v16, y, ys);
    const v16 factor = splat(scale[c]), offset = splat(shift[c]);
    for (int i = 0; i < ys.width; i++) {
      const v16 scaled = from[i] * factor + offset, v = scaled + other[i];
      to[i] = activated ? relu(v) : v;
    }
  }
}

// 1 in the first `count` lanes, 0 in those that hold no image.
INLINE v16 used_lanes(int count) {
  v16 used;
  for (int l = 0; l < L; l++) used[l] = l < count;
  return used;
}

// In one pass, around the mean of the first row. That is so near to the mean of all that little is lost when the
// difference is taken out again: the square of their distance is at most `height` times the variance.
static void moments(ward_planes xs, const float *x, int32_t count, double *means, double *squares) {
  const v16 used = used_lanes(count);
  const double pixels = (double)count * xs.height * xs.width;
  for (int c = 0; c < xs.channels; c++) {
    const v16 *first = (const v16 *)x + (ptrdiff_t)c * xs.plane;
    v16 start = splat(0);
    for (int i = 0; i < xs.width; i++) start += first[i] * used;
    const float centre = sum_lanes(start) / (float)(count * xs.width);
    double sum = 0, square = 0;
    for (int row = 0; row < xs.height; row++) {
      const v16 *from = ROW(const v16, x, xs);
      v16 s = splat(0), q = splat(0);
      for (int i = 0; i < xs.width; i++) {
        const v16 d = (from[i] - centre) * used;
        s += d;
        q += d * d;
      }
      sum += sum_lanes(s);
      square += sum_lanes(q);
    }
    means[c] = centre + sum / pixels;
    const double about = square - sum * sum / pixels;
    squares[c] = about < 0 ? 0 : about;
  }
}

// The slope where the ReLU of `scale_channels` lets its line through; everywhere if there is none, that is no `shift`. To
// compute the line again takes less time than to read what became of it.
INLINE v16 where_positive(v16 x, v16 factor, v16 offset, const float *shift, v16 g) {
  return shift ? choose(x * factor + offset > 0.0f, g, splat(0)) : g;
}

static void norm_sums(ward_planes xs, const float *x, ward_planes gys, const float *gy, const float *mean,
                      const float *inverse_std, const float *scale, const float *shift, int32_t count, double *sums,
                      double *products) {
  const v16 used = used_lanes(count);
  for (int c = 0; c < xs.channels; c++) {
    const v16 factor = splat(scale[c]), offset = splat(shift ? shift[c] : 0);
    const v16 centre = splat(mean[c]), inverse = splat(inverse_std[c]);
    double sum = 0, product = 0;
    for (int row = 0; row < xs.height; row++) {
      const v16 *at = ROW(const v16, x, xs), *from = ROW(const v16, gy, gys);
      v16 s = splat(0), p = splat(0);
      for (int i = 0; i < xs.width; i++) {
        const v16 g = where_positive(at[i], factor, offset, shift, from[i]) * used;
        s += g;
        p += g * ((at[i] - centre) * inverse);
      }
      sum += sum_lanes(s);
      product += sum_lanes(p);
    }
    sums[c] = sum;
    products[c] = product;
  }
}

static void norm_backward(ward_planes xs, const float *x, ward_planes gys, const float *gy, const float *mean,
                          const float *inverse_std, const float *scale, const float *shift, const float *a,
                          const float *b, int32_t count, ward_planes gxs, float *gx) {
  const v16 used = used_lanes(count);
  EACH_ROW(xs) {
    const v16 factor = splat(scale[c]), offset = splat(shift ? shift[c] : 0);
    const v16 centre = splat(mean[c]), inverse = splat(inverse_std[c]), shared = splat(a[c]), slope = splat(b[c]);
    const v16 *at = ROW(const v16, x, xs), *from = ROW(const v16, gy, gys);
    v16 *to = ROW(v16, gx, gxs);
    for (int i = 0; i < xs.width; i++) {
      const v16 normal = (at[i] - centre) * inverse;
      to[i] = (where_positive(at[i], factor, offset, shift, from[i]) - shared - normal * slope) * factor * used;
    }
  }
}

INLINE uint64_t mix(uint64_t z) {  // splitmix64
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static void dropout(ward_planes xs, const float *x, const uint64_t *keys, float drop, ward_planes ys, float *y) {
  const float kept = 1 / (1 - drop);
  uint64_t place = 0;
  EACH_ROW(ys) {
    const v16 *from = ROW(const v16, x, xs);
    v16 *to = ROW(v16, y, ys);
    for (int i = 0; i < ys.width; i++, place++) {
      v16 factor;
      for (int l = 0; l < L; l++) {
        const uint64_t bits = mix(keys[l] + (place + 1) * 0x9E3779B97F4A7C15u);
        factor[l] = (float)(bits >> 40) * 0x1p-24f < drop ? 0 : kept;
      }
      to[i] = from[i] * factor;
    }
  }
}
