// What the compiled kernels are called with: plain structs, and one table of functions per number type.
//
// The kernels are compiled once per instruction set (see compiled.cpp); everything else is compiled once, for the
// baseline, and reaches them through these tables.
//
// Letters: B rows of a chunk, I and O a layer's inputs and outputs, T outputs of the network.
#pragma once

#include <cstdint>

#include "stream.h"

namespace glassnet {

enum class Activation : int { linear, relu, silu, tanh, sigmoid };

enum class LossName : int { squared, absolute, huber, quantile, poisson, binary_cross_entropy, cross_entropy };

enum class OptimizerName : int { sgd, adam, adamw };

// y[b][o] = f(bias[o] + sum over i of x[b][i] * weight[o][i]), rows beside `slope` get f's derivative too.
template <class Real>
struct Forward {
    int rows, inputs, outputs;
    const Real* x;  // (B, stride_x)
    long stride_x;
    const Real* packed;  // the weights in panels: (panels, I, panel width)
    const Real* bias;    // padded with zeros
    Real* y;             // (B, stride_y)
    Real* slope;         // (B, stride_y), or null where the derivative follows from y
    long stride_y;
    Activation activation;
    bool adds;  // true: y already holds the bias and what tables add
};

// The same for few outputs: one dot product per row and output, no activation.
template <class Real>
struct ForwardNarrow {
    int rows, inputs, outputs;
    const Real* x;
    long stride_x;
    const Real* weight;  // (O, stride_weight), padded with zeros
    long stride_weight;
    const Real* bias;
    Real* y;  // (B, stride_y)
    long stride_y;
};

constexpr int kLocated = 128;  // rows whose bins are looked for at once, at most

// to[b][i]: number i of row[b] as the network sees it; prepare.numeric.apply_scales.
template <class Real>
struct ScaleRows {
    int rows, numbers;
    const std::uint32_t* row;  // (B)
    const float* number;       // (R, numbers): of the whole table
    const float *location, *scale, *low, *high, *least, *most;  // of each number
    const std::int32_t* is_clipped;
    bool has_clipped;
    Real* to;  // (B, stride)
    long stride;
};

// to[b][p]: how far row[b] is through bin p of number of[p]; prepare.bins.apply_bins.
template <class Real>
struct PieceRows {
    int rows, numbers, pieces;
    const std::uint32_t* row;
    const float* from;  // (R, numbers)
    const std::int32_t* of;
    const float *low, *width;  // of each piece
    Real* to;
    long stride;
};

// The bin in which one number of each row lies, and how far it is through it; prepare.bins.locate_bins.
struct LocateRows {
    int rows, numbers, bins;
    const std::uint32_t* row;
    const float* from;  // the number's column of the table, `numbers` apart
    const float* edge;  // (bins + 1)
    std::int32_t* bin;  // (B)
    float* share;       // (B)
};

// Rows of the table, column by column: x[i][b] = dense[places[b]][i], and their targets.
template <class Real>
struct GatherColumns {
    int rows, inputs;
    const std::uint32_t* places;
    const Real* dense;   // (places, inputs)
    const Real* target;  // (places)
    Real* x;             // (inputs, stride_x)
    long stride_x;
    Real* to_target;     // (B)
};

// The same of rows that lie together with their targets: x[i][b] = records[places[b]][i].
template <class Real>
struct GatherRecords {
    int rows;
    const std::uint32_t* places;
    const Real* records;  // (places, stride)
    long stride;          // a multiple of four
    Real* x;              // (stride, stride_x), and room for up to three rows more
    long stride_x;
};

// Forward: z[b] = bias + sum over i of weight[i] * x[i][b]. Backward: z holds the derivatives by it.
template <class Real>
struct Columns {
    int rows, inputs;
    const Real* x;  // (inputs, stride_x), whole vectors of rows
    long stride_x;
    const Real* weight;
    const Real* bias;
    Real* z;
    Real* gradient;  // (inputs)
    Real* bias_gradient;
    bool adds;  // false: overwrite what is there
};

// y[b][o] = bias[o] + the tables of numbers in bins; see lookup.h. One number's rows lie side by side.
template <class Real>
struct Lookup {
    int rows, numbers, outputs;
    const std::int32_t* knot;  // (numbers, stride_rows): the table's row of the knot below
    const Real* fraction;      // (numbers, stride_rows): how far on the way to the next knot
    long stride_rows;
    const Real* knots;  // (all numbers' knots, stride), padded
    long stride;
    const Real* bias;  // padded with zeros
    Real* y;           // (B, stride_y)
    long stride_y;
    const Real* scale; // of each number's table, or null: all 1
};

// gradient[knot][o] += dy[b][o] times the knot's share, for numbers from `first` to before `last`.
template <class Real>
struct Scatter {
    int rows, first, last, outputs;
    const std::int32_t* knot;
    const Real* fraction;
    long stride_rows;
    const Real* dy;  // (B, stride_dy), padded with zeros
    long stride_dy;
    Real* gradient;  // (all numbers' knots, stride)
    long stride;
};

// One number's weights (or the derivatives by them) and its knots, one row more.
template <class Real>
struct Table {
    int bins, columns;
    long stride;
    Real* weights;
    Real* knots;
};

// dx[b][i] = f'(...) * sum over o of dy[b][o] * weight[o][i].
template <class Real>
struct BackwardInputs {
    int rows, inputs, outputs;
    const Real* dy;  // (B, stride_dy)
    long stride_dy;
    const Real* weight;  // (O, stride_weight)
    long stride_weight;
    Real* dx;  // (B, stride_dx)
    long stride_dx;
    const Real* y;      // the activation's output, (B, stride_dx), or null
    const Real* slope;  // the activation's derivative, (B, stride_dx), or null
    Activation activation;
    Real kept_scale;  // what a kept unit was multiplied by: 1 without dropout
};

// gradient[o][i] (+)= sum over b of dy[b][o] * x[b][i], and the bias' likewise.
template <class Real>
struct BackwardWeights {
    int rows, inputs, outputs;
    const Real* dy;
    long stride_dy;
    const Real* x;
    long stride_x;
    Real* gradient;  // (O, stride_weight)
    long stride_weight;
    Real* bias_gradient;
    bool adds;  // false: overwrite what is there
};

// Multiplies y, and slope where it is there, by kept ? scale : 0; one 16-bit number per unit, row after row.
template <class Real>
struct Drop {
    int rows, width;
    const std::uint16_t* lanes;  // (B, width)
    std::uint32_t threshold;     // kept where the number is below it
    Real scale;
    Real* y;
    Real* slope;
    long stride;
};

// Losses of some rows, their weighted sum, and the derivative of it times `scale`.
template <class Real>
struct LossRows {
    LossName name;
    bool is_sigmoid;  // the network's outputs pass through a sigmoid first
    int rows, outputs;
    const Real* z;  // (B, stride): the last layer's sums
    long stride;    // equals `outputs` where the rows lie without gaps
    const Real* target;  // (B, stride); for cross_entropy the class number, (B)
    const Real* weight;  // (B), or null: all 1
    const Real* spread_weight;  // the weights repeated for every output, where the rows lie without gaps
    double scale;     // 1 / sum of the batch's weights
    double smoothing, level;
    Real* dz;         // (B, stride), or null: no derivative wanted
    double* loss;     // out: sum over b of weight * loss
};

// What an optimiser needs of one step.
struct UpdateRates {
    OptimizerName optimizer;
    double rate;         // this step's learning rate
    double decay;        // weight decay of this parameter
    double momentum;     // sgd
    double first, second;    // adam: bias corrections 1 - beta ** step
    bool is_first;       // sgd: the momentum buffer starts as the gradient
    double factor;       // of the gradients: clipping
    double keep;         // adam: of the mean of squares, torch's second beta
    double renewed;      // share of the averaged weights that the new weights replace
};

// One block of a parameter: `rows` rows of `columns`, of stride `stride`.
template <class Real>
struct Update {
    int rows, columns;
    long stride;
    Real* weight;
    const Real* gradient;
    Real* moment;   // sgd's momentum buffer or adam's mean; null for plain sgd
    Real* square;   // adam's mean of squares
    Real* average;  // the averaged weights, or null
    const UpdateRates* rates;
};

// total (+)= part * scale, and product = the sums over rows of weight * part: from a member's gradients to a team's.
template <class Real>
struct Share {
    int rows, columns;
    long stride;
    const Real* weight;  // shared
    const Real* part;    // a member's gradient by what the weight amounts to for it
    Real* total;         // the gradient by the shared weight
    const Real* scale;   // of each column, or one of all
    bool is_one;
    bool adds;      // false: overwrite what is there
    Real* product;  // (columns), or null: nothing is scaled
};

// to = from * scale: from a team's weights to a member's.
template <class Real>
struct Spread {
    int rows, columns;
    long stride;
    const Real* from;
    Real* to;
    const Real* scale;
    bool is_one;
};

// Clears the marks of units whose output moved in one of the rows: was farther than `reach` from an end.
template <class Real>
struct Moving {
    Activation activation;
    int rows, width;
    const Real* y;  // (B, stride)
    long stride;
    double reach;
    char* is_idle;  // (width)
};

template <class Real>
struct Transpose {
    int rows, columns;  // of the source: a panel of output rows, I columns
    const Real* source;
    long stride_source;
    Real* packed;  // (columns, panel width)
};

template <class Real>
struct Kernels {
    const char* name;
    int panel;  // columns of a packed panel
    void (*scale_rows)(const ScaleRows<Real>&);
    void (*piece_rows)(const PieceRows<Real>&);
    void (*locate_rows)(const LocateRows&);
    void (*forward)(const Forward<Real>&);
    void (*forward_narrow)(const ForwardNarrow<Real>&);
    void (*gather_columns)(const GatherColumns<Real>&);
    void (*gather_records)(const GatherRecords<Real>&);
    void (*forward_columns)(const Columns<Real>&);
    void (*backward_columns)(const Columns<Real>&);
    void (*lookup)(const Lookup<Real>&);
    void (*scatter)(const Scatter<Real>&);
    void (*sum_up)(const Table<Real>&);
    void (*sum_down)(const Table<Real>&);
    void (*backward_inputs)(const BackwardInputs<Real>&);
    void (*backward_weights)(const BackwardWeights<Real>&);
    void (*drop)(const Drop<Real>&);
    void (*loss)(const LossRows<Real>&);
    void (*update)(const Update<Real>&);
    void (*transpose)(const Transpose<Real>&);
    void (*clear_moving)(const Moving<Real>&);
    void (*share)(const Share<Real>&);
    void (*spread)(const Spread<Real>&);
    // total += part, all three of the same block
    void (*add)(int rows, int columns, long stride, Real* total, const Real* part);
    // sum of squares; not finite where a number is not
    double (*square_sum)(int rows, int columns, long stride, const Real* values);
    // the same of the difference of two such blocks
    double (*square_difference)(int rows, int columns, long stride, const Real* values, const Real* others);
    Draw draw;
    void (*sigmoid)(long count, Real* values);
    // exp, log1p, tanh, sigmoid by number: for the tests of their error
    void (*function)(int which, long count, Real* values);
};

template <class Real>
const Kernels<Real>& kernels_baseline();
template <class Real>
const Kernels<Real>& kernels_avx2();
template <class Real>
const Kernels<Real>& kernels_avx512();

}  // namespace glassnet
