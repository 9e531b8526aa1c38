"""Coordination devices: hours and money spent together, and the states of the teams that they lift."""

from __future__ import annotations

from orgsim.engine.agenda import note
from orgsim.engine.compile import rule
from orgsim.engine.records import HOURS_PER_DAY, NOTE_DEVICE_OFF, NOTE_DEVICE_ON, STATES, WORK_WEEK

LEFT_FOR_WORK = 1.0  # hour a week, whatever devices are held


@rule
def is_held(w, device):
    """Whether a device is held now: named by the structure, begun, and with everybody there that it needs."""
    return device.named and device.running and (device.heads == 0 or w.arm[0].two_heads)


@rule
def meet(w):
    """A week of devices: those held take time and take hold, those given up fade; both lift states of the teams."""
    arm, firm = w.arm[0], w.firm[0]
    firm.joint_rep = arm.coordination
    firm.joint_marketer = arm.coordination
    firm.joint_head = 0.0
    for k in range(STATES):
        firm.lift[k] = 0.0
    for device in w.devices:
        if is_held(w, device):
            device.level += device.pace * (device.full - device.level)
            firm.joint_rep += device.rep_hours
            firm.joint_marketer += device.marketer_hours
            firm.joint_head += device.head_hours
        elif device.level > 0.0:
            device.level *= device.fade
        if device.level > 0.0:
            for k in range(STATES):
                if arm.held[k] == 0:
                    firm.lift[k] += device.gain[k] * device.level
    most = WORK_WEEK * (1.0 - w.p[0].effort_absence) - LEFT_FOR_WORK
    firm.joint_rep = min(most, firm.joint_rep)
    firm.joint_marketer = min(most, firm.joint_marketer)


@rule
def begin_devices(w):
    """At the start of the warm-up the devices of today's structure have long taken hold, but for those that wait for a
    trigger."""
    for device in w.devices:
        device.running = device.trigger == float("inf")
        if is_held(w, device):
            device.level = device.full
            device.paid = 1


@rule
def start_and_stop(w, day, perceived):
    """Leaders hold a device that waits for a trigger while alignment, as perceived, is below it (D38)."""
    for d in range(w.devices.size):
        device = w.devices[d]
        if device.named and device.trigger < float("inf"):
            wanted = perceived < device.trigger
            if wanted != device.running:
                device.running = wanted
                activity = NOTE_DEVICE_ON if wanted else NOTE_DEVICE_OFF
                note(w, day * HOURS_PER_DAY, activity, -1, -1, w.arm[0].arbiter, d)


@rule
def devices_held(w):
    """Number of devices held."""
    held = 0
    for device in w.devices:
        held += 1 if is_held(w, device) else 0
    return held
