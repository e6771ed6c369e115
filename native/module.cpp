// The Python module glassnet.engine._fused; its types are described in src/glassnet/engine/_fused.pyi.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "bind.h"
#include "judge.h"
#include "network.h"
#include "trainer.h"

using namespace glassnet;

namespace {

void check_columns(const Setup& setup) {
    const int inputs = setup.inputs(), bins = setup.bins();
    check(setup.column.size() == static_cast<std::size_t>(inputs + bins), "a column has no place");
    for (const int one : setup.column) check(one < inputs && one >= -bins, "a column lies outside of the layer");
}

// Throws where rows are not those that the network was made for.
template <class Real>
void check_rows(const Setup& setup, const Rows<Real>& rows) {
    const Preparation& p = rows.preparation();
    check(p.dense() == setup.dense && p.embedded() == static_cast<int>(setup.embedded.size()) &&
              p.bins.size() == setup.binned.size(),
          "the table's columns do not fit the network");
    check(std::equal(p.bins.begin(), p.bins.end(), setup.binned.begin()), "a number lies in a bin that it does not have");
    std::size_t embedded = 0;
    for (std::size_t c = 0; c < p.slots.size(); ++c)
        if (!p.is_one_hot[c]) check(p.slots[c] <= setup.embedded[embedded++], "a category has a slot that the network has not");
}

// Keeps what the trainer reads alive beside it.
template <class Real>
class Held {
   public:
    Held(const Setup& setup, const std::vector<nb::object>& rows, const std::vector<Matrix<const Real>>& target,
         Vector<const Real> weight, const std::vector<Vector<const std::int64_t>>& fit)
        : rows_(rows), target_(target), weight_(weight), fit_(fit), trainer_(setup, data(setup)) {}

    Trainer<Real>& trainer() { return trainer_; }
    std::int64_t table_rows() const { return nb::cast<HeldRows<Real>&>(rows_.front()).rows().rows(); }
    void check_places(Vector<const std::uint32_t> places) const {
        const std::int64_t rows = table_rows();
        for (std::size_t i = 0; i < places.shape(0); ++i) check(places.data()[i] < rows, "a row lies outside of the table");
    }

   private:
    Data<Real> data(const Setup& setup) {
        const std::size_t folds = fit_.size();
        check(folds > 0 && rows_.size() == folds && target_.size() == folds, "the folds differ in number");
        const std::size_t rows = table_rows();
        check(weight_.shape(0) == rows || (weight_.shape(0) == 0 && !setup.is_weighted), "the folds' tables differ in length");
        check(setup.rate_factors.size() == kParts && setup.decay_factors.size() == kParts, "a part has no factors");
        check(setup.binned.empty() || !setup.hidden.empty(), "numbers are looked up in a hidden layer only");
        check_columns(setup);
        check_teams(setup, folds);
        Data<Real> data;
        data.weight = weight_.data();
        data.rows = static_cast<std::int64_t>(rows);
        for (std::size_t fold = 0; fold < folds; ++fold) {
            const Rows<Real>& mine = nb::cast<HeldRows<Real>&>(rows_[fold]).rows();
            check_rows(setup, mine);
            check(mine.rows() == data.rows && target_[fold].shape(0) == rows, "the folds' tables differ in length");
            check(target_[fold].shape(1) == static_cast<std::size_t>(setup.targets()),
                  "the table's columns do not fit the network");
            const std::int64_t *fit = fit_[fold].data(), count = static_cast<std::int64_t>(fit_[fold].shape(0));
            check(count > 0, "a fold has no rows to train on");
            for (std::int64_t n = 0; n < count; ++n)
                check(fit[n] >= 0 && fit[n] < data.rows, "a fit row lies outside of the table");
            data.folds.push_back({&mine, target_[fold].data(), fit, count});
        }
        return data;
    }

