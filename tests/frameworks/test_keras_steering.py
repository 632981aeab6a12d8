"""Keras, changed in the middle of ``fit``, on both backends: that the training obeyed, not only the widget.

A Keras process takes seconds to start, so each program makes many observations, and the tests read them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.frameworks.programs import result_of

BACKENDS = ("tensorflow", "torch")

SETUP = """
import numpy as np, keras, threading, nnwidgets as nnw
from keras import layers
keras.utils.set_random_seed(3)
rng = np.random.default_rng(3)
x = rng.normal(size=(256, 12)).astype("float32"); y = (x.sum(1) > 0).astype("int32")

def made(rate=0.0, optimizer=None, **compiled):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([layers.Input((12,)), layers.Dense(16, activation="relu"), layers.Dropout(rate, name="drop"),
                              layers.Dense(8, activation="relu"), layers.Dense(2)])
    model.compile(optimizer or keras.optimizers.Adam(1e-2), keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                  metrics=["accuracy"], **compiled)
    return model

class At(keras.callbacks.Callback):
    "Calls functions before the batches with these numbers, counted over the whole fit."
    def __init__(self, acts):
        super().__init__(); self.acts, self.n, self.seen = acts, 0, []
    def on_train_batch_begin(self, batch, logs=None):
        self.n += 1
        act = self.acts.get(self.n)
        if act: self.seen.append(act())

def fit(model, acts, epochs=3, callback=None, **options):
    callback = callback or nnw.KerasCallback(show=False, store=False)
    run_of["callback"] = callback
    at = At(acts)
    history = model.fit(x, y, validation_data=(x[:64], y[:64]), batch_size=32, epochs=epochs, shuffle=False, verbose=0,
                        callbacks=[at, callback], **options)
    return callback.run, history, at

run_of = {}
def run(): return run_of["callback"].run
def put(name, value): return lambda: run()._steering.submit(name, value, "panel") and None
def ledger(run): return [[o.control, o.applied, o.text, o.step, o.reason, o.note] for o in run.interventions]
def number(v): return np.array(keras.ops.convert_to_numpy(v))
"""

CONTROLS = """
result = {}

# The learning rate: weights stand still at 0.
model = made(optimizer=keras.optimizers.SGD(0.1))
kernels = []
look = lambda: kernels.append(number(model.layers[0].kernel).copy())
run_, history, _ = fit(model, {5: put("learning_rate", 0.0), 6: look, 9: look}, epochs=2)
result["rate"] = {"moved": float(np.abs(kernels[1] - kernels[0]).max()), "ledger": ledger(run_),
                  "lr": run_.history["lr"].points().value.tolist(), "epochs": len(history.history["loss"])}

# A schedule goes on, scaled.
schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 4, 0.5)
model = made(optimizer=keras.optimizers.SGD(schedule))
run_, _, _ = fit(model, {9: put("learning_rate", "×0.5")}, epochs=2)
result["schedule"] = {"ledger": ledger(run_), "now": float(number(model.optimizer.learning_rate)),
                      "plain": float(number(schedule(model.optimizer.iterations))),
                      "saved": type(keras.optimizers.deserialize(keras.optimizers.serialize(model.optimizer))).__name__}

# Dropout: from rate 0, counted in zeros of what the next layer reads, and in traces.
for name, options in {"plain": {}, "jit": {"jit_compile": True}}.items():
    if name == "jit" and keras.backend.backend() == "torch":
        continue
    model = made(**options)
    traces = []
    plain = model.train_step
    def counted(*a, **k):
        traces.append(1)
        return plain(*a, **k)
    model.train_step = counted
    shares = []
    def zeros():
        out = number(model.get_layer("drop")(keras.ops.ones((2000, 16)), training=True))
        shares.append(float((out == 0).mean()))
    names = [w.path for w in model.weights]
    counts = []
    count = lambda: counts.append(len(traces))
    acts = {4: count, 5: put("dropout", 0.5), 7: zeros, 8: count, 9: put("dropout", 0.75), 11: zeros,
            12: put("dropout", 0.9), 13: zeros, 20: count}
    run_, history, _ = fit(model, acts)
    result["dropout " + name] = {"shares": shares, "ledger": ledger(run_), "traces": counts,
                                 "weights": names == [w.path for w in model.weights],
                                 "rate": model.get_layer("drop").get_config()["rate"], "epochs": len(history.history["loss"])}

