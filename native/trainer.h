// K members trained side by side: what they are made of, and the steps they take.
//
// Letters: K members, F folds, R rows of the table, D dense inputs, N numbers that are looked up, E embedded
// categories, T outputs, S steps.
// The files: trainer.cpp (who works on what), batch.cpp (rows gathered), pass.cpp (forward and backward of some rows),
// update.cpp (gradients to weights), exchange.cpp (weights in and out).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "ahead.h"
#include "buffer.h"
#include "kernels/table.h"
#include "network.h"
#include "philox.h"
#include "pool.h"
#include "rows.h"
#include "setup.h"

namespace glassnet {

// What one fold sees of the table; owned by the caller.
template <class Real>
struct Fold {
    const Rows<Real>* rows = nullptr;
    const Real* target = nullptr;       // (R, T), or (R, 1) class numbers
    const std::int64_t* fit = nullptr;  // its fit rows
    std::int64_t fit_rows = 0;
};

template <class Real>
struct Data {
    std::vector<Fold<Real>> folds;
    const Real* weight = nullptr;  // (R), or null: nothing is weighted
    std::int64_t rows = 0;         // R
};

template <class Real>
struct Member {
    int number = 0, fold = 0;
    Buffer<Real> memory;  // of all that follows: one piece, so that it may lie on large pages
    Slice<Real> weight, gradient, moment, square, average, packed, knot_gradient;
    std::vector<double> block_squares;        // sum of squares of each block's gradient, of the last step
    const std::uint32_t* order = nullptr;     // rows, in the order of `order_epoch`
    Order own_order;                          // where it lies, but for an order that was made ahead
    OrderRoom order_room;
    std::unique_ptr<OrdersAhead> ahead;       // null where no thread is left to make orders ahead
    std::int64_t order_epoch = -1;
    std::int64_t steps = 0;                   // taken so far: Adam's count
    std::vector<Real> before;                 // the weights before a recorded step
    double recording_seconds = 0;
    const Member* team = nullptr;             // of a team: what it shares, whose hidden layers, knots and embeddings
                                              // are looked at there; null while its own copies are up to date and used
    const Real* number_scale = nullptr;       // of a team's member: of each number in bins
    bool has_failed = false;                  // its loss was not finite: no more steps but those that are recorded
    std::int64_t not_finite_at = -1;          // the first step whose loss or gradients were not finite
};

// Memory of such parts.
template <class Real>
struct BinnedRoom {
    std::vector<std::int32_t> knot;
    Buffer<Real> fraction, dy;
    Binned<Real> part(int number, long numbers, long stride) {
        const long at = number * kPartRows;
        return {knot.data() + at * numbers, fraction.data() + at * numbers, dy.data() + at * stride};
    }
};

// Where one thread keeps the rows it works on; reused by every member, so it stays in the core's cache.
template <class Real>
struct Workspace {
    std::vector<Buffer<Real>> x;      // inputs of each layer, (kPartRows, stride)
    std::vector<Buffer<Real>> slope;  // derivatives of each hidden layer
    Buffer<Real> back[2];             // derivatives by a layer's sums, going backward
    Buffer<Real> z, dz, target, weight, spread_weight;
    const Real* inputs = nullptr;   // a neuron's, column by column
    long stride_inputs = 0;
    const Real* targets = nullptr;  // a neuron's; null: `target`
    std::vector<std::int32_t> slots;  // of each row, (kPartRows, E)
    Buffer<Real> row;                 // a neuron's rows before they are turned, (kPartRows, D)
    std::vector<std::uint64_t> random;
    Buffer<Real> other_gradient;
    BinnedRoom<Real> own_binned;
    Binned<Real> binned;     // own_binned, or a part of the rows that all threads work on
    std::int64_t held = -1;  // the member whose whole batch lies here, where there is but one
};

// What is recorded of a member and layer at a step, in the order of kQuantities of src/glassnet/engine/fused.py.
struct Quantities {
    float weight, gradient, clipped, update, idle, not_finite;
};

// Which steps are recorded, and where to.
struct Recording {
    const std::int64_t* steps = nullptr;  // ascending
    std::int64_t count = 0;
    Quantities* to = nullptr;  // (count, K, L)
};

// One call of advance: its range of steps and where its results go.
struct Call {
    std::int64_t first, count;
    float* loss_SK;
    double* epoch_EK;
    Recording recording;
};

// Rows of one step of one member.
struct Batch {
    std::int64_t epoch, step, start;  // start: place in the order
    int rows;
    double scale;  // 1 / sum of the weights
};

// Members that share weights: see team.cpp.
template <class Real>
struct Team {
    std::vector<int> members;
    Member<Real> shared;  // the shared weights with their gradients and moments, where a member has its own
    Buffer<Real> scales;  // weight, gradient, moment, square, average, each (members, stride)
    Buffer<Real> spread;  // the scale of each input of the first layer, (members, inputs padded)
    Buffer<Real> number_scale;  // the scale of each number in bins, (members, numbers padded)
    Buffer<Real> product; // sums of weights times gradients by column, (blocks, members, product_stride)
    long stride = 0, product_stride = 0;