    void check_teams(const Setup& setup, std::size_t folds) const {
        if (setup.teams == 0) return;
        const bool is_by_fold = static_cast<std::size_t>(setup.teams) == folds && setup.members % setup.teams == 0;
        check(is_by_fold || setup.teams == setup.members, "there is not one team a fold, nor one a member");
        check(!setup.hidden.empty(), "a team shares hidden layers");
        check(setup.group.size() == static_cast<std::size_t>(setup.inputs()) &&
                  setup.group_binned.size() == setup.binned.size(),
              "an input has no scale");
        for (const std::vector<int>* groups : {&setup.group, &setup.group_binned})
            for (const int one : *groups) check(one >= 0 && one < setup.groups, "a scale lies outside of the groups");
    }

    std::vector<nb::object> rows_;
    std::vector<Matrix<const Real>> target_;
    Vector<const Real> weight_;
    std::vector<Vector<const std::int64_t>> fit_;
    Trainer<Real> trainer_;
};

// Returns the seconds that recording took.
template <class Real>
double advance(Held<Real>& held, std::int64_t first, std::int64_t count, Matrix<float> loss, Matrix<double> epoch,
               Vector<const std::int64_t> recorded, Vector<float> records) {
    const Setup& setup = held.trainer().setup();
    const std::int64_t ends = (first + count) / setup.steps_per_epoch - first / setup.steps_per_epoch;
    check(loss.shape(0) == static_cast<std::size_t>(count) &&
              loss.shape(1) == static_cast<std::size_t>(setup.members) &&
              (!setup.evaluates_rows || epoch.shape(0) == static_cast<std::size_t>(ends)),
          "the room for losses has the wrong shape");
    const std::size_t each = held.trainer().layout().record_layers * sizeof(Quantities) / sizeof(float);
    check(records.shape(0) == recorded.shape(0) * setup.members * each, "the room for records has the wrong shape");
    const nb::gil_scoped_release released;
    Recording recording{recorded.data(), static_cast<std::int64_t>(recorded.shape(0)),
                        reinterpret_cast<Quantities*>(records.data())};
    return held.trainer().advance({first, count, loss.data(), epoch.data(), recording});
}

// Returns how many numbers each member has of the tensor, once `room` is found to be (K, rows, columns).
template <class Real, class Number>
long check_tensor(Held<Real>& held, int number, Cube<Number> room) {
    const std::vector<Parameter>& all = held.trainer().layout().parameters;
    check(number >= 0 && number < static_cast<int>(all.size()), "the network has no such tensor");
    const std::size_t members = held.trainer().setup().members, rows = all[number].rows, columns = all[number].columns;
    check(room.shape(0) == members && room.shape(1) == rows && room.shape(2) == columns,
          "the room for a tensor has the wrong shape");
    return static_cast<long>(rows * columns);
}

// Each view is one member and `count` of the places from `first` on.
template <class Real>
void trainer_outputs(Held<Real>& held, const std::vector<int>& member, const std::vector<std::int64_t>& first,
                     const std::vector<std::int64_t>& count, Vector<const std::uint32_t> places, Matrix<double> to) {
    const std::int64_t all = static_cast<std::int64_t>(places.shape(0));
    const Setup& setup = held.trainer().setup();
    held.check_places(places);
    check(first.size() == member.size() && count.size() == member.size(), "a view is not told whole");
    std::vector<View> views;
    std::int64_t rows = 0;
    for (std::size_t one = 0; one < member.size(); ++one) {
        check(member[one] >= 0 && member[one] < setup.members, "a member is none of the network's");
        check(first[one] >= 0 && count[one] >= 0 && first[one] + count[one] <= all, "a view lies outside of the places");
        views.push_back({member[one], places.data() + first[one], count[one]});
        rows += count[one];
    }
    check(to.shape(0) == static_cast<std::size_t>(rows) && to.shape(1) == static_cast<std::size_t>(setup.outputs),
          "the room for outputs has the wrong shape");
    const nb::gil_scoped_release released;
    held.trainer().outputs(views, to.data());
}

template <class Real>
void bind(nb::module_& m, const char* name) {
    using H = Held<Real>;
    nb::class_<H>(m, name)
        .def(nb::init<const Setup&, const std::vector<nb::object>&, const std::vector<Matrix<const Real>>&,
                      Vector<const Real>, const std::vector<Vector<const std::int64_t>>&>(),
             nb::arg("setup"), nb::arg("rows"), nb::arg("target"), nb::arg("weight"), nb::arg("fit"))
        .def("advance", &advance<Real>, nb::arg("first"), nb::arg("count"), nb::arg("loss"), nb::arg("epoch"),
             nb::arg("recorded"), nb::arg("records"))
        .def("outputs", &trainer_outputs<Real>, nb::arg("member"), nb::arg("first"), nb::arg("count"),
             nb::arg("places"), nb::arg("to"))
        .def("get",
             [](H& h, int what, int parameter, Cube<Real> to) {
                 const long each = check_tensor(h, parameter, to);
                 for (std::size_t k = 0; k < to.shape(0); ++k)
                     h.trainer().get(what, static_cast<int>(k), parameter, to.data() + k * each);
             })
        .def("set",
             [](H& h, int what, int parameter, Cube<const Real> from) {
                 const long each = check_tensor(h, parameter, from);
                 for (std::size_t k = 0; k < from.shape(0); ++k)
                     h.trainer().set(what, static_cast<int>(k), parameter, from.data() + k * each);
             })
        .def("start_teams",
             [](H& h, Matrix<const Real> scales) {
                 const Setup& setup = h.trainer().setup();
                 check(scales.shape(0) == static_cast<std::size_t>(setup.members) &&
                           scales.shape(1) == static_cast<std::size_t>(setup.groups),
                       "the scales do not fit the members");
                 h.trainer().start_teams(scales.data());
             })
        .def("get_teams",
             [](H& h, bool is_averaged, Matrix<Real> first, Matrix<Real> scales) {
                 const Setup& setup = h.trainer().setup();
                 const Parameter& layer = h.trainer().layout().parameters[setup.embedded.empty() ? 0 : 1];
                 check(setup.teams > 0 && (!is_averaged || setup.average > 0), "there are no such weights of teams");
                 check(first.shape(0) == static_cast<std::size_t>(setup.teams) * layer.rows &&
                           first.shape(1) == static_cast<std::size_t>(layer.columns) &&
                           scales.shape(0) == static_cast<std::size_t>(setup.members) &&
                           scales.shape(1) == static_cast<std::size_t>(setup.groups),
                       "the room for weights of teams has the wrong shape");
                 h.trainer().get_teams(is_averaged, first.data(), scales.data());
             })
        .def("set_steps", [](H& h, std::int64_t steps) { h.trainer().set_steps(steps); })
        .def("steps", [](H& h, int member) { return h.trainer().steps(member); }, nb::arg("member") = 0)
        .def("not_finite_at", [](H& h, int member) { return h.trainer().not_finite_at(member); })
        .def("shapes",
             [](H& h) {
                 std::vector<std::vector<int>> shapes;
                 for (const Parameter& p : h.trainer().layout().parameters) shapes.push_back({p.rows, p.columns});
                 return shapes;
             })
        .def("set_name", [](H& h) { return std::string(h.trainer().kernels().name); });
}

template <class Real>
void make_network(Network<Real>* place, const Setup& setup, const std::vector<Cube<const Real>>& tensors) {
    check(setup.members > 0 && setup.outputs > 0, "a network has members and outputs");
    check(setup.binned.empty() || !setup.hidden.empty(), "numbers are looked up in a hidden layer only");
    check_columns(setup);
    const std::vector<Parameter> wanted = Network<Real>::layout_of(setup).parameters;
    check(tensors.size() == wanted.size(), "a tensor of the network is missing");
    std::vector<const Real*> data;
    for (std::size_t number = 0; number < tensors.size(); ++number) {
        const Cube<const Real>& one = tensors[number];
        check(one.shape(0) == static_cast<std::size_t>(setup.members) &&
                  one.shape(1) == static_cast<std::size_t>(wanted[number].rows) &&
                  one.shape(2) == static_cast<std::size_t>(wanted[number].columns),
              "a tensor does not fit the network");
        data.push_back(one.data());
    }
    new (place) Network<Real>(setup, data);
}

template <class Real>
void network_outputs(const Network<Real>& network, HeldRows<Real>& held, Cube<double> to, int threads) {
    const Setup& setup = network.setup();
    const Rows<Real>& rows = held.rows();
    check_rows(setup, rows);
    check(to.shape(0) == static_cast<std::size_t>(setup.members) &&
              to.shape(1) == static_cast<std::size_t>(rows.rows()) &&
              to.shape(2) == static_cast<std::size_t>(setup.outputs),
          "the room for outputs has the wrong shape");
    const nb::gil_scoped_release released;
    network.outputs(rows, threads, to.data());
}

template <class Real>
void bind_network(nb::module_& m, const char* name) {
    nb::class_<Network<Real>>(m, name)
        .def("__init__", &make_network<Real>, nb::arg("setup"), nb::arg("tensors"))
        .def("outputs", &network_outputs<Real>, nb::arg("rows"), nb::arg("to"), nb::arg("threads"));
}

void make_judge(Judge* place, const Setup& setup, Matrix<const double> target, Vector<const double> weight,
                const std::vector<std::int64_t>& rows, const std::vector<int>& members) {
    check(rows.size() == members.size(), "a fold is not told whole");
    std::vector<Judge::Fold> folds;
    std::int64_t all = 0;
    for (std::size_t fold = 0; fold < rows.size(); ++fold) {
        check(rows[fold] >= 0 && members[fold] >= 0, "a fold has rows and members");
        all += folds.emplace_back(Judge::Fold{rows[fold], members[fold]}).rows;
    }
    check(weight.shape(0) == static_cast<std::size_t>(all) && target.shape(0) == weight.shape(0) &&
              target.shape(1) == static_cast<std::size_t>(setup.targets()),
          "the targets do not fit the rows");
    if (setup.loss == LossName::cross_entropy)
        for (std::size_t row = 0; row < weight.shape(0); ++row)
            check(target.data()[row] >= 0 && target.data()[row] < setup.outputs, "a class has no output");
    new (place) Judge(setup, {target.data(), target.data() + target.shape(0) * target.shape(1)},
                      {weight.data(), weight.data() + weight.shape(0)}, std::move(folds));
}

void check_outputs(const Judge& judge, Matrix<const double> output) {
    check(output.shape(0) == static_cast<std::size_t>(judge.output_rows()) &&
              output.shape(1) == static_cast<std::size_t>(judge.setup().outputs),
          "the outputs do not fit the rows");
}

void bind_judge(nb::module_& m) {
    nb::class_<Judge>(m, "Judge")
        .def("__init__", &make_judge, nb::arg("setup"), nb::arg("target"), nb::arg("weight"), nb::arg("rows"),
             nb::arg("members"))
        .def("losses",
             [](const Judge& judge, Matrix<const double> output, Vector<double> to) {
                 check_outputs(judge, output);
                 check(to.shape(0) == static_cast<std::size_t>(judge.pairs()), "the room for losses has the wrong shape");
                 const nb::gil_scoped_release released;
                 judge.losses(output.data(), to.data());
             }, nb::arg("output"), nb::arg("to"))
        .def("joint_loss",
             [](const Judge& judge, Matrix<const double> output, bool refines) {
                 check_outputs(judge, output);
                 const nb::gil_scoped_release released;
                 return judge.joint_loss(output.data(), refines);
             }, nb::arg("output"), nb::arg("refines"));
}

template <class Real>
void apply_function(const std::string& set, int which, Vector<Real> values) {
    const Kernels<Real>& kernels = choose_kernels<Real>(set);
    Buffer<Real> room(static_cast<long>(values.shape(0)));
    std::memcpy(room.data(), values.data(), values.shape(0) * sizeof(Real));
    kernels.function(which, static_cast<long>(values.shape(0)), room.data());
    std::memcpy(values.data(), room.data(), values.shape(0) * sizeof(Real));
}

}  // namespace

