"""What differs between two runs is named, and nothing else."""

from __future__ import annotations

from hypothesis import given
from strategies import networks
from written_runs import run_project

from models.blocks.normalization import BatchNormalization
from models.network.edits import insert_after, remove, replace_block
from models.network.project import Project
from models.training.optimizers import SGD
from models.training.runs.comparing import compare
from models.training.schedules.curves import Cosine

PROJECT = run_project()


def test_changes_of_every_part_are_named():
    network = PROJECT.network
    network = replace_block(network, "conv2d", network.node("conv2d").block.replace(filters=12))
    network = insert_after(network, "conv2d_2", (BatchNormalization(),))[0]
    network = remove(network, (next(node.id for node in network.nodes if node.id.startswith("dense")),))
    plan = PROJECT.plan.replace(optimizer=SGD(momentum=0.5), schedule=Cosine(), batch_size=32)
    preparation = PROJECT.preparation.replace(balance="oversample")
    found = {
        (one.part, one.what): (one.first, one.second)
        for one in compare(PROJECT, PROJECT.replace(network=network, plan=plan, preparation=preparation))
    }
    assert found["network", "conv2d (Conv2D) filters"] == ("6", "12")
    assert found["plan", "optimizer type"] == ("Adam", "SGD")
    assert found["plan", "optimizer momentum"] == ("–", "0.5")
    assert found["plan", "batch_size"] == ("64", "32")
    assert found["preparation", "balance"] == ("none", "oversample")
    absent = [what for (part, what), pair in found.items() if part == "network" and "–" in pair]
    assert len(absent) == 2


@given(first=networks(), second=networks())
def test_a_comparison_is_empty_only_for_equal_projects_and_reads_the_same_backwards(first, second):
    one, other = Project(network=first), Project(network=second)
    assert compare(one, one) == ()
    forwards, backwards = compare(one, other), compare(other, one)
    differ = {(n.id, n.block, n.inputs) for n in first.nodes} != {(n.id, n.block, n.inputs) for n in second.nodes}
    assert bool(forwards) == differ
    assert {d.node for d in forwards} == {d.node for d in backwards}