    Real* scale(int what, std::size_t place) {
        return scales.data() + (what * static_cast<long>(members.size()) + static_cast<long>(place)) * stride;
    }
    Real* product_of(int block, std::size_t place) {
        return product.data() + (block * static_cast<long>(members.size()) + static_cast<long>(place)) * product_stride;
    }
};

// Rows that one member is asked about.
struct View {
    int member;
    const std::uint32_t* rows;
    std::int64_t count;
};

// Calls work(task, worker) for every task: one after another, or spread over the pool.
using Work = std::function<void(int, int)>;
using Each = std::function<void(int, const Work&)>;

template <class Real>
class Trainer {
   public:
    Trainer(const Setup& setup, Data<Real> data);

    // Takes steps first ... first + count - 1 of every member. Writes losses (S, K), where the training asks for them
    // the losses over all fit rows (epochs that ended, K), and the records. Returns the seconds that recording took.
    double advance(const Call& call);

    // Writes the outputs of each view, one behind the other, (Z, T).
    void outputs(const std::vector<View>& views, double* output_ZT);

    // Copies one tensor of one member as torch has it; what: 0 weights, 1 moments, 2 squares, 3 gradients,
    // 4 averaged weights.
    void get(int what, int member, int parameter, Real* to) const;
    void set(int what, int member, int parameter, const Real* from);
    void set_steps(std::int64_t steps);
    void start_teams(const Real* scale_KG);
    // Copies what the first layers of teams are products of, of the weights or of their averages.
    void get_teams(bool is_averaged, Real* first_FOI, Real* scale_KG);

    const Setup& setup() const { return setup_; }
    const Layout<Real>& layout() const { return layout_; }
    const Kernels<Real>& kernels() const { return kernels_; }
    std::int64_t steps(int member) const { return members_[member].steps; }
    std::int64_t not_finite_at(int member) const { return members_[member].not_finite_at; }

   private:
    // trainer.cpp
    void advance_members(const Call& call);
    void view_outputs(const View& view, const Each& each, double* output_nT);
    void run(Member<Real>& m, std::int64_t from, std::int64_t to, const Call& call, const Each& each, int worker);
    double step(Member<Real>& m, std::int64_t number, const Call& call, const Each& each, int worker);
    double spread_gradients(Member<Real>& m, const Batch& batch, const Each& each);
    double own_gradients(Member<Real>& m, const Batch& batch, Workspace<Real>& space);
    double mean_loss(const Member<Real>& m, const Each& each);
    Each in_pool();
    static Each in_turn(int worker);
    double step_products() const;
    bool spreads_rows() const;
    static int groups_of(const Batch& batch);

    // team.cpp
    void make_teams();
    bool is_first(const Block& block) const;
    const Real* scale_of(Team<Real>& t, const Block& block, std::size_t place, int what, bool& is_one) const;
    void spread_scales(Team<Real>& t, int what);
    bool is_looked_up(const Block& block) const;
    void spread_block(Team<Real>& t, int block, std::size_t place);
    void spread_all(Team<Real>& t, std::size_t place);
    void own_squares(Team<Real>& t, std::size_t place, bool is_recorded);
    void show_averages(Team<Real>& t);
    void advance_teams(const Call& call);
    void run_team(Team<Real>& t, const Call& call, const Each& each);
    void step_team(Team<Real>& t, std::int64_t number, const Call& call, const Each& each, std::vector<double>& loss);
    void share_block(Team<Real>& t, int block);
    double clip_team(Team<Real>& t);
    void update_scales(Team<Real>& t, const UpdateRates& rates);
    void update_team_block(Team<Real>& t, int block, const UpdateRates& rates);

