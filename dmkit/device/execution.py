"""Commands on a device: they change its tree, and what follows from them later goes on its agenda.

>>> from dmkit.device.device import Device
>>> device = Device.example().with_object("fumo")
>>> from dmkit.words.model import Exec
>>> done = carried_out(device, (Exec.of("./FUMO/Download", correlator="1"),), "srv", 0.0)
>>> done.outcomes[0].status.value, [entry.by for entry in device.agenda]
(202, ['srv'])
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dmkit.device.agenda import advance, noticed
from dmkit.session.objects import exceeds
from dmkit.tree.execute import Execution, execute
from dmkit.words.model import Command
from dmkit.words.outcome import Due

if TYPE_CHECKING:
    from dmkit.device.device import Device
    from dmkit.tree.policy import Policy

__all__ = ["carried_out"]


def carried_out(
    device: Device, commands: tuple[Command, ...], by: str, now: float, policy: Policy | None = None
) -> Execution:
    """Carry out ``commands`` for server ``by``: what is due comes before them, and what they make due at once after.

    ``policy`` decides in place of the device's own.  What an object makes of the changes is on the agenda, too.
    """
    scheduler, rules = device.scheduler, device.rules
    if device.agenda or scheduler is not None:
        advance(device, now)
    tree = device.tree if scheduler is None or not scheduler.is_busy else device.stored
    execution = execute(
        tree,
        commands,
        by=by,
        now=now,
        policy=policy or rules.policy,
        handlers=device.handlers,
        ask=device.user,
        interrupt=device.stop,
        too_large=None
        if rules.max_object is None
        else lambda item, meta: exceeds(item, meta, rules.max_object, how=rules.object_counts),
        opens=device.seal_key.open if device.seal_key is not None else None,
        veto=None if scheduler is None else lambda old, new, command: scheduler.veto(old, new, command, by),
        rules=rules.tree,
    )
    looked = device.stored is not tree
    device.become(execution.tree, now)
    if looked and scheduler is not None:
        scheduler.write_again()
    for outcome in execution.outcomes:
        if outcome.later:
            device.agenda.extend(Due.of(later, by, now) for later in outcome.later)
    if device.objects:
        noticed(device, now)
    if scheduler is not None:
        scheduler.noticed(by, now)
        device.look()
    if device.agenda or scheduler is not None:
        advance(device, now)
    return execution
