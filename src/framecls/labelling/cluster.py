"""Label on a Ray cluster: parts are read by tasks, shards labelled by a pool of actors, results kept by the driver."""

import io
import logging
import os
import pickle
import platform
import signal
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from framecls.errors import ConfigError, DocumentError, FrameclsError
from framecls.labelling.labeller import Recipe
from framecls.labelling.progress import Tally
from framecls.labelling.sharding import Part, Reading, Shard, cut_shards, read_parts
from framecls.labelling.shards import label_shard, warn
from framecls.labelling.unfinished import UnfinishedRun

__all__ = ["Cluster", "label_on_cluster"]

logger = logging.getLogger(__name__)

#: Share of a core that is set aside for a task that reads; it waits for the actors most of the time.
_READER_CPUS = 0.5
#: Ray sends usage statistics home, and has the user's terminal for its own messages, unless told before it starts.
_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """
    Where a run is labelled.

    :param address: ``local`` starts Ray on this machine, ``auto`` takes the cluster that runs here or that
        ``RAY_ADDRESS`` names, else ``host:port`` of a head node. Where this process is connected to Ray already, that
        connection is used and left open.
    :param workers: actors, each with a model of its own; as many as the cluster has room for by default.
    :param cpus: cores of each actor, or a fraction of one.
    :param gpus: GPUs of each actor, or a fraction of one.
    :param object_store: bytes that shards on their way may take in Ray's object store.
    """

    address: str
    workers: int | None = None
    cpus: float = 1.0
    gpus: float = 0.0
    object_store: int = 1 << 30

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise ConfigError(f"{self.workers} Ray workers label nothing; give at least 1")
        if self.cpus <= 0 or self.gpus < 0:
            raise ConfigError(
                f"a Ray worker cannot have {self.cpus:g} CPUs and {self.gpus:g} GPUs; give CPUs above 0, GPUs from 0"
            )
        # Ray starts with no less.
        if self.object_store < 80_000_000:
            raise ConfigError(f"an object store of {self.object_store} bytes is too small; give at least 80,000,000")


def label_on_cluster(
    cluster: Cluster,
    parts: Sequence[Part],
    recipe: Recipe,
    run: UnfinishedRun,
    *,
    reading: Reading,
    size: int,
    tally: Tally,
) -> None:
    """
    Label and keep every shard that is not kept yet.

    The machines of the cluster find the inputs and the model under the names they have here. An actor that dies is
    started again, and what it had in hand is labelled again; a shard that comes twice is kept once.

    :param cluster: where.
    :param parts: what to read.
    :param recipe: makes the labellers.
    :param run: keeps the shards.
    :param reading: how inputs are read.
    :param size: sentences of a shard.
    :param tally: counts what is done.
    :raises FrameclsError: Ray is not installed, the cluster cannot be reached or has too little room, or a worker
        failed for good.
    """
    open_parts = {part.number: part for part in parts if not run.complete(part.number)}
    if not open_parts:
        return
    several = sum(len(part.inputs) for part in parts) > 1
    with _ray(cluster) as ray:
        workers = _workers(cluster, ray)
        finished: dict[int, set[int]] = {number: set() for number in open_parts}
        for part_number, number in run.records:
            finished.get(part_number, set()).add(number)
        items = [{"part": pickle.dumps((part, finished[number]))} for number, part in open_parts.items()]
        dataset = (
            ray.data.from_items(items, override_num_blocks=len(items))
            .map_batches(
                _read_part,
                fn_kwargs={"reading": reading, "size": size},
                batch_size=1,
                batch_format="pyarrow",
                num_cpus=_READER_CPUS,
            )
            .map_batches(
                _ShardLabeller,
                fn_constructor_kwargs={"recipe": recipe, "device": None if cluster.gpus else "cpu"},
                batch_size=1,
                batch_format="pyarrow",
                compute=ray.data.ActorPoolStrategy(size=workers),
                num_cpus=cluster.cpus,
                num_gpus=cluster.gpus,
            )
        )
        try:
            for row in dataset.iter_rows():
                shard: Shard = pickle.loads(row["shard"])
                record = pickle.loads(row["record"])
                if (record.part, record.number) in run.records:
                    continue
                warn(shard, several=several)
                run.add(record, row["labels"])
                part = open_parts[record.part]
                tally.labelled(part, shard, record.rows)
                tally.finished(part, shard, record.rows)
        except ray.exceptions.RayError as error:
            raise FrameclsError(f"Ray {cluster.address}: {_reason(error)}") from error


def _read_part(batch: pa.Table, *, reading: Reading, size: int) -> Iterator[pa.Table]:
    """Read parts, and give a row for each shard that is not kept yet."""
    for value in batch.column("part").to_pylist():
        only, finished = pickle.loads(value)
        _check_shared(only)
        for part, items in read_parts([only], reading):
            for shard in cut_shards(part, items, size, table=reading.table):
                if shard.number not in finished:
                    yield pa.table({"shard": pa.array([pickle.dumps(shard)], pa.large_binary())})


def _check_shared(part: Part) -> None:
    """Make sure that this machine has the inputs: else every one of them would be a failure, and the run go on."""
    for item in part.inputs:
        path = item.source.path
        if item.sha256 and not (path.is_file() and path.stat().st_size == item.bytes):
            raise DocumentError(f"{path}: is not the same on {platform.node()}; give inputs that all machines share")


