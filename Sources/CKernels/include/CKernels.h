// The inner loops of the engine, and the table through which Swift calls them.
//
// Layout N16: a group of 16 images is stored as [channels][height][width][16], one image a lane, so every loop over
// pixels works on whole vectors. `row` and `plane` are distances in vectors of 16 floats between neighbours in y and
// between channels; the pointers point at pixel (0, 0) of channel 0, and around it lies a halo of zeros where a
// kernel's window reaches over the edge.
#ifndef WARD_CKERNELS_H
#define WARD_CKERNELS_H
#include <stdint.h>

enum { WARD_LANES = 16 };

// One activation or gradient buffer of a group.
typedef struct {
  int32_t channels, height, width;
  int32_t row, plane;
} ward_planes;

// A 2-d convolution: PyTorch's Conv2d, weights [outputs][inputs / groups][kernel_h][kernel_w].
typedef struct {
  int32_t inputs, outputs, groups;
  int32_t kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, dilation_h, dilation_w;
} ward_conv;

// What a 3x3 convolution with fewer products needs; see kernels/winograd.h. Vectors between points: tiles times channels,
// and a few, so that they do not fall on the same lines of the cache.
enum { WARD_WINOGRAD_POINTS = 36, WARD_WINOGRAD_TILES = 4, WARD_WINOGRAD_SPREAD = 9 };

static inline int32_t ward_whole_lanes(int32_t channels) {
  return (channels + WARD_LANES - 1) / WARD_LANES * WARD_LANES;
}

// How many 4x4 tiles go through at once: what lies between the transforms has to stay in the second cache.
static inline int32_t ward_winograd_tiles(const ward_conv *conv) {
  const int32_t most = conv->inputs > conv->outputs ? conv->inputs : conv->outputs;
  return most > 32 ? 2 : WARD_WINOGRAD_TILES;
}

// Output channels that the plain gradient by the weights has sums of at once, at most.
enum { WARD_WEIGHT_OUTPUTS = 16 };

// How many tiles cover an image; where a side is no multiple of 4 some of it is covered twice.
static inline int32_t ward_winograd_all_tiles(int32_t height, int32_t width) {
  return (height + 3) / 4 * ((width + 3) / 4);
}

// Floats of the transformed weights, for one direction: `summed` channels to `made` ones.
static inline int64_t ward_winograd_weights(int32_t summed, int32_t made) {
  return (int64_t)WARD_WINOGRAD_POINTS * summed * ward_whole_lanes(made);
}

// Floats of scratch for the pass forward and the gradient by the input of an image of `pixels`, and for that by the weights
// if the network `learns`.
static inline int64_t ward_winograd_scratch(const ward_conv *conv, int32_t pixels, int32_t learns) {
  const int64_t inputs = ward_whole_lanes(conv->inputs), outputs = ward_whole_lanes(conv->outputs);
  const int64_t tiles = ward_winograd_tiles(conv);
  const int64_t between = tiles * (inputs + outputs + WARD_LANES) + 3 * WARD_WINOGRAD_SPREAD;
  const int64_t weights = learns ? inputs * outputs / WARD_LANES : 0;
  return (pixels + WARD_WINOGRAD_POINTS * (between + weights)) * WARD_LANES;
}

// The same for 5x5 convolutions; see kernels/winograd5.h. A tile has 8x8 points at most.
enum { WARD_WINOGRAD5_SIDE = 8 };

// Floats from one channel that is summed over to the next in the transformed weights.
static inline int32_t ward_winograd5_step(int32_t made) {
  return made % WARD_LANES > WARD_LANES / 2 || made % WARD_LANES == 0
             ? ward_whole_lanes(made) : ward_whole_lanes(made) - WARD_LANES / 2;
}

static inline int64_t ward_winograd5_weights(int32_t summed, int32_t made) {
  return (int64_t)WARD_WINOGRAD5_SIDE * WARD_WINOGRAD5_SIDE * summed * ward_winograd5_step(made);
}

// `pixels`: of the output, before a maximum.
static inline int64_t ward_winograd5_scratch(const ward_conv *conv, int32_t pixels, int32_t learns) {
  const int64_t outputs = ward_whole_lanes(conv->outputs), inputs = conv->inputs;
  const int64_t between = WARD_LANES + 1 + (outputs | 1) + (inputs | 1);
  const int64_t weights = learns ? outputs / WARD_LANES * inputs : 0;
  return (pixels + WARD_WINOGRAD5_SIDE * WARD_WINOGRAD5_SIDE * (between + weights)) * WARD_LANES;
}