# No dropout: inserted after named activations.
model = keras.Sequential([layers.Input((12,)), layers.Dense(16, activation="relu", name="first"), layers.Dense(2)])
model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
before = [w.path for w in model.weights]
inner = []
def inside():
    out = number(model.layers[0](keras.ops.convert_to_tensor(x), training=True))
    inner.append(float((out == 0).mean()))
run_, _, _ = fit(model, {3: put("dropout", 0.3), 5: put("insert_dropout", {"rate": 0.8}), 8: put("dropout", 0.0),
                         12: put("undo", None), 13: put("undo", None)})
result["insert"] = {"ledger": ledger(run_), "weights": before == [w.path for w in model.weights],
                    "own call": "call" in vars(model.layers[0])}

# Pause, step, resume, evaluate, stop; from another thread, as a page does it.
model = made(0.2)
told = {}
def clicks():
    r = run()
    def ask(control): return r._steering.submit(control, None, "panel").wait(60)
    paused = ask("pause"); told["status"] = r.status; at = r.steps
    stepped = ask("step"); told["one"] = [at, r.steps, stepped.text[:14]]
    told["evaluated"] = ask("evaluate").text
    told["still"] = r.status
    ask("resume"); told["stopped"] = ask("stop").applied
def start(): threading.Thread(target=clicks, daemon=True).start()
run_, history, at = fit(model, {4: start}, epochs=100_000)
result["buttons"] = told | {"status": run_.status, "epochs": len(history.history["loss"]), "steps": run_.steps,
                            "val": len(run_.history["val/loss"].points().step), "val epochs": len(history.history["val_loss"]),
                            "loss": run_.history["train/loss"].count}

# Undo: weights, optimizer and dropout are back, and the training repeats itself.
model = made(0.0, optimizer=keras.optimizers.Adam(1e-2))
kept = {}
def remember(): kept["before"] = [number(v).copy() for v in (*model.weights, *model.optimizer.variables)]
def compare(): kept["same"] = all(np.array_equal(a, number(b)) for a, b in
                                  zip(kept["before"], (*model.weights, *model.optimizer.variables)))
callback = nnw.KerasCallback(show=False, store=False)
run_of["callback"] = callback
class Later(keras.callbacks.Callback):
    n = 0
    def on_train_batch_begin(self, batch, logs=None):
        self.n += 1
        if self.n == 12: compare()
model.fit(x, y, batch_size=32, epochs=3, shuffle=False, verbose=0,
          callbacks=[At({6: lambda: (remember(), put("learning_rate", "×3")()), 12: put("undo", None)}), callback, Later()])
result["undo"] = {"same": kept["same"], "ledger": ledger(callback.run),
                  "losses": [[o.loss_before, o.loss_after] for o in callback.run.interventions]}

# Bad input, and nothing asked for: bit-equal losses.
def losses(acts, watched=True):
    model = made(0.3)
    callbacks = [At(acts)]
    callback = nnw.KerasCallback(show=False, store=False)
    run_of["callback"] = callback
    seen = []
    class Seen(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs): seen.append(float(logs["loss"]))
    model.fit(x, y, batch_size=32, epochs=2, shuffle=False, verbose=0,
              callbacks=callbacks + ([callback] if watched else []) + [Seen()])
    return seen, ledger(callback.run) if watched else None
bad = {3: put("dropout", 1.5), 4: put("learning_rate", float("nan")), 5: put("device", "cuda:9"), 6: put("size", -1),
       7: put("learning_rate", "fast"), 8: put("size", {"nowhere": 3}), 9: put("deepen", None), 10: put("dropout", {"x": 0.1})}
unwatched, _ = losses({}, watched=False)
plain, _ = losses({})
refused, told = losses(bad)
# A loop of one's own, where only PyTorch looks at everything anew in each step.
model = made(0.2)
own = nnw.watch(model, show=False, store=False)
own.controls.learning_rate = 0.5
own.controls.dropout = 0.5
own.controls.size = 2.0
result["own loop"] = [ledger(own), float(number(model.optimizer.learning_rate))]
own.finish()