class _ShardLabeller:
    """An actor: loads the model once, labels a shard a call."""

    def __init__(self, recipe: Recipe, device: str | None) -> None:
        # transformers shows loading bars, and Ray would send them to the user's terminal.
        import transformers

        transformers.logging.disable_progress_bar()
        self._labeller = recipe.make(device=device)

    def __call__(self, batch: pa.Table) -> pa.Table:
        columns: dict[str, list[bytes]] = {"shard": [], "record": [], "labels": []}
        for value in batch.column("shard").to_pylist():
            shard: Shard = pickle.loads(value)
            record, content = label_shard(shard, self._labeller)
            columns["shard"].append(pickle.dumps(shard.emptied()))
            columns["record"].append(pickle.dumps(record))
            columns["labels"].append(content)
        return pa.table({name: pa.array(values, pa.large_binary()) for name, values in columns.items()})


class _Messages(io.TextIOBase):
    """What Ray prints on stdout, where other programs expect data: long stories of what it mends by itself."""

    def write(self, text: str) -> int:
        logger.debug("%s", text)
        if "A worker died" in text:
            logger.warning("Ray: a worker died; another takes its place, and what it had in hand is labelled again")
        return len(text)


@contextmanager
def _ray(cluster: Cluster) -> Iterator[Any]:
    """Connect to Ray, or start it; leave it as it was found."""
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ConfigError(f"{error.name} is not installed; pip install 'framecls[ray]'") from error
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(_Messages()))
        if not ray.is_initialized():
            _connect(cluster, ray)
            stack.callback(ray.shutdown)
        stack.enter_context(_calm(ray, cluster.object_store))
        yield ray


def _connect(cluster: Cluster, ray: Any) -> None:
    if cluster.address not in ("local", "auto"):
        _reach(cluster.address)
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": True}
    if cluster.address == "local":
        cpus = os.cpu_count() or 1 if cluster.workers is None else cluster.workers * cluster.cpus + 1
        options |= {
            "num_cpus": max(2, round(cpus + 0.49)),
            "object_store_memory": cluster.object_store,
            "include_dashboard": False,
        }
    with _own_handlers(), _environment(_ENVIRONMENT), _silence():
        try:
            ray.init(address=cluster.address, **options)
        except (ConnectionError, RuntimeError, ValueError) as error:
            reason = _reason(error).rstrip(".")
            raise ConfigError(f"Ray {cluster.address}: {reason}; start a cluster, or give 'local'") from error


def _reach(address: str) -> None:
    """Find out whether anybody answers, as Ray would try for minutes and then end the process without a word."""
    host, colon, port = address.rpartition(":")
    if "/" in host or not (host and colon and port.isdecimal()):
        raise ConfigError(f"Ray address {address!r}: expected 'local', 'auto', or host:port of the head node")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except OSError as error:
        raise ConfigError(
            f"Ray {address}: no head node answers: {error.strerror or error}; correct the address, or start a cluster"
        ) from error


@contextmanager
def _own_handlers() -> Iterator[None]:
    """Keep Ray from taking SIGTERM to itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep off stderr what Ray writes past Python while it starts: among it, that its messages were turned off."""
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    new = [name for name in values if name not in os.environ]
    os.environ.update({name: values[name] for name in new})
    try:
        yield
    finally:
        for name in new:
            os.environ.pop(name, None)


@contextmanager
def _calm(ray: Any, object_store: int) -> Iterator[None]:
    """Set what Ray Data does for this run: no bars or reports on stderr, one shard a block, bounded memory."""
    context = ray.data.DataContext.get_current()
    limits = context.execution_options.resource_limits
    wanted = {
        "enable_progress_bars": False,
        "print_on_execution_start": False,
        # A block is given on as soon as it holds a shard, or one actor would get all shards of a part.
        "target_max_block_size": 1,
        "target_min_block_size": 1,
    }
    before = {name: getattr(context, name) for name in wanted}
    logger = logging.getLogger("ray.data")
    level = logger.level
    for name, value in wanted.items():
        setattr(context, name, value)
    context.execution_options.resource_limits = ray.data.ExecutionResources(object_store_memory=object_store)
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
        context.execution_options.resource_limits = limits
        for name, value in before.items():
            setattr(context, name, value)


def _workers(cluster: Cluster, ray: Any) -> int:
    """Decide on the number of actors, and make sure that they and a reader have room: else Ray would wait for ever."""
    there = ray.cluster_resources()
    cpus, gpus = float(there.get("CPU", 0)), float(there.get("GPU", 0))
    room = int((cpus - _READER_CPUS + 1e-9) / cluster.cpus)
    if cluster.gpus:
        room = min(room, int((gpus + 1e-9) / cluster.gpus))
    wanted = cluster.workers if cluster.workers is not None else max(room, 1)
    if wanted > room:
        raise ConfigError(
            f"Ray {cluster.address}: {wanted} workers of {cluster.cpus:g} CPUs and {cluster.gpus:g} GPUs, and a reader "
            f"of {_READER_CPUS:g} CPUs, are more than its {cpus:g} CPUs and {gpus:g} GPUs; give fewer --ray-workers"
        )
    return wanted


def _reason(error: BaseException) -> str:
    """Give the last line of what Ray says, which names the cause; the others are of its own code."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