// Floats of the weights that `winners_input_gradient` needs.
static inline int64_t ward_winners_weights(const ward_conv *conv) { return (int64_t)144 * conv->inputs * conv->outputs; }

// Floats of scratch for it and for `rows5_weight_gradient`, on a pooled image of that size; either may run alone.
static inline int64_t ward_winners_scratch(const ward_conv *conv, int32_t height, int32_t width) {
  return (int64_t)2 * WARD_LANES * conv->outputs * height * width;
}
static inline int64_t ward_rows5_scratch(const ward_conv *conv, int32_t width) {
  const int64_t row = (int64_t)(width + 1) / 2 * WARD_WINOGRAD5_SIDE;
  return (row * (1 + 6 * conv->inputs + 4) + (int64_t)40 * conv->inputs * conv->outputs) * WARD_LANES;
}

// The same for a box, centre and radius.
static inline int64_t ward_box5_scratch(const ward_conv *conv, int32_t width) {
  const int64_t row = (int64_t)(width + 1) / 2 * WARD_WINOGRAD5_SIDE;
  const int64_t sums = (int64_t)80 * conv->inputs * conv->outputs;
  // What is last are pointers to rows.
  return (row * (1 + 12 * conv->inputs + 8) + sums + conv->outputs + 2 * conv->inputs) * WARD_LANES;
}

// A pooling window.
typedef struct {
  int32_t kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w;
  int32_t count_padding;  // averages divide by the whole window rather than by the pixels inside the image
} ward_pool;

typedef enum {
  WARD_RELU, WARD_LEAKY_RELU, WARD_GELU, WARD_GELU_TANH, WARD_TANH, WARD_SIGMOID, WARD_CLIP, WARD_SOFTPLUS, WARD_SILU,
  WARD_HARD_SIGMOID, WARD_HARD_SWISH, WARD_ELU
} ward_activation;

// How far, in vectors, one number of a tensor is from the next in each direction; 0 where all share one.
typedef struct {
  int64_t channel, row, column;
} ward_steps;

// What one optimiser step needs; see `ward_kernels.adam` and `.sgd`.
typedef struct {
  float rate, beta1, one_minus_beta1, beta2, one_minus_beta2, epsilon;
  float correction1, correction2_root;  // 1 / (1 - beta1^t) and 1 / sqrt(1 - beta2^t), computed in double
  float decay;                          // added to the gradient (Adam, SGD)
  float decoupled_decay;                // taken off the weights, as a factor: rate * decay (AdamW)
  float momentum;
  int32_t nesterov, first;
  float scale;                          // the sum of the shards is multiplied by this
} ward_step;