result["bad"] = {"plain": plain == unwatched, "refused": refused == unwatched, "ledger": told}
"""


@pytest.fixture(scope="module", params=BACKENDS)
def said(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    told: dict[str, Any] = result_of(
        SETUP + CONTROLS, tmp_path_factory.mktemp("keras"), KERAS_BACKEND=request.param
    )
    return told | {"backend": request.param}


def test_the_weights_stand_still_at_rate_0(said: Any) -> None:
    told = said["rate"]
    assert told["moved"] == 0
    assert told["ledger"] == [["learning_rate", True, "learning rate 0.1 → 0", 4, None, None]]
    assert told["lr"] == pytest.approx([0.1, 0.1, 0.0])
    assert told["epochs"] == 2


def test_a_schedule_goes_on_scaled(said: Any) -> None:
    told = said["schedule"]
    assert told["now"] == pytest.approx(told["plain"] / 2)
    assert told["ledger"][0][5].startswith("ExponentialDecay goes on, scaled by the same factor")
    assert told["saved"] == "SGD"


@pytest.mark.parametrize("how", ["plain", "jit"])
def test_dropout_is_live_from_rate_0_with_one_more_trace_at_most(said: Any, how: str) -> None:
    if how == "jit" and said["backend"] == "torch":
        assert "dropout jit" not in said
        return
    told = said[f"dropout {how}"]
    assert told["shares"] == pytest.approx([0.5, 0.75, 0.9], abs=0.02)
    assert [entry[2] for entry in told["ledger"]] == [
        "dropout 0 → 0.5",
        "dropout 0.5 → 0.75",
        "dropout 0.75 → 0.9",
    ]
    if said["backend"] == "tensorflow":  # once more at the first change, and never again
        before, upgraded, after = told["traces"]
        assert before < upgraded == after <= before + 1
    assert told["weights"]
    assert told["rate"] == 0.9
    assert told["epochs"] == 3


def test_a_model_without_dropout_says_so_and_dropout_is_inserted(said: Any) -> None:
    first, inserted, changed, *undone = said["insert"]["ledger"]
    assert not first[1]
    assert "no dropout layers. run.controls.insert_dropout(0.3)" in first[4]
    assert inserted[1:3] == [True, "dropout 0.8 inserted after first"]
    assert changed[1:3] == [True, "dropout 0.8 → 0"]
    assert [entry[1] for entry in undone] == [True, True]
    assert said["insert"]["weights"]
    assert not said["insert"]["own call"]


def test_buttons_are_obeyed_in_the_middle_of_fit(said: Any) -> None:
    told = said["buttons"]
    assert (told["status"], told["still"]) == ("finished", "paused")
    assert told["one"][1] == told["one"][0] + 1
    assert told["evaluated"] == "validated"
    assert told["stopped"]
    assert told["epochs"] < 1000
    assert told["val"] == told["val epochs"] + 1
    assert told["loss"] == told["steps"]


def test_undo_brings_everything_back(said: Any) -> None:
    assert said["undo"]["same"]
    assert [entry[2] for entry in said["undo"]["ledger"]] == [
        "learning rate 0.01 → 0.03",
        "undone: learning rate 0.01 → 0.03",
    ]
    (before, after), (late, back) = said["undo"]["losses"]
    assert before == after == pytest.approx(back, rel=1e-6)
    assert late != back


def test_nothing_asked_for_and_nothing_granted_changes_nothing(said: Any) -> None:
    assert said["bad"]["plain"]
    assert said["bad"]["refused"]
    ledger = said["bad"]["ledger"]
    assert [entry[1] for entry in ledger] == [False] * 8
    reasons = " ".join(entry[4] for entry in ledger)
    for words in ("not including, 1", "There is no device 'cuda:9' here", "from 1/64 to 64", "There is no layer 'nowhere'",
                  "its graph is fixed", "There is: drop."):  # fmt: skip
        assert words in reasons


def test_in_a_loop_of_ones_own_what_a_trace_would_not_see_is_refused(said: Any) -> None:
    ledger, rate = said["own loop"]
    assert rate == pytest.approx(0.5)
    assert [entry[1] for entry in ledger] == [True, *[said["backend"] == "torch"] * 2]
    if said["backend"] == "tensorflow":
        assert "tf.function has traced" in ledger[1][4]


SIZES = """
from nnwidgets.frameworks._keras_resize import KerasResizer
from nnwidgets.frameworks._keras_variables import KerasState
from nnwidgets._errors import RefusedError
result = {}
pictures = rng.normal(size=(64, 10, 10, 1)).astype("float32")

def mlp(dtype=None):
    return keras.Sequential([layers.Input((12,), dtype=dtype), layers.Dense(16, activation="relu", dtype=dtype, name="one"),
                             layers.Dense(8, activation="tanh", dtype=dtype, name="two"), layers.Dense(2, dtype=dtype)])
