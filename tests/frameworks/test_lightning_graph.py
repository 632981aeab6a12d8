"""The graph of a Lightning module is that of its training step, the loss included."""

from __future__ import annotations

from pathlib import Path

from tests.frameworks.programs import result_of

PROGRAM = """
import copy, pickle, warnings
warnings.filterwarnings("ignore")
import torch, lightning as L
from torch.utils.data import DataLoader, TensorDataset
from nnwidgets.frameworks.lightning import LightningFramework
data = DataLoader(TensorDataset(torch.randn(32, 6), torch.randint(0, 2, (32,))), batch_size=8)

class Module(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net, self.losses = torch.nn.Sequential(torch.nn.Linear(6, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2)), []
    def forward(self, x):
        return self.net(x)
    def training_step(self, batch, i):
        loss = torch.nn.functional.cross_entropy(self(batch[0]), batch[1])
        self.log("x", loss)
        self.losses.append(loss.item())
        return loss
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

graphs, faults, kept = [], [], {}
class Watches(L.Callback):
    def on_train_start(self, trainer, module):
        kept["before"] = set(vars(module))
        kept["end"] = LightningFramework(trainer, module).watch_graph(graphs.append, faults.append)
        kept["copies"] = [copy.deepcopy(module)]
    def on_train_end(self, trainer, module):
        kept["after"] = set(vars(module))

def fit(*callbacks, compiled=False):
    L.seed_everything(1, verbose=False)
    module = Module()
    if compiled:
        module.net = torch.compile(module.net, backend="eager")
    L.Trainer(max_epochs=1, logger=False, enable_checkpointing=False, enable_progress_bar=False, accelerator="cpu",
              enable_model_summary=False, callbacks=list(callbacks)).fit(module, data)
    return module.losses
"""


def test_the_training_step_is_taken_with_its_loss(tmp_path: Path) -> None:
    program = """
plain, watched = fit(), fit(Watches())
(graph,) = graphs
result = {"same": plain == watched, "faults": [str(f) for f in faults], "left": sorted(kept["after"] - kept["before"]),
          "ways": sorted([e.src, e.dst] for e in graph.edges), "groups": [[g.key, g.type] for g in graph.groups],
          "ops": [n.op for n in graph.nodes if n.kind == "function"],
          "copy": kept["copies"][0].training_step.__self__ is kept["copies"][0]}
"""
    told = result_of(PROGRAM + program, tmp_path)
    assert told == {
        "same": True,
        "faults": [],
        "left": [],
        "ways": [
            ["Module/cross_entropy", "output"],
            ["batch[0]", "net.0"],
            ["batch[1]", "Module/cross_entropy"],
            ["net.0", "net.1"],
            ["net.1", "net.2"],
            ["net.2", "Module/cross_entropy"],
        ],
        "groups": [["Module", "Module"], ["net", "Sequential"]],
        "ops": ["cross_entropy"],
        "copy": True,
    }


def test_what_is_compiled_within_the_step_is_traced_aside(tmp_path: Path) -> None:
    program = """
plain, watched = fit(compiled=True), fit(Watches(), compiled=True)
kept["end"]()
result = {"same": plain == watched, "faults": [str(f) for f in faults],
          "ways": [sorted([e.src, e.dst] for e in g.edges) for g in graphs]}
"""
    told = result_of(PROGRAM + program, tmp_path)
    assert told["same"]
    assert not told["faults"]
    assert ["net._orig_mod.0", "net._orig_mod.1"] in told["ways"][0]