// One table for each instruction set level.
typedef struct {
  const char *name;
  int32_t fuses;  // whether a product and a sum round once, not twice

  // Rows to lanes and back. `count` images of `channels` * `pixels` values; lanes from `count` on become zero pixels.
  void (*load_floats)(const float *rows, int32_t count, ward_planes shape, const float *mean, const float *inverse_std,
                      float *out);
  void (*load_bytes)(const uint8_t *const *rows, int32_t count, ward_planes shape, const float *mean,
                     const float *inverse_std, float *out);
  void (*store_rows)(const float *in, ward_planes shape, int32_t count, const float *scale, float *rows);
  void (*load_rows)(const float *rows, int32_t count, ward_planes shape, float *out);

  void (*conv_forward)(const ward_conv *conv, ward_planes xs, const float *x, const float *w, const float *b,
                       ward_planes ys, float *y, int32_t relu);
  // Convolution, bias, relu and 2x2 maximum in one; `winner` is 0...3, or 4 where the unit is dead.
  void (*conv_pool_forward)(const ward_conv *conv, ward_planes xs, const float *x, const float *w, const float *b,
                            ward_planes ys, float *y, uint8_t *winner);
  // The weights in the order in which `conv_input_gradient` needs them for images of that shape: as many as there are.
  void (*conv_pack)(const ward_conv *conv, ward_planes gxs, const float *w, float *packed);
  void (*conv_input_gradient)(const ward_conv *conv, ward_planes gys, const float *gy, const float *packed,
                              ward_planes gxs, float *gx);
  // `lanes` is scratch: WARD_WEIGHT_OUTPUTS * inputs / groups * kernel_h * kernel_w vectors.
  void (*conv_weight_gradient)(const ward_conv *conv, ward_planes xs, const float *x, ward_planes gys, const float *gy,
                               float *lanes, float *gw, int32_t accumulate);
  // The same three for 3x3 windows with stride 1 and one pixel of padding, one group, and sides of at least 4, with fewer
  // products and larger rounding errors. The weights come transformed, for either direction or both. What no output with
  // a gradient sees has a gradient of exactly zero.
  void (*winograd_pack)(const ward_conv *conv, const float *w, float *forward, float *backward);
  void (*winograd_forward)(const ward_conv *conv, ward_planes xs, const float *x, const float *forward, const float *b,
                           ward_planes ys, float *y, int32_t relu, float *scratch);
  void (*winograd_pool_forward)(const ward_conv *conv, ward_planes xs, const float *x, const float *forward,
                                const float *b, ward_planes ys, float *y, uint8_t *winner, float *scratch);
  // `gx` or `gw` is null where it is not asked for. `y`: the output where a ReLU follows, and `gy` is the gradient after it;
  // else null.
  void (*winograd_backward)(const ward_conv *conv, ward_planes xs, const float *x, ward_planes gys, const float *gy,
                            ward_planes ys, const float *y, const float *backward, ward_planes gxs, float *gx, float *gw,
                            int32_t accumulate, float *scratch);
  // The same for 5x5 windows with stride 1, one group and an output with even sides. Under a 2x2 maximum `gy` and `winner`
  // are those of the pooled image.
  void (*winograd5_pack)(const ward_conv *conv, const float *w, float *forward, float *backward);
  void (*winograd5_forward)(const ward_conv *conv, ward_planes xs, const float *x, const float *forward, const float *b,
                            ward_planes ys, float *y, int32_t relu, float *scratch);
  void (*winograd5_backward)(const ward_conv *conv, ward_planes xs, const float *x, ward_planes gys, const float *gy,
                             const float *backward, ward_planes gxs, float *gx, float *gw, int32_t accumulate,
                             float *scratch);
  void (*winograd5_pool_forward)(const ward_conv *conv, ward_planes xs, const float *x, const float *forward,
                                 const float *b, ward_planes ys, float *y, uint8_t *winner, float *scratch);
  void (*winograd5_pool_backward)(const ward_conv *conv, ward_planes xs, const float *x, ward_planes gys,
                                  const float *gy, const uint8_t *winner, const float *backward, ward_planes gxs,
                                  float *gx, float *gw, int32_t accumulate, float *scratch);
  // The gradient by the input of a 5x5 convolution with stride 1 and one group under a 2x2 maximum, with fewer products in
  // plain sums: `gy` and `winner` are those of the pooled image.
  void (*winners_pack)(const ward_conv *conv, const float *w, float *packed);
  void (*winners_input_gradient)(const ward_conv *conv, ward_planes gys, const float *gy, const uint8_t *winner,
                                 const float *packed, ward_planes gxs, float *gx, float *scratch);
  // And the gradient by its weights, with fewer products and larger rounding errors.
  void (*rows5_weight_gradient)(const ward_conv *conv, ward_planes xs, const float *x, ward_planes gys, const float *gy,
                                const uint8_t *winner, float *gw, int32_t accumulate, float *scratch);
  // A box through a 5x5 convolution with stride 1 and one group, a ReLU and the maximum of 2x2 pixels, in either order, and
  // the gradients by the weights, by their absolute values and by the bias, from those of the pooled box. `low_at` and
  // `high_at`: of each end of a pooled pixel which one of its window it is, 4 where the ReLU lets none through.
  void (*box5_forward)(const ward_conv *conv, ward_planes xs, const float *c_in, const float *r_in, const float *w,
                       const float *absolute, const float *b, ward_planes ys, float *c_out, float *r_out,
                       uint8_t *low_at, uint8_t *high_at, float *scratch);
  void (*box5_weight_gradients)(const ward_conv *conv, ward_planes xs, const float *c_in, const float *r_in,
                                ward_planes gys, const float *gc, const float *gr, const uint8_t *low_at,
                                const uint8_t *high_at, float *gw, int32_t accumulate, float *absolute,
                                int32_t accumulate_absolute, float *gb, float *scratch);
  // The sum of each channel.
  void (*channel_sums)(ward_planes shape, const float *x, float *sums, int32_t accumulate);
  // The sum of each channel of a pooled image over what is not dead.
  void (*pooled_sums)(ward_planes pooled, const float *gy, const uint8_t *winner, float *sums, int32_t accumulate);
  // Undoes the fused maximum: gradients of the pooled outputs to those of the convolution's outputs, and of the bias.
  void (*unpool)(ward_planes pooled, const float *gy, const uint8_t *winner, ward_planes full, float *gz, float *gb,
                 int32_t accumulate);

  void (*dense_forward)(int32_t inputs, int32_t outputs, const float *x, const float *w, const float *b, float *y,
                        int32_t relu);
  void (*dense_input_gradient)(int32_t inputs, int32_t outputs, const float *gy, const float *w, float *gx);
  // Turns a group's inputs to one row an image: 16 * (inputs rounded up to 16) floats.
  void (*dense_rows)(int32_t inputs, const float *x, float *rows);
  // Over several groups, whose rows and gradients are `group` vectors apart.
  void (*dense_weight_gradient)(int32_t inputs, int32_t outputs, int32_t groups, const float *rows, const float *gy,
                                int64_t group, float *gw, int32_t accumulate);
  void (*dense_sums)(int32_t outputs, const float *gy, float *gb, int32_t accumulate);

  // `rounded`: whether convolutions with fewer products are before it.
  void (*max_pool_forward)(const ward_pool *pool, ward_planes xs, const float *x, ward_planes ys, float *y,
                           uint8_t *winner, int32_t rounded);
  void (*max_pool_backward)(const ward_pool *pool, ward_planes ys, const float *gy, const uint8_t *winner,
                            ward_planes xs, float *gx);
  void (*average_pool_forward)(const ward_pool *pool, ward_planes xs, const float *x, ward_planes ys, float *y);
  void (*average_pool_backward)(const ward_pool *pool, ward_planes ys, const float *gy, ward_planes xs, float *gx);

  // Averages of as many windows as `ys` has pixels, spread evenly over the image: PyTorch's AdaptiveAvgPool2d.
  void (*adaptive_pool_forward)(ward_planes xs, const float *x, ward_planes ys, float *y);
  void (*adaptive_pool_backward)(ward_planes ys, const float *gy, ward_planes xs, float *gx);

  // `first` and `second`: the slope of WARD_LEAKY_RELU and WARD_ELU, the bounds of WARD_CLIP, slope and shift of
  // WARD_HARD_SIGMOID; the others have none.
  void (*activation_forward)(ward_activation kind, float first, float second, ward_planes xs, const float *x,
                             ward_planes ys, float *y);
  // `x` is the input, but for WARD_RELU, WARD_TANH and WARD_SIGMOID the output, which says enough.
  void (*activation_backward)(ward_activation kind, float first, float second, ward_planes xs, const float *x,
                              ward_planes gys, const float *gy, ward_planes gxs, float *gx);
  // Sums, and what flows back from one to both terms. `relu`, and `y` where it is not null: a ReLU follows.
  void (*add)(ward_planes as, const float *a, ward_planes bs, const float *b, ward_planes ys, float *y, int32_t relu);
  void (*add_backward)(ward_planes ys, const float *y, ward_planes gys, const float *gy, ward_planes as, float *ga,
                       ward_planes bs, float *gb);
  void (*copy)(ward_planes xs, const float *x, ward_planes ys, float *y);
  // Copies `channels` * `rows` * `columns` pixels between any two places.
  void (*copy_steps)(int32_t channels, int32_t rows, int32_t columns, ward_steps xs, const float *x, ward_steps ys,
                     float *y);
  // Adds `factor` times each pixel; steps of 0 sum several into one, or spread one over several.
  void (*add_steps)(int32_t channels, int32_t rows, int32_t columns, float factor, ward_steps xs, const float *x,
                    ward_steps ys, float *y);
  void (*fill)(ward_planes ys, float value, float *y);
  // y = a * b, where b has the extents of a or is one pixel a channel; and what flows back.
  void (*multiply)(ward_planes as, const float *a, ward_planes bs, const float *b, ward_planes ys, float *y);
  void (*multiply_backward)(ward_planes as, const float *a, ward_planes bs, const float *b, ward_planes gys,
                            const float *gy, ward_planes gas, float *ga, ward_planes gbs, float *gb);
  // y = x * w + b, with one w and b for each number of the steps (here in floats); either may be null.
  void (*scale)(ward_planes xs, const float *x, ward_steps steps, const float *w, const float *b, ward_planes ys,
                float *y);
  // Adds the gradients by w and b to what is there; either may be null.
  void (*scale_weight_gradient)(ward_planes xs, const float *x, ward_planes gys, const float *gy, ward_steps steps,
                                float *gw, float *gb);
  // y = x * scale[c] + shift[c], with a ReLU if `relu`; `shift` may be null.
  void (*scale_channels)(ward_planes xs, const float *x, const float *scale, const float *shift, ward_planes ys,
                         float *y, int32_t relu);
  // y = x * scale[c] + shift[c] + b, with a ReLU if `relu`.
  void (*scale_and_add)(ward_planes xs, const float *x, const float *scale, const float *shift, ward_planes bs,
                        const float *b, ward_planes ys, float *y, int32_t relu);
  // Per channel: the mean of x over the first `count` lanes, and the sum of the squares of what x differs from it.
  void (*moments)(ward_planes xs, const float *x, int32_t count, double *means, double *squares);
  // Per channel: sum of gy and of gy * (x - mean[c]) * inverse_std[c]. Here and below gy counts only where the ReLU of
  // `scale_channels` lets x * scale[c] + shift[c] through; `shift` is null where there is none.
  void (*norm_sums)(ward_planes xs, const float *x, ward_planes gys, const float *gy, const float *mean,
                    const float *inverse_std, const float *scale, const float *shift, int32_t count, double *sums,
                    double *products);
  // gx = scale[c] * (gy - a[c] - xhat * b[c]), with xhat = (x - mean[c]) * inverse_std[c].
  void (*norm_backward)(ward_planes xs, const float *x, ward_planes gys, const float *gy, const float *mean,
                        const float *inverse_std, const float *scale, const float *shift, const float *a,
                        const float *b, int32_t count, ward_planes gxs, float *gx);
  // (x - mean) / sqrt(variance + epsilon) * weight + bias, mean and variance over the channels of a group, in each image
  // by itself. Weight and bias are one number a channel, or one a value if `each_value`. `statistics` keeps two vectors
  // a group for the way back; `gw` and `gb` may be null together.
  void (*group_norm_forward)(int32_t groups, ward_planes xs, const float *x, const float *weight, const float *bias,
                             int32_t each_value, float epsilon, ward_planes ys, float *y, float *statistics);
  void (*group_norm_backward)(int32_t groups, ward_planes xs, const float *x, const float *weight, int32_t each_value,
                              const float *statistics, ward_planes gys, const float *gy, int32_t count, ward_planes gxs,
                              float *gx, float *gw, float *gb, int32_t accumulate);
  // Keeps a value with probability 1 - drop and scales it by 1 / (1 - drop); lane l draws from its own key.
  void (*dropout)(ward_planes xs, const float *x, const uint64_t *keys, float drop, ward_planes ys, float *y);

  // Interval and linear bounds; see kernels/bounds.h. Boxes and lines are dense, a vector for each value; `rest`, `centre`,
  // `reach` and `size` are 16 doubles that are added to.
  void (*box_gather)(ward_planes s, const float *centre, const float *radius, float *low, float *high);
  void (*box_scatter)(ward_planes s, const float *low, const float *high, float *centre, float *radius);
  void (*planes_gather)(ward_planes s, const float *x, float *dense);
  void (*planes_scatter)(ward_planes s, const float *dense, float *x);
  void (*relu_lines)(int64_t count, const float *low, const float *high, float slope, int32_t rule, float *lines);
  void (*lines_backward)(ward_planes gys, const float *gy, const float *lines, ward_planes gxs, float *gx,
                         double *rest);
  void (*lines_forward)(ward_planes xs, const float *x, const float *lines, const float *a, ward_planes ys, float *y);
  void (*rows_times)(ward_planes s, const float *a, const float *numbers, double *rest, double *size);
  void (*rows_over_box)(ward_planes s, const float *a, const float *low, const float *high, double *centre,
                        double *reach, double *size);
  void (*pool_lines)(const ward_pool *pool, int32_t channels, int32_t height, int32_t width, const float *low,
                     const float *high, ward_planes ys, int32_t flat, float *lines, uint8_t *under_at,
                     uint8_t *over_at);
  void (*pool_lines_backward)(const ward_pool *pool, ward_planes gys, const float *gy, const float *lines,
                              const uint8_t *under_at, const uint8_t *over_at, ward_planes gxs, float *gx,
                              double *rest);
  void (*pool_lines_forward)(const ward_pool *pool, ward_planes xs, const float *x, const float *lines,
                             const uint8_t *under_at, const uint8_t *over_at, const float *a, ward_planes ys, float *y);
  // Training through lines: see kernels/bounds.h.
  void (*lines_swap)(int64_t count, float *lines);
  void (*relu_lines_slopes)(ward_planes gys, const float *gy, ward_planes xs, const float *x, const float *low,
                            const float *high, float slope, float *by_low, float *by_high);
  void (*pool_lines_slopes)(const ward_pool *pool, int32_t channels, int32_t height, int32_t width, const float *low,
                            const float *high, ward_planes gys, const float *gy, ward_planes xs, const float *x,
                            const uint8_t *over_at, float *by_low, float *by_high);
  void (*box_slopes)(ward_planes s, const float *by_low, const float *by_high, float *gc, float *gr);
  void (*box_corner)(ward_planes s, const float *a, const float *low, const float *high, ward_planes xs, float *x);

  // Training through interval bounds: buffers of centres and of radii lie alike. `box_around` finds pixels in `centre`.
  void (*box_around)(ward_planes s, float epsilon, const float *mean, const float *inverse_std, float *centre,
                     float *radius);
  void (*interval_forward)(ward_activation kind, float first, float second, ward_planes xs, const float *c_in,
                           const float *r_in, ward_planes ys, float *c_out, float *r_out);
  void (*interval_backward)(ward_activation kind, float first, float second, ward_planes xs, const float *c_in,
                            const float *r_in, ward_planes gys, const float *gc, const float *gr, ward_planes gxs,
                            float *gc_in, float *gr_in);
  void (*interval_pool_forward)(const ward_pool *pool, ward_planes xs, const float *c_in, const float *r_in,
                                ward_planes ys, float *c_out, float *r_out, uint8_t *low_at, uint8_t *high_at);
  void (*interval_pool_backward)(const ward_pool *pool, ward_planes gys, const float *gc, const float *gr,
                                 const uint8_t *low_at, const uint8_t *high_at, ward_planes gxs, float *gc_in,
                                 float *gr_in);
  // A ReLU and the maximum of 2×2 pixels, in either order, in one pass.
  void (*interval_relu_pool_forward)(ward_planes xs, const float *c_in, const float *r_in, ward_planes ys, float *c_out,
                                     float *r_out, uint8_t *low_at, uint8_t *high_at);
  void (*interval_relu_pool_backward)(ward_planes gys, const float *gc, const float *gr, const uint8_t *low_at,
                                      const uint8_t *high_at, ward_planes gxs, float *gc_in, float *gr_in);

  // The last layer merged with the differences of the logits: upper bounds of z[j] - z[label], a vector a class.
  void (*merged_forward)(int32_t inputs, int32_t outputs, const float *w, const float *b, const int32_t *labels,
                         const float *c, const float *r, float *own, float *f);
  void (*merged_backward)(int32_t inputs, int32_t outputs, const float *w, const int32_t *labels, const float *c,
                          const float *r, const float *own, const float *gf, float *gc, float *gr, float *gw,
                          float *gb);
  // Adds sign(w) times the sum of the shards' gradients by absolute weights, over [from, to), to `g`.
  void (*add_signed)(int64_t from, int64_t to, const float *w, const float *shards, int32_t count, int64_t stride,
                     float *g);

  // Sums `shards` gradients (each `stride` floats after the last) in order over [from, to), scales, and takes the step.
  void (*adam)(const ward_step *step, int64_t from, int64_t to, const float *shards, int32_t count, int64_t stride,
               const float *extra, float *w, float *m, float *v);
  void (*sgd)(const ward_step *step, int64_t from, int64_t to, const float *shards, int32_t count, int64_t stride,
              const float *extra, float *w, float *velocity);
  // Sum of the squares of the summed, scaled gradient over [from, to).
  double (*gradient_square)(const ward_step *step, int64_t from, int64_t to, const float *shards, int32_t count,
                            int64_t stride, const float *extra);
  // x = x + alpha * sign(g), kept within eps of x0 and, if `clips`, within [0, 1].
  void (*sign_step)(int64_t count, const float *origin, const float *gradient, float alpha, float epsilon,
                    int32_t clips, float *x);
  // y = (1 + tanh(x)) / 2, to 4 units in the last place also where it is small. x and y may be the same.
  void (*tanh_box)(int64_t count, const float *x, float *y);

  // Runs `rounds` rounds of 24 independent multiply-adds on vectors, for measuring the peak; 768 * rounds FLOP.
  float (*peak)(int64_t rounds);
} ward_kernels;

// 0 base, 1 x86-64-v3, 2 x86-64-v4; only the first exists on other processors.
int32_t ward_best_level(void);
const ward_kernels *ward_kernels_at(int32_t level);

// One pause of a waiting loop.
void ward_pause(void);

#endif