def cnn(dtype=None):
    d = {"dtype": dtype}
    return keras.Sequential([layers.Input((10, 10, 1), **d), layers.Conv2D(6, 3, padding="same", **d), layers.BatchNormalization(**d),
        layers.ReLU(**d), layers.MaxPooling2D(**d), layers.DepthwiseConv2D(3, **d), layers.Conv2D(8, 2, use_bias=False, **d),
        layers.BatchNormalization(**d), layers.Flatten(**d), layers.Dense(10, activation="gelu", **d), layers.Dense(2, **d)])
def residual(dtype=None):
    d = {"dtype": dtype}
    i = layers.Input((10, 10, 1), **d)
    a = layers.Conv2D(6, 3, padding="same", activation="relu", name="stem", **d)(i)
    b = layers.Conv2D(6, 3, padding="same", name="inside", **d)(a)
    c = layers.Add(**d)([a, layers.BatchNormalization(**d)(b)])
    return keras.Model(i, layers.Dense(2, **d)(layers.GlobalAveragePooling2D(**d)(layers.ReLU(**d)(c))))

loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
for name, make, data in (("mlp", mlp, x[:64]), ("cnn", cnn, pictures), ("residual", residual, pictures)):
    for dtype in ("float32", "float64"):
        keras.utils.set_random_seed(3)
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)
        model, inputs = make(dtype), data.astype(dtype)
        model.compile(keras.optimizers.Adam(1e-3), loss)
        model.fit(inputs, y[:64], epochs=2, verbose=0)
        objects = [id(v) for v in model.weights]
        before, count = number(model(inputs)), model.count_params()
        change = KerasResizer(model).resize(2.0, inputs[:32])
        after = number(model(inputs))
        more = model.fit(inputs, y[:64], epochs=2, verbose=0).history["loss"]
        result[f"{name} {dtype}"] = {
            "difference": float(np.abs(after - before).max() / np.abs(before).max()), "grew": model.count_params() > count,
            "objects": objects == [id(v) for v in model.weights], "finite": bool(np.isfinite(more).all()),
            "predict": list(model.predict(inputs, verbose=0).shape), "text": change.text,
            "config": [l["config"].get("units") for l in model.get_config()["layers"] if "units" in l["config"]],
            "parameters": sum(int(np.prod(p.shape)) for p in model.parameters()) if keras.backend.backend() == "torch" else None,
        }

keras.config.set_floatx("float32")
keras.config.set_dtype_policy("float32")

# In the middle of fit, up and down again, with Adam; and every optimizer.
model = made(0.2)
weights, grads = [], []
def look(): weights.append(number(model.layers[0].kernel).copy())
run_, history, _ = fit(model, {5: put("size", 2.0), 6: look, 7: look, 14: put("size", 0.5), 20: put("undo", None)}, epochs=4)
result["fit"] = {"ledger": ledger(run_), "epochs": len(history.history["loss"]), "loss": history.history["loss"],
                 "val": history.history["val_loss"], "steps": run_.steps, "shape": list(model.layers[0].kernel.shape),
                 "moved": float(np.abs(weights[1] - weights[0]).max()), "width": [list(w.shape) for w in weights],
                 "apart": float(min(np.abs(weights[1][:, i] - weights[1][:, j]).max() for i in range(16) for j in range(16, 32))),
                 "facts": run_.interventions[0].facts, "losses": [[o.loss_before, o.loss_after] for o in run_.interventions]}

for make in (lambda: keras.optimizers.SGD(0.05, momentum=0.9), lambda: keras.optimizers.RMSprop(1e-3, centered=True, momentum=0.3),
             lambda: keras.optimizers.Adagrad(1e-2), lambda: keras.optimizers.Nadam(1e-3), lambda: keras.optimizers.Adamax(1e-3),
             lambda: keras.optimizers.AdamW(1e-3), lambda: keras.optimizers.Adam(1e-3, amsgrad=True)):
    model = made(optimizer=make())
    name = type(model.optimizer).__name__ + (" amsgrad" if getattr(model.optimizer, "amsgrad", False) else "")
    iterations = []
    run_, history, _ = fit(model, {6: put("size", 2.0), 7: lambda: iterations.append(int(number(model.optimizer.iterations))),
                                   12: put("size", 0.5)}, epochs=3)
    shapes = all(tuple(v.shape) in {tuple(w.shape) for w in model.trainable_variables} | {()} for v in model.optimizer.variables)
    result["optimizer " + name] = {"applied": [o.applied for o in run_.interventions], "loss": history.history["loss"],
                                   "shapes": shapes, "iterations": iterations, "why": [o.reason for o in run_.interventions]}

