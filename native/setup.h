// What a run is: the choices of a Plan as plain numbers, and where each parameter lies in a member's memory.
#pragma once

#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "buffer.h"
#include "kernels/table.h"

namespace glassnet {

// What may learn at a rate of its own, in the order of PARTS in src/glassnet/settings.py.
enum class Part : int { first, hidden, last, biases, embeddings, scales };
constexpr int kParts = 6;

enum class Schedule : int { constant, step, cosine, one_cycle };

struct Setup {
    // the network
    int members = 1;
    int dense = 0;              // dense inputs D, without those that are looked up
    std::vector<int> binned;    // bins of each number that is looked up
    std::vector<int> column;    // of the first layer: where each of torch's inputs lies in ours; -1 - row: in the table
    std::vector<int> embedded;  // slots of each embedded category
    int embedding = 0;          // numbers per slot
    std::vector<int> hidden;
    int outputs = 1;  // T
    Activation activation = Activation::relu;
    bool is_sigmoid = false;
    double dropout = 0;
    std::uint32_t keep_threshold = 0;
    // the training
    LossName loss = LossName::squared;
    double smoothing = 0, level = 0.5;
    OptimizerName optimizer = OptimizerName::sgd;
    double learning_rate = 0, momentum = 0, second_moment = 0.999, decay = 0, clip = 0;
    std::vector<double> rate_factors = std::vector<double>(kParts, 1.0);   // of the learning rate, by part
    std::vector<double> decay_factors = std::vector<double>(kParts, 1.0);  // of the decay
    double average = 0;  // decay of the averaged weights in a step; 0: none
    Schedule schedule = Schedule::constant;
    double warmup = 0;
    std::int64_t steps = 0, steps_per_epoch = 0, batch = 0, longest = 0;
    std::uint64_t seed = 0;
    bool evaluates_rows = false;  // after each epoch the loss over all fit rows
    bool is_weighted = false;
    // teams: members that share all but their scales and their last layer, or have nothing in common but scale
    int teams = 0;                  // 0: nobody scales anything; otherwise one a fold, or one a member
    int groups = 0;                 // scales of a member: columns of the table
    std::vector<int> group;         // of each input of the first layer
    std::vector<int> group_binned;  // of each number in bins
    // the machine
    int threads = 1;
    std::string set = "best";  // instruction set: best, avx512, avx2, baseline

    int embedded_width() const { return static_cast<int>(embedded.size()) * embedding; }
    int inputs() const { return dense + embedded_width(); }
    int bins() const { return std::accumulate(binned.begin(), binned.end(), 0); }
    // The target's numbers per row: one class number, or one number per output.
    int targets() const { return loss == LossName::cross_entropy ? 1 : outputs; }
};

// Returns the kernels of a set, or of the best this processor has.
template <class Real>
const Kernels<Real>& choose_kernels(const std::string& set);

// Returns the factor of the learning rate at a step: src/glassnet/schedule.py.
double rate_factor(const Setup& setup, std::int64_t step);

// One linear layer's places in a member's parameters and in its packed weights.
struct Layer {
    int inputs, outputs;
    long stride;           // between rows of the weights
    long weight, bias;     // places in the parameters
    long packed;           // place in the packed weights; -1 where the layer is narrow
    long table = -1;       // place of the weights of numbers in bins, (bins of all, stride_table), in the parameters
    long knots = -1;       // place of their running sums, a row more for each number, in the packed weights
    long stride_table = 0;
};

// The unit of an update: some rows of one parameter.
struct Block {
    long place;
    int rows, columns;
    long stride;
    bool is_matrix;     // weights and embeddings, not biases
    Part part;
    int layer;          // of the weights to pack again; -1: none
    int first_output;   // of those weights
    int record_layer;   // the layer whose records it counts for
    int number = -1;    // the number whose bins' weights these are; -1: none's
};

// One tensor of the network, in torch's order of names: embedding, then weight and bias of each layer.
struct Parameter {
    long place;
    int rows, columns;  // as torch has them; a bias is one row
    long stride;
    bool is_first_weight;  // its columns lie elsewhere: Setup::column
};

constexpr int kNarrow = 4;     // outputs up to here are dot products
constexpr int kNeuronInputs = 16;    // a neuron of up to so many inputs has its rows column by column
constexpr long record_width(long inputs) { return (inputs + 4) / 4 * 4; }  // of a row with its target, in fours
constexpr int kNeuronRows = 4096;    // so many fit rows of it are kept that way: they stay in the second cache
constexpr int kPartRows = kLocated;  // rows that pass through all layers while they are in the second cache
constexpr double kSpreadFrom = 1.5e6;  // products of a step from which two threads beat one: some 20 microseconds
constexpr int kGroups = 16;    // at most so many gradients are added up at the end of a step

// The layout of one member, the same for all.
template <class Real>
struct Layout {
    explicit Layout(const Setup& setup, int panel);

    std::vector<Layer> layers;
    std::vector<Block> blocks;
    std::vector<Parameter> parameters;
    std::vector<long> slot_start;  // first slot of each embedded category
    std::vector<std::int32_t> first_knot;  // first row of each number's knots
    long slots = 0;
    long count = 0;   // of parameters with padding
    long plain = 0;   // of those before the table
    long knots = 0;   // rows of knots times their stride
    long packed = 0;  // of packed weights
    long stride_outputs = 0;
    int record_layers = 0;  // the embedding, if there is one, and the linear layers
    bool keeps_slope = false;  // the activation's derivative is stored, not made from its output

    // Copies a tensor as torch has it into a member's memory, and back.
    void copy_in(const Setup& setup, const Parameter& p, const Real* tensor, Real* memory) const;
    void copy_out(const Setup& setup, const Parameter& p, const Real* memory, Real* tensor) const;

    // Where row `row`, torch's column `column` of a parameter lies.
    long place_of(const Setup& setup, const Parameter& p, int row, int column) const;

   private:
    void add_layer(const Setup& setup, int inputs, int outputs, bool is_last, int panel);
    void add_table(const Setup& setup);
};

}  // namespace glassnet