    // batch.cpp
    void make_neuron();
    void make_records();
    void make_ahead(Member<Real>& m);
    void make_order(int member, std::int64_t epoch, Order& order, OrderRoom& room) const;
    void set_order(Member<Real>& m, std::int64_t epoch);
    Batch batch_of(Member<Real>& m, std::int64_t number);
    void gather(const Member<Real>& m, const std::uint32_t* row, int rows, Workspace<Real>& space);
    void gather_neuron(const Member<Real>& m, const std::uint32_t* row, int rows, Workspace<Real>& space);
    bool show_fit_rows(const Member<Real>& m, std::int64_t first, Workspace<Real>& space);
    void gather_embedded(const Member<Real>& m, int rows, Workspace<Real>& space);
    void gather_weights(const std::uint32_t* row, int rows, std::int64_t counted,
                        Workspace<Real>& space);

    // pass.cpp
    double pass(Member<Real>& m, const Batch& batch, int first, int rows, Real* gradient, bool adds,
                Workspace<Real>& space);
    void forward(const Member<Real>& m, int rows, Workspace<Real>& space, const Batch* batch, int first);
    Columns<Real> columns(const Member<Real>& m, int rows, Real* z, Real* gradient, bool adds,
                          Workspace<Real>& space) const;
    void drop(const Member<Real>& m, const Batch& batch, int layer, int first, int rows, Workspace<Real>& space);
    double losses(int rows, double scale, bool is_weighted, bool wants_slope, Workspace<Real>& space);
    void backward(Member<Real>& m, int rows, Real* gradient, bool adds, Workspace<Real>& space);
    void scatter(Member<Real>& m, int rows, int first, int last, const Binned<Real>& binned);
    void backward_embedding(int rows, const Real* dx, long stride, Real* gradient, Workspace<Real>& space);

    // update.cpp
    double update(Member<Real>& m, const UpdateRates& rates, int groups, const Each* each);
    void reduce_block(Member<Real>& m, int block, int groups);
    void add_groups(Member<Real>& m, int block, int groups);
    void update_block(Member<Real>& m, int block, const UpdateRates& rates);
    UpdateRates of_part(UpdateRates rates, Part part) const;
    void renew_block(Member<Real>& m, int block, const UpdateRates& rates);
    Weights<Real> weights_of(const Member<Real>& m) const;
    void pack(Member<Real>& m, const Block& block);
    void with_average(Member<Real>& m, const std::function<void()>& work);
    long knot_place(const Block& block) const;
    UpdateRates rates_of(const Member<Real>& m, std::int64_t number) const;

    // record.cpp
    Quantities* record_of(const Member<Real>& m, std::int64_t number, const Call& call) const;
    void record_before(Member<Real>& m);
    void record_after(Member<Real>& m, const Batch& batch, double factor, Quantities* to, const Each& each);
    void record_idle(Member<Real>& m, const Batch& batch, Quantities* to, const Each& each);
    float count_not_finite(const Member<Real>& m, int record_layer) const;

    BinnedRoom<Real> make_binned(long parts) const;
    Binned<Real> part_of(BinnedRoom<Real>& room, int part) const;
    void set_memory(Member<Real>& m) const;
    Workspace<Real> make_workspace() const;

    Setup setup_;
    Data<Real> data_;
    const Kernels<Real>& kernels_;
    Layout<Real> layout_;
    Pool pool_;
    std::vector<Member<Real>> members_;
    std::vector<Team<Real>> teams_;           // empty where members share nothing
    int own_layer_ = -1, first_layer_ = 0;    // record layers: the one that each member of a team has, the scaled one
    bool is_neuron_ = false;                  // one output, few inputs and no hidden layer
    Buffer<Real> records_;                    // its rows with their targets behind them, (F, R, record_), where they are few
    long record_ = 0;
    std::vector<Buffer<Real>> fit_columns_;   // a neuron's fit rows of each fold, and their targets, where they are few
    std::vector<Workspace<Real>> spaces_;     // one per worker
    std::vector<Buffer<Real>> group_gradient_;  // of groups 1 ... where rows are spread
    BinnedRoom<Real> batch_binned_;             // of the whole batch, there
};

}  // namespace glassnet