# Shrinking keeps what matters: better than cutting at random.
keras.utils.set_random_seed(0)
big = mlp()
big.compile(keras.optimizers.Adam(1e-2), loss)
big.fit(x, y, epochs=30, verbose=0)
weights0 = big.get_weights()
plain = float(big.evaluate(x, y, verbose=0))
KerasResizer(big).resize({"one": 6}, x[:128])
ours = float(big.evaluate(x, y, verbose=0))
random = []
for seed in range(8):
    keep = np.random.default_rng(seed).permutation(16)[:6]
    cut = [weights0[0][:, keep], weights0[1][keep], weights0[2][keep], *weights0[3:]]
    h = np.maximum(x @ cut[0] + cut[1], 0); h = np.tanh(h @ cut[2] + cut[3]); out = h @ cut[4] + cut[5]
    random.append(float(number(loss(y, out))))
result["shrink"] = {"plain": plain, "ours": ours, "random": random}

# Refused by name, everything untouched.
class Own(keras.Model):
    def __init__(self):
        super().__init__(); self.a, self.b = layers.Dense(4), layers.Dense(2)
    def call(self, z): return self.b(self.a(z))
def shared():
    i = layers.Input((12,)); d = layers.Dense(12); return keras.Model(i, layers.Dense(2)(d(layers.ReLU()(d(i)))))
cases = {
    "subclass": Own(),
    "LayerNormalization": keras.Sequential([layers.Input((12,)), layers.Dense(4), layers.LayerNormalization(name="ln"), layers.Dense(2)]),
    "attention": (lambda i: keras.Model(i, layers.Dense(2)(layers.Flatten()(layers.MultiHeadAttention(2, 4, name="mha")(i, i)))))(layers.Input((3, 4))),
    "GRU": keras.Sequential([layers.Input((3, 4)), layers.GRU(5, name="gru"), layers.Dense(2)]),
    "shared": shared(), "single": keras.Sequential([layers.Input((12,)), layers.Dense(2)]),
}
cases["subclass"](x)
result["refused"] = {}
for name, model in cases.items():
    before = [number(w).copy() for w in model.weights]
    try:
        KerasResizer(model).resize(2.0, None); said = None
    except RefusedError as error: said = str(error)
    result["refused"][name] = [said, all(np.array_equal(a, number(b)) for a, b in zip(before, model.weights))]
model = made(); model.compile(keras.optimizers.Ftrl(), loss)
try: KerasResizer(model).resize(2.0, None)
except RefusedError as error: result["refused"]["optimizer"] = [str(error), True]

# build=: the overlap is carried over, in the middle of fit.
def sized(size):
    return keras.Sequential([layers.Input((12,)), layers.Dense(int(8 * size), name="a"), layers.LayerNormalization(), layers.Dense(2)])
model = sized(1.0); model.compile("adam", loss)
callback = nnw.KerasCallback(show=False, store=False, build=sized)
kept = {}
def remember(): kept["kernel"] = number(model.layers[0].kernel).copy(); put("size", 2.0)()
run_, history, _ = fit(model, {6: remember, 7: lambda: kept.update(after=number(model.layers[0].kernel).copy())}, callback=callback)
result["build"] = {"ledger": ledger(run_), "shape": list(model.layers[0].kernel.shape), "epochs": len(history.history["loss"]),
                   "finite": bool(np.isfinite(history.history["loss"]).all())}
