"""Run the server until it is told to stop."""

import ipaddress
import logging
import socket
from contextlib import suppress
from pathlib import Path

from framecls.config import EngineChoice
from framecls.errors import ConfigError
from framecls.model import FrameClassifier
from framecls.serving.limits import Limits

__all__ = ["is_loopback", "serve"]

logger = logging.getLogger(__name__)

#: Seconds an idle connection is kept for another request.
_KEEP_ALIVE = 10


def serve(
    model: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    limits: Limits | None = None,
    label_studio: bool = False,
    device: str | None = None,
    target: str | None = None,
    engine: EngineChoice | None = None,
    threads: int | None = None,
) -> None:
    """
    Serve a model over HTTP until SIGINT or SIGTERM; requests that were let in are answered first.

    :param model: its checkpoint folder.
    :param host: the address to listen on.
    :param port: the port; 0 takes a free one.
    :param limits: what is let in.
    :param label_studio: whether to be a Label Studio ML backend too.
    :param device: ``cpu``, ``cuda`` …; CUDA where there is one by default.
    :param target: fit the thresholds for it; the stored ones by default.
    :param engine: what computes; torch by default.
    :param threads: of the engine; one a core by default.
    :raises FrameclsError: the model cannot be loaded, the address cannot be had, or the extra is not installed.
    """
    try:
        import uvicorn

        from framecls.serving.app import create_app
    except ModuleNotFoundError as error:
        if error.name not in ("fastapi", "uvicorn"):
            raise
        raise ConfigError(f"{error.name} is not installed; run: pip install 'framecls[serve]'") from error
    from framecls.model.identity import checkpoint_sha256

    limits = limits or Limits()
    with _listen(host, port) as listening:
        # The address is had before the model is loaded, and answers only after: a start that fails does so at once.
        classifier = FrameClassifier.load(model, device=device, target=target, engine=engine, threads=threads)
        # No request is there yet to choose an engine by; the sentences that the model keeps are taken.
        classifier.settle([])
        address = _address(listening)
        local = is_loopback(host)
        app = create_app(
            classifier,
            model_hash=checkpoint_sha256(model),
            limits=limits,
            label_studio=label_studio,
            hosts=frozenset({"localhost", "127.0.0.1", "[::1]", host.lower()}) if local else None,
        )
        if not local:
            logger.warning("%s: anybody who reaches this address can use the server; it asks for no password", address)
        logger.info("%s: serving %s; try it at %s/docs, stop it with Ctrl-C", address, classifier.name, address)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                # Requests are answered or refused by their own time limit; a second more is for the answer's way.
                timeout_graceful_shutdown=int(limits.timeout) + 2,
                timeout_keep_alive=_KEEP_ALIVE,
                log_level="warning",
                log_config=None,
                access_log=False,
                server_header=False,
            )
        )
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])


def is_loopback(host: str) -> bool:
    """
    Tell whether only this machine reaches an address.

    :param host: an address or a name.
    :returns: whether it is ``localhost`` or a loopback address.
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=256)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(f"{host}:{port}: cannot listen there: {reason}; give another --host or --port") from error


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