NB_MODULE(_fused, m) {
    nb::class_<Setup>(m, "Setup")
        .def(nb::init<>())
        .def_rw("members", &Setup::members)
        .def_rw("dense", &Setup::dense)
        .def_rw("binned", &Setup::binned)
        .def_rw("column", &Setup::column)
        .def_rw("embedded", &Setup::embedded)
        .def_rw("embedding", &Setup::embedding)
        .def_rw("hidden", &Setup::hidden)
        .def_rw("outputs", &Setup::outputs)
        .def_prop_rw("activation", [](Setup& s) { return static_cast<int>(s.activation); },
                     [](Setup& s, int value) { s.activation = static_cast<Activation>(value); })
        .def_rw("is_sigmoid", &Setup::is_sigmoid)
        .def_rw("dropout", &Setup::dropout)
        .def_rw("keep_threshold", &Setup::keep_threshold)
        .def_prop_rw("loss", [](Setup& s) { return static_cast<int>(s.loss); },
                     [](Setup& s, int value) { s.loss = static_cast<LossName>(value); })
        .def_rw("smoothing", &Setup::smoothing)
        .def_rw("level", &Setup::level)
        .def_prop_rw("optimizer", [](Setup& s) { return static_cast<int>(s.optimizer); },
                     [](Setup& s, int value) { s.optimizer = static_cast<OptimizerName>(value); })
        .def_rw("learning_rate", &Setup::learning_rate)
        .def_rw("momentum", &Setup::momentum)
        .def_rw("second_moment", &Setup::second_moment)
        .def_rw("average", &Setup::average)
        .def_rw("decay", &Setup::decay)
        .def_rw("rate_factors", &Setup::rate_factors)
        .def_rw("decay_factors", &Setup::decay_factors)
        .def_rw("clip", &Setup::clip)
        .def_prop_rw("schedule", [](Setup& s) { return static_cast<int>(s.schedule); },
                     [](Setup& s, int value) { s.schedule = static_cast<Schedule>(value); })
        .def_rw("warmup", &Setup::warmup)
        .def_rw("steps", &Setup::steps)
        .def_rw("steps_per_epoch", &Setup::steps_per_epoch)
        .def_rw("batch", &Setup::batch)
        .def_rw("longest", &Setup::longest)
        .def_rw("seed", &Setup::seed)
        .def_rw("evaluates_rows", &Setup::evaluates_rows)
        .def_rw("is_weighted", &Setup::is_weighted)
        .def_rw("teams", &Setup::teams)
        .def_rw("groups", &Setup::groups)
        .def_rw("group", &Setup::group)
        .def_rw("group_binned", &Setup::group_binned)
        .def_rw("threads", &Setup::threads)
        .def_rw("set", &Setup::set);
    bind_rows(m);
    bind<float>(m, "Trainer32");
    bind<double>(m, "Trainer64");
    bind_network<float>(m, "Network32");
    bind_network<double>(m, "Network64");
    bind_judge(m);
    m.def("rate_factor", &rate_factor);
    m.def("apply32", &apply_function<float>);
    m.def("apply64", &apply_function<double>);
    m.def("random_order", [](std::uint64_t seed, std::uint64_t member, std::uint64_t epoch, std::uint64_t count) {
        OrderRoom room;
        random_order(choose_kernels<float>("best").draw, {seed, Purpose::order, member, epoch, 0}, count, room);
        std::vector<std::uint32_t> order;
        for (std::uint64_t i = 0; i < count; ++i) order.push_back(room.place(i));
        return order;
    });
    m.def("lanes16", [](std::uint64_t seed, std::uint64_t member, std::uint64_t epoch, std::uint64_t step,
                        std::uint64_t start, std::uint64_t count) {
        std::vector<std::uint64_t> room;
        const std::uint16_t* lanes =
            lanes16(choose_kernels<float>("best").draw, {seed, Purpose::dropout, member, epoch, step}, start, count, room);
        return std::vector<std::uint16_t>(lanes, lanes + count);
    });
}