"""


@pytest.fixture(scope="module", params=BACKENDS)
def sizes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    told: dict[str, Any] = result_of(
        SETUP + SIZES, tmp_path_factory.mktemp("keras"), KERAS_BACKEND=request.param
    )
    return told | {"backend": request.param}


@pytest.mark.parametrize("model", ["mlp", "cnn", "residual"])
@pytest.mark.parametrize(("dtype", "limit"), [("float32", 1e-5), ("float64", 1e-12)])
def test_growing_keeps_the_function(sizes: Any, model: str, dtype: str, limit: float) -> None:
    told = sizes[f"{model} {dtype}"]
    # On the PyTorch backend Keras computes in single precision, whatever the weights have.
    assert told["difference"] <= (1e-5 if sizes["backend"] == "torch" else limit)
    assert told["grew"]
    assert told["objects"]
    assert told["finite"]
    assert told["predict"] == [64, 2]
    assert told["config"][-1] == 2
    if model == "mlp":
        assert told["config"] == [32, 16, 2]
        if sizes["backend"] == "torch":
            assert told["parameters"] == 12 * 32 + 32 + 32 * 16 + 16 + 16 * 2 + 2


def test_fit_goes_on_as_one_training_with_one_history(sizes: Any) -> None:
    told = sizes["fit"]
    grown, shrunk, undone = told["ledger"]
    assert (grown[1], grown[2]) == (True, "size 1× → 2×")
    assert (shrunk[1], shrunk[2]) == (True, "size 2× → 0.5×")
    assert (undone[1], undone[2]) == (True, "undone: size 2× → 0.5×")
    assert told["width"] == [[12, 32], [12, 32]]
    assert told["shape"] == [12, 32]
    assert (told["epochs"], told["steps"]) == (4, 32)
    assert told["loss"][-1] < told["loss"][0]
    assert told["moved"] > 0
    assert told["apart"] > 0
    assert told["facts"]["parameters"][1] > 2 * told["facts"]["parameters"][0]
    before, after = told["losses"][0]
    assert after == pytest.approx(before, rel=1e-4)


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adagrad", "Nadam", "Adamax", "AdamW", "Adam amsgrad"])
def test_what_the_optimizer_remembers_is_carried_along(sizes: Any, name: str) -> None:
    told = sizes[f"optimizer {name}"]
    assert told["applied"] == [True, True], told["why"]
    assert told["shapes"]
    assert told["iterations"] == [6]
    assert told["loss"][-1] < told["loss"][0] + 0.1


def test_shrinking_keeps_what_matters(sizes: Any) -> None:
    told = sizes["shrink"]
    average = sum(told["random"]) / len(told["random"])
    assert told["ours"] < min(told["random"])
    assert told["ours"] - told["plain"] < 0.5 * (average - told["plain"])


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("subclass", "Own is written as a class of its own"), ("LayerNormalization", "ln (LayerNormalization)"),
        ("attention", "mha (MultiHeadAttention)"), ("GRU", "gru (GRU)"), ("shared", "used more than once"),
        ("single", "no hidden layer"), ("optimizer", "Ftrl remembers things"),
    ],
)  # fmt: skip
def test_what_cannot_be_resized_is_refused_by_name(sizes: Any, case: str, reason: str) -> None:
    said, untouched = sizes["refused"][case]
    assert reason in str(said)
    assert untouched


def test_build_carries_over_what_overlaps(sizes: Any) -> None:
    told = sizes["build"]
    assert told["ledger"][0][1:3] == [True, "size 1× → 2×"], told["ledger"]
    assert told["shape"] == [12, 16]
    assert told["epochs"] == 3
    assert told["finite"]


DEVICES = (
    """
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
"""
    + SETUP
    + """
def trained(acts):
    model = made(0.0)
    run_, history, _ = fit(model, acts)
    return model, run_, history
plain = trained({})
moved = trained({6: put("device", "cpu:1"), 14: put("device", "gpu:3")})
model = moved[0]
result = {
    "devices": sorted({v._value.device[-5:] for v in (*model.variables, *model.optimizer.variables)}),
    "ledger": ledger(moved[1]), "epochs": len(moved[2].history["loss"]),
    "same": [plain[2].history["loss"], moved[2].history["loss"], plain[2].history["val_loss"], moved[2].history["val_loss"]],
    "options": moved[1].controls.devices, "iterations": int(number(model.optimizer.iterations)),
    "step": model.train_function is not None,
}
"""
)


def test_a_model_moves_between_devices_in_the_middle_of_fit(tmp_path: Path) -> None:
    told = result_of(DEVICES, tmp_path, KERAS_BACKEND="tensorflow")
    assert told["devices"] == ["CPU:1"]
    assert told["options"] == ["cpu:0", "cpu:1"]
    assert told["ledger"][0][1:3] == [True, "device cpu:0 → cpu:1"]
    assert told["ledger"][1][4] == "There is no device 'gpu:3' here. There is: cpu:0, cpu:1."
    assert (told["epochs"], told["iterations"]) == (3, 24)
    plain, moved, plain_val, moved_val = told["same"]
    assert moved == pytest.approx(plain, rel=1e-6)
    assert moved_val == pytest.approx(plain_val, rel=1e-6)
