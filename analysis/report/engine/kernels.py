"""A kernel manager whose kernels are forks of a warm process.

All else is Jupyter's own: the fork runs ipykernel, and nbclient speaks to it over the same sockets
as to any kernel. So outputs, streams, widgets, interrupts and time limits have no second
implementation that could differ. Where a fork would not be the same as a fresh process, the kernel
is started as Jupyter starts it.
"""

import functools
import os
import sys
import time
import uuid
from queue import Empty
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Type

from analysis.report.engine.warm import Refused, Warm, shared

#: How a kernel of this interpreter is started; only such a one can be forked.
_LAUNCH = [sys.executable, "-m", "ipykernel_launcher"]


class ForkProvisioner(LocalProvisioner):
    """Starts a kernel as a fork of a warm process."""

    warm: Warm | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Return the connection information of the kernel, after it was started."""
        known = kwargs.keys() <= {"env", "cwd", "kernel_id"}
        if cmd[: len(_LAUNCH)] != _LAUNCH or not known:
            return await super().launch_kernel(cmd, **kwargs)
        cwd = os.path.abspath(kwargs.get("cwd") or os.curdir)
        env = dict(kwargs.get("env") or os.environ) | {"JPY_PARENT_PID": str(os.getpid())}
        try:
            warm = self.warm or shared()
            process = warm.kernel(cmd[len(_LAUNCH) :], cwd=cwd, env=env)
        except Refused as reason:
            self.log.info("The kernel is started without a fork: %s", reason)
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.pid, self.pgid, self.cwd = process, process.pid, process.pid, cwd
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel and see it end; its manager would look again only after 0.1 s."""
        await super().kill(restart)
        if self.process:
            self.process.wait(5)


class PromptClient(AsyncKernelClient):
    """A client that is ready as soon as the kernel has answered."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait for the kernel's answer on both channels.

        Jupyter's own then listens for 0.2 s until there is silence. nbclient passes over messages
        that do not answer its own, so whatever is still to come is in nobody's way.
        """
        last = time.monotonic() + (float("inf") if timeout is None else timeout)
        while not await self._answered():
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > last:
                raise RuntimeError(f"Kernel didn't respond in {timeout:.0f} seconds")

    async def _answered(self) -> bool:
        self.kernel_info()
        try:
            answer = await self.shell_channel.get_msg(timeout=1)
            if answer["msg_type"] != "kernel_info_reply":
                return False
            await self.iopub_channel.get_msg(timeout=0.2)
        except Empty:
            return False
        self._handle_kernel_info_reply(answer)
        return True


class ForkingManager(AsyncKernelManager):
    """Jupyter's kernel manager, with forked kernels."""

    warm: Warm | None = None
    client_factory = Type(klass=AsyncKernelClient, default_value=PromptClient)

    async def _async_pre_start_kernel(self, **kw: Any) -> tuple[list[str], dict[str, Any]]:
        self.kernel_id = self.kernel_id or kw.pop("kernel_id", str(uuid.uuid4()))
        if self.provisioner is None and "kernel_provisioner" not in self.kernel_spec.metadata:
            self.provisioner = ForkProvisioner(
                kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
            )
            self.provisioner.warm = self.warm
        return await super()._async_pre_start_kernel(**kw)


@functools.cache
def manager_of(warm: Warm | None) -> type[ForkingManager]:
    """Return a kernel manager's class whose kernels a given warm process forks; None: the shared."""
    return type("ForkingManager", (ForkingManager,), {"warm": warm})
