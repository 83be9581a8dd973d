"""A WeChat look-alike over real HTTP: same URLs, same checks, same error codes."""

from exporter.simulator.apps import SimulatedApp, demo_apps
from exporter.simulator.faults import Fault, FaultKind, Faults
from exporter.simulator.running import RunningSimulator
from exporter.simulator.security import SimulatedKeys
from exporter.simulator.server import create_app
from exporter.simulator.simulator import Call, Simulator

__all__ = [
    "Call",
    "Fault",
    "FaultKind",
    "Faults",
    "RunningSimulator",
    "SimulatedApp",
    "SimulatedKeys",
    "Simulator",
    "create_app",
    "demo_apps",
]
