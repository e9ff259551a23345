"""Devices: refused with a sentence where they are missing, never left silently.

No GPU is needed: TensorFlow's CPU can be two devices. That every operation of every layer is bound
to the device, and known for GPUs, is a part of the layers' contract.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

import lrp_engine
from lrp_engine import InputError, device
from lrp_engine.cli.main import main
from lrp_engine.model.chunks import rounded_up
from lrp_engine.propagation.program import Program, program_of
from tests import zoo
from tests.several_inputs import two_texts

ROOT = device.__file__.rsplit("/", 2)[0]
no_gpu = pytest.mark.skipif(
    bool(tf.config.list_physical_devices("GPU")), reason="asks for a GPU that is not there"
)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.zip"
    zoo.network("bilstm_words").save(path)
    return str(path)


@pytest.mark.parametrize("bad", ["tpu", "gpu:", "gpu:x", "", "cpu:-1", "/GPU:0", 0, b"gpu"])
def test_a_name_that_is_none_is_refused(bad):
    with pytest.raises(InputError, match="choose 'cpu', 'gpu'"):
        zoo.network("dense").to(bad)


def test_a_copy_on_another_device():
    network = zoo.network("dense")
    there = network.to("CPU")
    assert (network.device, there.device) == (None, "cpu")
    assert "on cpu" in repr(there)
    assert there.hash == network.hash
    assert there.to("cpu") is there
    assert there.to(None).device is None


@no_gpu
def test_a_missing_gpu_is_a_sentence_everywhere(saved, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    arrays = [np.ones(s) for s in [(2, 8), (2, 8), (8,)] * 2 + [(4, 2), (2,)]]
    for call in (
        lambda: lrp_engine.load(saved, device="gpu"),
        lambda: lrp_engine.from_weights(arrays, device="gpu"),
        lambda: zoo.network("dense").to("gpu"),
    ):
        with pytest.raises(InputError) as caught:
            call()
        for part in ("sees 1 CPU, 0 GPU", "tensorflow[and-cuda]", "nvidia-smi", "is '7'"):
            assert part in str(caught.value)


@no_gpu
def test_a_network_from_elsewhere_does_not_move_to_the_cpu():
    from dataclasses import replace

    network = replace(zoo.network("dense"), device="gpu")  # as after unpickling
    with pytest.raises(InputError, match="'gpu' was asked for"):
        network.predict(zoo.inputs(network, [1]))


def test_the_last_of_several_is_named(monkeypatch):
    monkeypatch.setattr(device, "_visible", lambda kind: 2)
    device.require("gpu:1")
    with pytest.raises(InputError, match="The last GPU is 'gpu:1'"):
        device.require("gpu:2")


@no_gpu
@pytest.mark.parametrize("command", ["explain", "explain-corpus"])
def test_the_command_line_refuses_in_one_line(command, saved, tmp_path, capfd):
    (tmp_path / "in.csv").write_text("text\nw2\n")
    texts = {"explain": ["w2"], "explain-corpus": [str(tmp_path / "in.csv"), str(tmp_path / "o")]}
    assert main([command, saved, *texts[command], "--device", "gpu"]) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "Device 'gpu' was asked for" in err
    assert not (tmp_path / "o").exists()


@no_gpu
def test_what_a_device_cannot_do_fails_instead_of_moving():
    x = tf.constant([1.0, 2.0])
    with tf.device("/GPU:0"):
        assert "CPU" in (x + 1).device  # TensorFlow's habit
    with device.placed("cpu"):
        with device.placed("gpu"), pytest.raises(tf.errors.InvalidArgumentError):
            x + 1
        assert tf.config.get_soft_device_placement() is False
    assert tf.config.get_soft_device_placement() is True


def test_a_pass_that_fails_on_the_device_is_a_sentence():
    network = zoo.network("dense").to("cpu")
    failure = tf.errors.InvalidArgumentError(None, None, "Cannot assign a device\nand more")
    sentence = "'cpu' cannot compute this network: Cannot assign a device Compute"
    with pytest.raises(InputError, match=sentence), program_of(network)._running():
        raise failure
    free = program_of(zoo.network("dense"))  # here it would be a fault of ours
    with pytest.raises(tf.errors.InvalidArgumentError), free._running():
        raise failure


SECOND_CPU = """
import sys; sys.path.insert(0, "tests")
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
tf.debugging.set_log_device_placement(True)
import zoo
network = zoo.network("bilstm_words").to("cpu:1")
network.explain(["w2 w3", "w4"])
network.predict(["w2"])
"""


def test_every_operation_runs_where_it_was_asked_to():
    done = subprocess.run(
        [sys.executable, "-c", SECOND_CPU],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ".", "TF_CPP_MIN_LOG_LEVEL": "0"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("device:CPU:1") > 1000
    # Where arguments come from (sizes, in the memory of the host) is no operation.
    placed = [line for line in done.stderr.splitlines() if "(_DeviceArg)" not in line]
    assert not [line for line in placed if "device:CPU:0" in line]


@pytest.mark.parametrize("name", ["stack", "attention_query", "gru_before", "rnn"])
def test_passes_compiled_by_xla_give_the_same(name):
    network = zoo.network(name, seed=4)
    x, lengths = zoo.inputs(network, [9, 11, 10]), [9, 11, 10]
    found, expected = (
        one.explain_all(x, lengths=lengths) for one in (network.to("xla_cpu"), network)
    )
    for method, other in expected.items():
        one = found[method]
        np.testing.assert_allclose(one.relevance, other.relevance, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(one.scores, other.scores, rtol=1e-12)
        for term, absorbed in other.ledger.items():
            np.testing.assert_allclose(one.ledger[term], absorbed, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["stack", "attention_query"])
def test_words_alone_and_scores_compiled_by_xla_are_the_same(name):
    network = zoo.network(name, seed=4)
    x, lengths = zoo.inputs(network, [9, 11, 10]), [9, 11, 10]
    compiled = network.to("xla_cpu")
    one, other = (n.explain(x, lengths=lengths, units=False) for n in (compiled, network))
    np.testing.assert_allclose(one.token_relevance, other.token_relevance, rtol=1e-9, atol=1e-12)
    scores, expected = (n.predict(x, lengths=lengths) for n in (compiled, network))
    np.testing.assert_allclose(scores, expected, rtol=1e-12)


def test_shapes_to_compile_are_few(monkeypatch):
    sizes = {rounded_up(size) for size in range(1, 1025)}
    assert len(sizes) == 15 + 8 * 6 + 1
    assert all(size <= rounded_up(size) <= size * 9 / 8 for size in range(1, 5000))
    network = replace(zoo.words_read(), device="xla_cpu")
    seen = set()
    explain = Program.backward

    def watched(program, calculi, x, *rest, **options):
        seen.add(x.shape[1])
        return explain(program, calculi, x, *rest, **options)

    monkeypatch.setattr(Program, "backward", watched)
    texts = [["w2"] * length for length in (17, 18, 1)]
    whole = [network.explain([text]) for text in texts]
    assert seen == {18, 1}
    assert [one.token_relevance.shape[1] for one in whole] == [17, 18, 1]


def test_xla_says_what_it_does_not_compile():
    network = two_texts().to("xla_cpu")
    with pytest.raises(InputError, match=r"networks of one input.* 2; compute on 'cpu'"):
        network.predict({name: [[2]] for name in network.inputs})


def test_a_command_compiles(saved, capsys):
    found = {}
    for name in ("cpu", "xla_cpu"):
        assert main(["explain", saved, "w2 w3 w4", "--json", "--device", name]) == 0
        found[name] = json.loads(capsys.readouterr().out)
    one, other = found["cpu"], found["xla_cpu"]
    assert one["tokens"] == other["tokens"]
    np.testing.assert_allclose(one["scores"], other["scores"], rtol=1e-5)
