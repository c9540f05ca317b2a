"""The listening socket of an installation, held open while web processes behind it come and go."""

import socket
from dataclasses import dataclass
from pathlib import Path

from chatter.cli.terminal import StageFailed, notice
from chatter.embedded import files
from chatter.kit.settings import Settings

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared, never bound


@dataclass(frozen=True, kw_only=True)
class FrontDoor:
    """`address` is what people type, `own_address` what reaches the web process from this machine."""

    listening: socket.socket
    address: str
    own_address: str

    @classmethod
    def open(cls, settings: Settings, *, port_file: Path) -> "FrontDoor":
        """Listen on the wanted port, else the one of the last run, else any that is free."""
        listening = _listen(settings, last=files.number_in(port_file))
        port: int = listening.getsockname()[1]
        if port != settings.port:
            notice(f"port {settings.port} is taken by another program, using {port}")
        files.write_private(port_file, f"{port}\n")
        host = "127.0.0.1" if settings.host in _EVERYWHERE else settings.host
        own_address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        return cls(listening=listening, address=settings.public_url or own_address, own_address=own_address)


def _listen(settings: Settings, *, last: int | None) -> socket.socket:
    host, family = settings.host, socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    for port in dict.fromkeys([settings.port, last or 0, 0]):
        try:
            return socket.create_server((host, port), backlog=512, family=family)
        except PermissionError as error:
            remedy = "Choose a port above 1023."
            raise StageFailed(f"Port {port} needs more rights than this user has.", remedy=remedy) from error
        except socket.gaierror as error:
            raise StageFailed(f"{host} is no address of this machine.", remedy="Try --host 127.0.0.1.") from error
        except OSError:
            continue
    raise StageFailed(f"Nothing can listen on {host}.", remedy="Try --host 127.0.0.1.")
